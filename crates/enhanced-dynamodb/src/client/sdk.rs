//! The feature `sdk`: a client of the AWS SDK for Rust that stands on this client's pool.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{AppName, BehaviorVersion, IdentityCache, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::endpoint_config::AccountIdEndpointMode as SdkAccountIdEndpointMode;
use bytes::Bytes;
use http::header::{HOST, HeaderValue};

use super::Client;
use crate::config::{AccountIdEndpointMode, RetryMode};
use crate::error::Error;
use crate::execute::{Core, Undelivered};
use crate::transport::Endpoint;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Client {
    /// A client of the AWS SDK for Rust (`aws-sdk-dynamodb`) for code that is written for it. Feature `sdk`, which
    /// needs Rust 1.94.1.
    ///
    /// It sends through this client's pool: the same sockets, cap, TLS and proxy, with this client's Region, endpoint
    /// and credentials, and within its `request_timeout` an attempt. Everything else is the SDK's own: it builds and
    /// signs requests, reads answers, and retries by its own rules, as often as `max_retries` says. Those rules send a
    /// write again of which nobody knows whether it was applied; this client's do not.
    ///
    /// No attempt starts past a deadline of this client ([`with_deadline`](Client::with_deadline)) or of the
    /// [`deadline::scope`](crate::deadline::scope) that the call is made in, and none lasts longer; the SDK's waits
    /// between attempts are not cut, for which it has `operation_timeout`. Responses are bounded (64 MiB). After
    /// [`close`](Client::close) every call fails. The pool's counters in [`stats`](Client::stats) count its sockets;
    /// its calls are counted nowhere.
    ///
    /// Making it costs more than a clone of it: make it once.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), aws_sdk_dynamodb::Error> {
    /// let sdk = db.sdk();
    /// let limits = sdk.describe_limits().send().await?;
    /// println!("{:?}", limits.account_max_read_capacity_units());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "getClient")]
    #[must_use]
    pub fn sdk(&self) -> aws_sdk_dynamodb::Client {
        let config = &self.core.config;
        let retries = match config.retry_mode {
            RetryMode::Standard => RetryConfig::standard(),
            RetryMode::Adaptive => RetryConfig::adaptive(),
            RetryMode::None => RetryConfig::disabled(),
        };
        let retries = match config.retry_mode {
            RetryMode::Standard | RetryMode::Adaptive => {
                retries.with_max_attempts(config.max_retries.saturating_add(1))
            }
            RetryMode::None => retries,
        };
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(config.connection_timeout)
            .read_timeout(config.request_timeout)
            .disable_operation_timeout()
            .disable_operation_attempt_timeout()
            .build();
        let mut builder = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(config.region.clone()))
            .use_fips(config.use_fips)
            .use_dual_stack(config.use_dual_stack)
            .account_id_endpoint_mode(match config.account_id_endpoint_mode {
                AccountIdEndpointMode::Preferred => SdkAccountIdEndpointMode::Preferred,
                AccountIdEndpointMode::Disabled => SdkAccountIdEndpointMode::Disabled,
                AccountIdEndpointMode::Required => SdkAccountIdEndpointMode::Required,
            })
            .credentials_provider(PoolCredentials(self.core()))
            // The cache is this client's own.
            .identity_cache(IdentityCache::no_cache())
            .retry_config(retries)
            .timeout_config(timeouts)
            // Bodies come whole, in the time of the attempt.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(Pool(self.core()));
        if let Some(url) = &config.endpoint_url {
            builder = builder.endpoint_url(url.to_string());
        }
        // The configuration allows the same characters as the SDK, so no name is left out here.
        builder.set_app_name(config.app_id.clone().and_then(|name| AppName::new(name).ok()));
        aws_sdk_dynamodb::Client::from_conf(builder.build())
    }
}

/// This client's credentials for the SDK.
struct PoolCredentials(Arc<Core>);

impl ProvideCredentials for PoolCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let found = self.0.credentials().await.map_err(CredentialsError::provider_error)?;
            let mut credentials = aws_credential_types::Credentials::builder()
                .access_key_id(found.access_key_id())
                .secret_access_key(found.secret_access_key())
                .provider_name("enhanced-dynamodb");
            credentials.set_session_token(found.session_token().map(str::to_owned));
            credentials.set_expiry(found.expiry());
            credentials.set_account_id(found.account_id().map(|account| account.to_owned().into()));
            Ok(credentials.build())
        })
    }
}

/// This client's pool for the SDK.
struct Pool(Arc<Core>);

impl HttpClient for Pool {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let limit = settings.read_timeout().unwrap_or(self.0.config.request_timeout);
        SharedHttpConnector::new(Connector { core: Arc::clone(&self.0), limit })
    }
}

/// Sends one request of the SDK's.
struct Connector {
    core: Arc<Core>,
    /// How long one attempt may take, queue and connection included.
    limit: Duration,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (core, limit) = (Arc::clone(&self.core), self.limit);
        HttpConnectorFuture::new(async move {
            let (request, endpoint) = prepare(request).map_err(ConnectorError::user)?;
            let response = core.forward(&request, &endpoint, limit).await.map_err(connector_error)?;
            let broken = |error: BoxError| ConnectorError::other(error, None);
            let response = response.into_http().map_err(|error| broken(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from)).map_err(|error| broken(error.into()))
        })
    }
}

/// The request as it goes out, and where to.
fn prepare(request: HttpRequest) -> Result<(http::Request<Bytes>, Arc<Endpoint>), BoxError> {
    let endpoint = Endpoint::of_uri(request.uri())
        .map_err(|what| Error::invalid_input(format!("the SDK's request goes to no URL: {what}")))?;
    let body = request.body().bytes().map(Bytes::copy_from_slice);
    let body = body.ok_or_else(|| Error::invalid_input("the SDK's request has a body that is no bytes"))?;
    let (mut head, _) = request.try_into_http1x()?.into_parts();
    if !head.headers.contains_key(HOST) {
        // What the SDK has signed: the authority without the scheme's own port.
        let host = match head.uri.port_u16() {
            Some(port) if port == endpoint.scheme.default_port() => head.uri.host(),
            Some(_) | None => head.uri.authority().map(http::uri::Authority::as_str),
        };
        head.headers.insert(HOST, HeaderValue::from_str(host.unwrap_or_default())?);
    }
    head.uri = head.uri.path_and_query().map_or_else(|| Ok(http::Uri::default()), |path| path.as_str().parse())?;
    Ok((http::Request::from_parts(head, body), endpoint))
}

/// What the SDK retries are timeouts and failures of the wire.
fn connector_error(failed: Undelivered) -> ConnectorError {
    let error: BoxError = Box::new(failed.error);
    match (failed.out_of_time, failed.passing) {
        (true, _) => ConnectorError::timeout(error),
        (false, true) => ConnectorError::io(error),
        (false, false) => ConnectorError::other(error, None),
    }
}

impl fmt::Debug for PoolCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PoolCredentials")
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("limit", &self.limit).finish_non_exhaustive()
    }
}

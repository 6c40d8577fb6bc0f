//! The AWS SDK for Rust as an oracle: what it puts on the wire and what it reads from there, through its public client.
//!
//! The client's HTTP connector is replaced by one that keeps the request and answers with prepared bytes, so that the
//! SDK's own serializers and deserializers run, and nothing else of them is needed.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, IdentityCache, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue as SdkValue;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use enhanced_dynamodb::{AttributeValue, Binary, BinarySet, Item, NumberSet, StringSet};

/// A connector without a network.
#[derive(Clone, Debug, Default)]
pub struct Wire(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Wire {
    /// An SDK client on this wire.
    #[must_use]
    pub fn client(&self) -> Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url("http://localhost:1")
            .credentials_provider(Credentials::new("key", "secret", None, None, "differential"))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .identity_cache(IdentityCache::no_cache())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        Client::from_conf(config)
    }

    /// Answers the requests to come with this body.
    pub fn answer(&self, body: impl Into<Vec<u8>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).response = body.into();
    }

    /// The body of the last request.
    #[must_use]
    pub fn request(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).request.clone()
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.request = request.body().bytes().unwrap_or_default().to_vec();
        let status = aws_smithy_runtime_api::http::StatusCode::try_from(200);
        let body = SdkBody::from(state.response.clone());
        HttpConnectorFuture::ready(
            status
                .map(|status| HttpResponse::new(status, body))
                .map_err(|error| aws_smithy_runtime_api::client::result::ConnectorError::other(error.into(), None)),
        )
    }
}

/// A value as the SDK's type.
#[must_use]
pub fn to_sdk(value: &AttributeValue) -> SdkValue {
    match value {
        AttributeValue::S(text) => SdkValue::S(text.clone()),
        AttributeValue::N(number) => SdkValue::N(number.to_string()),
        AttributeValue::B(bytes) => SdkValue::B(Blob::new(bytes.to_vec())),
        AttributeValue::Bool(flag) => SdkValue::Bool(*flag),
        AttributeValue::Null => SdkValue::Null(true),
        AttributeValue::M(members) => SdkValue::M(item_to_sdk(members)),
        AttributeValue::L(elements) => SdkValue::L(elements.iter().map(to_sdk).collect()),
        AttributeValue::Ss(set) => SdkValue::Ss(set.iter().cloned().collect()),
        AttributeValue::Ns(set) => SdkValue::Ns(set.iter().map(ToString::to_string).collect()),
        AttributeValue::Bs(set) => SdkValue::Bs(set.iter().map(|bytes| Blob::new(bytes.to_vec())).collect()),
    }
}

/// An item as the SDK's type.
#[must_use]
pub fn item_to_sdk(item: &Item) -> HashMap<String, SdkValue> {
    item.iter().map(|(name, value)| (name.clone(), to_sdk(value))).collect()
}

/// What the SDK read, as this client's type.
///
/// # Errors
/// If a number is none, or the SDK has a type that this client does not know.
pub fn from_sdk(value: SdkValue) -> Result<AttributeValue, Box<dyn std::error::Error>> {
    Ok(match value {
        SdkValue::S(text) => AttributeValue::S(text),
        SdkValue::N(digits) => AttributeValue::N(digits.parse()?),
        SdkValue::B(bytes) => AttributeValue::B(Binary::from(bytes.into_inner())),
        SdkValue::Bool(flag) => AttributeValue::Bool(flag),
        SdkValue::Null(_) => AttributeValue::Null,
        SdkValue::M(members) => AttributeValue::M(item_from_sdk(members)?),
        SdkValue::L(elements) => AttributeValue::L(elements.into_iter().map(from_sdk).collect::<Result<_, _>>()?),
        SdkValue::Ss(set) => AttributeValue::Ss(StringSet::from_iter(set)),
        SdkValue::Ns(set) => {
            let numbers = set.iter().map(|digits| digits.parse::<enhanced_dynamodb::Number>());
            AttributeValue::Ns(numbers.collect::<Result<NumberSet, _>>()?)
        }
        SdkValue::Bs(set) => AttributeValue::Bs(BinarySet::from_iter(set.into_iter().map(Blob::into_inner))),
        other => return Err(format!("the SDK read {other:?}").into()),
    })
}

/// What the SDK read, as this client's type.
///
/// # Errors
/// Those of [`from_sdk`].
pub fn item_from_sdk(item: HashMap<String, SdkValue>) -> Result<Item, Box<dyn std::error::Error>> {
    item.into_iter()
        .map(|(name, value)| Ok((name, from_sdk(value)?)))
        .collect::<Result<Vec<_>, _>>()
        .map(Item::from_iter)
}

//! Options and environment: plain data.
//!
//! [`Options`] is what a program says, [`Config`] what follows from it together with the environment. For each value
//! the order is: explicit option, `DYNAMODB_*` variable, `AWS_*` variable, default.
//!
//! | Option | Variables, the first one set counts | Default |
//! |---|---|---|
//! | [`region`](Options::region) | `DYNAMODB_REGION`, `AWS_REGION`, `AWS_DEFAULT_REGION` | `us-east-1` |
//! | [`local`](Options::local) | `DYNAMODB_LOCAL`; `NODE_ENV=development` | `false` |
//! | [`local_endpoint`](Options::local_endpoint) | `DYNAMODB_LOCAL_ENDPOINT` | `http://localhost:8000` |
//! | [`endpoint_url`](Options::endpoint_url) | `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL` (neither, if `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is true) | by region and partition |
//! | [`max_retries`](Options::max_retries) | `DYNAMODB_MAX_RETRIES`, `AWS_MAX_ATTEMPTS` (one more than the retries) | 3 |
//! | [`retry_mode`](Options::retry_mode) | `DYNAMODB_RETRY_MODE`, `AWS_RETRY_MODE` | `standard` |
//! | [`max_sockets`](Options::max_sockets) | `DYNAMODB_MAX_SOCKETS` | 50 |
//! | [`request_timeout`](Options::request_timeout) | `DYNAMODB_REQUEST_TIMEOUT` (milliseconds) | 30 s |
//! | [`connection_timeout`](Options::connection_timeout) | `DYNAMODB_CONNECTION_TIMEOUT` (milliseconds) | 5 s |
//! | [`enable_logging`](Options::enable_logging) | `DYNAMODB_ENABLE_LOGGING` | `false` |
//! | | `RUST_LOG`: the least level of these lines (`enhanced_dynamodb=warn`) | all |
//! | [`log_keys`](Options::log_keys) | `DYNAMODB_LOG_KEYS` | `false` |
//! | [`slow_call`](Options::slow_call) | `DYNAMODB_SLOW_CALL` (milliseconds) | none |
//! | [`return_consumed_capacity`](Options::return_consumed_capacity) | `DYNAMODB_RETURN_CONSUMED_CAPACITY` | `false` |
//! | [`allow_insecure_endpoint`](Options::allow_insecure_endpoint) | `DYNAMODB_ALLOW_INSECURE_ENDPOINT` | `false` |
//! | [`credentials`](Options::credentials), [`credentials_provider`](Options::credentials_provider) | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ACCOUNT_ID` | profile files, container endpoint |
//! | [`profile`](Options::profile) | `AWS_PROFILE`; the files: `AWS_SHARED_CREDENTIALS_FILE`, `AWS_CONFIG_FILE` | `default` in `~/.aws/credentials` and `~/.aws/config` |
//! | | `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, `AWS_CONTAINER_CREDENTIALS_FULL_URI`, `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, `AWS_CONTAINER_AUTHORIZATION_TOKEN` | |
//! | [`use_fips`](Options::use_fips) | `AWS_USE_FIPS_ENDPOINT` | `false` |
//! | [`use_dual_stack`](Options::use_dual_stack) | `AWS_USE_DUALSTACK_ENDPOINT` | `false` |
//! | [`account_id_endpoint_mode`](Options::account_id_endpoint_mode) | `AWS_ACCOUNT_ID_ENDPOINT_MODE` | `preferred` |
//! | [`ca_bundle_file`](Options::ca_bundle_file), [`ca_bundle_pem`](Options::ca_bundle_pem) | `AWS_CA_BUNDLE` | the roots of Mozilla |
//! | [`proxy`](Options::proxy) | `HTTPS_PROXY`, `https_proxy`; for https endpoints only, never in local mode | none |
//! | [`no_proxy`](Options::no_proxy) | `NO_PROXY`, `no_proxy` | none |
//! | [`app_id`](Options::app_id) | `AWS_SDK_UA_APP_ID` | none |
//! | [`hedge`](Options::hedge) | | none |
//! | [`keep_nulls`](Options::keep_nulls) | | `false` |
//! | [`table_key`](Options::table_key) | | asked for with DescribeTable where it matters |
//!
//! Booleans are `true`, `false`, `1` or `0` in any case. An empty variable counts as unset. A value that does not
//! parse is an error that names variable, value and what is allowed; it is never replaced by a default.
//!
//! Of the profile files only credentials are read: the Region comes from the option or the variables.

mod chance;
mod clock;
mod credentials;
mod difference;
mod effective;
mod environment;
mod given;
mod hedge;
mod level;
mod options;
mod parse;
mod proxy;
mod resolve;
mod retry_mode;
#[cfg(feature = "aws-config")]
mod sdk;
mod sources;
#[cfg(test)]
mod tests;
mod url;

pub(crate) use chance::Chance;
pub(crate) use clock::Time;
pub use clock::{Clock, Random};
pub use credentials::{Credentials, ProvideCredentials};
pub use effective::Config;
pub use given::AccountIdEndpointMode;
pub(crate) use given::{CaBundle, Shared};
pub use hedge::Hedge;
pub(crate) use hedge::HedgeWhen;
pub(crate) use level::Level;
pub use options::Options;
pub(crate) use parse::is_host_label;
pub(crate) use proxy::Proxy;
pub use retry_mode::RetryMode;
#[cfg(feature = "aws-config")]
pub(crate) use sdk::{from_sdk, sdk_error_text};
pub(crate) use sources::{ChainSettings, ContainerAddress, ContainerSettings, CredentialsSource, ProfileChoice};
pub(crate) use url::{Scheme, Url};

use std::time::Duration;

/// The Region that is used if none is named.
pub const DEFAULT_REGION: &str = "us-east-1";
/// Where local mode sends requests if nothing else is said: DynamoDB Local's own default port.
pub const DEFAULT_LOCAL_ENDPOINT: &str = "http://localhost:8000";
/// Retries after the first attempt: four attempts in all, which is what AWS advises for DynamoDB ("Updated default
/// retry behavior", 2026).
pub const DEFAULT_MAX_RETRIES: u32 = 3;
/// Connections that may be open at the same time.
pub const DEFAULT_MAX_SOCKETS: usize = 50;
/// How long one attempt may take: waiting for a connection, connecting, sending and receiving.
pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long making a connection may take: name, TCP and TLS.
pub const DEFAULT_CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);

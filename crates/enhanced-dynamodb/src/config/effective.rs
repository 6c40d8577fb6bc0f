//! What a client works with: every value decided.

use std::collections::BTreeMap;
use std::time::Duration;

use super::environment::Environment;
use super::url::Url;
use super::{
    AccountIdEndpointMode, CaBundle, Chance, CredentialsSource, Hedge, Level, Options, Proxy, RetryMode, Time,
};
use crate::error::Error;
use crate::keys::KeySchema;

/// The configuration that follows from [`Options`] and environment: every value decided, none left to guess.
///
/// Its `Debug` form has no secrets and may be printed.
///
/// ```
/// use std::time::Duration;
/// use enhanced_dynamodb::config::{Config, Options};
///
/// let options = Options::default().max_sockets(10);
/// let config = Config::from_variables(&options, [("DYNAMODB_MAX_SOCKETS", "20"), ("AWS_REGION", "eu-west-1")])?;
/// assert_eq!(config.max_sockets(), 10);
/// assert_eq!(config.region(), "eu-west-1");
/// assert_eq!(config.request_timeout(), Duration::from_secs(30));
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) region: String,
    pub(crate) local: bool,
    /// Where requests go instead of the endpoint by the service's rules: local mode's endpoint, or an override.
    pub(crate) endpoint_url: Option<Url>,
    pub(crate) max_retries: u32,
    pub(crate) retry_mode: RetryMode,
    pub(crate) max_sockets: usize,
    pub(crate) request_timeout: Duration,
    pub(crate) connection_timeout: Duration,
    pub(crate) enable_logging: bool,
    pub(crate) log_keys: bool,
    pub(crate) log_level: Level,
    pub(crate) slow_call: Option<Duration>,
    pub(crate) return_consumed_capacity: bool,
    pub(crate) credentials: CredentialsSource,
    pub(crate) use_fips: bool,
    pub(crate) use_dual_stack: bool,
    pub(crate) account_id_endpoint_mode: AccountIdEndpointMode,
    pub(crate) ca_bundle: Option<CaBundle>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) app_id: Option<String>,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) keep_nulls: bool,
    /// The keys of tables, as they were declared.
    pub(crate) table_keys: BTreeMap<String, KeySchema>,
    pub(crate) time: Time,
    pub(crate) random: Chance,
    /// What the client logs once, as warnings, when it is made.
    pub(crate) warnings: Vec<String>,
}

impl Config {
    /// What follows from these options and the process's environment.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) names the option or variable that
    /// is not understood, its value and what is allowed.
    /// [`ErrorKind::Credentials`](crate::ErrorKind::Credentials) if the environment has half of the credentials.
    pub fn from_env(options: &Options) -> Result<Config, Error> {
        Config::resolve(options, &Environment::Process)
    }

    /// What follows from these options and these variables, without a look at the process's environment. (The chain of
    /// the AWS SDK, which the feature `aws-config` falls back on for roles, SSO and the like, reads that itself.)
    ///
    /// # Errors
    /// As [`from_env`](Config::from_env).
    pub fn from_variables<K, V>(options: &Options, variables: impl IntoIterator<Item = (K, V)>) -> Result<Config, Error>
    where
        K: Into<String>,
        V: Into<String>,
    {
        Config::resolve(options, &Environment::given(variables))
    }

    /// The Region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Whether this is local mode.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// The URL that requests go to instead of the endpoint by the service's rules, if there is one.
    #[must_use]
    pub fn endpoint_url(&self) -> Option<String> {
        self.endpoint_url.as_ref().map(Url::to_string)
    }

    /// Retries after the first attempt.
    #[must_use]
    pub fn max_retries(&self) -> u32 {
        self.max_retries
    }

    /// How the client retries.
    #[must_use]
    pub fn retry_mode(&self) -> RetryMode {
        self.retry_mode
    }

    /// Connections that may be open at the same time.
    #[must_use]
    pub fn max_sockets(&self) -> usize {
        self.max_sockets
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    /// How long making a connection may take.
    #[must_use]
    pub fn connection_timeout(&self) -> Duration {
        self.connection_timeout
    }

    /// Whether each call is written to the standard error stream.
    #[must_use]
    pub fn enable_logging(&self) -> bool {
        self.enable_logging
    }

    /// Whether log lines may have the keys of items.
    #[must_use]
    pub fn log_keys(&self) -> bool {
        self.log_keys
    }

    /// How long a call takes at least that is logged as slow.
    #[must_use]
    pub fn slow_call(&self) -> Option<Duration> {
        self.slow_call
    }

    /// Whether calls ask for the capacity units that they consume.
    #[must_use]
    pub fn return_consumed_capacity(&self) -> bool {
        self.return_consumed_capacity
    }

    /// Whether the FIPS endpoint is used.
    #[must_use]
    pub fn use_fips(&self) -> bool {
        self.use_fips
    }

    /// Whether the dual-stack endpoint is used.
    #[must_use]
    pub fn use_dual_stack(&self) -> bool {
        self.use_dual_stack
    }

    /// Whether requests go to the account's own endpoint.
    #[must_use]
    pub fn account_id_endpoint_mode(&self) -> AccountIdEndpointMode {
        self.account_id_endpoint_mode
    }

    /// The proxy that https endpoints are reached through, without its password.
    #[must_use]
    pub fn proxy(&self) -> Option<String> {
        self.proxy.as_ref().map(Proxy::to_string)
    }

    /// The program's name in the `User-Agent` header.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.app_id.as_deref()
    }

    /// When slow reads are sent a second time.
    #[must_use]
    pub fn hedge(&self) -> Option<Hedge> {
        self.hedge
    }

    /// Whether `Option::None` is written as `NULL`.
    #[must_use]
    pub fn keep_nulls(&self) -> bool {
        self.keep_nulls
    }

    /// The primary key that was declared for a table.
    #[must_use]
    pub fn table_key(&self, table: &str) -> Option<&KeySchema> {
        self.table_keys.get(table)
    }

    /// Where credentials come from, in words and without secrets.
    #[must_use]
    pub fn credentials_source(&self) -> String {
        match &self.credentials {
            CredentialsSource::Fixed(credentials) => format!("access key {}", credentials.access_key_id()),
            CredentialsSource::Provider(provider) => format!("provider {provider:?}"),
            CredentialsSource::Chain(chain) => match &chain.container {
                Some(_) => format!("profile {:?}, else the container endpoint", chain.profile.name()),
                None => format!("profile {:?}", chain.profile.name()),
            },
        }
    }

    /// What a user should know about where these values come from: local mode chosen by a variable, a variable that
    /// local mode sets aside. The client logs each once.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

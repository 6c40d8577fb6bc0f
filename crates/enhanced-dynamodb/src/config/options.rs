//! What a program may say about its client.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::given::{AccountIdEndpointMode, CaBundle, GivenCredentials, Shared};
use super::parse::without_user;
use super::{Clock, Credentials, Hedge, ProvideCredentials, Random, RetryMode};
use crate::keys::KeySchema;

/// Options of a client. What is not set comes from the environment, else from the defaults: the table in
/// [`config`](super) has all of them.
///
/// ```
/// use std::time::Duration;
/// use enhanced_dynamodb::config::Options;
///
/// let options = Options::default()
///     .region("eu-central-1")
///     .max_retries(5)
///     .request_timeout(Duration::from_secs(2))
///     .enable_logging(true);
/// # let _ = options;
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Options {
    pub(super) region: Option<String>,
    pub(super) local: Option<bool>,
    pub(super) local_endpoint: Option<String>,
    pub(super) endpoint_url: Option<String>,
    pub(super) max_retries: Option<u32>,
    pub(super) retry_mode: Option<RetryMode>,
    pub(super) max_sockets: Option<usize>,
    pub(super) request_timeout: Option<Duration>,
    pub(super) connection_timeout: Option<Duration>,
    pub(super) enable_logging: Option<bool>,
    pub(super) log_keys: Option<bool>,
    pub(super) slow_call: Option<Duration>,
    pub(super) return_consumed_capacity: Option<bool>,
    pub(super) credentials: Option<GivenCredentials>,
    pub(super) profile: Option<String>,
    pub(super) use_fips: Option<bool>,
    pub(super) use_dual_stack: Option<bool>,
    pub(super) account_id_endpoint_mode: Option<AccountIdEndpointMode>,
    pub(super) ca_bundle: Option<CaBundle>,
    pub(super) proxy: Option<String>,
    pub(super) no_proxy: Option<String>,
    pub(super) app_id: Option<String>,
    pub(super) allow_insecure_endpoint: Option<bool>,
    pub(super) hedge: Option<Hedge>,
    pub(super) keep_nulls: Option<bool>,
    pub(super) table_keys: BTreeMap<String, KeySchema>,
    pub(super) clock: Option<Shared<dyn Clock>>,
    pub(super) random: Option<Shared<dyn Random>>,
}

impl Options {
    /// No option set: everything comes from the environment and the defaults.
    #[must_use]
    pub fn new() -> Self {
        Options::default()
    }

    /// The AWS Region, such as `eu-central-1`. Default: `us-east-1`.
    ///
    /// Variables: `DYNAMODB_REGION`, `AWS_REGION`, `AWS_DEFAULT_REGION`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Local mode: requests go to [`local_endpoint`](Options::local_endpoint), signed with `local`/`local` unless
    /// [`credentials`](Options::credentials) are given. Default: `false`.
    ///
    /// `DYNAMODB_LOCAL=true` and `NODE_ENV=development` choose it too, which is logged once as a warning;
    /// `local(false)` and an explicit [`endpoint_url`](Options::endpoint_url) rank above both.
    #[must_use]
    pub fn local(mut self, local: bool) -> Self {
        self.local = Some(local);
        self
    }

    /// Where local mode sends requests. Default: `http://localhost:8000`. It does not switch local mode on.
    ///
    /// Variable: `DYNAMODB_LOCAL_ENDPOINT`.
    #[doc(alias = "localEndpoint")]
    #[must_use]
    pub fn local_endpoint(mut self, url: impl Into<String>) -> Self {
        self.local_endpoint = Some(url.into());
        self
    }

    /// Sends requests to this URL instead of the Region's endpoint: a VPC endpoint, a proxy, another engine.
    ///
    /// Variables: `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`.
    #[doc(alias = "endpoint")]
    #[must_use]
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// Retries after the first attempt; 0 means none. Default: 3, which makes four attempts. At most 1000.
    ///
    /// Variables: `DYNAMODB_MAX_RETRIES`; `AWS_MAX_ATTEMPTS`, which counts the first attempt too.
    #[doc(alias = "maxRetries")]
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// How the client retries: not at all, as far as [`max_retries`](Options::max_retries) and the quota go, or with a
    /// limit on the rate of throttled tables as well. Default: [`RetryMode::Standard`].
    ///
    /// Variables: `DYNAMODB_RETRY_MODE`, `AWS_RETRY_MODE`: `standard`, `adaptive` or `none`.
    #[doc(alias = "retryMode")]
    #[must_use]
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.retry_mode = Some(mode);
        self
    }

    /// The hard limit on connections open at the same time; further calls queue. Default: 50. From 1 to 65535.
    ///
    /// Variable: `DYNAMODB_MAX_SOCKETS`.
    #[doc(alias = "maxSockets")]
    #[must_use]
    pub fn max_sockets(mut self, sockets: usize) -> Self {
        self.max_sockets = Some(sockets);
        self
    }

    /// How long one attempt may take, with the wait for a connection. Default: 30 s. From 1 ms to a day.
    ///
    /// Variable: `DYNAMODB_REQUEST_TIMEOUT`, in milliseconds.
    #[doc(alias = "requestTimeout")]
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }

    /// How long making one connection may take. Default: 5 s. From 1 ms to a day.
    ///
    /// Variable: `DYNAMODB_CONNECTION_TIMEOUT`, in milliseconds.
    #[doc(alias = "connectionTimeout")]
    #[must_use]
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.connection_timeout = Some(timeout);
        self
    }

    /// Writes one JSON line a call to the standard error stream. Default: `false`.
    ///
    /// Variable: `DYNAMODB_ENABLE_LOGGING`.
    #[doc(alias = "enableLogging")]
    #[must_use]
    pub fn enable_logging(mut self, enable: bool) -> Self {
        self.enable_logging = Some(enable);
        self
    }

    /// Lets the log lines of calls on one item have its key: `enable_logging`'s, and those of slow calls. Keys may be
    /// names of people. Other values of items are never logged. Default: `false`.
    ///
    /// Variable: `DYNAMODB_LOG_KEYS`.
    #[must_use]
    pub fn log_keys(mut self, log: bool) -> Self {
        self.log_keys = Some(log);
        self
    }

    /// Logs each call that takes at least so long as a warning, also where [`enable_logging`](Options::enable_logging) is
    /// off: as a JSON line on the standard error stream and as a `tracing` event. Default: none. From 1 ms to a day.
    ///
    /// Variable: `DYNAMODB_SLOW_CALL`, in milliseconds.
    #[must_use]
    pub fn slow_call(mut self, threshold: Duration) -> Self {
        self.slow_call = Some(threshold);
        self
    }

    /// Asks each call on items for the capacity units that it consumes (`TOTAL`), so that
    /// [`Client::stats`](crate::Client::stats), logs and metrics know them. A call's own
    /// [`return_consumed_capacity`](crate::operation::GetItem::return_consumed_capacity) ranks above it. It costs no
    /// capacity, but some 60 bytes an answer and the time to read them. Default: `false`.
    ///
    /// Variable: `DYNAMODB_RETURN_CONSUMED_CAPACITY`.
    #[must_use]
    pub fn return_consumed_capacity(mut self, ask: bool) -> Self {
        self.return_consumed_capacity = Some(ask);
        self
    }

    /// Signs with these credentials. Replaces a provider given before.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(GivenCredentials::Fixed(credentials));
        self
    }

    /// Signs with the credentials of this provider. Replaces credentials given before.
    #[must_use]
    pub fn credentials_provider(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(GivenCredentials::Provider(Shared(Arc::new(provider))));
        self
    }

    /// Takes the credentials of this profile in the shared files, and looks in no other place. Not used in local
    /// mode, nor beside [`credentials`](Options::credentials).
    ///
    /// `AWS_PROFILE` names a profile too, but ranks below credentials in the environment.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Uses the FIPS endpoint of the Region. Default: `false`.
    ///
    /// Variable: `AWS_USE_FIPS_ENDPOINT`.
    #[doc(alias = "useFipsEndpoint")]
    #[must_use]
    pub fn use_fips(mut self, use_fips: bool) -> Self {
        self.use_fips = Some(use_fips);
        self
    }

    /// Uses the endpoint of the Region that has IPv6 beside IPv4. Default: `false`.
    ///
    /// Variable: `AWS_USE_DUALSTACK_ENDPOINT`.
    #[doc(alias = "useDualstackEndpoint")]
    #[must_use]
    pub fn use_dual_stack(mut self, use_dual_stack: bool) -> Self {
        self.use_dual_stack = Some(use_dual_stack);
        self
    }

    /// Whether requests go to the account's own endpoint. Default: [`AccountIdEndpointMode::Preferred`].
    ///
    /// Variable: `AWS_ACCOUNT_ID_ENDPOINT_MODE`.
    #[doc(alias = "accountIdEndpointMode")]
    #[must_use]
    pub fn account_id_endpoint_mode(mut self, mode: AccountIdEndpointMode) -> Self {
        self.account_id_endpoint_mode = Some(mode);
        self
    }

    /// Trusts the certificates in this PEM file, and no others.
    ///
    /// Variable: `AWS_CA_BUNDLE`.
    #[must_use]
    pub fn ca_bundle_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_bundle = Some(CaBundle::File { path: path.into(), named_by: "the option ca_bundle_file" });
        self
    }

    /// Trusts these certificates (PEM text), and no others.
    #[must_use]
    pub fn ca_bundle_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_bundle = Some(CaBundle::Pem(pem.into().into()));
        self
    }

    /// Reaches https endpoints through a tunnel (`CONNECT`) of this proxy: `http://host:port`, or
    /// `http://user:password@host:port` with what is special percent-encoded. What passes through the tunnel is
    /// encrypted from here to the endpoint. `http://` endpoints, local mode and `https://` endpoints on this machine
    /// are reached without it.
    ///
    /// Variables: `HTTPS_PROXY`, `https_proxy`.
    ///
    /// ```
    /// use enhanced_dynamodb::Options;
    ///
    /// let options = Options::new().proxy("http://proxy.example.com:3128").no_proxy(".internal, 10.0.0.0/8");
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Hosts that are reached without the [`proxy`](Options::proxy), separated by commas or spaces: a name, which
    /// stands for all names below it too (with or without a dot before it); an address; a network such as
    /// `10.0.0.0/8`; each of the first two with a port or without; `*` for all hosts.
    ///
    /// Variables: `NO_PROXY`, `no_proxy`.
    #[must_use]
    pub fn no_proxy(mut self, hosts: impl Into<String>) -> Self {
        self.no_proxy = Some(hosts.into());
        self
    }

    /// A name for the program in the `User-Agent` header, by which AWS support and CloudTrail can tell its requests.
    ///
    /// Variable: `AWS_SDK_UA_APP_ID`.
    #[doc(alias = "userAgentAppId")]
    #[must_use]
    pub fn app_id(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// Lets real credentials sign requests to an `http://` endpoint that is not on this machine. Default: `false`,
    /// which makes that an error: who listens on the way reads every item, and may replay requests.
    ///
    /// Variable: `DYNAMODB_ALLOW_INSECURE_ENDPOINT`.
    #[must_use]
    pub fn allow_insecure_endpoint(mut self, allow: bool) -> Self {
        self.allow_insecure_endpoint = Some(allow);
        self
    }

    /// Sends reads that are slow to answer a second time; see [`Hedge`]. Default: they are not. A call can say
    /// otherwise with its own `hedge`.
    #[must_use]
    pub fn hedge(mut self, hedge: Hedge) -> Self {
        self.hedge = Some(hedge);
        self
    }

    /// Writes `Option::None` as `NULL` instead of leaving the attribute out. Default: `false`.
    #[doc(alias = "removeUndefinedValues")]
    #[must_use]
    pub fn keep_nulls(mut self, keep: bool) -> Self {
        self.keep_nulls = Some(keep);
        self
    }

    /// Declares the primary key of a table, so that the client need not ask for it with DescribeTable where it must
    /// know it: to keep two operations on one key apart in a batch, for example. `table` is the name
    /// or ARN that calls use.
    ///
    /// ```
    /// use enhanced_dynamodb::{KeySchema, Options};
    ///
    /// let options = Options::new()
    ///     .table_key("Messages", KeySchema::new("id"))
    ///     .table_key("Events", KeySchema::new("stream").with_sort("at"));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn table_key(mut self, table: impl Into<String>, key: KeySchema) -> Self {
        self.table_keys.insert(table.into(), key);
        self
    }

    /// Reads time here instead of from the machine, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(Shared(clock));
        self
    }

    /// Takes chance from here instead of from the process, for tests.
    #[must_use]
    pub fn random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = Some(Shared(random));
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("region", &self.region)
            .field("local", &self.local)
            .field("local_endpoint", &self.local_endpoint.as_deref().map(without_user))
            .field("endpoint_url", &self.endpoint_url.as_deref().map(without_user))
            .field("max_retries", &self.max_retries)
            .field("retry_mode", &self.retry_mode)
            .field("max_sockets", &self.max_sockets)
            .field("request_timeout", &self.request_timeout)
            .field("connection_timeout", &self.connection_timeout)
            .field("enable_logging", &self.enable_logging)
            .field("log_keys", &self.log_keys)
            .field("slow_call", &self.slow_call)
            .field("return_consumed_capacity", &self.return_consumed_capacity)
            .field("credentials", &self.credentials)
            .field("profile", &self.profile)
            .field("use_fips", &self.use_fips)
            .field("use_dual_stack", &self.use_dual_stack)
            .field("account_id_endpoint_mode", &self.account_id_endpoint_mode)
            .field("ca_bundle", &self.ca_bundle)
            .field("proxy", &self.proxy.as_deref().map(super::proxy::without_secrets))
            .field("no_proxy", &self.no_proxy)
            .field("app_id", &self.app_id)
            .field("allow_insecure_endpoint", &self.allow_insecure_endpoint)
            .field("hedge", &self.hedge)
            .field("keep_nulls", &self.keep_nulls)
            .field("table_keys", &self.table_keys)
            .field("clock", &self.clock)
            .field("random", &self.random)
            .finish()
    }
}

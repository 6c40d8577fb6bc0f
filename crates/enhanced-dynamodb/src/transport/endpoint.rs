//! Where a request goes: the service's endpoint rules, resolved for each call and remembered.

mod partition;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

use crate::config::{AccountIdEndpointMode, Config, Url};
use crate::error::{Error, ErrorKind};

pub(crate) use crate::config::Scheme;

/// Where a request goes and for which Region it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) scheme: Scheme,
    /// The name or address to connect to, an IPv6 address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `host[:port]` as the `Host` header wants it.
    pub(crate) authority: String,
    /// `/`, or the override's own path with a `/` at its end.
    pub(crate) path: String,
    pub(crate) signing_region: String,
    /// Whether the host names an account.
    pub(crate) account_based: bool,
}

impl Endpoint {
    pub(super) fn new(url: &Url, signing_region: &str, account_based: bool) -> Self {
        Endpoint {
            scheme: url.scheme,
            host: url.host.clone(),
            port: url.port,
            authority: url.authority(),
            path: format!("{}/", url.path.trim_end_matches('/')),
            signing_region: signing_region.to_owned(),
            account_based,
        }
    }
}

#[cfg(feature = "sdk")]
impl Endpoint {
    /// The endpoint that a request goes to whose URI somebody else has resolved.
    ///
    /// # Errors
    /// What is wrong with the URI, as the end of a sentence.
    pub(crate) fn of_uri(uri: &str) -> Result<Arc<Endpoint>, &'static str> {
        // It signs nothing, so its Region is not asked for.
        Url::parse_with_query(uri).map(|url| Arc::new(Endpoint::new(&url, "", false)))
    }
}

/// What a call says of the tables it is about, by which its account is known. A plain table name is as good as
/// nothing here, and may be passed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ArnParameter<'a> {
    None,
    /// The rules' `ResourceArn`: the one table, stream, backup, … of the call.
    Single(&'a str),
    /// The rules' `ResourceArnList`: the tables of a batch or a transaction.
    List(&'a [&'a str]),
}

/// No program works for more accounts than this at a time; beyond it, endpoints are resolved each time.
const ACCOUNTS_REMEMBERED: usize = 64;

/// Resolves endpoints by the service's rules, and remembers them.
#[derive(Debug)]
pub(crate) struct EndpointResolver {
    settings: Settings,
    /// The endpoint without an account; an error where the rules demand one.
    base: Result<Arc<Endpoint>, rules::Refusal>,
    /// Whether an account could change anything.
    by_account: bool,
    accounts: RwLock<Vec<(Box<str>, Arc<Endpoint>)>>,
}

/// What does not change from call to call.
#[derive(Debug)]
struct Settings {
    region: String,
    endpoint: Option<Url>,
    use_dual_stack: bool,
    use_fips: bool,
    mode: AccountIdEndpointMode,
}

impl EndpointResolver {
    /// # Errors
    /// If the configuration has no endpoint by the rules, whatever the call.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let settings = Settings {
            region: config.region.clone(),
            endpoint: config.endpoint_url.clone(),
            use_dual_stack: config.use_dual_stack,
            use_fips: config.use_fips,
            mode: config.account_id_endpoint_mode,
        };
        let base = settings.resolve(None, None);
        // An account takes part in the rules only here; elsewhere all calls go to one endpoint, or none.
        let by_account = settings.endpoint.is_none()
            && rules::takes_accounts(&settings.region, settings.use_fips, Some(settings.mode));
        if let (Err(refusal), false) = (&base, by_account) {
            return Err(error(refusal));
        }
        Ok(EndpointResolver { settings, base, by_account, accounts: RwLock::new(Vec::new()) })
    }

    /// The endpoint of a call that is signed with credentials of this account and is about these tables.
    ///
    /// # Errors
    /// If the rules demand an account that nobody knows, or the account cannot stand in a host name.
    #[inline]
    pub(crate) fn resolve(&self, account_id: Option<&str>, arns: ArnParameter<'_>) -> Result<Arc<Endpoint>, Error> {
        if self.by_account {
            let arn = match arns {
                ArnParameter::None => None,
                ArnParameter::Single(arn) => Some(arn),
                ArnParameter::List(arns) => arns.first().copied(),
            };
            let of_table = arn.and_then(|arn| rules::account_of(arn, &self.settings.region));
            if let Some(account) = of_table.or(account_id) {
                return self.of_account(account, account_id, arn);
            }
        }
        match &self.base {
            Ok(endpoint) => Ok(Arc::clone(endpoint)),
            Err(refusal) => Err(error(refusal)),
        }
    }

    fn of_account(&self, account: &str, account_id: Option<&str>, arn: Option<&str>) -> Result<Arc<Endpoint>, Error> {
        {
            let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, endpoint)) = accounts.iter().find(|(known, _)| **known == *account) {
                return Ok(Arc::clone(endpoint));
            }
        }
        let endpoint = self.settings.resolve(account_id, arn).map_err(|refusal| error(&refusal))?;
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() < ACCOUNTS_REMEMBERED && !accounts.iter().any(|(known, _)| **known == *account) {
            accounts.push((account.into(), Arc::clone(&endpoint)));
        }
        Ok(endpoint)
    }
}

impl Settings {
    fn resolve(&self, account_id: Option<&str>, arn: Option<&str>) -> Result<Arc<Endpoint>, rules::Refusal> {
        let endpoint = self.endpoint.as_ref().map(Url::to_string);
        let resolved = rules::resolve(&rules::Parameters {
            region: Some(&self.region),
            use_dual_stack: self.use_dual_stack,
            use_fips: self.use_fips,
            endpoint: endpoint.as_deref(),
            account_id,
            account_id_endpoint_mode: Some(self.mode),
            // The rules treat the one ARN and the first of a list alike.
            resource_arn: arn,
            resource_arn_list: &[],
        })?;
        let url = Url::parse(&resolved.url).map_err(rules::Refusal)?;
        let signing_region = resolved.signing_region.unwrap_or(&self.region);
        Ok(Arc::new(Endpoint::new(&url, signing_region, resolved.account_based)))
    }
}

fn error(refusal: &rules::Refusal) -> Error {
    Error::new(ErrorKind::InvalidConfiguration, refusal.0)
        .with_advice("Check region, use_fips, use_dual_stack, account_id_endpoint_mode and the endpoint's URL.")
}

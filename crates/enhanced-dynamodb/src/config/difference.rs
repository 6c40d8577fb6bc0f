//! How two sets of options differ, for those who ask for one shared client in two ways.

use std::fmt;

use super::Options;
use super::given::{CaBundle, GivenCredentials};
use super::parse::without_user;

impl Options {
    /// What differs between these options (of a client that exists, "there") and others (asked for now, "here"), in
    /// words and without secrets; `None` if nothing does.
    ///
    /// ```
    /// use enhanced_dynamodb::config::Options;
    ///
    /// let there = Options::default().max_retries(3);
    /// let here = Options::default().max_retries(5).local(true);
    /// assert_eq!(there.difference(&here).as_deref(), Some("local not set there, true here; max_retries 3 there, 5 here"));
    /// assert_eq!(there.difference(&there), None);
    /// ```
    #[must_use]
    pub fn difference(&self, other: &Options) -> Option<String> {
        // Every field is named, so that a new one cannot be forgotten here.
        let Options {
            region,
            local,
            local_endpoint,
            endpoint_url,
            max_retries,
            retry_mode,
            max_sockets,
            request_timeout,
            connection_timeout,
            enable_logging,
            log_keys,
            slow_call,
            return_consumed_capacity,
            credentials,
            profile,
            use_fips,
            use_dual_stack,
            account_id_endpoint_mode,
            ca_bundle,
            proxy,
            no_proxy,
            app_id,
            allow_insecure_endpoint,
            hedge,
            keep_nulls,
            table_keys,
            clock,
            random,
        } = self;
        let mut found = Vec::new();
        let text = |value: &Option<String>| value.as_deref().map(without_user);
        note(&mut found, "region", text(region), text(&other.region));
        note(&mut found, "local", *local, other.local);
        note(&mut found, "local_endpoint", text(local_endpoint), text(&other.local_endpoint));
        note(&mut found, "endpoint_url", text(endpoint_url), text(&other.endpoint_url));
        note(&mut found, "max_retries", *max_retries, other.max_retries);
        note(&mut found, "retry_mode", *retry_mode, other.retry_mode);
        note(&mut found, "max_sockets", *max_sockets, other.max_sockets);
        note(&mut found, "request_timeout", request_timeout.map(Shown), other.request_timeout.map(Shown));
        note(&mut found, "connection_timeout", connection_timeout.map(Shown), other.connection_timeout.map(Shown));
        note(&mut found, "enable_logging", *enable_logging, other.enable_logging);
        note(&mut found, "log_keys", *log_keys, other.log_keys);
        note(&mut found, "slow_call", slow_call.map(Shown), other.slow_call.map(Shown));
        let (there, here) = (*return_consumed_capacity, other.return_consumed_capacity);
        note(&mut found, "return_consumed_capacity", there, here);
        if *credentials != other.credentials {
            let (there, here) = (whose(credentials.as_ref()), whose(other.credentials.as_ref()));
            if there == here {
                found.push(format!("credentials other {there} there than here"));
            } else {
                found.push(format!("credentials {there} there, {here} here"));
            }
        }
        note(&mut found, "profile", text(profile), text(&other.profile));
        note(&mut found, "use_fips", *use_fips, other.use_fips);
        note(&mut found, "use_dual_stack", *use_dual_stack, other.use_dual_stack);
        note(&mut found, "account_id_endpoint_mode", *account_id_endpoint_mode, other.account_id_endpoint_mode);
        if *ca_bundle != other.ca_bundle {
            let (there, here) = (which(ca_bundle.as_ref()), which(other.ca_bundle.as_ref()));
            if there == here {
                found.push(format!("ca_bundle other {there} there than here"));
            } else {
                found.push(format!("ca_bundle {there} there, {here} here"));
            }
        }
        let url = |value: &Option<String>| value.as_deref().map(super::proxy::without_secrets);
        if *proxy != other.proxy {
            let (there, here) = (or_not_set(url(proxy)), or_not_set(url(&other.proxy)));
            if there == here {
                found.push(format!("proxy {there} with another user or password there than here"));
            } else {
                found.push(format!("proxy {there} there, {here} here"));
            }
        }
        note(&mut found, "no_proxy", text(no_proxy), text(&other.no_proxy));
        note(&mut found, "app_id", text(app_id), text(&other.app_id));
        note(&mut found, "allow_insecure_endpoint", *allow_insecure_endpoint, other.allow_insecure_endpoint);
        note(&mut found, "hedge", *hedge, other.hedge);
        note(&mut found, "keep_nulls", *keep_nulls, other.keep_nulls);
        for table in table_keys.keys().chain(other.table_keys.keys().filter(|table| !table_keys.contains_key(*table))) {
            note(&mut found, &format!("table_key {table}"), table_keys.get(table), other.table_keys.get(table));
        }
        if *clock != other.clock {
            found.push("another clock there than here".to_owned());
        }
        if *random != other.random {
            found.push("another source of chance there than here".to_owned());
        }
        (!found.is_empty()).then(|| found.join("; "))
    }
}

fn note<T: PartialEq + fmt::Display>(found: &mut Vec<String>, name: &str, there: Option<T>, here: Option<T>) {
    if there != here {
        found.push(format!("{name} {} there, {} here", or_not_set(there), or_not_set(here)));
    }
}

fn or_not_set<T: fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "not set".to_owned(), |value| value.to_string())
}

/// A duration as text.
#[derive(PartialEq)]
struct Shown(std::time::Duration);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

fn whose(credentials: Option<&GivenCredentials>) -> String {
    match credentials {
        None => "not set".to_owned(),
        Some(GivenCredentials::Fixed(credentials)) => format!("of access key {}", credentials.access_key_id()),
        Some(GivenCredentials::Provider(_)) => "of a provider".to_owned(),
    }
}

fn which(bundle: Option<&CaBundle>) -> String {
    match bundle {
        None => "not set".to_owned(),
        Some(CaBundle::File { path, named_by: _ }) => path.display().to_string(),
        Some(CaBundle::Pem(_)) => "certificates".to_owned(),
    }
}

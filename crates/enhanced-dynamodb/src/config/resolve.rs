//! From options and environment to a [`Config`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::environment::Environment;
use super::given::{AccountIdEndpointMode, CaBundle};
use super::parse::{self, Origin, invalid};
use super::url::{Scheme, Url};
use super::{
    Chance, Config, DEFAULT_CONNECTION_TIMEOUT, DEFAULT_LOCAL_ENDPOINT, DEFAULT_MAX_RETRIES, DEFAULT_MAX_SOCKETS,
    DEFAULT_REGION, DEFAULT_REQUEST_TIMEOUT, Level, Options, RetryMode, Time, proxy, sources,
};
use crate::error::{Error, ErrorKind};
use crate::keys::KeySchema;

/// Longer names than this are cut or refused by what reads user agents (AWS SDKs and Tools Reference Guide,
/// "Application ID").
const APP_ID_ADVISED: usize = 50;

impl Config {
    pub(crate) fn resolve(options: &Options, environment: &Environment) -> Result<Config, Error> {
        let mut warnings = Vec::new();
        let region = region(options, environment)?;
        let local = local(options, environment)?;
        let endpoint_url = endpoint_url(options, environment, local, &mut warnings)?;
        let is_loopback = endpoint_url.as_ref().is_some_and(Url::is_loopback);
        let credentials = sources::source(options, environment, local.is_some(), is_loopback, &region)?;
        forbid_plaintext(options, environment, local, endpoint_url.as_ref())?;
        let retry_mode = retry_mode(options, environment)?;
        Ok(Config {
            local: local.is_some(),
            max_retries: match retry_mode {
                RetryMode::Standard | RetryMode::Adaptive => max_retries(options, environment)?,
                // What does not parse is an error all the same.
                RetryMode::None => max_retries(options, environment).map(|_| 0)?,
            },
            retry_mode,
            max_sockets: max_sockets(options, environment)?,
            request_timeout: timeout(
                ("request_timeout", options.request_timeout),
                (environment, "DYNAMODB_REQUEST_TIMEOUT"),
            )?
            .unwrap_or(DEFAULT_REQUEST_TIMEOUT),
            connection_timeout: timeout(
                ("connection_timeout", options.connection_timeout),
                (environment, "DYNAMODB_CONNECTION_TIMEOUT"),
            )?
            .unwrap_or(DEFAULT_CONNECTION_TIMEOUT),
            enable_logging: switch(options.enable_logging, environment, "DYNAMODB_ENABLE_LOGGING")?,
            log_level: environment
                .get("RUST_LOG")?
                .and_then(|directives| Level::for_this_library(&directives))
                .unwrap_or_default(),
            log_keys: switch(options.log_keys, environment, "DYNAMODB_LOG_KEYS")?,
            slow_call: timeout(("slow_call", options.slow_call), (environment, "DYNAMODB_SLOW_CALL"))?,
            return_consumed_capacity: switch(
                options.return_consumed_capacity,
                environment,
                "DYNAMODB_RETURN_CONSUMED_CAPACITY",
            )?,
            use_fips: switch(options.use_fips, environment, "AWS_USE_FIPS_ENDPOINT")?,
            use_dual_stack: switch(options.use_dual_stack, environment, "AWS_USE_DUALSTACK_ENDPOINT")?,
            account_id_endpoint_mode: match options.account_id_endpoint_mode {
                Some(mode) => mode,
                None => {
                    environment.parsed("AWS_ACCOUNT_ID_ENDPOINT_MODE", account_id_endpoint_mode)?.unwrap_or_default()
                }
            },
            ca_bundle: match &options.ca_bundle {
                Some(bundle) => Some(bundle.clone()),
                None => environment
                    .get("AWS_CA_BUNDLE")?
                    .map(|path| CaBundle::File { path: PathBuf::from(path), named_by: "AWS_CA_BUNDLE" }),
            },
            proxy: proxy::proxy(options, environment, local.is_some(), endpoint_url.as_ref(), &mut warnings)?,
            app_id: app_id(options, environment, &mut warnings)?,
            hedge: options.hedge,
            keep_nulls: options.keep_nulls.unwrap_or(false),
            table_keys: table_keys(options)?,
            time: options.clock.as_ref().map_or(Time::System, |clock| Time::Injected(clock.0.clone())),
            random: options.random.as_ref().map_or(Chance::System, |random| Chance::Injected(random.0.clone())),
            region,
            endpoint_url,
            credentials,
            warnings,
        })
    }
}

fn table_keys(options: &Options) -> Result<BTreeMap<String, KeySchema>, Error> {
    for (table, schema) in &options.table_keys {
        schema.check(table)?;
    }
    Ok(options.table_keys.clone())
}

fn region(options: &Options, environment: &Environment) -> Result<String, Error> {
    if let Some(region) = &options.region {
        return parse::region(Origin::Option("region"), region);
    }
    match environment.first(&["DYNAMODB_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"])? {
        Some((name, value)) => parse::region(Origin::Variable(name), &value),
        None => Ok(DEFAULT_REGION.to_owned()),
    }
}

/// Who chose local mode.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Local {
    Option,
    /// Such as `DYNAMODB_LOCAL=true`.
    Variable(&'static str),
}

fn local(options: &Options, environment: &Environment) -> Result<Option<Local>, Error> {
    match (options.local, &options.endpoint_url) {
        (Some(true), Some(_)) => {
            Err(Error::new(ErrorKind::InvalidConfiguration, "the options local and endpoint_url name two endpoints")
                .with_advice("Name local mode's endpoint with local_endpoint, or leave out local."))
        }
        (Some(true), None) => Ok(Some(Local::Option)),
        // An explicit endpoint ranks above variables, as an explicit `local(false)` does.
        (Some(false), _) | (None, Some(_)) => Ok(None),
        (None, None) => Ok(match environment.boolean("DYNAMODB_LOCAL")? {
            Some(true) => Some(Local::Variable("DYNAMODB_LOCAL=true")),
            Some(false) => None,
            None if environment.get("NODE_ENV")?.as_deref() == Some("development") => {
                Some(Local::Variable("NODE_ENV=development"))
            }
            None => None,
        }),
    }
}

/// Where requests go, if not by the service's rules.
fn endpoint_url(
    options: &Options,
    environment: &Environment,
    local: Option<Local>,
    warnings: &mut Vec<String>,
) -> Result<Option<Url>, Error> {
    let Some(local) = local else {
        if let Some(url) = &options.endpoint_url {
            return parse::url(Origin::Option("endpoint_url"), url).map(Some);
        }
        return match endpoint_variable(environment)? {
            Some((name, value)) => parse::url(Origin::Variable(name), &value).map(Some),
            None => Ok(None),
        };
    };
    let url = match &options.local_endpoint {
        Some(url) => parse::url(Origin::Option("local_endpoint"), url)?,
        None => match environment.parsed("DYNAMODB_LOCAL_ENDPOINT", parse::url)? {
            Some(url) => url,
            None => parse::url(Origin::Option("local_endpoint"), DEFAULT_LOCAL_ENDPOINT)?,
        },
    };
    if let Local::Variable(chosen_by) = local {
        let signed = if options.credentials.is_some() { "the credentials given" } else { "local credentials" };
        warnings.push(format!(
            "{chosen_by} chooses local mode: requests go to {url}, signed with {signed}; \
             the option local(false) or DYNAMODB_LOCAL=false turns it off"
        ));
    }
    if let Some((name, _)) = endpoint_variable(environment)? {
        warnings.push(format!("{name} is set aside: in local mode requests go to {url}"));
    }
    Ok(Some(url))
}

fn endpoint_variable(environment: &Environment) -> Result<Option<(&'static str, String)>, Error> {
    match environment.first(&["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"])? {
        Some(_) if environment.boolean("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? == Some(true) => Ok(None),
        found => Ok(found),
    }
}

/// Real credentials must not cross a network in the open unless the user says so by name.
fn forbid_plaintext(
    options: &Options,
    environment: &Environment,
    local: Option<Local>,
    endpoint_url: Option<&Url>,
) -> Result<(), Error> {
    let allowed = switch(options.allow_insecure_endpoint, environment, "DYNAMODB_ALLOW_INSECURE_ENDPOINT")?;
    let real = local.is_none() || options.credentials.is_some();
    match endpoint_url {
        Some(url) if url.scheme == Scheme::Http && !url.is_loopback() && real && !allowed => Err(Error::new(
            ErrorKind::InvalidConfiguration,
            format!("real credentials would sign requests to {url}, which is neither encrypted nor on this machine"),
        )
        .with_advice(
            "Use https; or local mode, which signs with local credentials; or allow it with the option \
             allow_insecure_endpoint(true) or DYNAMODB_ALLOW_INSECURE_ENDPOINT=true.",
        )),
        Some(_) | None => Ok(()),
    }
}

fn max_retries(options: &Options, environment: &Environment) -> Result<u32, Error> {
    let number = |origin, value: &str| parse::whole_number(origin, value, parse::MAX_RETRIES, parse::RETRIES_ALLOWED);
    let attempts = 1..=*parse::MAX_RETRIES.end() + 1;
    let retries = if let Some(retries) = options.max_retries {
        number(Origin::Option("max_retries"), &retries.to_string())?
    } else if let Some(retries) = environment.parsed("DYNAMODB_MAX_RETRIES", number)? {
        retries
    } else if let Some(attempts) = environment.parsed("AWS_MAX_ATTEMPTS", |origin, value| {
        parse::whole_number(origin, value, attempts, parse::ATTEMPTS_ALLOWED)
    })? {
        attempts - 1
    } else {
        return Ok(DEFAULT_MAX_RETRIES);
    };
    // At most 1000, as parsed.
    Ok(u32::try_from(retries).unwrap_or(u32::MAX))
}

fn retry_mode(options: &Options, environment: &Environment) -> Result<RetryMode, Error> {
    let mode = |origin, value: &str| {
        RetryMode::ALL
            .into_iter()
            .find(|mode| mode.to_string().eq_ignore_ascii_case(value))
            .ok_or_else(|| invalid(origin, value, "standard, adaptive or none"))
    };
    if let Some(mode) = options.retry_mode {
        return Ok(mode);
    }
    match environment.first(&["DYNAMODB_RETRY_MODE", "AWS_RETRY_MODE"])? {
        Some((name, value)) => mode(Origin::Variable(name), &value),
        None => Ok(RetryMode::default()),
    }
}

fn max_sockets(options: &Options, environment: &Environment) -> Result<usize, Error> {
    let number = |origin, value: &str| parse::whole_number(origin, value, parse::MAX_SOCKETS, parse::SOCKETS_ALLOWED);
    let sockets = match options.max_sockets {
        Some(sockets) => Some(number(Origin::Option("max_sockets"), &sockets.to_string())?),
        None => environment.parsed("DYNAMODB_MAX_SOCKETS", number)?,
    };
    // At most 65535, as parsed.
    Ok(sockets.map_or(DEFAULT_MAX_SOCKETS, |sockets| usize::try_from(sockets).unwrap_or(usize::MAX)))
}

fn timeout(
    (option, given): (&'static str, Option<std::time::Duration>),
    (environment, variable): (&Environment, &'static str),
) -> Result<Option<std::time::Duration>, Error> {
    match given {
        Some(timeout) => parse::duration(Origin::Option(option), timeout).map(Some),
        None => environment.parsed(variable, parse::milliseconds),
    }
}

fn switch(option: Option<bool>, environment: &Environment, variable: &'static str) -> Result<bool, Error> {
    match option {
        Some(value) => Ok(value),
        None => Ok(environment.boolean(variable)?.unwrap_or(false)),
    }
}

fn account_id_endpoint_mode(origin: Origin, value: &str) -> Result<AccountIdEndpointMode, Error> {
    [AccountIdEndpointMode::Preferred, AccountIdEndpointMode::Disabled, AccountIdEndpointMode::Required]
        .into_iter()
        .find(|mode| mode.to_string().eq_ignore_ascii_case(value))
        .ok_or_else(|| invalid(origin, value, "preferred, disabled or required"))
}

fn app_id(options: &Options, environment: &Environment, warnings: &mut Vec<String>) -> Result<Option<String>, Error> {
    let (origin, app_id) = match (&options.app_id, environment.get("AWS_SDK_UA_APP_ID")?) {
        (Some(app_id), _) => (Origin::Option("app_id"), app_id.clone()),
        (None, Some(app_id)) => (Origin::Variable("AWS_SDK_UA_APP_ID"), app_id),
        (None, None) => return Ok(None),
    };
    // A token of HTTP (RFC 9110, 5.6.2): it stands in the User-Agent header.
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if app_id.is_empty() || !app_id.bytes().all(token) {
        return Err(invalid(origin, &app_id, "letters, digits and !#$%&'*+-.^_`|~"));
    }
    if app_id.len() > APP_ID_ADVISED {
        warnings.push(format!("{origin} is longer than {APP_ID_ADVISED} characters: it may be cut in logs"));
    }
    Ok(Some(app_id))
}

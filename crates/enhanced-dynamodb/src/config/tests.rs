//! Each default, each variable, each precedence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod credentials;
mod errors;
mod options;

use std::time::Duration;

use super::*;
use crate::error::Error;

type Variables<'a> = &'a [(&'a str, &'a str)];

fn config(options: &Options, variables: Variables<'_>) -> Config {
    Config::from_variables(options, variables.iter().copied()).unwrap_or_else(|error| panic!("{variables:?}: {error}"))
}

fn error(options: &Options, variables: Variables<'_>) -> Error {
    match Config::from_variables(options, variables.iter().copied()) {
        Ok(config) => panic!("{variables:?} is no error: {config:?}"),
        Err(error) => error,
    }
}

/// A value as text, so that one table can hold all of them.
fn value(config: &Config, name: &str) -> String {
    match name {
        "region" => config.region().to_owned(),
        "local" => config.is_local().to_string(),
        "endpoint_url" => config.endpoint_url().unwrap_or_else(|| "by the rules".to_owned()),
        "max_retries" => config.max_retries().to_string(),
        "retry_mode" => config.retry_mode().to_string(),
        "max_sockets" => config.max_sockets().to_string(),
        "request_timeout" => format!("{:?}", config.request_timeout()),
        "connection_timeout" => format!("{:?}", config.connection_timeout()),
        "enable_logging" => config.enable_logging().to_string(),
        "log_level" => format!("{:?}", config.log_level),
        "log_keys" => config.log_keys().to_string(),
        "slow_call" => format!("{:?}", config.slow_call()),
        "return_consumed_capacity" => config.return_consumed_capacity().to_string(),
        "use_fips" => config.use_fips().to_string(),
        "use_dual_stack" => config.use_dual_stack().to_string(),
        "account_id_endpoint_mode" => config.account_id_endpoint_mode().to_string(),
        "ca_bundle" => format!("{:?}", config.ca_bundle),
        "app_id" => config.app_id().unwrap_or("none").to_owned(),
        "keep_nulls" => config.keep_nulls().to_string(),
        "credentials" => config.credentials_source(),
        other => panic!("no such value: {other}"),
    }
}

#[test]
fn each_default_is_as_documented() {
    let config = config(&Options::new(), &[]);
    for (name, expected) in [
        ("region", "us-east-1"),
        ("local", "false"),
        ("endpoint_url", "by the rules"),
        ("max_retries", "3"),
        ("retry_mode", "standard"),
        ("max_sockets", "50"),
        ("request_timeout", "30s"),
        ("connection_timeout", "5s"),
        ("enable_logging", "false"),
        ("log_level", "Info"),
        ("log_keys", "false"),
        ("slow_call", "None"),
        ("return_consumed_capacity", "false"),
        ("use_fips", "false"),
        ("use_dual_stack", "false"),
        ("account_id_endpoint_mode", "preferred"),
        ("ca_bundle", "None"),
        ("app_id", "none"),
        ("keep_nulls", "false"),
        ("credentials", "profile \"default\""),
    ] {
        assert_eq!(value(&config, name), expected, "{name}");
    }
    assert!(config.warnings().is_empty());
}

#[test]
fn each_variable_is_read() {
    let cases: &[(Variables<'_>, &str, &str)] = &[
        (&[("DYNAMODB_REGION", "eu-west-1")], "region", "eu-west-1"),
        (&[("AWS_REGION", "eu-west-2")], "region", "eu-west-2"),
        (&[("AWS_DEFAULT_REGION", "eu-west-3")], "region", "eu-west-3"),
        (&[("NODE_ENV", "development")], "local", "true"),
        (&[("NODE_ENV", "production")], "local", "false"),
        (&[("NODE_ENV", "Development")], "local", "false"),
        (&[("DYNAMODB_LOCAL", "true")], "local", "true"),
        (&[("DYNAMODB_LOCAL", "1")], "local", "true"),
        (&[("DYNAMODB_LOCAL", "TRUE")], "endpoint_url", "http://localhost:8000"),
        (&[("DYNAMODB_LOCAL", "0")], "local", "false"),
        (&[("DYNAMODB_LOCAL_ENDPOINT", "http://localhost:9000")], "local", "false"),
        (&[("DYNAMODB_LOCAL_ENDPOINT", "http://localhost:9000")], "endpoint_url", "by the rules"),
        (
            &[("DYNAMODB_LOCAL", "True"), ("DYNAMODB_LOCAL_ENDPOINT", "http://localhost:9000")],
            "endpoint_url",
            "http://localhost:9000",
        ),
        (
            &[("NODE_ENV", "development"), ("DYNAMODB_LOCAL_ENDPOINT", "http://dynamodb:8000")],
            "endpoint_url",
            "http://dynamodb:8000",
        ),
        (&[("AWS_ENDPOINT_URL_DYNAMODB", "https://a.example")], "endpoint_url", "https://a.example"),
        (&[("AWS_ENDPOINT_URL", "https://b.example/base")], "endpoint_url", "https://b.example/base"),
        (
            &[("AWS_ENDPOINT_URL", "https://b.example"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
            "endpoint_url",
            "by the rules",
        ),
        (
            &[("AWS_ENDPOINT_URL", "https://b.example"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")],
            "endpoint_url",
            "https://b.example",
        ),
        (&[("DYNAMODB_MAX_RETRIES", "5")], "max_retries", "5"),
        (&[("DYNAMODB_MAX_RETRIES", "0")], "max_retries", "0"),
        (&[("DYNAMODB_MAX_RETRIES", "1000")], "max_retries", "1000"),
        (&[("AWS_MAX_ATTEMPTS", "5")], "max_retries", "4"),
        (&[("AWS_MAX_ATTEMPTS", "1")], "max_retries", "0"),
        (&[("DYNAMODB_RETRY_MODE", "adaptive")], "retry_mode", "adaptive"),
        (&[("AWS_RETRY_MODE", "Standard")], "retry_mode", "standard"),
        (&[("DYNAMODB_RETRY_MODE", "none"), ("DYNAMODB_MAX_RETRIES", "5")], "max_retries", "0"),
        (&[("DYNAMODB_RETRY_MODE", "none"), ("AWS_RETRY_MODE", "adaptive")], "retry_mode", "none"),
        (&[("DYNAMODB_MAX_SOCKETS", "7")], "max_sockets", "7"),
        (&[("DYNAMODB_REQUEST_TIMEOUT", "1500")], "request_timeout", "1.5s"),
        (&[("DYNAMODB_CONNECTION_TIMEOUT", "250")], "connection_timeout", "250ms"),
        (&[("DYNAMODB_ENABLE_LOGGING", "true")], "enable_logging", "true"),
        (&[("DYNAMODB_ENABLE_LOGGING", "1")], "enable_logging", "true"),
        (&[("DYNAMODB_ENABLE_LOGGING", "False")], "enable_logging", "false"),
        (&[("RUST_LOG", "hyper=debug,enhanced_dynamodb=error")], "log_level", "Error"),
        (&[("RUST_LOG", "[what{is=this}]=?")], "log_level", "Info"),
        (&[("DYNAMODB_LOG_KEYS", "true")], "log_keys", "true"),
        (&[("DYNAMODB_SLOW_CALL", "250")], "slow_call", "Some(250ms)"),
        (&[("DYNAMODB_RETURN_CONSUMED_CAPACITY", "TRUE")], "return_consumed_capacity", "true"),
        (&[("AWS_USE_FIPS_ENDPOINT", "true")], "use_fips", "true"),
        (&[("AWS_USE_DUALSTACK_ENDPOINT", "true")], "use_dual_stack", "true"),
        (&[("AWS_ACCOUNT_ID_ENDPOINT_MODE", "Required")], "account_id_endpoint_mode", "required"),
        (&[("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")], "account_id_endpoint_mode", "disabled"),
        (&[("AWS_CA_BUNDLE", "/etc/roots.pem")], "ca_bundle", "Some(File(\"/etc/roots.pem\"))"),
        (&[("AWS_SDK_UA_APP_ID", "checkout-7")], "app_id", "checkout-7"),
        (&[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s")], "credentials", "access key AKID"),
        (&[("AWS_PROFILE", "team")], "credentials", "profile \"team\""),
        (
            &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/c")],
            "credentials",
            "profile \"default\", else the container endpoint",
        ),
    ];
    for (variables, name, expected) in cases {
        assert_eq!(value(&config(&Options::new(), variables), name), *expected, "{variables:?}");
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let names = [
        "DYNAMODB_REGION",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "NODE_ENV",
        "DYNAMODB_LOCAL",
        "DYNAMODB_LOCAL_ENDPOINT",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "DYNAMODB_MAX_RETRIES",
        "AWS_MAX_ATTEMPTS",
        "DYNAMODB_RETRY_MODE",
        "AWS_RETRY_MODE",
        "DYNAMODB_MAX_SOCKETS",
        "DYNAMODB_REQUEST_TIMEOUT",
        "DYNAMODB_CONNECTION_TIMEOUT",
        "DYNAMODB_ENABLE_LOGGING",
        "DYNAMODB_LOG_KEYS",
        "DYNAMODB_SLOW_CALL",
        "DYNAMODB_RETURN_CONSUMED_CAPACITY",
        "RUST_LOG",
        "DYNAMODB_ALLOW_INSECURE_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
        "AWS_CA_BUNDLE",
        "AWS_SDK_UA_APP_ID",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ACCOUNT_ID",
        "AWS_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONFIG_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "HOME",
    ];
    let empty = Config::from_variables(&Options::new(), names.map(|name| (name, ""))).unwrap();
    assert_eq!(format!("{empty:?}"), format!("{:?}", config(&Options::new(), &[])));
}

#[test]
fn an_option_ranks_above_dynamodb_variables_and_those_above_aws_variables() {
    let ms = Duration::from_millis;
    let options = Options::new;
    let cases: &[(Options, Variables<'_>, &str, &str)] = &[
        (options().region("us-west-2"), &[("DYNAMODB_REGION", "a"), ("AWS_REGION", "b")], "region", "us-west-2"),
        (options(), &[("DYNAMODB_REGION", "a"), ("AWS_REGION", "b"), ("AWS_DEFAULT_REGION", "c")], "region", "a"),
        (options(), &[("AWS_REGION", "b"), ("AWS_DEFAULT_REGION", "c")], "region", "b"),
        (options().local(false), &[("DYNAMODB_LOCAL", "true"), ("NODE_ENV", "development")], "local", "false"),
        (options(), &[("DYNAMODB_LOCAL", "false"), ("NODE_ENV", "development")], "local", "false"),
        (options().local(true), &[("DYNAMODB_LOCAL", "false")], "local", "true"),
        (options().local_endpoint("http://localhost:1"), &[], "local", "false"),
        (
            options().local(true).local_endpoint("http://localhost:1"),
            &[("DYNAMODB_LOCAL_ENDPOINT", "http://localhost:2")],
            "endpoint_url",
            "http://localhost:1",
        ),
        (
            options().endpoint_url("https://a.example"),
            &[("NODE_ENV", "development"), ("AWS_ENDPOINT_URL_DYNAMODB", "https://b.example")],
            "endpoint_url",
            "https://a.example",
        ),
        (
            options().endpoint_url("https://a.example"),
            &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
            "endpoint_url",
            "https://a.example",
        ),
        (
            options(),
            &[("AWS_ENDPOINT_URL_DYNAMODB", "https://b.example"), ("AWS_ENDPOINT_URL", "https://c.example")],
            "endpoint_url",
            "https://b.example",
        ),
        (
            options(),
            &[("DYNAMODB_LOCAL", "1"), ("AWS_ENDPOINT_URL", "https://c.example")],
            "endpoint_url",
            "http://localhost:8000",
        ),
        (options().max_retries(0), &[("DYNAMODB_MAX_RETRIES", "5"), ("AWS_MAX_ATTEMPTS", "9")], "max_retries", "0"),
        (options(), &[("DYNAMODB_MAX_RETRIES", "5"), ("AWS_MAX_ATTEMPTS", "9")], "max_retries", "5"),
        (options().retry_mode(RetryMode::Standard), &[("DYNAMODB_RETRY_MODE", "adaptive")], "retry_mode", "standard"),
        (options().retry_mode(RetryMode::None).max_retries(5), &[], "max_retries", "0"),
        (options().max_sockets(9), &[("DYNAMODB_MAX_SOCKETS", "5")], "max_sockets", "9"),
        (options().request_timeout(ms(9)), &[("DYNAMODB_REQUEST_TIMEOUT", "5")], "request_timeout", "9ms"),
        (options().connection_timeout(ms(9)), &[("DYNAMODB_CONNECTION_TIMEOUT", "5")], "connection_timeout", "9ms"),
        (options().enable_logging(false), &[("DYNAMODB_ENABLE_LOGGING", "true")], "enable_logging", "false"),
        (options().log_keys(false), &[("DYNAMODB_LOG_KEYS", "true")], "log_keys", "false"),
        (options().slow_call(ms(9)), &[("DYNAMODB_SLOW_CALL", "5")], "slow_call", "Some(9ms)"),
        (
            options().return_consumed_capacity(false),
            &[("DYNAMODB_RETURN_CONSUMED_CAPACITY", "true")],
            "return_consumed_capacity",
            "false",
        ),
        (options().use_fips(false), &[("AWS_USE_FIPS_ENDPOINT", "true")], "use_fips", "false"),
        (options().use_dual_stack(false), &[("AWS_USE_DUALSTACK_ENDPOINT", "true")], "use_dual_stack", "false"),
        (
            options().account_id_endpoint_mode(AccountIdEndpointMode::Disabled),
            &[("AWS_ACCOUNT_ID_ENDPOINT_MODE", "required")],
            "account_id_endpoint_mode",
            "disabled",
        ),
        (options().ca_bundle_file("/a"), &[("AWS_CA_BUNDLE", "/b")], "ca_bundle", "Some(File(\"/a\"))"),
        (options().ca_bundle_pem("abc"), &[("AWS_CA_BUNDLE", "/b")], "ca_bundle", "Some(Pem(3 bytes))"),
        (options().app_id("a"), &[("AWS_SDK_UA_APP_ID", "b")], "app_id", "a"),
        (options().keep_nulls(true), &[], "keep_nulls", "true"),
        (
            options().credentials(Credentials::new("GIVEN", "s")),
            &[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s")],
            "credentials",
            "access key GIVEN",
        ),
        (
            options().profile("mine"),
            &[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_PROFILE", "team")],
            "credentials",
            "profile \"mine\"",
        ),
        (
            options(),
            &[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_PROFILE", "team")],
            "credentials",
            "access key AKID",
        ),
        (
            options().local(true),
            &[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s")],
            "credentials",
            "access key local",
        ),
        (options().local(true).credentials(Credentials::new("GIVEN", "s")), &[], "credentials", "access key GIVEN"),
    ];
    for (options, variables, name, expected) in cases {
        assert_eq!(value(&config(options, variables), name), *expected, "{options:?} {variables:?}");
    }
}

#[test]
fn a_retry_mode_that_there_is_not_is_an_error_that_names_those_there_are() {
    let error = error(&Options::new(), &[("AWS_RETRY_MODE", "legacy")]);
    assert_eq!(error.message(), "AWS_RETRY_MODE is \"legacy\"; allowed is standard, adaptive or none");
}

#[test]
fn local_mode_chosen_by_a_variable_is_warned_of_with_its_endpoint() {
    let by_node = config(&Options::new(), &[("NODE_ENV", "development")]);
    assert_eq!(
        by_node.warnings(),
        ["NODE_ENV=development chooses local mode: requests go to http://localhost:8000, signed with local \
          credentials; the option local(false) or DYNAMODB_LOCAL=false turns it off"]
    );
    let given = Options::new().credentials(Credentials::new("a", "b"));
    let by_local = config(&given, &[("DYNAMODB_LOCAL", "1"), ("DYNAMODB_LOCAL_ENDPOINT", "http://localhost:1")]);
    assert_eq!(
        by_local.warnings(),
        ["DYNAMODB_LOCAL=true chooses local mode: requests go to http://localhost:1, signed with the credentials \
          given; the option local(false) or DYNAMODB_LOCAL=false turns it off"]
    );
    assert!(config(&Options::new().local(true), &[("NODE_ENV", "development")]).warnings().is_empty());
    assert_eq!(
        config(&Options::new().local(true), &[("AWS_ENDPOINT_URL", "https://a.example")]).warnings(),
        ["AWS_ENDPOINT_URL is set aside: in local mode requests go to http://localhost:8000"]
    );
}

//! Each default, each variable, each precedence, each error text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::error::{Error, ErrorKind};

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
        "max_sockets" => config.max_sockets().to_string(),
        "request_timeout" => format!("{:?}", config.request_timeout()),
        "connection_timeout" => format!("{:?}", config.connection_timeout()),
        "enable_logging" => config.enable_logging().to_string(),
        "use_fips" => config.use_fips().to_string(),
        "use_dual_stack" => config.use_dual_stack().to_string(),
        "account_id_endpoint_mode" => config.account_id_endpoint_mode().to_string(),
        "ca_bundle" => format!("{:?}", config.ca_bundle),
        "app_id" => config.app_id().unwrap_or("none").to_owned(),
        "keep_nulls" => config.keep_nulls().to_string(),
        "credentials" => config.credentials(),
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
        ("max_sockets", "50"),
        ("request_timeout", "30s"),
        ("connection_timeout", "5s"),
        ("enable_logging", "false"),
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
        (&[("DYNAMODB_MAX_SOCKETS", "7")], "max_sockets", "7"),
        (&[("DYNAMODB_REQUEST_TIMEOUT", "1500")], "request_timeout", "1.5s"),
        (&[("DYNAMODB_CONNECTION_TIMEOUT", "250")], "connection_timeout", "250ms"),
        (&[("DYNAMODB_ENABLE_LOGGING", "true")], "enable_logging", "true"),
        (&[("DYNAMODB_ENABLE_LOGGING", "1")], "enable_logging", "true"),
        (&[("DYNAMODB_ENABLE_LOGGING", "False")], "enable_logging", "false"),
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
        "DYNAMODB_MAX_SOCKETS",
        "DYNAMODB_REQUEST_TIMEOUT",
        "DYNAMODB_CONNECTION_TIMEOUT",
        "DYNAMODB_ENABLE_LOGGING",
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
        (options().max_sockets(9), &[("DYNAMODB_MAX_SOCKETS", "5")], "max_sockets", "9"),
        (options().request_timeout(ms(9)), &[("DYNAMODB_REQUEST_TIMEOUT", "5")], "request_timeout", "9ms"),
        (options().connection_timeout(ms(9)), &[("DYNAMODB_CONNECTION_TIMEOUT", "5")], "connection_timeout", "9ms"),
        (options().enable_logging(false), &[("DYNAMODB_ENABLE_LOGGING", "true")], "enable_logging", "false"),
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
fn what_is_not_understood_is_an_error_that_names_variable_value_and_what_is_allowed() {
    const RETRIES: &str = "allowed is a whole number from 0 to 1000: the retries after the first attempt, 0 for none";
    const ATTEMPTS: &str = "allowed is a whole number from 1 to 1001: the attempts, the first one included";
    const SOCKETS: &str = "allowed is a whole number from 1 to 65535";
    const TIME: &str = "allowed is a whole number of milliseconds from 1 to 86400000 (a day)";
    const BOOLEAN: &str = "allowed is true, false, 1 or 0";
    const REGION: &str = "allowed is a Region's name such as eu-central-1: 1 to 63 letters, digits and hyphens, \
                          no hyphen at either end";
    const URL: &str = "allowed is a URL such as http://localhost:8000 or https://example.com/path";
    let long = "x".repeat(64);
    let cases: &[(&str, &str, &str)] = &[
        ("DYNAMODB_MAX_RETRIES", "abc", RETRIES),
        ("DYNAMODB_MAX_RETRIES", "-1", RETRIES),
        ("DYNAMODB_MAX_RETRIES", "1e9", RETRIES),
        ("DYNAMODB_MAX_RETRIES", "+3", RETRIES),
        ("DYNAMODB_MAX_RETRIES", "3.5", RETRIES),
        ("DYNAMODB_MAX_RETRIES", " 3", RETRIES),
        ("DYNAMODB_MAX_RETRIES", "1001", RETRIES),
        ("DYNAMODB_MAX_RETRIES", "99999999999999999999", RETRIES),
        ("AWS_MAX_ATTEMPTS", "0", ATTEMPTS),
        ("AWS_MAX_ATTEMPTS", "many", ATTEMPTS),
        ("DYNAMODB_MAX_SOCKETS", "0", SOCKETS),
        ("DYNAMODB_MAX_SOCKETS", "65536", SOCKETS),
        ("DYNAMODB_REQUEST_TIMEOUT", "0", TIME),
        ("DYNAMODB_REQUEST_TIMEOUT", "30s", TIME),
        ("DYNAMODB_CONNECTION_TIMEOUT", "-5", TIME),
        ("DYNAMODB_CONNECTION_TIMEOUT", "86400001", TIME),
        ("DYNAMODB_ENABLE_LOGGING", "yes", BOOLEAN),
        ("DYNAMODB_LOCAL", "on", BOOLEAN),
        ("DYNAMODB_ALLOW_INSECURE_ENDPOINT", "2", BOOLEAN),
        ("AWS_USE_FIPS_ENDPOINT", "y", BOOLEAN),
        ("AWS_USE_DUALSTACK_ENDPOINT", "no", BOOLEAN),
        ("DYNAMODB_REGION", "eu west", REGION),
        ("AWS_REGION", "eu-central-1.evil.example/", REGION),
        ("AWS_REGION", "-eu", REGION),
        ("AWS_DEFAULT_REGION", "eu-", REGION),
        ("AWS_DEFAULT_REGION", &long, REGION),
        ("AWS_ENDPOINT_URL_DYNAMODB", "localhost:8000", URL),
        ("AWS_ENDPOINT_URL", "https://", URL),
        ("AWS_ENDPOINT_URL", "https://example.com?a=b", URL),
        ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "sometimes", "allowed is preferred, disabled or required"),
        ("AWS_SDK_UA_APP_ID", "my app", "allowed is letters, digits and !#$%&'*+-.^_`|~"),
    ];
    for (name, text, allowed) in cases {
        let error = error(&Options::new(), &[(name, text)]);
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration, "{name}={text}");
        let expected = format!("{name} is {text:?}; {allowed}");
        assert!(error.message().starts_with(&expected), "{}\n{expected}", error.message());
    }
    let local = error(&Options::new(), &[("DYNAMODB_LOCAL", "1"), ("DYNAMODB_LOCAL_ENDPOINT", "8000")]);
    assert_eq!(
        local.to_string(),
        "InvalidConfiguration: DYNAMODB_LOCAL_ENDPOINT is \"8000\"; allowed is a URL such as http://localhost:8000 or \
         https://example.com/path: it does not begin with http:// or https://"
    );
    let ignore = [("AWS_ENDPOINT_URL", "https://a.example"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "maybe")];
    assert_eq!(
        error(&Options::new(), &ignore).message(),
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is \"maybe\"; allowed is true, false, 1 or 0"
    );
}

#[test]
fn an_option_that_is_not_allowed_is_named() {
    let options = Options::new;
    let cases: &[(Options, &str)] = &[
        (options().region(""), "the option region is \"\"; allowed is a Region's name"),
        (options().region("a.b"), "the option region is \"a.b\"; allowed is a Region's name"),
        (options().max_retries(1001), "the option max_retries is \"1001\"; allowed is a whole number from 0"),
        (options().max_sockets(0), "the option max_sockets is \"0\"; allowed is a whole number from 1"),
        (options().request_timeout(Duration::ZERO), "the option request_timeout is \"0ns\"; allowed is a duration"),
        (
            options().connection_timeout(Duration::MAX),
            "the option connection_timeout is \"18446744073709551615.999999999s\"; allowed is a duration",
        ),
        (options().endpoint_url("example.com"), "the option endpoint_url is \"example.com\"; allowed is a URL"),
        (
            options().endpoint_url("https://me:secret@example.com"),
            "the option endpoint_url is \"https://******@example.com\"; allowed is a URL",
        ),
        (options().local(true).local_endpoint("x"), "the option local_endpoint is \"x\"; allowed is a URL"),
        (options().app_id("a/b"), "the option app_id is \"a/b\"; allowed is letters"),
        (options().profile(""), "the option profile is empty"),
        (options().credentials(Credentials::new("", "s")), "the option credentials: the access key is empty"),
        (
            options().credentials(Credentials::new("AKID\n", "s")),
            "the option credentials: the access key has characters that no access key has",
        ),
        (
            options().local(true).endpoint_url("http://localhost:1"),
            "the options local and endpoint_url name two endpoints",
        ),
    ];
    for (options, expected) in cases {
        let error = error(options, &[]);
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration, "{options:?}");
        assert!(error.message().starts_with(expected), "{}\n{expected}", error.message());
        assert!(!error.to_string().contains("secret@"), "{error}");
    }
}

#[test]
fn a_value_that_is_not_consulted_is_not_judged() {
    let config = config(&Options::new().max_retries(1), &[("DYNAMODB_MAX_RETRIES", "abc"), ("AWS_MAX_ATTEMPTS", "x")]);
    assert_eq!(config.max_retries(), 1);
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

#[test]
fn real_credentials_need_encryption_or_loopback_or_leave_by_name() {
    let real = || Options::new().credentials(Credentials::new("AKID", "secret"));
    let refused = error(&real().endpoint_url("http://dynamodb.example:8000"), &[]);
    assert_eq!(
        refused.to_string(),
        "InvalidConfiguration: real credentials would sign requests to http://dynamodb.example:8000, which is neither \
         encrypted nor on this machine. Use https; or local mode, which signs with local credentials; or allow it with \
         the option allow_insecure_endpoint(true) or DYNAMODB_ALLOW_INSECURE_ENDPOINT=true."
    );
    let environment = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let variable = [environment[0], environment[1], ("AWS_ENDPOINT_URL", "http://10.0.0.1:8000")];
    assert_eq!(error(&Options::new(), &variable).kind(), ErrorKind::InvalidConfiguration);
    // Who the credentials of a profile or a container are is known only later: they are real, whoever it is.
    let later = [("AWS_ENDPOINT_URL", "http://10.0.0.1:8000")];
    assert_eq!(error(&Options::new(), &later).kind(), ErrorKind::InvalidConfiguration);
    let local_network = real().local(true).local_endpoint("http://dynamodb:8000");
    assert_eq!(error(&local_network, &[]).kind(), ErrorKind::InvalidConfiguration);

    config(&real().endpoint_url("http://dynamodb.example:8000").allow_insecure_endpoint(true), &[]);
    config(&real().endpoint_url("http://dynamodb.example:8000"), &[("DYNAMODB_ALLOW_INSECURE_ENDPOINT", "true")]);
    config(&real().endpoint_url("https://dynamodb.example:8000"), &[]);
    config(&real().endpoint_url("http://127.0.0.1:8000"), &[]);
    config(&real().endpoint_url("http://[::1]:8000"), &[]);
    config(&real().local(true), &[]);
    config(&local_network.allow_insecure_endpoint(true), &[]);
    // Local credentials are no secret: another container may be named.
    config(&Options::new().local(true).local_endpoint("http://dynamodb:8000"), &[]);
    let off = [("DYNAMODB_ALLOW_INSECURE_ENDPOINT", "true")];
    let denied = real().endpoint_url("http://dynamodb.example:8000").allow_insecure_endpoint(false);
    assert_eq!(error(&denied, &off).kind(), ErrorKind::InvalidConfiguration);
}

#[test]
fn credentials_of_the_environment_are_whole_or_an_error() {
    let half = error(&Options::new(), &[("AWS_ACCESS_KEY_ID", "AKID")]);
    assert_eq!(half.kind(), ErrorKind::Credentials);
    assert_eq!(
        half.to_string(),
        "CredentialsError: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not. Set both, or neither."
    );
    let half = error(&Options::new(), &[("AWS_SECRET_ACCESS_KEY", "topsecret")]);
    assert_eq!(half.message(), "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not");
    let all = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "topsecret"),
        ("AWS_SESSION_TOKEN", "tokentext"),
        ("AWS_ACCOUNT_ID", "123456789012"),
    ];
    let config = config(&Options::new(), &all);
    let CredentialsSource::Fixed(credentials) = &config.credentials else { panic!("{config:?}") };
    assert_eq!(credentials.secret_access_key(), "topsecret");
    assert_eq!(credentials.session_token(), Some("tokentext"));
    assert_eq!(credentials.account_id(), Some("123456789012"));
    let broken = [all[0], all[1], ("AWS_SESSION_TOKEN", "token\n")];
    let broken = error(&Options::new(), &broken);
    assert!(broken.message().contains("the session token is empty or has characters"), "{broken}");
    assert!(!format!("{broken:?}").contains("topsecret"));
}

#[test]
fn the_profile_files_are_found_as_the_aws_tools_find_them() {
    let files = |variables: Variables<'_>| {
        let CredentialsSource::Chain(chain) = config(&Options::new(), variables).credentials else { panic!() };
        (chain.credentials_file, chain.config_file)
    };
    let path = |text: &str| Some(PathBuf::from(text));
    assert_eq!(files(&[]), (None, None));
    assert_eq!(files(&[("HOME", "/home/me")]), (path("/home/me/.aws/credentials"), path("/home/me/.aws/config")));
    assert_eq!(
        files(&[("HOME", "/home/me"), ("AWS_SHARED_CREDENTIALS_FILE", "/c"), ("AWS_CONFIG_FILE", "~/x/config")]),
        (path("/c"), path("/home/me/x/config"))
    );
    assert_eq!(files(&[("USERPROFILE", "/u")]), (path("/u/.aws/credentials"), path("/u/.aws/config")));
}

#[test]
fn no_secret_is_ever_printed() {
    let options = Options::new()
        .credentials(Credentials::new("AKID", "topsecret").with_session_token("tokentext"))
        .endpoint_url("https://me:password@example.com")
        .ca_bundle_pem("certificate");
    let text = format!("{options:?}");
    for secret in ["topsecret", "tokentext", "password", "certificate"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("AKID") && text.contains("******"), "{text}");
    let chain = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "tokentext"),
    ];
    assert!(!format!("{:?}", config(&Options::new(), &chain)).contains("tokentext"));
}

#[test]
fn a_difference_names_each_option_that_differs_and_no_secret() {
    let there = Options::new().max_retries(3).request_timeout(Duration::from_secs(2));
    let here = there.clone().max_retries(5).region("eu-west-1");
    assert_eq!(
        there.difference(&here).as_deref(),
        Some("region not set there, eu-west-1 here; max_retries 3 there, 5 here")
    );
    assert_eq!(here.difference(&here.clone()), None);
    let keys = |secret: &str| Options::new().credentials(Credentials::new("AKID", secret));
    let text = keys("one").difference(&keys("two")).unwrap();
    assert_eq!(text, "credentials other of access key AKID there than here");
    assert_eq!(
        Options::new().difference(&keys("one")).as_deref(),
        Some("credentials not set there, of access key AKID here")
    );
    // Every option shows, alone.
    let each: Vec<Options> = vec![
        Options::new().region("a"),
        Options::new().local(true),
        Options::new().local_endpoint("a"),
        Options::new().endpoint_url("a"),
        Options::new().max_retries(1),
        Options::new().max_sockets(1),
        Options::new().request_timeout(Duration::from_secs(1)),
        Options::new().connection_timeout(Duration::from_secs(1)),
        Options::new().enable_logging(true),
        keys("one"),
        Options::new().profile("a"),
        Options::new().use_fips(true),
        Options::new().use_dual_stack(true),
        Options::new().account_id_endpoint_mode(AccountIdEndpointMode::Required),
        Options::new().ca_bundle_file("/a"),
        Options::new().app_id("a"),
        Options::new().allow_insecure_endpoint(true),
        Options::new().keep_nulls(true),
    ];
    for options in &each {
        assert!(Options::new().difference(options).is_some(), "{options:?}");
        assert_ne!(&Options::new(), options);
    }
}

#[test]
fn a_bundle_that_cannot_be_read_is_named_with_its_variable() {
    let config = config(&Options::new(), &[("AWS_CA_BUNDLE", "/does/not/exist.pem")]);
    let error = config.ca_bundle.unwrap().read().unwrap_err();
    assert!(error.message().starts_with("AWS_CA_BUNDLE names /does/not/exist.pem, which cannot be read: "), "{error}");
}

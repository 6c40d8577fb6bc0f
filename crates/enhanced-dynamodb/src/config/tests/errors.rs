//! Each error text.

use std::time::Duration;

use super::{config, error};
use crate::config::{Config, Credentials, Options};
use crate::error::ErrorKind;

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
        ("DYNAMODB_LOG_KEYS", "all", BOOLEAN),
        ("DYNAMODB_SLOW_CALL", "0", TIME),
        ("DYNAMODB_RETURN_CONSUMED_CAPACITY", "TOTAL", BOOLEAN),
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

proptest::proptest! {
    #[test]
    fn no_text_in_a_variable_or_option_panics(text in ".*", number in "[-+0-9e.]{0,25}", url in "(https?://)?[a-z:@\\[\\]/?#.é]{0,20}") {
        for (name, value) in [
            ("DYNAMODB_MAX_RETRIES", &text), ("DYNAMODB_MAX_RETRIES", &number), ("AWS_MAX_ATTEMPTS", &number),
            ("DYNAMODB_REQUEST_TIMEOUT", &number), ("AWS_REGION", &text), ("AWS_ENDPOINT_URL", &text),
            ("AWS_ENDPOINT_URL", &url), ("AWS_SDK_UA_APP_ID", &text), ("DYNAMODB_LOCAL", &text),
        ] {
            let Err(error) = Config::from_variables(&Options::new(), [(name, value.as_str())]) else { continue };
            proptest::prop_assert!(!error.to_string().contains(['\n', '\r']));
        }
        let options = Options::new().endpoint_url(url);
        let _shown = (format!("{options:?}"), options.difference(&Options::new().endpoint_url(text)));
    }
}

//! What options show of themselves.

use std::time::Duration;

use super::config;
use crate::config::{AccountIdEndpointMode, Config, Credentials, Options};
use crate::error::ErrorKind;
use crate::keys::KeySchema;

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
        Options::new().log_keys(true),
        Options::new().slow_call(Duration::from_secs(1)),
        Options::new().return_consumed_capacity(true),
        keys("one"),
        Options::new().profile("a"),
        Options::new().use_fips(true),
        Options::new().use_dual_stack(true),
        Options::new().account_id_endpoint_mode(AccountIdEndpointMode::Required),
        Options::new().ca_bundle_file("/a"),
        Options::new().app_id("a"),
        Options::new().allow_insecure_endpoint(true),
        Options::new().keep_nulls(true),
        Options::new().table_key("a", KeySchema::new("id")),
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

#[test]
fn a_declared_key_is_kept_and_one_that_no_table_can_have_is_an_error() {
    let config = config(&Options::new().table_key("Events", KeySchema::new("stream").with_sort("at")), &[]);
    assert_eq!(config.table_key("Events"), Some(&KeySchema::new("stream").with_sort("at")));
    assert_eq!(config.table_key("Messages"), None);
    let wrong = Options::new().table_key("Events", KeySchema::new("at").with_sort("at"));
    let error = Config::from_variables(&wrong, [("", ""); 0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    assert!(error.message().contains("Events"), "{error}");
}

//! Where credentials are to come from.

use std::path::PathBuf;

use super::{Variables, config, error};
use crate::config::{CredentialsSource, Options};
use crate::error::ErrorKind;

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

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use super::file::{FileError, FileKind, profile};
use super::{Found, load};
use crate::config::{Config, CredentialsSource, Options};
use crate::error::{Error, ErrorKind};

fn value(text: &str, kind: FileKind, wanted: &str, name: &str) -> Option<String> {
    profile(text, kind, wanted).unwrap().and_then(|found| found.get(name).map(|value| value.to_string()))
}

#[test]
fn a_profile_is_read_by_the_rules_of_the_aws_files() {
    let config = "\u{feff}# a comment\r\n\
                  ; another\n\
                  [default]\n\
                  Region = us-east-1 # why\n\
                  key=a#b;c\n\
                  \n\
                  [ profile  team-1 ] ; named\n\
                  aws_access_key_id=AKID\t; trailing\n\
                  s3 =\n  max_concurrent_requests = 20\n  # inside\n  addressing_style = path\n\
                  key = 1\n\
                  [sso-session team-1]\n\
                  key = 2\n\
                  [team-1]\n\
                  key = 3\n\
                  [profile team-1]\n\
                  key = 4\n\
                  empty =\n";
    let get = |wanted, name| value(config, FileKind::Config, wanted, name);
    assert_eq!(get("default", "region").as_deref(), Some("us-east-1"));
    assert_eq!(get("default", "key").as_deref(), Some("a#b;c"));
    assert_eq!(get("team-1", "aws_access_key_id").as_deref(), Some("AKID"));
    assert_eq!(get("team-1", "s3").as_deref(), Some("\nmax_concurrent_requests = 20\naddressing_style = path"));
    assert_eq!(get("team-1", "max_concurrent_requests"), None);
    assert_eq!(get("team-1", "key").as_deref(), Some("4"));
    assert_eq!(get("team-1", "empty").as_deref(), Some(""));
    assert_eq!(profile(config, FileKind::Config, "nobody"), Ok(None));

    let credentials = "[default]\nkey = 1\n[profile default]\nkey = 2\n[team-1]\nkey = 3\n";
    assert_eq!(value(credentials, FileKind::Credentials, "default", "key").as_deref(), Some("1"));
    assert_eq!(value(credentials, FileKind::Credentials, "team-1", "key").as_deref(), Some("3"));
    // In the config file the prefix wins, whatever the order.
    let both = "[profile default]\nkey = prefix\n[default]\nkey = plain\nother = x\n";
    assert_eq!(value(both, FileKind::Config, "default", "key").as_deref(), Some("prefix"));
    assert_eq!(value(both, FileKind::Config, "default", "other"), None);
}

#[test]
fn a_damaged_file_is_an_error_with_its_line() {
    for (text, line, what) in [
        ("key = 1\n", 1, "a setting stands before the first section"),
        ("\n[default\n", 2, "a section has no ]"),
        ("[default]\nsecret\n", 2, "neither a section nor name = value"),
        ("[default]\n= 1\n", 2, "a setting has no name"),
        ("[default]\n  key = 1\n", 2, "an indented line has no setting above it to continue"),
        ("[other]\na = 1\n[x]\n b\n", 4, "an indented line has no setting above it to continue"),
    ] {
        assert_eq!(profile(text, FileKind::Config, "default"), Err(FileError { line, what }), "{text}");
    }
}

/// A directory of its own, removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(name: &str, credentials: Option<&str>, config: Option<&str>) -> Self {
        let path = std::env::temp_dir().join(format!("enhanced-dynamodb-profile-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (file, text) in [("credentials", credentials), ("config", config)] {
            if let Some(text) = text {
                std::fs::write(path.join(file), text).unwrap();
            }
        }
        Files(path)
    }

    fn load(&self, options: &Options, profile: Option<&str>) -> Result<Found, Error> {
        let path = |file: &str| self.0.join(file).display().to_string();
        let mut variables =
            vec![("AWS_SHARED_CREDENTIALS_FILE", path("credentials")), ("AWS_CONFIG_FILE", path("config"))];
        variables.extend(profile.map(|name| ("AWS_PROFILE", name.to_owned())));
        let config = Config::from_variables(options, variables).unwrap();
        let CredentialsSource::Chain(settings) = config.credentials else { panic!("{config:?}") };
        load(&settings)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn both_files_make_one_profile_and_the_credentials_file_wins() {
    let files = Files::new(
        "both",
        Some("[default]\naws_secret_access_key = secret\naws_access_key_id = FIRST\n"),
        Some("[default]\naws_access_key_id = SECOND\naws_account_id = 123456789012\naws_session_token = t\n"),
    );
    let Ok(Found::Credentials(credentials)) = files.load(&Options::new(), None) else { panic!() };
    assert_eq!(credentials.access_key_id(), "FIRST");
    assert_eq!(credentials.secret_access_key(), "secret");
    assert_eq!(credentials.session_token(), Some("t"));
    assert_eq!(credentials.account_id(), Some("123456789012"));
}

#[test]
fn a_named_profile_must_exist_and_default_may_be_missing() {
    let files = Files::new("named", Some("[team]\naws_access_key_id = A\naws_secret_access_key = s\n"), None);
    assert!(matches!(files.load(&Options::new(), Some("team")), Ok(Found::Credentials(_))));
    let Ok(Found::Nothing(why)) = files.load(&Options::new(), None) else { panic!() };
    assert!(why.starts_with("no profile \"default\" in /") && why.contains("config (no such file) and /"), "{why}");
    let Err(error) = files.load(&Options::new(), Some("Team")) else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.message().starts_with("AWS_PROFILE names the profile \"Team\", which is not in /"), "{error}");
    let Err(error) = files.load(&Options::new().profile("x"), Some("team")) else { panic!() };
    assert!(error.message().starts_with("the option profile names the profile \"x\", which is not in"), "{error}");
}

#[test]
fn a_profile_that_points_elsewhere_needs_more_and_one_without_credentials_has_nothing() {
    for setting in super::ELSEWHERE.into_iter().chain(["source_profile"]) {
        let keys = if setting == "source_profile" { "" } else { "aws_access_key_id = A\naws_secret_access_key = s\n" };
        let files = Files::new(setting, Some(&format!("[default]\n{keys}{setting} = x\n")), None);
        let Ok(Found::NeedsMore(what)) = files.load(&Options::new(), None) else { panic!("{setting}") };
        assert!(what.ends_with(&format!("credentials has {setting}")), "{what}");
    }
    let files = Files::new("none", None, Some("[default]\nregion = eu-west-1\n"));
    let Ok(Found::Nothing(why)) = files.load(&Options::new(), None) else { panic!() };
    assert!(why.contains("has no credentials"), "{why}");
}

#[test]
fn half_a_key_and_a_damaged_file_are_errors_without_secrets() {
    let half = Files::new("half", Some("[default]\naws_secret_access_key = topsecret\n"), None);
    let Err(error) = half.load(&Options::new(), None) else { panic!() };
    assert!(error.message().ends_with("has aws_secret_access_key, but no aws_access_key_id"), "{error}");
    let damaged = Files::new("damaged", Some("[default]\naws_secret_access_key: topsecret\n"), None);
    let Err(error) = damaged.load(&Options::new(), None) else { panic!() };
    assert!(error.message().ends_with("credentials, line 2: neither a section nor name = value"), "{error}");
    assert!(!format!("{error:?}").contains("topsecret"));
    let binary = Files::new("binary", None, None);
    std::fs::write(binary.0.join("config"), [0xff, 0xfe, 0x00]).unwrap();
    let Err(error) = binary.load(&Options::new(), None) else { panic!() };
    assert!(error.message().contains("config cannot be read: "), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_file_panics(text in "([\\[\\]a=;# \\t\r\n]|profile|default|\\PC){0,60}") {
        for kind in [FileKind::Config, FileKind::Credentials] {
            let _read = profile(&text, kind, "default");
        }
    }
}

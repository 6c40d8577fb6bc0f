//! Credentials in the shared files `~/.aws/credentials` and `~/.aws/config`.

mod file;

use std::io;
use std::path::Path;

use self::file::{FileKind, Properties};
use crate::config::{ChainSettings, Credentials, ProfileChoice};
use crate::error::{Error, ErrorKind};

/// What a place had to say.
pub(super) enum Found {
    Credentials(Credentials),
    /// Nothing, and why, for the error that lists every place.
    Nothing(String),
    /// Something that only the feature `aws-config` can follow.
    NeedsMore(String),
}

/// Settings by which a profile gets its credentials from elsewhere. They rank above keys in the same profile, as in
/// the AWS SDKs.
const ELSEWHERE: [&str; 10] = [
    "role_arn",
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
    "sso_region",
    "login_session",
    "credential_process",
];

/// Reads the profile from both files; blocks on the file system.
pub(super) fn load(settings: &ChainSettings) -> Result<Found, Error> {
    let name = settings.profile.name();
    let mut properties: Option<Properties> = None;
    let mut places = Vec::new();
    // What the credentials file says ranks above the config file, property by property.
    let files = [(&settings.config_file, FileKind::Config), (&settings.credentials_file, FileKind::Credentials)];
    for (path, kind) in files {
        let Some(path) = path else { continue };
        let text = match read(path)? {
            Some(text) => text,
            None => {
                places.push(format!("{} (no such file)", path.display()));
                continue;
            }
        };
        places.push(path.display().to_string());
        let found = file::profile(&text, kind, name).map_err(|error| {
            Error::new(ErrorKind::Credentials, format!("{}, line {}: {}", path.display(), error.line, error.what))
                .with_advice("Correct the line, or name another file.")
        })?;
        if let Some(found) = found {
            properties.get_or_insert_default().extend(found);
        }
    }
    let places = match places.as_slice() {
        [] => "there are no profile files: neither HOME nor AWS_SHARED_CREDENTIALS_FILE is set".to_owned(),
        places => places.join(" and "),
    };
    match (properties, &settings.profile) {
        (Some(properties), _) => judge(name, &places, &properties),
        (None, ProfileChoice::Default) => Ok(Found::Nothing(format!("no profile \"default\" in {places}"))),
        (None, ProfileChoice::Option(_)) => Err(missing("the option profile", name, &places)),
        (None, ProfileChoice::Variable(_)) => Err(missing("AWS_PROFILE", name, &places)),
    }
}

fn missing(named_by: &str, name: &str, places: &str) -> Error {
    Error::new(ErrorKind::Credentials, format!("{named_by} names the profile {name:?}, which is not in {places}"))
        .with_advice("Correct the name, or add the profile.")
}

fn judge(name: &str, places: &str, properties: &Properties) -> Result<Found, Error> {
    let get = |key: &str| properties.get(key).map(|value| value.as_str()).filter(|value| !value.is_empty());
    let elsewhere: Vec<&str> = ELSEWHERE.into_iter().filter(|key| get(key).is_some()).collect();
    if !elsewhere.is_empty() {
        return Ok(Found::NeedsMore(format!("the profile {name:?} in {places} has {}", elsewhere.join(", "))));
    }
    let half = |set: &str, missing: &str| {
        Error::new(ErrorKind::Credentials, format!("the profile {name:?} in {places} has {set}, but no {missing}"))
            .with_advice("Set both, or neither.")
    };
    let mut credentials = match (get("aws_access_key_id"), get("aws_secret_access_key")) {
        (Some(key), Some(secret)) => Credentials::new(key, secret),
        (Some(_), None) => return Err(half("aws_access_key_id", "aws_secret_access_key")),
        (None, Some(_)) => return Err(half("aws_secret_access_key", "aws_access_key_id")),
        (None, None) if get("source_profile").is_some() => {
            return Ok(Found::NeedsMore(format!("the profile {name:?} in {places} has source_profile")));
        }
        (None, None) => return Ok(Found::Nothing(format!("the profile {name:?} in {places} has no credentials"))),
    };
    if let Some(token) = get("aws_session_token") {
        credentials = credentials.with_session_token(token);
    }
    if let Some(account) = get("aws_account_id") {
        credentials = credentials.with_account_id(account);
    }
    Ok(Found::Credentials(credentials))
}

/// The file's text; `None` if there is no such file.
fn read(path: &Path) -> Result<Option<zeroize::Zeroizing<String>>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(zeroize::Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new(ErrorKind::Credentials, format!("{} cannot be read: {error}", path.display()))
            .with_advice("Make the file readable for this user.")
            .with_source(error)),
    }
}

#[cfg(test)]
mod tests;

//! The container endpoint: ECS, EKS and Lambda SnapStart hand out the credentials of a role over HTTP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::HeaderValue;

use super::http_get::{self, Failure};
use super::{TlsSource, timestamp};
use crate::codec::{DecodeError, Reader};
use crate::config::{Chance, ContainerAddress, ContainerSettings, Credentials, Scheme, Time, Url};
use crate::error::{Error, ErrorKind};

/// Where a relative URI is asked: the task metadata endpoint of ECS.
const ECS: &str = "http://169.254.170.2";
/// The addresses, beside loopback, that may be asked without TLS: the SDKs' list.
const ALLOWED: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23)),
];
/// As the SDKs' standard retry mode has it.
const ATTEMPTS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(100);

pub(super) async fn load(
    settings: &ContainerSettings,
    tls: &TlsSource,
    time: &Time,
    chance: &Chance,
) -> Result<Credentials, Error> {
    let (variable, url) = url(settings)?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        match ask(&url, variable, settings, tls).await? {
            Ok(credentials) => return Ok(credentials),
            Err(failure) if failure.may_pass && attempt < ATTEMPTS => {
                time.sleep((BACKOFF * 2u32.pow(attempt)).mul_f64(chance.unit())).await;
            }
            Err(failure) => {
                let tries = if attempt == 1 { "1 try".to_owned() } else { format!("{attempt} tries") };
                return Err(Error::new(
                    ErrorKind::Credentials,
                    format!(
                        "the container endpoint {url}, named by {variable}, gives none: {} ({tries})",
                        failure.message
                    ),
                ));
            }
        }
    }
}

/// The variable and the URL that it stands for.
fn url(settings: &ContainerSettings) -> Result<(&'static str, Url), Error> {
    let (variable, text) = match &settings.address {
        ContainerAddress::Relative(path) => {
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", format!("{ECS}/{}", path.trim_start_matches('/')))
        }
        ContainerAddress::Full(url) => ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.clone()),
    };
    match Url::parse_with_query(&text) {
        Ok(url) => Ok((variable, url)),
        Err(why) => Err(Error::new(ErrorKind::Credentials, format!("{variable} names no URL: {why}"))),
    }
}

/// One attempt: a failure may pass, an error of the configuration does not.
async fn ask(
    url: &Url,
    variable: &'static str,
    settings: &ContainerSettings,
    tls: &TlsSource,
) -> Result<Result<Credentials, Failure>, Error> {
    let token = token(settings).await?;
    let addresses = match addresses(url).await {
        Ok(addresses) => addresses,
        Err(failure) => return Ok(Err(failure)),
    };
    // All that a name stands for must be allowed, so that no one can slip another address in between.
    let allowed = |address: &SocketAddr| address.ip().to_canonical().is_loopback() || ALLOWED.contains(&address.ip());
    if url.scheme == Scheme::Http && !addresses.iter().all(allowed) {
        return Err(Error::new(
            ErrorKind::Credentials,
            format!("{variable} names {url}, which may not be asked for credentials without encryption"),
        )
        .with_advice("Allowed are https, loopback, 169.254.170.2, 169.254.170.23 and [fd00:ec2::23]."));
    }
    Ok(match http_get::get(url, &addresses, token.as_ref(), tls).await {
        Ok((status, body)) => read(status, &body),
        Err(failure) => Err(failure),
    })
}

async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = url.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, url.port)]);
    }
    match tokio::net::lookup_host((url.host.as_str(), url.port)).await {
        Ok(addresses) => match addresses.collect::<Vec<_>>() {
            none if none.is_empty() => Err(Failure::passing("its name stands for no address")),
            some => Ok(some),
        },
        Err(error) => Err(Failure::passing(format!("its name does not resolve: {error}"))),
    }
}

/// The value of the `Authorization` header. The file is read each time: EKS replaces it.
async fn token(settings: &ContainerSettings) -> Result<Option<HeaderValue>, Error> {
    let (named_by, text) = match (&settings.token_file, &settings.token) {
        (Some(path), _) => {
            let read = path.clone();
            let text = super::chain::blocking(move || std::fs::read_to_string(read)).await?.map_err(|error| {
                Error::new(
                    ErrorKind::Credentials,
                    format!(
                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names {}, which cannot be read: {error}",
                        path.display()
                    ),
                )
                .with_source(error)
            })?;
            ("the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", zeroize::Zeroizing::new(text))
        }
        (None, Some(token)) => ("AWS_CONTAINER_AUTHORIZATION_TOKEN", token.clone()),
        (None, None) => return Ok(None),
    };
    match HeaderValue::from_str(text.trim_end()) {
        Ok(mut value) if !value.is_empty() => {
            value.set_sensitive(true);
            Ok(Some(value))
        }
        Ok(_) | Err(_) => Err(Error::new(
            ErrorKind::Credentials,
            format!("the token in {named_by} is empty or has characters that no HTTP header can carry"),
        )),
    }
}

/// The members of an answer, names without regard to case.
#[derive(Default)]
struct Answer {
    code: Option<String>,
    message: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    token: Option<String>,
    account_id: Option<String>,
    expiration: Option<String>,
}

fn read(status: u16, body: &[u8]) -> Result<Credentials, Failure> {
    let may_pass = matches!(status, 429 | 500..=599);
    let answer = parse(body);
    if !(200..300).contains(&status) {
        let why = match answer.map(|answer| (answer.code, answer.message)) {
            Ok((Some(code), Some(message))) => format!(" ({code}: {message})"),
            Ok((Some(text), None) | (None, Some(text))) => format!(" ({text})"),
            Ok((None, None)) | Err(_) => String::new(),
        };
        return Err(Failure { message: format!("it answers HTTP {status}{why}"), may_pass });
    }
    // The error would show a piece of the text, which may be a secret.
    let answer = answer.map_err(|_| Failure::passing("its answer is not the JSON of credentials"))?;
    match answer.code {
        Some(code) if code != "Success" => {
            let message = answer.message.unwrap_or_default();
            return Err(Failure::lasting(format!("it answers {code}: {message}")));
        }
        Some(_) | None => {}
    }
    let lacks = |name: &str| Failure::passing(format!("its answer has no {name}"));
    let mut credentials = Credentials::new(
        answer.access_key_id.ok_or_else(|| lacks("AccessKeyId"))?,
        answer.secret_access_key.ok_or_else(|| lacks("SecretAccessKey"))?,
    );
    if let Some(token) = answer.token {
        credentials = credentials.with_session_token(token);
    }
    if let Some(account) = answer.account_id {
        credentials = credentials.with_account_id(account);
    }
    if let Some(expiration) = answer.expiration {
        let expiry = timestamp::parse(&expiration)
            .ok_or_else(|| Failure::passing(format!("its Expiration {expiration:?} is no date of RFC 3339")))?;
        credentials = credentials.with_expiry(expiry);
    }
    Ok(credentials)
}

fn parse(body: &[u8]) -> Result<Answer, DecodeError> {
    let mut answer = Answer::default();
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        let member = if is("Code") {
            &mut answer.code
        } else if is("Message") {
            &mut answer.message
        } else if is("AccessKeyId") {
            &mut answer.access_key_id
        } else if is("SecretAccessKey") {
            &mut answer.secret_access_key
        } else if is("Token") || is("SessionToken") {
            &mut answer.token
        } else if is("AccountId") {
            &mut answer.account_id
        } else if is("Expiration") || is("ExpiresAt") {
            &mut answer.expiration
        } else {
            reader.skip_value()?;
            continue;
        };
        *member = reader.optional_string()?.filter(|text| !text.is_empty());
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;

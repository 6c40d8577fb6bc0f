//! What options and variables may say, and the errors that name the one that says something else.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::url::Url;
use crate::error::{Error, ErrorKind};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Option(name) => write!(f, "the option {name}"),
            Origin::Variable(name) => f.write_str(name),
        }
    }
}

/// More retries than this are a mistake in the unit: with waits of up to 20 s they would last for hours.
pub(crate) const MAX_RETRIES: RangeInclusive<u64> = 0..=1000;
/// A machine has no more ports than this towards one address.
pub(crate) const MAX_SOCKETS: RangeInclusive<u64> = 1..=65_535;
/// In milliseconds. Nothing that calls DynamoDB waits longer than a day for one answer.
pub(crate) const TIMEOUT: RangeInclusive<u64> = 1..=86_400_000;

pub(crate) const RETRIES_ALLOWED: &str =
    "a whole number from 0 to 1000: the retries after the first attempt, 0 for none";
pub(crate) const ATTEMPTS_ALLOWED: &str = "a whole number from 1 to 1001: the attempts, the first one included";
pub(crate) const SOCKETS_ALLOWED: &str = "a whole number from 1 to 65535";
pub(crate) const MILLISECONDS_ALLOWED: &str = "a whole number of milliseconds from 1 to 86400000 (a day)";
pub(crate) const DURATION_ALLOWED: &str = "a duration from 1 ms to a day";
pub(crate) const BOOLEAN_ALLOWED: &str = "true, false, 1 or 0";
pub(crate) const REGION_ALLOWED: &str =
    "a Region's name such as eu-central-1: 1 to 63 letters, digits and hyphens, no hyphen at either end";

/// The error for a value that is not allowed. `value` is never a secret.
pub(crate) fn invalid(origin: Origin, value: &str, allowed: impl fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidConfiguration, format!("{origin} is {}; allowed is {allowed}", shown(value)))
}

/// A value as an error shows it: quoted, escaped, not endless.
fn shown(value: &str) -> String {
    const LONGEST: usize = 120;
    let value = without_user(value);
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?} and more", &value[..end]),
        None => format!("{value:?}"),
    }
}

/// A URL's user name and password are secrets; a URL that has them is an error, and must not show them either.
pub(crate) fn without_user(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}******{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    }
}

pub(crate) fn boolean(origin: Origin, value: &str) -> Result<bool, Error> {
    if value == "1" || value.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if value == "0" || value.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(invalid(origin, value, BOOLEAN_ALLOWED))
    }
}

/// A whole number in plain digits: no sign, no exponent, no unit.
pub(crate) fn whole_number(
    origin: Origin,
    value: &str,
    range: RangeInclusive<u64>,
    allowed: &str,
) -> Result<u64, Error> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse::<u64>() {
        Ok(number) if digits && range.contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(invalid(origin, value, allowed)),
    }
}

pub(crate) fn milliseconds(origin: Origin, value: &str) -> Result<Duration, Error> {
    whole_number(origin, value, TIMEOUT, MILLISECONDS_ALLOWED).map(Duration::from_millis)
}

pub(crate) fn duration(origin: Origin, value: Duration) -> Result<Duration, Error> {
    let range = Duration::from_millis(*TIMEOUT.start())..=Duration::from_millis(*TIMEOUT.end());
    if range.contains(&value) { Ok(value) } else { Err(invalid(origin, &format!("{value:?}"), DURATION_ALLOWED)) }
}

pub(crate) fn region(origin: Origin, value: &str) -> Result<String, Error> {
    if is_host_label(value) { Ok(value.to_owned()) } else { Err(invalid(origin, value, REGION_ALLOWED)) }
}

pub(crate) fn url(origin: Origin, value: &str) -> Result<Url, Error> {
    Url::parse(value).map_err(|why| {
        invalid(origin, value, format_args!("a URL such as http://localhost:8000 or https://example.com/path: {why}"))
    })
}

/// Whether this may stand between the dots of a host name (RFC 1123, 2.1).
pub(crate) fn is_host_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether every character may stand in an HTTP header's value: visible ASCII without spaces.
pub(crate) fn is_header_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

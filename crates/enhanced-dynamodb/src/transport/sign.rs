//! Signature Version 4, as far as DynamoDB needs it: a POST with a fixed set of headers and a whole body.
//!
//! What does not change between two requests (the derived key, the scope, the beginning of the canonical request, the
//! headers of host and session token) is prepared once for each pair of credentials and endpoint and each day, and
//! found again by identity. What does not change within a second (all of the canonical request before the target, all of
//! the string to sign before its last digest) is digested once a second: a session token of a kilobyte would otherwise
//! cost more than the rest of the signature. What is left for a request are digests over its own parts, none of which
//! is joined with a session token in a buffer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, Uri};
use zeroize::Zeroizing;

use super::date::{SECONDS_A_DAY, amz_date, unix_seconds};
use super::endpoint::Endpoint;
use crate::config::Credentials;
use crate::crypto::{Digest, HmacKey, Mac, sha256};
use crate::error::{Error, ErrorKind};

pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const SERVICE: &str = "dynamodb";

/// How many pairs of credentials and endpoint are kept prepared. A client has one pair of credentials and seldom more
/// than one endpoint (table ARNs of other accounts or Regions lead to more).
const KEPT: usize = 16;

/// What two requests with the same credentials to the same endpoint on the same day have in common.
pub(crate) struct Scope {
    credentials: Arc<Credentials>,
    endpoint: Arc<Endpoint>,
    day: i64,
    key: HmacKey,
    /// `<day>/<region>/dynamodb/aws4_request`
    scope: String,
    /// The canonical request up to the date's value.
    head: String,
    /// The canonical request from the date's value to the target's: here stands the session token.
    middle: Zeroizing<String>,
    /// The canonical request from the target's value to the body's digest.
    tail: &'static str,
    /// The `Authorization` header up to the signature.
    authorization: String,
    pub(crate) host: HeaderValue,
    pub(crate) uri: Uri,
    pub(crate) token: Option<HeaderValue>,
}

/// What two requests of the same [`Scope`] have in common if they are signed in the same second.
pub(crate) struct Moment {
    pub(crate) scope: Arc<Scope>,
    second: i64,
    pub(crate) date: HeaderValue,
    /// The canonical request up to the target's value.
    canonical: Digest,
    /// The string to sign up to the canonical request's digest.
    to_sign: Mac,
}

/// One request's signature.
pub(crate) struct Signed {
    pub(crate) moment: Arc<Moment>,
    pub(crate) authorization: HeaderValue,
}

/// Signs requests.
#[derive(Default)]
pub(crate) struct Signer {
    kept: Mutex<Vec<Arc<Moment>>>,
}

impl Signer {
    /// Signs a request of `target` with `body`, as sent at `time` (by the service's clock).
    ///
    /// # Errors
    /// If a part of credentials or endpoint cannot stand in a header, or the time is out of range.
    pub(crate) fn sign(
        &self,
        credentials: &Arc<Credentials>,
        endpoint: &Arc<Endpoint>,
        target: &HeaderValue,
        body: &[u8],
        time: SystemTime,
        clock_offset: i64,
    ) -> Result<Signed, Error> {
        let second = unix_seconds(time).saturating_add(clock_offset);
        let moment = self.moment(credentials, endpoint, second)?;
        let scope = &moment.scope;
        let body_digest = hex(&sha256(body));
        let canonical = hex(&moment.canonical.end(&[target.as_bytes(), scope.tail.as_bytes(), &body_digest]));
        let signature = hex(&moment.to_sign.end(&canonical));
        let mut authorization = Vec::with_capacity(scope.authorization.len() + signature.len());
        authorization.extend_from_slice(scope.authorization.as_bytes());
        authorization.extend_from_slice(&signature);
        let authorization = header("access key id", Bytes::from(authorization))?;
        Ok(Signed { moment, authorization })
    }

    /// What was prepared for this second. The lock is held for a look, and once a second for two digests.
    fn moment(
        &self,
        credentials: &Arc<Credentials>,
        endpoint: &Arc<Endpoint>,
        second: i64,
    ) -> Result<Arc<Moment>, Error> {
        let day = second.div_euclid(SECONDS_A_DAY);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = kept.iter_mut().find(|moment| moment.scope.serves(credentials, endpoint, day)) {
            if moment.second != second {
                *moment = Arc::new(Moment::new(Arc::clone(&moment.scope), second, &stamp(second)?)?);
            }
            return Ok(Arc::clone(moment));
        }
        let stamp = stamp(second)?;
        let scope = Arc::new(Scope::new(credentials, endpoint, day, &stamp)?);
        let moment = Arc::new(Moment::new(scope, second, &stamp)?);
        // Keys of yesterday and of credentials that were replaced are not needed again.
        kept.retain(|kept| kept.scope.day == day && same_credentials(&kept.scope.credentials, credentials));
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(Arc::clone(&moment));
        Ok(moment)
    }
}

impl Moment {
    fn new(scope: Arc<Scope>, second: i64, stamp: &[u8; 16]) -> Result<Self, Error> {
        Ok(Moment {
            date: header("date", Bytes::copy_from_slice(stamp))?,
            canonical: Digest::begin(&[scope.head.as_bytes(), stamp, scope.middle.as_bytes()]),
            to_sign: string_to_sign(&scope.key, stamp, &scope.scope),
            scope,
            second,
        })
    }
}

impl Scope {
    fn new(
        credentials: &Arc<Credentials>,
        endpoint: &Arc<Endpoint>,
        day: i64,
        stamp: &[u8; 16],
    ) -> Result<Self, Error> {
        let date = String::from_utf8_lossy(&stamp[..8]);
        let region = &endpoint.signing_region;
        let key = derive_key(credentials.secret_access_key(), &stamp[..8], region, SERVICE);
        let path = if endpoint.path.is_empty() { "/" } else { endpoint.path.as_str() };
        let (middle, tail, signed_headers) = match credentials.session_token() {
            Some(token) => (
                Zeroizing::new(format!("\nx-amz-security-token:{token}\nx-amz-target:")),
                "\n\ncontent-type;host;x-amz-date;x-amz-security-token;x-amz-target\n",
                "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
            ),
            None => (
                Zeroizing::new("\nx-amz-target:".to_owned()),
                "\n\ncontent-type;host;x-amz-date;x-amz-target\n",
                "content-type;host;x-amz-date;x-amz-target",
            ),
        };
        let token = match credentials.session_token() {
            Some(token) => {
                let mut value = header("session token", Bytes::copy_from_slice(token.as_bytes()))?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let scope = format!("{date}/{region}/{SERVICE}/aws4_request");
        Ok(Scope {
            key,
            head: format!(
                "POST\n{}\n\ncontent-type:{CONTENT_TYPE}\nhost:{}\nx-amz-date:",
                canonical_path(path),
                endpoint.authority
            ),
            middle,
            tail,
            authorization: format!(
                "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed_headers}, Signature=",
                credentials.access_key_id()
            ),
            scope,
            host: header("endpoint's host", Bytes::copy_from_slice(endpoint.authority.as_bytes()))?,
            uri: path.parse().map_err(|error| {
                Error::new(ErrorKind::InvalidConfiguration, format!("the endpoint's path {path} is no URL path"))
                    .with_source(error)
            })?,
            token,
            day,
            credentials: Arc::clone(credentials),
            endpoint: Arc::clone(endpoint),
        })
    }

    /// Identity decides in the usual case, equality where somebody made the same thing anew.
    fn serves(&self, credentials: &Arc<Credentials>, endpoint: &Arc<Endpoint>, day: i64) -> bool {
        self.day == day
            && same_credentials(&self.credentials, credentials)
            && (Arc::ptr_eq(&self.endpoint, endpoint) || self.endpoint == *endpoint)
    }
}

fn same_credentials(one: &Arc<Credentials>, other: &Arc<Credentials>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

fn stamp(second: i64) -> Result<[u8; 16], Error> {
    amz_date(second).ok_or_else(|| {
        Error::new(ErrorKind::InvalidConfiguration, "the machine's clock shows a year that has not four digits")
            .with_advice("Correct the machine's clock.")
    })
}

/// A header value that says which part of the configuration it comes from if it is none, without showing it.
fn header(what: &str, value: Bytes) -> Result<HeaderValue, Error> {
    HeaderValue::from_maybe_shared(value).map_err(|_| {
        Error::new(
            ErrorKind::InvalidConfiguration,
            format!("the {what} has a character that cannot stand in an HTTP header"),
        )
        .with_advice("Look for a line break or a control character where it is configured.")
    })
}

/// The key of a day, Region and service. Source: "Derive a signing key" in the AWS documentation of Signature Version 4.
fn derive_key(secret: &str, day: &[u8], region: &str, service: &str) -> HmacKey {
    let mut seed = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
    seed.extend_from_slice(b"AWS4");
    seed.extend_from_slice(secret.as_bytes());
    let mut key = Zeroizing::new(HmacKey::new(&seed).sign(day));
    for part in [region, service, "aws4_request"] {
        key = Zeroizing::new(HmacKey::new(&*key).sign(part.as_bytes()));
    }
    HmacKey::new(&*key)
}

/// The string to sign, up to the digest of the canonical request that ends it.
fn string_to_sign(key: &HmacKey, stamp: &[u8; 16], scope: &str) -> Mac {
    key.begin(&[b"AWS4-HMAC-SHA256\n", stamp, b"\n", scope.as_bytes(), b"\n"])
}

/// The path as the signature has it: dots resolved, slashes single, and every byte that is not unreserved encoded
/// (again, where the path was encoded already), as every service but S3 wants it.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let mut canonical = String::with_capacity(path.len() + 1);
    for segment in &segments {
        canonical.push('/');
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                canonical.push(char::from(byte));
            } else {
                canonical.push('%');
                for digit in [byte >> 4, byte & 15] {
                    canonical.push(char::from(HEX_UPPER[usize::from(digit)]));
                }
            }
        }
    }
    if segments.is_empty() || path.ends_with('/') {
        canonical.push('/');
    }
    canonical
}

const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";
const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";

fn hex(digest: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest) {
        pair[0] = HEX_LOWER[usize::from(byte >> 4)];
        pair[1] = HEX_LOWER[usize::from(byte & 15)];
    }
    text
}

#[cfg(test)]
mod tests;

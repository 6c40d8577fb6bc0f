//! Signature Version 4, as far as DynamoDB needs it: a POST with a fixed set of headers and a whole body.
//!
//! What does not change between two requests (the derived key, the scope, the beginning of the canonical request, the
//! headers of host and session token) is prepared once for each pair of credentials and endpoint and each day, and
//! found again by identity. What is left for a request are three digests over parts that are never joined in memory,
//! so that no copy of a session token stays behind in a buffer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, Uri};
use zeroize::Zeroizing;

use super::date::{SECONDS_A_DAY, amz_date, unix_seconds};
use super::endpoint::Endpoint;
use crate::config::Credentials;
use crate::crypto::{HmacKey, sha256, sha256_parts};
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

/// One request's signature.
pub(crate) struct Signed {
    pub(crate) scope: Arc<Scope>,
    pub(crate) date: HeaderValue,
    pub(crate) authorization: HeaderValue,
}

struct Kept {
    scope: Arc<Scope>,
    second: i64,
    stamp: [u8; 16],
    date: HeaderValue,
}

/// Signs requests.
#[derive(Default)]
pub(crate) struct Signer {
    kept: Mutex<Vec<Kept>>,
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
        let (scope, stamp, date) = self.scope(credentials, endpoint, second)?;
        let body_digest = hex(&sha256(body));
        let canonical = hex(&sha256_parts(&[
            scope.head.as_bytes(),
            &stamp,
            scope.middle.as_bytes(),
            target.as_bytes(),
            scope.tail.as_bytes(),
            &body_digest,
        ]));
        let signature = hex(&signature(&scope.key, &stamp, &scope.scope, &canonical));
        let mut authorization = Vec::with_capacity(scope.authorization.len() + signature.len());
        authorization.extend_from_slice(scope.authorization.as_bytes());
        authorization.extend_from_slice(&signature);
        let authorization = header("access key id", Bytes::from(authorization))?;
        Ok(Signed { scope, date, authorization })
    }

    /// The prepared scope, and the date of this second. The lock is held for a look only: digests are computed
    /// outside.
    fn scope(
        &self,
        credentials: &Arc<Credentials>,
        endpoint: &Arc<Endpoint>,
        second: i64,
    ) -> Result<(Arc<Scope>, [u8; 16], HeaderValue), Error> {
        let day = second.div_euclid(SECONDS_A_DAY);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|entry| entry.scope.serves(credentials, endpoint, day));
        if let Some(entry) = found.and_then(|index| kept.get_mut(index)) {
            if entry.second != second {
                (entry.stamp, entry.date) = stamp(second)?;
                entry.second = second;
            }
            return Ok((Arc::clone(&entry.scope), entry.stamp, entry.date.clone()));
        }
        let (stamp, date) = stamp(second)?;
        let scope = Arc::new(Scope::new(credentials, endpoint, day, &stamp)?);
        // Keys of yesterday and of credentials that were replaced are not needed again.
        kept.retain(|entry| entry.scope.day == day && same_credentials(&entry.scope.credentials, credentials));
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(Kept { scope: Arc::clone(&scope), second, stamp, date: date.clone() });
        Ok((scope, stamp, date))
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

fn stamp(second: i64) -> Result<([u8; 16], HeaderValue), Error> {
    let stamp = amz_date(second).ok_or_else(|| {
        Error::new(ErrorKind::InvalidConfiguration, "the machine's clock shows a year that has not four digits")
            .with_advice("Correct the machine's clock.")
    })?;
    Ok((stamp, header("date", Bytes::copy_from_slice(&stamp))?))
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

fn signature(key: &HmacKey, stamp: &[u8; 16], scope: &str, canonical_digest: &[u8; 64]) -> [u8; 32] {
    key.sign_parts(&[b"AWS4-HMAC-SHA256\n", stamp, b"\n", scope.as_bytes(), b"\n", canonical_digest])
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

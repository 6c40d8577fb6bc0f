//! Cursors: where a query or scan goes on, as a string that a web API can hand out.
//!
//! A cursor is base64url without padding of: a version byte; 16 bytes that bind it to table, index and key condition;
//! the `LastEvaluatedKey` as DynamoDB JSON; and, if a key is configured, a tag of HMAC-SHA256 over all of it.

mod checkpoint;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::codec::{DecodeError, Reader};
use crate::crypto::{HmacKey, sha256};
use crate::error::{Error, ErrorKind};

pub(crate) use checkpoint::{Position, decode_checkpoint, encode_checkpoint};

const PLAIN: u8 = 1;
const SIGNED: u8 = 2;
const BINDING: usize = 16;
const TAG: usize = 32;

/// Longer text is no cursor. A key of a table and an index has at most some 15 KB of values (partition key 2,048 bytes,
/// sort key 1,024, and four attributes each in an index); as escapes in JSON and in base64 these are below 200 KiB.
const MAX_TEXT: usize = 256 * 1024;

/// Said before what is signed, so that no other message signed with the same key is a cursor.
const PURPOSE: &[u8] = b"enhanced-dynamodb cursor\0";

/// The key that signs cursors.
pub(crate) struct CursorKey(HmacKey);

impl CursorKey {
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`] if the key is empty: anybody could sign with it.
    pub(crate) fn new(key: &[u8]) -> Result<Self, Error> {
        if key.is_empty() {
            return Err(Error::new(ErrorKind::InvalidConfiguration, "the key that signs cursors is empty")
                .with_advice("Give at least 16 random bytes, or no key for cursors that are not signed."));
        }
        Ok(CursorKey(HmacKey::new(key)))
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(******)")
    }
}

/// What a cursor belongs to: a cursor of one query is not taken by another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CursorBinding([u8; BINDING]);

impl CursorBinding {
    /// Of a query, with [`bound_key_condition`](super::RequestExpressions::bound_key_condition).
    pub(crate) fn query(table: &str, index: Option<&str>, key_condition: &[u8]) -> Self {
        Self::digest(b"query", table, index, key_condition)
    }

    /// Of a scan, or of one segment (its number, and how many there are) of a parallel one.
    pub(crate) fn scan(table: &str, index: Option<&str>, segment: Option<(u32, u32)>) -> Self {
        let (segment, total) = segment.unwrap_or((0, 1));
        let mut part = [0; 8];
        part[..4].copy_from_slice(&segment.to_be_bytes());
        part[4..].copy_from_slice(&total.to_be_bytes());
        Self::digest(b"scan", table, index, &part)
    }

    /// Of all segments of a parallel scan together.
    pub(crate) fn segments(table: &str, index: Option<&str>, total: u32) -> Self {
        Self::digest(b"segments", table, index, &total.to_be_bytes())
    }

    fn digest(operation: &[u8], table: &str, index: Option<&str>, rest: &[u8]) -> Self {
        let mut message = Vec::with_capacity(64 + table.len() + rest.len());
        // No index has an empty name, so the empty one is the table's own.
        for part in [operation, table.as_bytes(), index.unwrap_or_default().as_bytes(), rest] {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part);
        }
        let mut binding = [0; BINDING];
        binding.copy_from_slice(&sha256(&message)[..BINDING]);
        CursorBinding(binding)
    }
}

/// The cursor for this `LastEvaluatedKey`, an object of DynamoDB JSON.
pub(crate) fn encode_cursor(last_evaluated_key: &[u8], binding: CursorBinding, key: Option<&CursorKey>) -> String {
    seal(last_evaluated_key, binding, key)
}

fn seal(content: &[u8], binding: CursorBinding, key: Option<&CursorKey>) -> String {
    let mut bytes = Vec::with_capacity(1 + BINDING + content.len() + TAG);
    bytes.push(if key.is_some() { SIGNED } else { PLAIN });
    bytes.extend_from_slice(&binding.0);
    bytes.extend_from_slice(content);
    if let Some(CursorKey(key)) = key {
        let tag = key.sign(&signed_message(&bytes));
        bytes.extend_from_slice(&tag);
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The `LastEvaluatedKey` of a cursor, as DynamoDB JSON.
///
/// # Errors
/// [`ErrorKind::InvalidCursor`] if the text is no cursor, is damaged or signed with another key, belongs to something
/// else than `binding`, or is signed where no key is configured and the other way round.
pub(crate) fn decode_cursor(text: &str, binding: CursorBinding, key: Option<&CursorKey>) -> Result<Vec<u8>, Error> {
    let last_key = open(text, MAX_TEXT, binding, key)?;
    check_key(&last_key).map_err(|error| invalid("the cursor is damaged: it holds no key").with_source(error))?;
    Ok(last_key)
}

/// What was sealed, if it was for this binding and with this key.
fn open(text: &str, longest: usize, binding: CursorBinding, key: Option<&CursorKey>) -> Result<Vec<u8>, Error> {
    if text.len() > longest {
        return Err(invalid(format!("the cursor has {} characters, none has more than {longest}", text.len())));
    }
    let mut bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| invalid("the cursor is damaged: it is not base64url text").with_source(error.to_string()))?;
    match (bytes.first().copied(), key) {
        (Some(PLAIN), None) => {}
        (Some(SIGNED), Some(CursorKey(key))) => {
            let Some(length) = bytes.len().checked_sub(TAG) else { return Err(invalid("the cursor is cut short")) };
            let tag = bytes.split_off(length);
            if !key.verify(&signed_message(&bytes), &tag) {
                return Err(invalid(
                    "the cursor's signature does not match: it was changed, or signed with another key",
                ));
            }
        }
        (Some(PLAIN), Some(_)) => return Err(invalid("the cursor is not signed, and only signed ones are taken")),
        (Some(SIGNED), None) => {
            return Err(invalid("the cursor is signed, and no cursor key is configured to check it with"));
        }
        (Some(version), _) => {
            return Err(invalid(format!(
                "the cursor is damaged or made by another version: it is of format {version}"
            )));
        }
        (None, _) => return Err(invalid("the cursor is empty")),
    }
    let (Some(bound), Some(content)) = (bytes.get(1..1 + BINDING), bytes.get(1 + BINDING..)) else {
        return Err(invalid("the cursor is cut short"));
    };
    if bound != binding.0 {
        return Err(invalid("the cursor belongs to another table, index, key condition or segment"));
    }
    Ok(content.to_vec())
}

fn signed_message(bytes: &[u8]) -> Vec<u8> {
    [PURPOSE, bytes].concat()
}

/// Whether these bytes are an object of strings, numbers and binaries, and nothing else: they go into a request.
fn check_key(bytes: &[u8]) -> Result<(), DecodeError> {
    if bytes.iter().any(|&byte| byte < b' ') {
        return Err(DecodeError::new("a control character"));
    }
    let mut reader = Reader::new(bytes)?;
    if reader.raw_value()? != (0..bytes.len()) {
        return Err(DecodeError::new("something before or after the key"));
    }
    let mut reader = Reader::new(bytes)?;
    let mut attributes = reader.object()?;
    let mut names = Vec::new();
    while let Some(name) = attributes.next_key(&mut reader)? {
        if name.is_empty() || names.contains(&name) {
            return Err(DecodeError::new("an attribute name is empty or stands twice"));
        }
        names.push(name);
        let mut value = reader.object()?;
        let Some(kind) = value.next_key(&mut reader)? else {
            return Err(DecodeError::new("an attribute without a value"));
        };
        let content = reader.string()?;
        let valid = match &*kind {
            "S" => true,
            "N" => !content.is_empty() && content.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)),
            "B" => STANDARD.decode(content.as_bytes()).is_ok(),
            _ => false,
        };
        if !valid || value.next_key(&mut reader)?.is_some() {
            return Err(DecodeError::new("an attribute that is no string, number or binary"));
        }
    }
    if names.is_empty() { Err(DecodeError::new("no attributes")) } else { Ok(()) }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidCursor, message)
}

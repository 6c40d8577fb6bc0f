//! Reads the service's error responses.

use bytes::Bytes;

use super::kind::bare_code;
use super::{CancellationReason, Error, ErrorKind, ThrottlingReason};
use crate::codec::{DecodeError, Reader};

/// What an error response's body may say. Members are read without regard to case: the service spells
/// `message`/`Message` and `throttlingReasons`/`ThrottlingReasons` either way.
#[derive(Default)]
struct Members {
    code: Option<String>,
    message: Option<String>,
    throttling: Vec<ThrottlingReason>,
    cancellation: Vec<CancellationReason>,
    item: Option<Bytes>,
}

/// The error that a response other than 200 stands for. `header_code` is the `x-amzn-errortype` header, used where
/// the body has no `__type`. A body that is not the service's JSON (a proxy's HTML page, nothing at all) is told by
/// its status.
pub(crate) fn from_response(status: u16, header_code: Option<&str>, body: &Bytes) -> Error {
    let members = read(body).unwrap_or_default();
    match members.code.as_deref().or(header_code) {
        Some(code) => {
            let kind = ErrorKind::from_code(code);
            Error::new(kind, members.message.unwrap_or_default())
                .with_code(bare_code(code).to_owned())
                .with_throttling(members.throttling)
                .with_cancellation(members.cancellation)
                .with_item(members.item)
        }
        None => by_status(status, body),
    }
}

fn by_status(status: u16, body: &Bytes) -> Error {
    let kind = match status {
        413 => ErrorKind::RequestEntityTooLarge,
        429 => ErrorKind::Throttling,
        503 => ErrorKind::ServiceUnavailable,
        500..=599 => ErrorKind::InternalFailure,
        _ => ErrorKind::UnknownService,
    };
    let error = Error::new(
        kind,
        format!("the endpoint answered HTTP {status} with {} bytes that are no DynamoDB error", body.len()),
    );
    match kind {
        ErrorKind::UnknownService => error.with_advice("Check that the endpoint is DynamoDB's."),
        _ => error,
    }
}

fn read(body: &Bytes) -> Result<Members, DecodeError> {
    let mut members = Members::default();
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        if key == "__type" || key.eq_ignore_ascii_case("code") {
            members.code = reader.optional_string()?.filter(|code| !code.is_empty()).or(members.code);
        } else if key.eq_ignore_ascii_case("message") {
            members.message = reader.optional_string()?.or(members.message);
        } else if key.eq_ignore_ascii_case("ThrottlingReasons") {
            members.throttling = throttling(&mut reader)?;
        } else if key.eq_ignore_ascii_case("CancellationReasons") {
            members.cancellation = cancellation(&mut reader, body)?;
        } else if key.eq_ignore_ascii_case("Item") {
            members.item = Some(body.slice(reader.raw_value()?));
        } else {
            reader.skip_value()?;
        }
    }
    Ok(members)
}

fn throttling(reader: &mut Reader<'_>) -> Result<Vec<ThrottlingReason>, DecodeError> {
    let mut reasons = Vec::new();
    let Some(mut array) = reader.optional_array()? else { return Ok(reasons) };
    while array.next_element(reader)? {
        let (mut reason, mut arn) = (String::new(), None);
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(reader)? {
            if key.eq_ignore_ascii_case("reason") {
                reason = reader.optional_string()?.unwrap_or_default();
            } else if key.eq_ignore_ascii_case("resource") {
                arn = reader.optional_string()?;
            } else {
                reader.skip_value()?;
            }
        }
        reasons.push(ThrottlingReason::parse(&reason, arn));
    }
    Ok(reasons)
}

fn cancellation(reader: &mut Reader<'_>, body: &Bytes) -> Result<Vec<CancellationReason>, DecodeError> {
    let mut reasons = Vec::new();
    let Some(mut array) = reader.optional_array()? else { return Ok(reasons) };
    while array.next_element(reader)? {
        let mut reason = CancellationReason { code: String::new(), message: None, item: None };
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(reader)? {
            if key.eq_ignore_ascii_case("code") {
                reason.code = reader.optional_string()?.unwrap_or_default();
            } else if key.eq_ignore_ascii_case("message") {
                reason.message = reader.optional_string()?;
            } else if key.eq_ignore_ascii_case("item") {
                reason.item = Some(body.slice(reader.raw_value()?));
            } else {
                reader.skip_value()?;
            }
        }
        reasons.push(reason);
    }
    Ok(reasons)
}

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
    let mut members = Members::default();
    // What was read before a body turns out to be no JSON stays: its code matters more than its form.
    let _is_json = read(body, &mut members);
    match members.code.as_deref().or(header_code) {
        Some(code) => {
            let kind = ErrorKind::from_code(code);
            Error::new(kind, members.message.unwrap_or_default())
                .with_code(bare_code(code).to_owned())
                .with_throttling(members.throttling)
                .with_cancellation(members.cancellation)
                .with_item(members.item)
        }
        None => by_status(status, body, members.message),
    }
}

/// The error of something that stands before the service: a proxy, a gateway, a firewall.
fn by_status(status: u16, body: &Bytes, message: Option<String>) -> Error {
    let kind = match status {
        413 => ErrorKind::RequestEntityTooLarge,
        429 => ErrorKind::Throttling,
        503 => ErrorKind::ServiceUnavailable,
        500..=599 => ErrorKind::InternalFailure,
        _ => ErrorKind::UnknownService,
    };
    let message = match message {
        Some(message) => format!("HTTP {status} without an error code: {message}"),
        None if body.is_empty() => format!("HTTP {status} with an empty body"),
        None => format!("HTTP {status} with {} bytes that are no DynamoDB error", body.len()),
    };
    Error::new(kind, message)
        .with_advice("Check the endpoint, and what stands between it and the client: DynamoDB does not answer so.")
}

fn read(body: &Bytes, members: &mut Members) -> Result<(), DecodeError> {
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    let mut has_type = false;
    while let Some(key) = object.next_key(&mut reader)? {
        if key.eq_ignore_ascii_case("__type") {
            if let Some(code) = reader.optional_string()?.filter(|code| !code.is_empty()) {
                members.code = Some(code);
                has_type = true;
            }
        } else if key.eq_ignore_ascii_case("code") && !has_type {
            members.code = reader.optional_string()?.filter(|code| !code.is_empty()).or(members.code.take());
        } else if key.eq_ignore_ascii_case("message") {
            members.message = reader.optional_string()?.or(members.message.take());
        } else if key.eq_ignore_ascii_case("ThrottlingReasons") {
            members.throttling = throttling(&mut reader)?;
        } else if key.eq_ignore_ascii_case("CancellationReasons") {
            members.cancellation = cancellation(&mut reader, body)?;
        } else if key.eq_ignore_ascii_case("Item") {
            members.item = item(&mut reader, body)?;
        } else {
            reader.skip_value()?;
        }
    }
    Ok(())
}

fn item(reader: &mut Reader<'_>, body: &Bytes) -> Result<Option<Bytes>, DecodeError> {
    if reader.null() {
        return Ok(None);
    }
    Ok(Some(body.slice(reader.raw_value()?)))
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
        let mut reason = CancellationReason::of_action(reasons.len());
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(reader)? {
            if key.eq_ignore_ascii_case("code") {
                reason.code = reader.optional_string()?.unwrap_or_default();
            } else if key.eq_ignore_ascii_case("message") {
                reason.message = reader.optional_string()?;
            } else if key.eq_ignore_ascii_case("item") {
                reason.item = item(reader, body)?;
            } else {
                reader.skip_value()?;
            }
        }
        reasons.push(reason);
    }
    Ok(reasons)
}

#[cfg(test)]
mod tests;

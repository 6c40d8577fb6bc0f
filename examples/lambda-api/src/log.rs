//! One JSON line on stderr for each request that failed, as a whole or in part, on our side, beside the client's own
//! lines: the way from the id that a caller has to what happened.

use enhanced_dynamodb::{Error, ErrorKind};
use lambda_http::Request;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::api::request_id;
use crate::failure::{Cause, Failure};

/// A throttle is a warning: the caller is told to come again.
pub(crate) fn failure(request: &Request, failure: &Failure) {
    let level = if failure.status() == StatusCode::TOO_MANY_REQUESTS { "WARN" } else { "ERROR" };
    let mut line = json!({
        "level": level,
        "message": "the request failed",
        "requestId": request_id(request),
        "method": request.method().as_str(),
        "status": failure.status().as_u16(),
        "code": failure.code(),
    });
    match failure.cause.as_deref() {
        Some(Cause::DynamoDb(error)) => line["dynamodb"] = of(error),
        Some(Cause::Text(text)) => line["cause"] = text.as_str().into(),
        None => {}
    }
    let line = line.to_string();
    eprintln!("{line}");
}

fn of(error: &Error) -> Value {
    // These quote the request, and with it the values of items, which do not belong in a log.
    let quotes = matches!(
        error.kind(),
        ErrorKind::Validation
            | ErrorKind::Serialization
            | ErrorKind::DuplicateItem
            | ErrorKind::Encode
            | ErrorKind::Decode
    );
    json!({
        "operation": error.operation(),
        "table": error.table(),
        "message": if quotes { "" } else { error.message() },
        "advice": error.advice(),
        "attempts": error.attempts(),
        "elapsedMs": error.elapsed().as_millis().min(u128::from(u64::MAX)) as u64,
        "requestId": error.request_id(),
    })
}

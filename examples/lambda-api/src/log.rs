//! One JSON line on stderr for each request that failed on our side, beside the client's own lines: the way from the id that
//! a caller has to what happened.

use enhanced_dynamodb::{Error, ErrorKind};
use lambda_http::Request;
use serde_json::{Value, json};

use crate::failure::{Cause, Failure};
use crate::invocation::Invocation;

/// Failures of the caller's own making are not logged: an alarm on errors must mean something.
pub(crate) fn failure(request: &Request, invocation: &Invocation, failure: &Failure) {
    let level = match failure.status().as_u16() {
        500.. => "ERROR",
        429 => "WARN",
        _ => return,
    };
    let mut line = json!({
        "level": level,
        "message": "the request failed",
        "requestId": invocation.request_id,
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

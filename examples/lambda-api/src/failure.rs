//! What is no success: the status, and what the caller may know of it.
//!
//! | What happened | Status |
//! |---|---|
//! | no body, JSON that is none, a parameter that is not understood, a damaged cursor | 400 |
//! | no such path, item or root | 404 |
//! | no such method here | 405, with `Allow` |
//! | the id is taken, the version is stale, a transaction's conditions do not hold | 409 |
//! | an item above 400 KB | 413 |
//! | DynamoDB throttles, after all retries or until no time is left | 429, with `Retry-After` in seconds |
//! | a table is not well, to the health check | 503 |
//! | the invocation's time is up, also where nobody knows whether a write was applied by then | 504 |
//! | anything else | 500 |
//!
//! The body is `{"error": "…", "code": "…", "requestId": "…"}`. Of a 500 it says nothing but the code and the id: the log
//! has the rest. `docs/errors.md` explains every code.

use std::borrow::Cow;

use enhanced_dynamodb::{Error, ErrorKind};
use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};

use crate::{json, log};

/// The longest wait that is asked for: the ceiling of the client's own backoff.
const LONGEST_WAIT: u64 = 20;

/// Why there is no success.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    /// Seconds until another try is worth while.
    retry_after: Option<u64>,
    /// The methods that there are.
    allow: Option<&'static str>,
    /// One more member of the body.
    details: Option<Box<(&'static str, Value)>>,
    /// For the log alone.
    pub(crate) cause: Option<Box<Cause>>,
}

/// What the log says of it.
#[derive(Debug)]
pub(crate) enum Cause {
    DynamoDb(Error),
    Text(String),
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Failure {
            status,
            code: code.into(),
            message: message.into(),
            retry_after: None,
            allow: None,
            details: None,
            cause: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    pub(crate) fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Failure::new(StatusCode::CONFLICT, "Conflict", message)
    }

    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        let message = "This method is not for this path.";
        let failure = Failure::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message);
        Failure { allow: Some(allowed), ..failure }
    }

    pub(crate) fn internal(code: &'static str, cause: String) -> Self {
        let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, code, "Internal server error");
        Failure { cause: Some(Box::new(Cause::Text(cause))), ..failure }
    }

    pub(crate) fn unavailable(cause: String) -> Self {
        let failure = Failure::new(StatusCode::SERVICE_UNAVAILABLE, "Unhealthy", "The tables cannot be used now.");
        Failure { cause: Some(Box::new(Cause::Text(cause))), ..failure }
    }

    pub(crate) fn answer_too_large() -> Self {
        let message = "The answer would be larger than Lambda allows: ask for less, by limit or maxDepth.";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "AnswerTooLarge", message)
    }

    /// One more member of the body.
    pub(crate) fn with_details(mut self, name: &'static str, details: Value) -> Self {
        self.details = Some(Box::new((name, details)));
        self
    }

    /// What an error of the client is to the caller; nothing for the log.
    pub(crate) fn of(error: &Error) -> Self {
        // Where throttles took all the time there was, it is still for them that the caller has to wait.
        let out_of_time = error.kind() == ErrorKind::DeadlineExceeded && !error.throttling_reasons().is_empty();
        let failure = if error.is_throttling() || out_of_time {
            let message = "There are too many requests: try again later.";
            let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "", message);
            Failure { retry_after: Some(wait_after(error.attempts())), ..failure }
        } else {
            by_kind(error)
        };
        // The caller sees the error under the name by which docs/errors.md has it.
        Failure { code: error.code().to_owned().into(), ..failure }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// Whether it is the caller's own doing, so that the same request would fail again. A throttle is not.
    pub(crate) fn is_callers(&self) -> bool {
        self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS
    }

    /// Writes a line, unless it is the caller's own doing: an alarm on errors must mean something.
    pub(crate) fn log(&self, request: &Request) {
        if !self.is_callers() {
            log::failure(request, self);
        }
    }

    /// As part of a body.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "error": self.message, "code": self.code })
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response<Body> {
        let mut body = self.to_json();
        body["requestId"] = request_id.into();
        if let Some((name, details)) = self.details.map(|details| *details) {
            body[name] = details;
        }
        let mut response = json::with_text(self.status, body.to_string());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(methods) = self.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        response
    }
}

/// What any route makes of an error of the client. What only one route can tell (an id that is taken, a version that is
/// stale) it tells before.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = Failure::of(&error);
        Failure { cause: Some(Box::new(Cause::DynamoDb(error))), ..failure }
    }
}

fn by_kind(error: &Error) -> Failure {
    match error.kind() {
        ErrorKind::DeadlineExceeded => {
            Failure::new(StatusCode::GATEWAY_TIMEOUT, "", "There was not enough time for an answer.")
        }
        // No answer came in time to tell; a retry with the same Idempotency-Key, or a look, does.
        ErrorKind::OutcomeUnknown if timed_out(error) => {
            let message = "It is not known whether this was written: look, then try again.";
            Failure::new(StatusCode::GATEWAY_TIMEOUT, "", message)
        }
        ErrorKind::ItemTooLarge => too_large(),
        // Items that only the service found too large: "Item size has exceeded the maximum allowed size".
        ErrorKind::Validation if error.message().contains("Item size") => too_large(),
        ErrorKind::InvalidCursor => {
            Failure::bad_request("The cursor is damaged, or belongs to another list: start again without it.")
        }
        // It is about the caller's own item, and says which part of it.
        ErrorKind::Encode => Failure::bad_request(error.message().to_owned()),
        // Its sentence may name tables.
        ErrorKind::InvalidInput => Failure::bad_request("This is nothing that DynamoDB takes."),
        ErrorKind::TransactionCanceled => Failure::conflict("Nothing was written: the reasons say why."),
        ErrorKind::TransactionConflict => Failure::conflict("A transaction is writing the item: try again."),
        ErrorKind::IdempotentParameterMismatch => {
            Failure::conflict("Another transaction was sent with this Idempotency-Key.")
        }
        ErrorKind::ConditionalCheckFailed => Failure::conflict("The item has been changed in the meantime."),
        _ => Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "", "Internal server error"),
    }
}

/// Whether it was time that an error came from.
fn timed_out(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<Error>().map(Error::kind);
        if matches!(kind, Some(ErrorKind::Timeout | ErrorKind::DeadlineExceeded)) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn too_large() -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "", "The item is larger than the 400 KB that DynamoDB allows.")
}

/// Seconds until another try is worth while: what the client itself would wait at most before its next attempt, from a
/// base of 1 s.
fn wait_after(attempts: u32) -> u64 {
    let retries = attempts.saturating_sub(1).min(8);
    (1_u64 << retries).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::{Failure, wait_after};

    #[test]
    fn every_code_of_our_own_is_explained() {
        let page = include_str!("../../../docs/errors.md");
        for failure in [
            Failure::bad_request(""),
            Failure::not_found(""),
            Failure::method_not_allowed("GET"),
            Failure::conflict(""),
            Failure::unavailable(String::new()),
            Failure::answer_too_large(),
        ] {
            let row = format!("| `{}` | {} |", failure.code(), failure.status().as_u16());
            assert!(page.contains(&row), "{row}");
        }
    }

    #[test]
    fn the_wait_doubles_with_each_attempt_up_to_twenty_seconds() {
        assert_eq!([0, 1, 2, 4, 5, 6, 1_000].map(wait_after), [1, 1, 2, 8, 16, 20, 20]);
    }
}

//! What the responder does with a request.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// How far a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The engine does not see it.
    Nowhere,
    /// The engine applies it.
    Engine,
    /// The engine applies the first so many entries of a batch; the others come back unprocessed.
    Part(usize),
}

/// What the client is told.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// The engine's answer.
    Truth,
    /// An error or a made-up answer.
    Json { status: u16, body: Value },
    /// Not even JSON.
    Raw { status: u16, content_type: &'static str, body: Bytes },
    /// A cancelled transaction with a conflict at these positions, and `None` as the reason of all others.
    Cancelled { code: &'static str, message: &'static str, at: Vec<usize> },
    /// The engine's answer with a member of so many bytes that no client knows.
    Padded(usize),
}

/// What is done with a request: how far it comes, what the client is told, and how.
#[derive(Clone, Debug)]
pub struct Action {
    pub(super) reach: Reach,
    pub(super) told: Told,
    pub(super) delay: Duration,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) wrong_crc: bool,
    pub(super) skew: i64,
}

impl Action {
    /// The request passes and its answer too.
    pub fn pass() -> Action {
        Action {
            reach: Reach::Engine,
            told: Told::Truth,
            delay: Duration::ZERO,
            headers: Vec::new(),
            wrong_crc: false,
            skew: 0,
        }
    }

    /// This answer, without the engine.
    pub fn json(status: u16, body: Value) -> Action {
        Action { reach: Reach::Nowhere, told: Told::Json { status, body }, ..Action::pass() }
    }

    /// These bytes for an answer, without the engine.
    pub fn raw(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Action {
        Action { reach: Reach::Nowhere, told: Told::Raw { status, content_type, body: body.into() }, ..Action::pass() }
    }

    /// A service error by its code, with status 400 and the namespace that the service gives it.
    pub fn error(code: &str, message: &str) -> Action {
        Action::error_with(400, code, message, json!({}))
    }

    /// A service error with members of its own, such as `Item` or `ThrottlingReasons`.
    pub fn error_with(status: u16, code: &str, message: &str, members: Value) -> Action {
        let mut body = json!({ "__type": format!("{}#{code}", namespace(code)), "message": message });
        if let (Value::Object(body), Value::Object(members)) = (&mut body, members) {
            body.extend(members);
        }
        Action::json(status, body)
    }

    /// `ProvisionedThroughputExceededException` for a hot key range of a table's writes, with its `ThrottlingReasons`.
    pub fn throttle(table: &str) -> Action {
        Action::throttle_for(table, "TableWriteKeyRangeThroughputExceeded")
    }

    /// `ProvisionedThroughputExceededException` with this reason, such as `IndexReadProvisionedThroughputExceeded`. `resource` is
    /// a table's name, or `table/index/name`.
    pub fn throttle_for(resource: &str, reason: &str) -> Action {
        let reasons = json!([{
            "reason": reason,
            "resource": format!("arn:aws:dynamodb:us-east-1:123456789012:table/{resource}"),
        }]);
        Action::error_with(
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning \
             level with the UpdateTable API.",
            json!({ "ThrottlingReasons": reasons }),
        )
    }

    /// `InternalServerError`, status 500.
    pub fn internal_error() -> Action {
        Action::error_with(
            500,
            "InternalServerError",
            "The request could not be processed because of an internal failure.",
            json!({}),
        )
    }

    /// `ServiceUnavailable`, status 503.
    pub fn unavailable() -> Action {
        Action::error_with(503, "ServiceUnavailable", "The service is currently unavailable or busy.", json!({}))
    }

    /// Status 503 from something that stands before the service: a page.
    pub fn html_unavailable() -> Action {
        Action::raw(503, "text/html", "<html><body><h1>503 Service Unavailable</h1></body></html>")
    }

    /// This status without a body.
    pub fn empty(status: u16) -> Action {
        Action::raw(status, "application/x-amz-json-1.0", Bytes::new())
    }

    /// Applies the first `applied` entries of a batch; the others come back as `UnprocessedItems` or `UnprocessedKeys`.
    pub fn leftovers(applied: usize) -> Action {
        Action { reach: Reach::Part(applied), ..Action::pass() }
    }

    /// `TransactionCanceledException` with `TransactionConflict` at these positions of the request.
    pub fn conflict(at: impl IntoIterator<Item = usize>) -> Action {
        Action::cancel(at, "TransactionConflict", "Transaction is ongoing for the item")
    }

    /// `TransactionCanceledException` with this reason at these positions of the request.
    pub fn cancel(at: impl IntoIterator<Item = usize>, code: &'static str, message: &'static str) -> Action {
        let told = Told::Cancelled { code, message, at: at.into_iter().collect() };
        Action { reach: Reach::Nowhere, told, ..Action::pass() }
    }

    /// The engine's answer, larger by a member of so many bytes.
    pub fn padded(bytes: usize) -> Action {
        Action { told: Told::Padded(bytes), ..Action::pass() }
    }

    /// The engine applies the request before the client is told this. Does nothing to the client's answer.
    #[must_use]
    pub fn applied(self) -> Action {
        Action { reach: Reach::Engine, ..self }
    }

    /// The answer comes so much later, after the engine has applied what it applies.
    #[must_use]
    pub fn late(self, by: Duration) -> Action {
        Action { delay: by, ..self }
    }

    /// One more header of the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Action {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Asks the client to wait: `x-amz-retry-after`, in milliseconds.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Action {
        let milliseconds = wait.as_millis().to_string();
        self.header("x-amz-retry-after", &milliseconds)
    }

    /// The answer's `x-amz-crc32` does not fit its body.
    #[must_use]
    pub fn wrong_crc(self) -> Action {
        Action { wrong_crc: true, ..self }
    }

    /// The answer's `Date` is off by so many seconds.
    #[must_use]
    pub fn clock_off_by(self, seconds: i64) -> Action {
        Action { skew: seconds, ..self }
    }
}

/// The service's own errors have its namespace, those of the layers before it have theirs.
fn namespace(code: &str) -> &'static str {
    match code {
        "ValidationException" => "com.amazon.coral.validate",
        "ThrottlingException" | "ServiceUnavailable" | "ServiceUnavailableException" => "com.amazon.coral.availability",
        "AccessDeniedException"
        | "ExpiredTokenException"
        | "IncompleteSignatureException"
        | "InternalFailure"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "SerializationException"
        | "UnknownOperationException"
        | "UnrecognizedClientException" => "com.amazon.coral.service",
        _ => "com.amazonaws.dynamodb.v20120810",
    }
}

//! What Lambda says of an invocation: its id, and how long it may take.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_http::{Request, RequestExt};

/// One invocation. On another server than Lambda's it has no id and no end.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    /// As in Lambda's own log lines.
    pub(crate) request_id: String,
    /// When calls must have ended, so that there is time left to answer.
    pub(crate) deadline: Option<Instant>,
}

impl Invocation {
    pub(crate) fn of(request: &Request, margin: Duration) -> Self {
        let Some(context) = request.lambda_context_ref() else {
            return Invocation { request_id: String::new(), deadline: None };
        };
        let ends = UNIX_EPOCH + Duration::from_millis(context.deadline);
        // A deadline that has passed leaves no time at all.
        let left = ends.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(margin);
        Invocation { request_id: context.request_id.clone(), deadline: Some(Instant::now() + left) }
    }
}

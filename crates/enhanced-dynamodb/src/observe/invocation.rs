//! The invocation of a Lambda function that a call belongs to: its name in logs, and the header that traces follow.

use std::sync::Arc;

use http::HeaderValue;

/// What is known of an invocation wherever a call of it is made.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) request_id: String,
    /// X-Ray's, as it came.
    pub(crate) trace_id: Option<String>,
    /// The same as a header of requests; none if it cannot be one.
    pub(crate) trace: Option<HeaderValue>,
    /// Whether it is the first of its process.
    pub(crate) cold_start: bool,
}

tokio::task_local! {
    static INVOCATION: Arc<Facts>;
}

/// Runs one poll of the invocation's future.
pub(crate) fn enter<T>(facts: Option<&Arc<Facts>>, poll: impl FnOnce() -> T) -> T {
    match facts {
        Some(facts) => INVOCATION.sync_scope(Arc::clone(facts), poll),
        None => poll(),
    }
}

/// The invocation that this runs in.
pub(crate) fn current() -> Option<Arc<Facts>> {
    INVOCATION.try_with(Arc::clone).ok()
}

/// What requests made here carry, as the AWS SDKs do it: Lambda stops functions that call each other in a loop by it.
pub(crate) fn trace_header() -> Option<HeaderValue> {
    INVOCATION.try_with(|facts| facts.trace.clone()).ok().flatten()
}

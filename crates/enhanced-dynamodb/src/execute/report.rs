//! How the end of a call is told: to counters, log and span.

use std::borrow::Cow;
use std::time::Duration;

use tracing::Span;

use super::{Call, Core, Progress};
use crate::error::Error;
use crate::observe::{EndOfCall, Log, Outcome, Report, end_of_call, key_of, log_call};

impl Core {
    /// Ends a call that cannot be sent: it counts and is logged as any other, with no attempt.
    pub(crate) fn refuse(&self, operation: Cow<'static, str>, table: Option<&str>, error: Error) -> Error {
        self.counters.call(0, true);
        let report = Report {
            operation: &operation,
            table,
            attempts: 0,
            retries: 0,
            throttling: &[],
            elapsed: Duration::ZERO,
            bytes: (0, 0),
            items: None,
            capacity: &[],
            key: None,
            outcome: Outcome::Error(&error),
        };
        log_call(Log::of(&self.config), &report);
        error.with_operation(operation, table)
    }

    /// Logs a call that failed. That of one that was answered is logged when the answer has been read.
    pub(super) fn report(&self, call: &Call<'_>, progress: &Progress, elapsed: Duration, error: &Error) {
        let log = Log::of(&self.config);
        if !log.hears(elapsed) {
            return;
        }
        let report = Report {
            operation: &call.operation.name,
            table: call.table,
            attempts: progress.attempts,
            retries: progress.retries,
            throttling: &progress.throttling,
            elapsed,
            bytes: (progress.sent, progress.received),
            items: None,
            capacity: &[],
            key: if log.wants_keys() { key_of(&call.body) } else { None },
            outcome: Outcome::Error(error),
        };
        log_call(log, &report);
    }

    /// Says in a call's span how it went.
    #[cold]
    pub(super) fn end_span(&self, span: &Span, call: &Call<'_>, progress: &Progress, request_id: Option<&str>) {
        let endpoint = self.transport.endpoint_at_hand(call.arns);
        let end = EndOfCall {
            attempts: progress.attempts,
            retries: progress.retries,
            server: endpoint.as_ref().map(|endpoint| (endpoint.host.as_str(), endpoint.port)),
            request_id,
        };
        end_of_call(span, &end);
    }
}

//! What a call brings back, and how its end is told once the answer has been read.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use tracing::Span;

use super::{Call, Core, Progress};
use crate::error::Error;
use crate::observe::{Log, Outcome, Report, TableCapacity, Throttles, items_in, key_of, log_call, span_failed};

/// How a call went.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Metadata {
    /// Attempts made, the first one included.
    pub attempts: u32,
    /// Time from the call's start to the last byte of the response.
    pub elapsed: Duration,
    /// The service's id of the request, which AWS support asks for.
    pub request_id: Option<String>,
    /// Whether the request was sent again after an attempt of which nobody knows whether it was applied.
    pub replayed: bool,
}

impl Metadata {
    /// Adds how the call went to what is wrong with its answer.
    pub(crate) fn tell(&self, error: Error) -> Error {
        error
            .with_response(200, self.request_id.clone())
            .with_attempts(self.attempts, self.elapsed)
            .after_replay(self.replayed)
    }
}

/// What comes back. The log has its line when the answer has been read, or else when this is dropped.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) body: Bytes,
    pub(crate) metadata: Metadata,
    told: Told,
}

impl Reply {
    pub(super) fn new(body: Bytes, metadata: Metadata, told: Told) -> Self {
        Reply { body, metadata, told }
    }

    /// Ends the call with what `read` makes of its answer.
    ///
    /// # Errors
    /// What `read` gives, with how the call went.
    pub(crate) fn read<T>(
        self,
        core: &Core,
        read: impl FnOnce(&Bytes) -> Result<T, Error>,
    ) -> Result<(T, Metadata), Error> {
        match read(&self.body) {
            Ok(output) => Ok((output, self.metadata)),
            Err(error) => {
                let error = self.metadata.tell(error);
                core.counters.unreadable();
                self.told.failed(&error);
                Err(error)
            }
        }
    }
}

impl Core {
    /// One call, and what `read` makes of its answer.
    ///
    /// # Errors
    /// Those of the call, and what `read` gives; each names operation and table.
    pub(crate) async fn answer<T>(
        &self,
        call: Call<'_>,
        read: impl FnOnce(&Bytes) -> Result<T, Error>,
    ) -> Result<(T, Metadata), Error> {
        let (operation, table) = (call.operation, call.table);
        let reply = self.execute(call).await?;
        reply.read(self, read).map_err(|error| error.with_operation(operation.name.clone(), table))
    }
}

/// The line of a call that the service has answered; none where nobody reads it.
#[derive(Debug)]
pub(super) struct Told(Option<Box<Line>>);

#[derive(Debug)]
struct Line {
    log: Log,
    /// Closed with the line.
    span: Span,
    operation: Cow<'static, str>,
    table: Option<String>,
    attempts: u32,
    retries: u32,
    throttling: Vec<Throttles>,
    elapsed: Duration,
    bytes: (u64, u64),
    items: Option<u64>,
    capacity: Vec<TableCapacity>,
    key: Option<Bytes>,
}

impl Told {
    pub(super) fn later(
        log: Log,
        call: &Call<'_>,
        answer: &Bytes,
        metadata: &Metadata,
        progress: &mut Progress,
        span: Span,
    ) -> Self {
        let heard = log.hears(metadata.elapsed);
        Told((heard || !span.is_disabled()).then(|| {
            let items = items_in(answer, !call.writes());
            if let Some(items) = items {
                span.record("aws.dynamodb.count", items);
            }
            Box::new(Line {
                log,
                span,
                operation: call.operation.name.clone(),
                table: call.table.map(str::to_owned),
                attempts: metadata.attempts,
                retries: progress.retries,
                throttling: std::mem::take(&mut progress.throttling),
                elapsed: metadata.elapsed,
                bytes: (progress.sent, progress.received),
                items,
                capacity: std::mem::take(&mut progress.consumed),
                key: log.wants_keys().then(|| key_of(&call.body).map(|key| call.body.slice_ref(key))).flatten(),
            })
        }))
    }

    fn failed(mut self, error: &Error) {
        self.write(Outcome::Error(error));
    }

    fn write(&mut self, outcome: Outcome<'_>) {
        if let Some(line) = self.0.take() {
            if let Outcome::Error(error) = outcome {
                span_failed(&line.span, error);
            }
            let report = Report {
                operation: &line.operation,
                table: line.table.as_deref(),
                attempts: line.attempts,
                retries: line.retries,
                throttling: &line.throttling,
                elapsed: line.elapsed,
                bytes: line.bytes,
                items: line.items,
                capacity: &line.capacity,
                key: line.key.as_deref(),
                outcome,
            };
            let log = line.log;
            line.span.in_scope(|| log_call(log, &report));
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.write(Outcome::Success);
    }
}

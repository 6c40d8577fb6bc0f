//! What became of the operations of a batch.

use std::sync::Arc;
use std::time::Duration;

use super::BatchOperation;
use crate::error::Error;
use crate::operation::ConsumedCapacity;

/// An operation that was not written, and why.
///
/// It turns into its [`BatchOperation`] again, so that a list of them can be handed to another batch.
#[derive(Clone, Debug)]
pub struct Unwritten {
    pub(super) index: u64,
    pub(super) operation: BatchOperation,
    pub(super) error: Arc<Error>,
    pub(super) left_over: bool,
}

impl Unwritten {
    /// Its place in the input, counted from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &BatchOperation {
        &self.operation
    }

    /// The operation, to be sent again.
    #[must_use]
    pub fn into_operation(self) -> BatchOperation {
        self.operation
    }

    /// Why it was not written.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Whether it is left over: it may succeed when it is sent again. Else it has failed: the service, or a check before
    /// the send, refused this very operation.
    #[must_use]
    pub fn is_left_over(&self) -> bool {
        self.left_over
    }
}

impl From<Unwritten> for BatchOperation {
    fn from(unwritten: Unwritten) -> Self {
        unwritten.operation
    }
}

/// How far a batch has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BatchProgress {
    /// Operations taken from the input.
    pub total: u64,
    /// Operations that are written.
    pub written: u64,
    /// Operations that have failed.
    pub failed: u64,
    /// Operations that are left over.
    pub left_over: u64,
    /// Requests that were answered, each counted once however often it was tried.
    pub requests: u64,
    /// How many requests may be in flight now: fewer while the service throttles.
    pub concurrency: usize,
    /// Time since the batch began.
    pub elapsed: Duration,
}

/// What a batch gives: every operation that was taken from the input is in exactly one of `written`, `failed` and
/// `left_over`.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct BatchOutcome {
    /// Operations taken from the input.
    pub total: u64,
    /// Operations that are written.
    pub written: u64,
    /// Operations that the service, or a check before the send, refused.
    pub failed: u64,
    /// Operations that were not done and may succeed when they are sent again: the deadline passed, the service was
    /// throttled or failing for too long, or the batch ended for a reason that is not theirs.
    pub left_over: u64,
    /// What failed, in the order of the input; no longer than
    /// [`keep_at_most`](super::BatchOperations::keep_at_most) with `leftovers`, and empty with a sink.
    pub failures: Vec<Unwritten>,
    /// What is left over, in the order of the input; see `failures`. Sent again in this order, the operations leave
    /// behind what the batch would have left.
    pub leftovers: Vec<Unwritten>,
    /// How many of the failed and left over are in neither list, because the lists were full.
    pub not_kept: u64,
    /// Whether the input was read to its end. A stream is not when the batch has to end early: what was not read is
    /// still in it.
    pub input_ended: bool,
    /// Requests sent, retries included.
    pub requests: u64,
    /// How many of them were retries of a request that was throttled, failed or lost.
    pub retries: u64,
    /// How often an operation was sent again because the service had left it unprocessed, or its request had failed.
    pub resent: u64,
    /// Capacity consumed by table, summed over all requests, if asked for with
    /// [`return_consumed_capacity`](super::BatchOperations::return_consumed_capacity).
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// From the start to the end.
    pub elapsed: Duration,
    /// The first operation of the input that was not written, and why.
    pub(super) first: Option<(u64, Arc<Error>)>,
}

impl BatchOutcome {
    /// Whether all of the input was read and written.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.input_ended && self.written == self.total
    }

    /// The outcome if everything was written, else an error that says how much was not, and the first reason; its kind
    /// is that of this reason.
    ///
    /// # Errors
    /// If an operation failed or is left over, or the input was not read to its end.
    pub fn into_result(self) -> Result<BatchOutcome, Error> {
        if self.is_complete() {
            return Ok(self);
        }
        let (total, unwritten) = (self.total, self.failed + self.left_over);
        let counts = format!("{} failed, {} left over", self.failed, self.left_over);
        let rest = if self.input_ended { "" } else { ", and the input was not read to its end" };
        Err(match self.first {
            Some((index, error)) => {
                let message = format!(
                    "{unwritten} of {total} operations were not written ({counts}{rest}); the first, operation {index}: {}",
                    error.message()
                );
                Error::new(error.kind(), message)
                    .with_code(error.code().to_owned())
                    .with_advice(error.advice().to_owned())
                    .with_operation("BatchWriteItem", error.table())
                    .with_throttling(error.throttling_reasons().to_vec())
                    .with_attempts(error.attempts(), self.elapsed)
                    .with_source(error)
            }
            None => Error::new(
                crate::ErrorKind::DeadlineExceeded,
                format!("{total} operations were written, but the input was not read to its end"),
            )
            .with_operation("BatchWriteItem", None),
        })
    }
}

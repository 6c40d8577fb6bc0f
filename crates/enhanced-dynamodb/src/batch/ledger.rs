//! The account of a batch: what is written, what is not and why.

use std::sync::Arc;

use super::BatchOperation;
use super::outcome::{BatchOutcome, Unwritten};
use crate::error::Error;
use crate::operation::ConsumedCapacity;

/// Who takes what was not written, operation by operation.
pub(super) type Sink<'a> = Box<dyn FnMut(Unwritten) + Send + 'a>;

/// Counts every operation once, and keeps or hands over those that were not written.
pub(super) struct Ledger<'a> {
    pub(super) total: u64,
    pub(super) written: u64,
    pub(super) failed: u64,
    pub(super) left_over: u64,
    pub(super) answered: u64,
    pub(super) requests: u64,
    pub(super) retries: u64,
    pub(super) resent: u64,
    failures: Vec<Unwritten>,
    leftovers: Vec<Unwritten>,
    first: Option<(u64, Arc<Error>)>,
    capacity: Vec<ConsumedCapacity>,
    keep: usize,
    pub(super) sink: Option<Sink<'a>>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(keep: usize, sink: Option<Sink<'a>>) -> Self {
        Ledger {
            total: 0,
            written: 0,
            failed: 0,
            left_over: 0,
            answered: 0,
            requests: 0,
            retries: 0,
            resent: 0,
            failures: Vec::new(),
            leftovers: Vec::new(),
            first: None,
            capacity: Vec::new(),
            keep,
            sink,
        }
    }

    /// The operation was refused.
    pub(super) fn failed(&mut self, index: u64, operation: BatchOperation, error: &Arc<Error>) {
        self.failed += 1;
        self.unwritten(Unwritten { index, operation, error: Arc::clone(error), left_over: false });
    }

    /// The operation was not done, and may be sent again.
    pub(super) fn left_over(&mut self, index: u64, operation: BatchOperation, error: &Arc<Error>) {
        self.left_over += 1;
        self.unwritten(Unwritten { index, operation, error: Arc::clone(error), left_over: true });
    }

    fn unwritten(&mut self, mut unwritten: Unwritten) {
        if self.first.as_ref().is_none_or(|(first, _)| unwritten.index < *first) {
            self.first = Some((unwritten.index, Arc::clone(&unwritten.error)));
        }
        if let Some(sink) = &mut self.sink {
            unwritten.operation.write.part();
            sink(unwritten);
        } else if self.failures.len() + self.leftovers.len() < self.keep {
            unwritten.operation.write.part();
            let list = if unwritten.left_over { &mut self.leftovers } else { &mut self.failures };
            list.push(unwritten);
        }
    }

    /// A request was answered after so many attempts, or ended after them.
    pub(super) fn answered(&mut self, attempts: u32) {
        self.answered += 1;
        self.requests += u64::from(attempts);
        self.retries += u64::from(attempts.saturating_sub(1));
    }

    pub(super) fn consumed(&mut self, capacity: Vec<ConsumedCapacity>) {
        capacity.into_iter().for_each(|consumed| consumed.add_to(&mut self.capacity));
    }

    /// Closes the account.
    pub(super) fn close(&mut self) -> BatchOutcome {
        let (mut failures, mut leftovers) = (std::mem::take(&mut self.failures), std::mem::take(&mut self.leftovers));
        failures.sort_unstable_by_key(Unwritten::index);
        leftovers.sort_unstable_by_key(Unwritten::index);
        let not_kept = match self.sink {
            Some(_) => 0,
            None => self.failed + self.left_over - (failures.len() + leftovers.len()) as u64,
        };
        BatchOutcome {
            total: self.total,
            written: self.written,
            failed: self.failed,
            left_over: self.left_over,
            failures,
            leftovers,
            not_kept,
            requests: self.requests,
            retries: self.retries,
            resent: self.resent,
            consumed_capacity: std::mem::take(&mut self.capacity),
            first: self.first.take(),
            ..BatchOutcome::default()
        }
    }
}

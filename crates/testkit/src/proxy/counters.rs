//! What passed through the proxy, counted.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What passed through a proxy since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// The most connections that were open at the same time.
    pub max_open: u64,
    /// Requests of which at least one byte arrived.
    pub requests: u64,
    /// Requests passed on to the engine and answered by it.
    pub applied: u64,
    /// Bytes read from clients.
    pub bytes_in: u64,
    /// Bytes written to clients.
    pub bytes_out: u64,
}

#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counters>);

impl Tally {
    pub(super) fn lock(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counters(&self) -> Counters {
        *self.lock()
    }

    /// Counts a connection as open; returns its number.
    pub(super) fn opened(&self) -> u64 {
        let mut counters = self.lock();
        counters.connections += 1;
        counters.open += 1;
        counters.max_open = counters.max_open.max(counters.open);
        counters.connections
    }

    /// Counts a request; returns its number.
    pub(super) fn arrived(&self) -> u64 {
        let mut counters = self.lock();
        counters.requests += 1;
        counters.requests
    }
}

//! What a client has done since it was made.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::consumed::{self, TableCapacity};
use super::throttles::{Throttles, add};

/// How many different reasons for throttles are told apart: a program has so many tables at most, or nobody reads them.
const REASONS: usize = 256;
/// How many tables' capacity is told apart.
const TABLES: usize = 256;

/// Counts of one client, taken by `Client::stats()`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that have ended, those included that were refused before anything was sent.
    pub calls: u64,
    /// Requests sent for them, retries included.
    pub attempts: u64,
    /// Attempts made again after a wait.
    pub retries: u64,
    /// Why they were.
    pub retries_by_reason: Retries,
    /// Attempts that the service throttled.
    pub throttled: u64,
    /// What they were throttled for, by table, limit and resource; the first 256 different reasons.
    pub throttles: Vec<Throttles>,
    /// Calls that ended with an error.
    pub errors: u64,
    /// Requests sent again at once because a reused socket turned out to be closed.
    pub replaced_sockets: u64,
    /// Reads that were sent a second time because the first was slow.
    pub hedges: u64,
    /// Such second attempts that answered before the first.
    pub hedge_wins: u64,
    /// Bytes of the bodies of requests that were sent whole, those of all attempts; headers and TLS come on top.
    pub bytes_sent: u64,
    /// Bytes of the bodies of responses.
    pub bytes_received: u64,
    /// Capacity units consumed, by table, as far as the service was asked for them: by
    /// [`return_consumed_capacity`](crate::Options::return_consumed_capacity) of the client, or of a call. The first 256
    /// tables.
    pub consumed: Vec<TableCapacity>,
    /// Tokens in the retry quota, of 500.
    pub quota_tokens: u32,
    /// The connection pool.
    pub pool: PoolStats,
}

/// Why attempts were made again, as part of [`Stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// The service throttled the attempt before.
    pub throttled: u64,
    /// The network or the service failed, or another call stood in the way.
    pub transient: u64,
}

/// What the connection pool has and did, as part of [`Stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Sockets that are open or being opened.
    pub open: usize,
    /// Open sockets that rest.
    pub idle: usize,
    /// Attempts that hold the right to a socket.
    pub in_use: usize,
    /// Attempts that wait for it.
    pub queued: usize,
    /// Connections that were opened, ever.
    pub connects: u64,
    /// Requests that went out on a socket that had served before.
    pub reused: u64,
    /// Sockets that were found dead or too old when they were to be used again.
    pub stale: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicU64,
    attempts: AtomicU64,
    retries_throttled: AtomicU64,
    retries_transient: AtomicU64,
    throttled: AtomicU64,
    throttles: Mutex<Vec<Throttles>>,
    errors: AtomicU64,
    replaced_sockets: AtomicU64,
    hedges: AtomicU64,
    hedge_wins: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    consumed: Mutex<Vec<TableCapacity>>,
}

impl Counters {
    pub(crate) fn call(&self, attempts: u32, failed: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.attempts.fetch_add(u64::from(attempts), Ordering::Relaxed);
        if failed {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The bodies of a call's attempts.
    pub(crate) fn bytes(&self, sent: u64, received: u64) {
        self.bytes_sent.fetch_add(sent, Ordering::Relaxed);
        self.bytes_received.fetch_add(received, Ordering::Relaxed);
    }

    pub(crate) fn consumed(&self, capacity: &[TableCapacity]) {
        consumed::add(&mut self.consumed.lock().unwrap_or_else(PoisonError::into_inner), capacity, TABLES);
    }

    /// A call that the service answered, but with something that cannot be read.
    pub(crate) fn unreadable(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn throttled(&self, reasons: &[Throttles]) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
        add(&mut self.throttles.lock().unwrap_or_else(PoisonError::into_inner), reasons, REASONS);
    }

    pub(crate) fn retry(&self, throttled: bool) {
        let counter = if throttled { &self.retries_throttled } else { &self.retries_transient };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn replaced_socket(&self) {
        self.replaced_sockets.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn hedge(&self) {
        self.hedges.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn hedge_win(&self) {
        self.hedge_wins.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self, quota_tokens: u32, pool: PoolStats) -> Stats {
        let retries_by_reason = Retries {
            throttled: self.retries_throttled.load(Ordering::Relaxed),
            transient: self.retries_transient.load(Ordering::Relaxed),
        };
        Stats {
            calls: self.calls.load(Ordering::Relaxed),
            attempts: self.attempts.load(Ordering::Relaxed),
            retries: retries_by_reason.throttled + retries_by_reason.transient,
            retries_by_reason,
            throttled: self.throttled.load(Ordering::Relaxed),
            throttles: self.throttles.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            errors: self.errors.load(Ordering::Relaxed),
            replaced_sockets: self.replaced_sockets.load(Ordering::Relaxed),
            hedges: self.hedges.load(Ordering::Relaxed),
            hedge_wins: self.hedge_wins.load(Ordering::Relaxed),
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
            consumed: self.consumed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            quota_tokens,
            pool,
        }
    }
}

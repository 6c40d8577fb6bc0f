//! What makes calls, and all that the calls of a client share.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use super::adaptive::Adaptive;
use super::gate::Gate;
use super::hedge::Hedging;
use super::kept::Kept;
use super::options::CallOptions;
use super::quota::Quota;
use crate::config::{Config, RetryMode, Time};
use crate::deadline::{self, earliest};
use crate::error::Error;
use crate::keys::KnownKeys;
use crate::observe::{Counters, Stats};
use crate::transport::Transport;

/// What makes calls: one Arc of it is all that a client and a builder hold.
pub(crate) struct Core {
    /// By which all its calls must have ended.
    pub(super) deadline: Option<Instant>,
    shared: Arc<Shared>,
}

/// What all calls of a client share, whatever deadline they have.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) transport: Transport,
    pub(crate) counters: Counters,
    /// The keys of tables, as far as they are known.
    pub(crate) keys: KnownKeys,
    pub(super) quota: Quota,
    pub(super) hedging: Hedging,
    /// In the adaptive retry mode.
    pub(super) adaptive: Option<Adaptive>,
    /// Seconds to add to the wall clock so that it agrees with the service's.
    pub(super) clock_offset: AtomicI64,
    pub(super) gate: Gate,
    pub(crate) kept: Kept,
    /// Whether the process came back from a snapshot, and the client knows it.
    #[cfg(feature = "lambda")]
    restored: std::sync::atomic::AtomicBool,
    /// What lives as long as the calls do; dropped last.
    _companion: Option<Companion>,
}

/// Something that a client needs alive, such as the engine that it talks to.
pub(crate) type Companion = Box<dyn std::any::Any + Send + Sync>;

impl std::ops::Deref for Core {
    type Target = Shared;

    #[inline]
    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Core {
    /// # Errors
    /// If the configuration leads to no endpoint.
    pub(crate) fn new(config: Config, companion: Option<Companion>) -> Result<Self, Error> {
        let shared = Shared {
            adaptive: match config.retry_mode {
                RetryMode::Adaptive => Some(Adaptive::default()),
                RetryMode::Standard | RetryMode::None => None,
            },
            transport: Transport::new(&config, config.time.clone())?,
            keys: KnownKeys::new(&config.table_keys),
            config,
            counters: Counters::default(),
            quota: Quota::default(),
            hedging: Hedging::default(),
            clock_offset: AtomicI64::new(0),
            gate: Gate::default(),
            kept: Kept::default(),
            #[cfg(feature = "lambda")]
            restored: std::sync::atomic::AtomicBool::new(false),
            _companion: companion,
        };
        Ok(Core { deadline: None, shared: Arc::new(shared) })
    }

    /// The same, but all calls must have ended by `deadline` too.
    pub(crate) fn with_deadline(&self, deadline: Instant) -> Self {
        Core { deadline: earliest(self.deadline, Some(deadline)), shared: Arc::clone(&self.shared) }
    }

    /// The moment by which a call that starts at `started` must have ended: the earliest that anyone has named.
    pub(crate) fn deadline(&self, options: &CallOptions, started: Instant) -> Option<Instant> {
        earliest(options.whole_call(started), earliest(self.deadline, deadline::current()))
    }

    /// The limits of a call become those of several requests together, which begin now.
    pub(crate) fn bound_together(&self, options: &mut CallOptions) -> Instant {
        let now = self.time().now();
        options.deadline = self.deadline(options, now);
        options.timeout = None;
        now
    }

    /// What is left of `limit` before the deadline of calls that are made now.
    pub(crate) fn within_deadline(&self, limit: Duration) -> Duration {
        let deadline = earliest(self.deadline, deadline::current());
        deadline.map_or(limit, |deadline| limit.min(deadline.saturating_duration_since(self.time().now())))
    }

    pub(crate) fn time(&self) -> &Time {
        &self.config.time
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot(self.quota.tokens(), self.transport.pool())
    }

    /// Forgets what a snapshot of the process must not bring along.
    pub(crate) fn forget(&self) {
        self.transport.forget();
        self.clock_offset.store(0, Ordering::Relaxed);
    }

    /// The same, once in the life of the process.
    #[cfg(feature = "lambda")]
    pub(crate) fn forget_once(&self) {
        if !self.restored.swap(true, Ordering::Relaxed) {
            self.forget();
        }
    }

    /// Refuses new calls, waits (no longer than `limit`) for those under way, and closes all sockets.
    pub(crate) async fn close(&self, limit: Duration) {
        self.gate.close();
        let _all_ended = self.time().timeout(limit, pin!(self.gate.quiet())).await;
        // Whoever is still under way has had the time; its socket closes as it comes back.
        self.transport.close(Duration::ZERO).await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate.is_closed()
    }
}

//! The sockets: how many, for whom, how long.
//!
//! A permit of a fair semaphore stands for the right to use one socket, so callers are served in the order in which
//! they came. Sockets that rest are kept in the order in which they came to rest, over all hosts: the newest is used
//! again first, the oldest makes room first. At most `max_sockets` are open at any time, resting ones included.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, Semaphore, SemaphorePermit, TryAcquireError};

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::failure::{Failure, FailureKind};
use crate::config::Time;
use crate::observe::PoolStats;

/// Which resting sockets a request may be sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// The newest. One that the server has closed meanwhile costs a replay.
    Newest,
    /// Only one that the operating system, asked now, knows to be open, and that has not rested for long: the request
    /// cannot be replayed.
    ProvenAlive,
    /// None: the request goes out on a new connection.
    Never,
}

/// How sockets are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolOptions {
    /// The most sockets that are open at any time, over all hosts.
    pub(crate) max_sockets: usize,
    /// How long a socket may rest. DynamoDB was seen to close a connection that was idle for 60 s (aws-sdk-java#1365);
    /// the client has to be first.
    pub(crate) idle_limit: Duration,
    /// How long a socket is used at all: connections have to follow the endpoint's name to new addresses.
    pub(crate) max_age: Duration,
    /// A socket that rested for longer is asked whether it lives before it is used.
    pub(crate) peek_after: Duration,
    /// A socket that rested for longer is not used by a request that must not be replayed.
    pub(crate) proven_limit: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        PoolOptions {
            max_sockets: 50,
            idle_limit: Duration::from_secs(50),
            max_age: Duration::from_secs(600),
            peek_after: Duration::from_secs(1),
            proven_limit: Duration::from_secs(10),
        }
    }
}

/// A pool of connections.
pub(crate) struct Pool {
    options: PoolOptions,
    time: Time,
    permits: Semaphore,
    queued: AtomicUsize,
    connects: AtomicU64,
    reused: AtomicU64,
    stale: AtomicU64,
    state: Mutex<State>,
    quiet: Notify,
}

#[derive(Default)]
struct State {
    /// The newest is at the back.
    idle: VecDeque<Idle>,
    open: usize,
    in_use: usize,
    closed: bool,
}

struct Idle {
    connection: Box<Connection>,
    since: Instant,
    since_wall: SystemTime,
}

/// What the clocks showed.
#[derive(Clone, Copy)]
struct Now {
    monotonic: Instant,
    wall: SystemTime,
}

impl Now {
    /// How long ago something was, by the clock that moved more: a frozen function's monotonic clock may have stood
    /// still. Nothing if the wall clock was set back, for then nobody knows.
    fn since(self, monotonic: Instant, wall: SystemTime) -> Option<Duration> {
        let wall = self.wall.duration_since(wall).ok()?;
        Some(wall.max(self.monotonic.saturating_duration_since(monotonic)))
    }
}

impl Pool {
    pub(crate) fn new(options: PoolOptions, time: Time) -> Self {
        let max_sockets = options.max_sockets.clamp(1, Semaphore::MAX_PERMITS);
        Pool {
            options: PoolOptions { max_sockets, ..options },
            time,
            permits: Semaphore::new(max_sockets),
            queued: AtomicUsize::new(0),
            connects: AtomicU64::new(0),
            reused: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            state: Mutex::new(State::default()),
            quiet: Notify::new(),
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let state = self.state();
        PoolStats {
            open: state.open,
            idle: state.idle.len(),
            in_use: state.in_use,
            queued: self.queued.load(Ordering::Relaxed),
            connects: self.connects.load(Ordering::Relaxed),
            reused: self.reused.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn max_sockets(&self) -> usize {
        self.options.max_sockets
    }

    /// Waits in the queue for the right to use a socket.
    ///
    /// # Errors
    /// If the pool is closed.
    pub(crate) async fn enter(&self) -> Result<Lease<'_>, Failure> {
        let permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(TryAcquireError::NoPermits) => {
                let _waiting = Waiting::new(&self.queued);
                self.permits.acquire().await.map_err(|_| closed())?
            }
            Err(TryAcquireError::Closed) => return Err(closed()),
        };
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        state.in_use += 1;
        drop(state);
        Ok(Lease { pool: self, connection: None, holds_slot: false, in_use: true, _permit: permit })
    }

    /// Closes all sockets that rest.
    pub(crate) fn drop_idle(&self) {
        let idle = {
            let mut state = self.state();
            state.open -= state.idle.len();
            std::mem::take(&mut state.idle)
        };
        self.stale.fetch_add(idle.len() as u64, Ordering::Relaxed);
    }

    /// Refuses new attempts, waits (no longer than `limit`) for those that are under way, and closes what rests.
    pub(crate) async fn close(&self, limit: Duration) {
        self.permits.close();
        {
            let mut state = self.state();
            state.closed = true;
            state.open -= state.idle.len();
            state.idle.clear();
        }
        let all_quiet = async {
            loop {
                let quiet = self.quiet.notified();
                if self.state().in_use == 0 {
                    return;
                }
                quiet.await;
            }
        };
        // Whoever is still under way after the limit finishes on its own: its socket closes as it comes back.
        let _ = self.time.timeout(limit, pin!(all_quiet)).await;
    }

    /// The newest resting socket to an endpoint that may be used, and how long it rested.
    fn take(
        &self,
        endpoint: &Endpoint,
        runtime: tokio::runtime::Id,
        reuse: Reuse,
        now: Now,
    ) -> Option<(Box<Connection>, Duration)> {
        let options = &self.options;
        let mut stale = 0;
        let mut state = self.state();
        // The oldest are at the front. One of which nobody knows how long it rested is stale.
        while let Some(oldest) = state.idle.front() {
            if now.since(oldest.since, oldest.since_wall).is_some_and(|rested| rested <= options.idle_limit) {
                break;
            }
            state.idle.pop_front();
            state.open -= 1;
            stale += 1;
        }
        let mut found = None;
        let mut index = state.idle.len();
        while let Some(before) = index.checked_sub(1) {
            index = before;
            let Some(idle) = state.idle.get(index) else { break };
            if !idle.connection.leads_to(endpoint) {
                continue;
            }
            let rested = now.since(idle.since, idle.since_wall);
            let age = now.since(idle.connection.opened, idle.connection.opened_wall);
            let fit = idle.connection.runtime == runtime && age.is_some_and(|age| age <= options.max_age);
            match rested {
                // Those before it rested for longer still, but serve requests that may be replayed.
                Some(rested) if fit && reuse == Reuse::ProvenAlive && rested > options.proven_limit => break,
                Some(rested) if fit => {
                    found = state.idle.remove(index).map(|idle| (idle.connection, rested));
                    break;
                }
                Some(_) | None => {
                    state.idle.remove(index);
                    state.open -= 1;
                    stale += 1;
                }
            }
        }
        drop(state);
        if stale > 0 {
            self.stale.fetch_add(stale, Ordering::Relaxed);
        }
        found
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Now {
        Now { monotonic: self.time.now(), wall: self.time.wall() }
    }
}

fn closed() -> Failure {
    Failure::new(FailureKind::ClientClosed, "the client was closed")
}

/// Counts one attempt that waits, also if it is dropped while it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(queued: &'a AtomicUsize) -> Self {
        queued.fetch_add(1, Ordering::Relaxed);
        Waiting(queued)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The right to use one socket. Dropped, it closes the socket that it holds; [`Lease::give_back`] keeps it.
pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    connection: Option<Box<Connection>>,
    /// Whether one of the open sockets is counted for this lease.
    holds_slot: bool,
    /// Whether the lease is counted as in use.
    in_use: bool,
    // Goes back last: whoever gets it next must find the slot free.
    _permit: SemaphorePermit<'a>,
}

impl Lease<'_> {
    /// The socket that is held.
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_deref_mut()
    }

    /// Takes the newest resting socket to this endpoint that may be used, and tells whether there is one; those that
    /// may not are closed on the way. `suspicious` asks each one whether it lives.
    pub(crate) async fn take_idle(
        &mut self,
        endpoint: &Endpoint,
        runtime: tokio::runtime::Id,
        reuse: Reuse,
        suspicious: bool,
    ) -> bool {
        if reuse == Reuse::Never {
            return false;
        }
        let pool = self.pool;
        let now = pool.now();
        loop {
            let found = pool.take(endpoint, runtime, reuse, now);
            let Some((mut connection, rested)) = found else { return false };
            // From here on the socket's slot belongs to this lease, whatever happens to the future.
            self.holds_slot = true;
            connection.rested = true;
            let trusted = rested <= pool.options.peek_after && reuse == Reuse::Newest && !suspicious;
            let usable = connection.is_ready() && (trusted || connection.is_alive().await);
            self.connection = Some(connection);
            if usable {
                pool.reused.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            self.discard_stale();
        }
    }

    /// Makes room for a connection that is to be opened: where all sockets are open, the one that has rested longest
    /// is closed.
    pub(crate) fn reserve(&mut self) {
        if self.holds_slot {
            return;
        }
        let mut state = self.pool.state();
        // Those in use are fewer than the permits, so one that rests is found.
        while state.open >= self.pool.options.max_sockets && state.idle.pop_front().is_some() {
            state.open -= 1;
        }
        state.open += 1;
        self.holds_slot = true;
    }

    /// Holds a connection that was opened after [`Lease::reserve`].
    pub(crate) fn hold(&mut self, connection: Box<Connection>) {
        self.pool.connects.fetch_add(1, Ordering::Relaxed);
        self.connection = Some(connection);
    }

    /// Closes a socket that turned out to be dead.
    pub(crate) fn discard_stale(&mut self) {
        self.pool.stale.fetch_add(1, Ordering::Relaxed);
        self.discard();
    }

    fn discard(&mut self) {
        self.connection = None;
        if std::mem::take(&mut self.holds_slot) {
            self.pool.state().open -= 1;
        }
    }

    /// Lets the socket rest for the next request, if it can take one.
    pub(crate) fn give_back(mut self) {
        let Some(connection) = self.connection.take() else { return };
        let now = self.pool.now();
        let aged =
            now.since(connection.opened, connection.opened_wall).is_none_or(|age| age > self.pool.options.max_age);
        let mut state = self.pool.state();
        if aged || state.closed || !connection.is_ready() {
            drop(state);
            self.connection = Some(connection);
            return;
        }
        state.idle.push_back(Idle { connection, since: now.monotonic, since_wall: now.wall });
        self.holds_slot = false;
        self.leave(&mut state);
    }

    fn leave(&mut self, state: &mut State) {
        if std::mem::take(&mut self.in_use) {
            state.in_use -= 1;
            if state.closed && state.in_use == 0 {
                self.pool.quiet.notify_waiters();
            }
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if self.in_use {
            // The socket closes before it stops being counted.
            self.discard();
            let pool = self.pool;
            self.leave(&mut pool.state());
        }
    }
}

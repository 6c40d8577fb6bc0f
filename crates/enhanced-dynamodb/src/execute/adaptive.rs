//! The adaptive retry mode: how fast calls of one table may be, found out from its throttles.
//!
//! A table that was never throttled is not limited. The first throttle cuts its rate to 70 % of what was sent; each
//! further one cuts it again, but once in half a second at most, since the attempts that were under way together say one
//! thing only. Successes raise it by a tenth of the rate that was cut, each second, and at twice that rate the limit ends.
//!
//! Nothing starves: a rate never falls below one a second; a token is taken only when there is one, so that no debt can
//! grow; callers are served in the order they came, and one that gives up leaves nothing behind.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::config::Time;

/// Attempts a second that a table is always allowed.
const LEAST_RATE: f64 = 1.0;
/// What a throttle leaves of the rate. Source: CUBIC (RFC 9438, 4.6), which the AWS SDKs' adaptive mode follows too.
const CUT: f64 = 0.7;
/// How long after a cut further throttles say nothing new.
const CUT_PAUSE: Duration = Duration::from_millis(500);
/// Which part of the rate before the cut is regained each second.
const GAIN: f64 = 0.1;
/// A pause in successes longer than this regains no more than this.
const LONGEST_GAIN: Duration = Duration::from_secs(1);
/// How long the rate is measured over.
const WINDOW: Duration = Duration::from_millis(500);
/// For how much time tokens are saved up, but for one at least.
const BURST: Duration = Duration::from_millis(500);
/// Sleeps are in whole nanoseconds, and must not end a hair too early.
const ROUNDING: f64 = 1e-6;

/// The limiters of all tables that were called.
#[derive(Debug, Default)]
pub(super) struct Adaptive {
    tables: Mutex<HashMap<String, Arc<Limiter>>>,
}

impl Adaptive {
    /// The limiter of a table.
    pub(super) fn of(&self, table: &str, now: Instant) -> Arc<Limiter> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        match tables.get(table) {
            Some(limiter) => Arc::clone(limiter),
            None => Arc::clone(tables.entry(table.to_owned()).or_insert_with(|| Arc::new(Limiter::new(now)))),
        }
    }
}

/// The limiter of one table.
#[derive(Debug)]
pub(super) struct Limiter {
    state: Mutex<State>,
    /// Whoever holds it is the next to be served; it is fair.
    queue: tokio::sync::Mutex<()>,
    changed: Notify,
}

impl Limiter {
    fn new(now: Instant) -> Self {
        let state = State { limit: None, window: now, sent: 0, measured: 0.0 };
        Limiter { state: Mutex::new(state), queue: tokio::sync::Mutex::new(()), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when an attempt may be made, and counts it.
    pub(super) async fn acquire(&self, time: &Time) {
        if self.state().pass_without_limit(time.now()) {
            return;
        }
        let _next = self.queue.lock().await;
        loop {
            let changed = self.changed.notified();
            let Some(wait) = self.state().take(time.now()) else { return };
            // Whatever woke us: whether there is a token is looked up again.
            let _woken = time.timeout(wait, pin!(changed)).await;
        }
    }

    /// As [`acquire`](Self::acquire), but for no longer than `limit`; gives whether an attempt may be made. A wait that is
    /// known to be longer is not begun.
    pub(super) async fn acquire_within(&self, time: &Time, limit: Duration) -> bool {
        if self.state().pass_without_limit(time.now()) {
            return true;
        }
        let end = time.now() + limit;
        // A lock that is given back while others wait is theirs at once: trying does not jump the queue.
        let _next = match self.queue.try_lock() {
            Ok(next) => next,
            Err(_) => match time.timeout(limit, pin!(self.queue.lock())).await {
                Some(next) => next,
                None => return false,
            },
        };
        loop {
            let changed = self.changed.notified();
            let Some(wait) = self.state().take(time.now()) else { return true };
            if time.now() + wait > end {
                return false;
            }
            let _woken = time.timeout(wait, pin!(changed)).await;
        }
    }

    /// The service throttled an attempt.
    pub(super) fn throttled(&self, now: Instant) {
        self.state().cut(now);
    }

    /// The service carried out an attempt.
    pub(super) fn succeeded(&self, now: Instant) {
        if self.state().regain(now) {
            self.changed.notify_waiters();
        }
    }
}

#[derive(Debug)]
struct State {
    limit: Option<Limit>,
    /// When the rate began to be measured, and what was sent since then.
    window: Instant,
    sent: u32,
    /// Attempts a second, in the windows before.
    measured: f64,
}

#[derive(Debug)]
struct Limit {
    /// Attempts a second.
    rate: f64,
    /// The rate before the last cut.
    before: f64,
    tokens: f64,
    filled: Instant,
    cut: Instant,
    gained: Instant,
}

impl State {
    /// Counts an attempt, if there is no limit.
    fn pass_without_limit(&mut self, now: Instant) -> bool {
        let free = self.limit.is_none();
        if free {
            self.count(now);
        }
        free
    }

    /// Takes a token and counts an attempt; else says how long to wait for a token.
    fn take(&mut self, now: Instant) -> Option<Duration> {
        if let Some(limit) = &mut self.limit {
            limit.fill(now);
            if limit.tokens + ROUNDING < 1.0 {
                return Some(Duration::from_secs_f64((1.0 - limit.tokens) / limit.rate));
            }
            limit.tokens = (limit.tokens - 1.0).max(0.0);
        }
        self.count(now);
        None
    }

    fn count(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.window);
        if elapsed >= WINDOW {
            self.measured = f64::from(self.sent) / elapsed.as_secs_f64();
            (self.window, self.sent) = (now, 0);
        }
        self.sent = self.sent.saturating_add(1);
    }

    /// Attempts a second, as they were sent lately.
    fn rate(&self) -> f64 {
        self.measured.max(f64::from(self.sent) / WINDOW.as_secs_f64())
    }

    fn cut(&mut self, now: Instant) {
        let sent = self.rate();
        let (before, tokens) = match &mut self.limit {
            Some(limit) if now.saturating_duration_since(limit.cut) < CUT_PAUSE => return,
            Some(limit) => {
                limit.fill(now);
                (limit.rate.min(sent), limit.tokens)
            }
            None => (sent, 0.0),
        };
        let before = before.max(LEAST_RATE);
        let rate = (before * CUT).max(LEAST_RATE);
        self.limit = Some(Limit { rate, before, tokens, filled: now, cut: now, gained: now });
    }

    /// Raises the rate; gives whether there was a limit.
    fn regain(&mut self, now: Instant) -> bool {
        let Some(limit) = &mut self.limit else { return false };
        limit.fill(now);
        let since = now.saturating_duration_since(limit.gained).min(LONGEST_GAIN);
        limit.gained = now;
        limit.rate += (limit.before * GAIN).max(LEAST_RATE) * since.as_secs_f64();
        if limit.rate >= limit.before * 2.0 {
            self.limit = None;
        }
        true
    }
}

impl Limit {
    fn fill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.filled);
        self.filled = now;
        let most = (self.rate * BURST.as_secs_f64()).max(1.0);
        self.tokens = (self.tokens + since.as_secs_f64() * self.rate).min(most);
    }
}

#[cfg(test)]
mod tests;

//! One logical call: attempts, backoff, quota, deadline, and what to do after a failure.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

mod adaptive;
mod backoff;
mod decide;
mod failure;
#[cfg(feature = "sdk")]
mod forward;
mod gate;
mod hedge;
mod kept;
mod operation;
mod options;
mod quota;
mod replay;
mod reply;
mod report;
mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use tracing::Instrument;

use crate::config::{Config, Credentials, RetryMode, Time};
use crate::deadline::{self, earliest};
use crate::error::{Error, service};
use crate::keys::KnownKeys;
use crate::observe::{
    Counters, Log, SpanOfCall, Stats, TableCapacity, Throttles, add_throttles, answered, asking_for_capacity,
    consumed_of, of_attempt, of_call, span_failed, table_name, throttles_of,
};
use crate::transport::{ArnParameter, Request, Response, Reuse, Transport};

use adaptive::{Adaptive, Limiter};
pub(crate) use backoff::{Base as BackoffBase, delay as backoff};
use decide::{Decision, Situation, decide};
use failure::Trouble;
#[cfg(feature = "sdk")]
pub(crate) use forward::Undelivered;
use gate::Gate;
use hedge::Hedging;
use kept::Kept;
pub(crate) use operation::Operation;
pub(crate) use options::CallOptions;
pub use options::Replay;
use quota::Quota;
pub use replay::ReplayClass;
pub use reply::Metadata;
pub(crate) use reply::Reply;
use reply::Told;
pub(crate) use token::Token;
use token::TokenAge;

/// No attempt starts with less than this left before the deadline: it could not end in time.
pub(crate) const LEAST_ATTEMPT: Duration = Duration::from_millis(20);

/// How many different reasons for throttles a log line names.
const THROTTLES_TOLD: usize = 8;

/// A difference of clocks below this is the network's; the service refuses signatures that are 15 minutes off.
const LEAST_SKEW: Duration = Duration::from_secs(240);

/// What an operation hands down: everything that one logical call needs.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Operation,
    /// For errors and logs: the table, or the first of several.
    pub(crate) table: Option<&'a str>,
    pub(crate) arns: ArnParameter<'a>,
    pub(crate) body: Bytes,
    pub(crate) replay: ReplayClass,
    pub(crate) options: &'a CallOptions,
}

impl Call<'_> {
    fn writes(&self) -> bool {
        match self.replay {
            ReplayClass::Read => false,
            ReplayClass::Idempotent | ReplayClass::NonIdempotent => true,
        }
    }
}

/// What makes calls: one Arc of it is all that a client and a builder hold.
pub(crate) struct Core {
    /// By which all its calls must have ended.
    deadline: Option<Instant>,
    shared: Arc<Shared>,
}

/// What all calls of a client share, whatever deadline they have.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) transport: Transport,
    pub(crate) counters: Counters,
    /// The keys of tables, as far as they are known.
    pub(crate) keys: KnownKeys,
    quota: Quota,
    hedging: Hedging,
    /// In the adaptive retry mode.
    adaptive: Option<Adaptive>,
    /// Seconds to add to the wall clock so that it agrees with the service's.
    clock_offset: AtomicI64,
    gate: Gate,
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
        let _all_ended = self.time().timeout(limit, self.gate.quiet()).await;
        // Whoever is still under way has had the time; its socket closes as it comes back.
        self.transport.close(Duration::ZERO).await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate.is_closed()
    }

    /// Carries out one call to its end.
    ///
    /// # Errors
    /// What the last attempt failed with, with operation, table, attempts and elapsed time.
    pub(crate) async fn execute(&self, mut call: Call<'_>) -> Result<Reply, Error> {
        if self.config.return_consumed_capacity
            && !call.operation.control_plane
            && let Some(asking) = asking_for_capacity(&call.body)
        {
            call.body = Bytes::from(asking);
        }
        let started = self.time().now();
        let mut progress = Progress { deadline: self.deadline(call.options, started), ..Progress::default() };
        progress.token = TokenAge::of(call.options, self.time());
        let span =
            of_call(&SpanOfCall { operation: &call.operation.name, table: call.table, region: &self.config.region });
        let result = match self.gate.enter() {
            Ok(_pass) if span.is_disabled() => self.attempts(&call, &mut progress).await,
            // In a box of its own: a future for each of both would make that of every call large.
            Ok(_pass) => Box::pin(self.attempts(&call, &mut progress)).instrument(span.clone()).await,
            Err(closed) => Err(closed),
        };
        let elapsed = self.time().now().saturating_duration_since(started);
        self.counters.call(progress.attempts, result.is_err());
        self.counters.bytes(progress.sent, progress.received);
        match result {
            Ok(response) => {
                if self.config.return_consumed_capacity || call.options.asks_capacity {
                    progress.consumed = consumed_of(&response.body, !call.writes());
                    self.counters.consumed(&progress.consumed);
                }
                let metadata = Metadata {
                    attempts: progress.attempts,
                    elapsed,
                    request_id: response.request_id().map(str::to_owned),
                    replayed: progress.replayed,
                };
                if !span.is_disabled() {
                    self.end_span(&span, &call, &progress, metadata.request_id.as_deref());
                    answered(&span, response.status, &response.body);
                }
                let log = Log::of(&self.config);
                let told = Told::later(log, &call, &response.body, &metadata, &mut progress, span);
                Ok(Reply::new(response.body, metadata, told))
            }
            Err(error) => {
                let error = token::outcome(call.options.token, progress.unknown, error)
                    .with_attempts(progress.attempts, elapsed)
                    .after_replay(progress.replayed)
                    .after_unknown_outcome(progress.maybe_applied)
                    .with_operation(call.operation.name.clone(), call.table);
                if !span.is_disabled() {
                    self.end_span(&span, &call, &progress, error.request_id());
                    span_failed(&span, &error);
                }
                span.in_scope(|| self.report(&call, &progress, elapsed, &error));
                Err(error)
            }
        }
    }

    async fn attempts(&self, call: &Call<'_>, progress: &mut Progress) -> Result<Response, Error> {
        let limiter = self.limiter(call);
        loop {
            if let Some(limiter) = &limiter {
                self.wait_for_table(limiter, progress).await?;
            }
            let timeout = self.time_for_attempt(call, progress)?;
            if progress.maybe_applied && progress.token.as_ref().is_some_and(|token| token.is_over(self.time())) {
                return Err(token::forgotten(progress.last_error.take()));
            }
            progress.clock_offset = self.clock_offset.load(Ordering::Relaxed);
            let request = Request {
                target: &call.operation.target,
                body: call.body.clone(),
                reuse: progress.reuse(call.replay),
                arns: call.arns,
                timeout,
                clock_offset: progress.clock_offset,
            };
            let span = of_attempt(&call.operation.name, progress.attempts);
            let attempt = match self.hedge_of(call) {
                None if span.is_disabled() => self.transport.attempt(&request, &mut progress.signer).await,
                // In boxes of their own: two more attempts would make the future of every call large.
                None => {
                    let attempt = Box::pin(self.transport.attempt(&request, &mut progress.signer));
                    attempt.instrument(span.clone()).await
                }
                Some(hedge) => Box::pin(self.hedged(hedge, call, &request, progress)).instrument(span.clone()).await,
            };
            let trouble = match attempt {
                Ok(mut response) => {
                    progress.made_attempt(true);
                    if response.body.is_empty() && response.status == 200 && call.operation.answers_with_nothing() {
                        response.body = Bytes::from_static(b"{}");
                    }
                    progress.sent += call.body.len() as u64;
                    progress.received += response.body.len() as u64;
                    if !span.is_disabled() {
                        span.record("http.request.body.size", call.body.len());
                        span.record("http.response.body.size", response.body.len());
                        span.record("http.response.status_code", response.status);
                        span.record("aws.request_id", response.request_id());
                    }
                    if response.status == 200 && response.is_object() {
                        self.quota.succeeded(progress.last_cost);
                        if let Some(limiter) = &limiter {
                            limiter.succeeded(self.time().now());
                        }
                        return Ok(response);
                    }
                    self.refused(call, progress, &response)
                }
                Err(failure) => {
                    let trouble = Trouble::from_failure(failure, self.config.local);
                    if trouble.was_attempted {
                        progress.made_attempt(trouble.left());
                    }
                    progress.sent += if trouble.all_left() { call.body.len() as u64 } else { 0 };
                    trouble
                }
            };
            if !span.is_disabled() {
                span_failed(&span, &trouble.error);
            }
            drop(span);
            if trouble.error.is_throttling() {
                let reasons = throttles_of(&trouble.error, call.table);
                self.counters.throttled(&reasons);
                self.slow_down(call, &reasons);
                add_throttles(&mut progress.throttling, &reasons, THROTTLES_TOLD);
            }
            progress.unknown |= trouble.maybe_applied() && call.writes();
            let decision = decide(&self.situation(call, progress, &trouble));
            self.carry_out(decision, call, progress, trouble).await?;
        }
    }

    /// What limits the rate of the call's table: nothing but in the adaptive mode, and nothing for operations on tables.
    fn limiter(&self, call: &Call<'_>) -> Option<Arc<Limiter>> {
        let adaptive = self.adaptive.as_ref().filter(|_| !call.operation.control_plane)?;
        call.table.map(|table| adaptive.of(table_name(table), self.time().now()))
    }

    /// Tells the limiters of the tables that were throttled.
    fn slow_down(&self, call: &Call<'_>, reasons: &[Throttles]) {
        let Some(adaptive) = self.adaptive.as_ref().filter(|_| !call.operation.control_plane) else { return };
        let now = self.time().now();
        for table in reasons.iter().filter_map(|reason| reason.table.as_deref()) {
            adaptive.of(table, now).throttled(now);
        }
    }

    /// Waits until the rate of a table that was throttled allows an attempt.
    async fn wait_for_table(&self, limiter: &Limiter, progress: &mut Progress) -> Result<(), Error> {
        let served = match self.time_left(progress) {
            None => {
                limiter.acquire(self.time()).await;
                true
            }
            Some(left) => match left.checked_sub(LEAST_ATTEMPT) {
                Some(limit) => limiter.acquire_within(self.time(), limit).await,
                None => false,
            },
        };
        if served { Ok(()) } else { Err(failure::past_deadline(progress.last_error.take())) }
    }

    /// How long the next attempt may take.
    fn time_for_attempt(&self, call: &Call<'_>, progress: &mut Progress) -> Result<Duration, Error> {
        let limit = call.options.request_timeout.unwrap_or(self.config.request_timeout);
        let Some(left) = self.time_left(progress) else { return Ok(limit) };
        if left >= LEAST_ATTEMPT {
            return Ok(limit.min(left));
        }
        Err(failure::past_deadline(progress.last_error.take()))
    }

    /// What is left before the deadline, if there is one.
    fn time_left(&self, progress: &Progress) -> Option<Duration> {
        progress.deadline.map(|deadline| deadline.saturating_duration_since(self.time().now()))
    }

    /// The service answered, but not with success; or something else did.
    fn refused(&self, call: &Call<'_>, progress: &Progress, response: &Response) -> Trouble {
        if response.status == 200 {
            let error = failure::not_of_the_service(&response.body)
                .with_response(response.status, response.request_id().map(str::to_owned));
            return Trouble::refused(error, None, None);
        }
        let error = service::from_response(response.status, response.error_type(), &response.body)
            .with_response(response.status, response.request_id().map(str::to_owned))
            .on_control_plane(call.operation.control_plane);
        let offset =
            response.date().and_then(|server| needed_offset(server, self.time().wall(), progress.clock_offset));
        Trouble::refused(error, response.retry_after(), offset)
    }

    fn situation(&self, call: &Call<'_>, progress: &Progress, trouble: &Trouble) -> Situation {
        Situation {
            class: trouble.error.class(),
            writes: call.writes(),
            maybe_applied: trouble.maybe_applied(),
            stale_socket: trouble.stale_socket,
            replayable: call.options.may_replay(call.replay),
            retries: progress.retries,
            max_retries: call.options.max_retries.unwrap_or(self.config.max_retries),
            retry_after: trouble.retry_after,
            chance: self.config.random.unit(),
            socket_replaced: progress.socket_replaced,
            refreshed: progress.refreshed,
            clock_corrected: progress.clock_corrected,
            skewed: trouble.clock_offset.is_some(),
            out_of_time: trouble.out_of_time,
            time_left: self.time_left(progress),
        }
    }

    /// Prepares the next attempt, or gives the error that the call ends with.
    async fn carry_out(
        &self,
        decision: Decision,
        call: &Call<'_>,
        progress: &mut Progress,
        trouble: Trouble,
    ) -> Result<(), Error> {
        match decision {
            Decision::Stop => return Err(trouble.error),
            Decision::PastDeadline => return Err(failure::past_deadline(Some(trouble.error))),
            Decision::OutcomeUnknown => return Err(failure::outcome_unknown(trouble.error, &call.operation.name)),
            Decision::ReplaceSocket => {
                progress.socket_replaced = true;
                self.counters.replaced_socket();
            }
            Decision::RefreshCredentials => {
                progress.refreshed = true;
                if !progress.signer.as_ref().is_some_and(|used| self.transport.renew_credentials(used)) {
                    return Err(trouble.error);
                }
            }
            Decision::CorrectClock => {
                progress.clock_corrected = true;
                if let Some(offset) = trouble.clock_offset {
                    self.clock_offset.store(offset, Ordering::Relaxed);
                }
            }
            Decision::Retry { after, cost } => {
                if !self.quota.acquire(cost) {
                    return Err(failure::quota_empty(trouble.error));
                }
                progress.last_cost = cost;
                progress.retries += 1;
                self.counters.retry(trouble.error.is_throttling());
                let throttled = trouble.error.throttling_reasons().first();
                tracing::warn!(
                    target: "enhanced_dynamodb",
                    operation = %call.operation.name,
                    table = call.table,
                    code = trouble.error.code(),
                    reason = throttled.map(|throttled| throttled.reason.as_str()),
                    resource = throttled.and_then(|throttled| throttled.resource_arn.as_deref()),
                    retry = progress.retries,
                    after_ms = after.as_millis() as u64,
                    "retrying"
                );
                self.time().sleep(after).await;
            }
        }
        progress.maybe_applied |= trouble.maybe_applied() && call.writes();
        progress.last_error = Some(trouble.error);
        Ok(())
    }
}

/// Seconds to add to our clock so that it agrees with the service's, if the `offset` used so far leaves them further
/// apart than the network explains.
fn needed_offset(server: SystemTime, ours: SystemTime, offset: i64) -> Option<i64> {
    let needed = match server.duration_since(ours) {
        Ok(ahead) => ahead.as_secs().cast_signed(),
        Err(behind) => -behind.duration().as_secs().cast_signed(),
    };
    (needed.abs_diff(offset) >= LEAST_SKEW.as_secs()).then_some(needed)
}

/// How far a call has come.
#[derive(Default)]
struct Progress {
    deadline: Option<Instant>,
    /// How long the service has known the call by a token, where it matters.
    token: Option<TokenAge>,
    attempts: u32,
    retries: u32,
    /// Bytes of the bodies of requests that left whole, and of responses.
    sent: u64,
    received: u64,
    /// What the last retry took from the quota.
    last_cost: u32,
    /// Whether it is a write of which an attempt before the current one may have been applied.
    maybe_applied: bool,
    /// Whether it is a write of which any attempt, the last one included, may have been applied.
    unknown: bool,
    /// Whether it was sent again after such an attempt.
    replayed: bool,
    /// Whom the last attempt was signed by.
    signer: Option<Arc<Credentials>>,
    /// The correction of the clock that the last attempt was signed with, in seconds.
    clock_offset: i64,
    socket_replaced: bool,
    refreshed: bool,
    clock_corrected: bool,
    last_error: Option<Error>,
    throttling: Vec<Throttles>,
    /// What the answer said it consumed, if it was asked.
    consumed: Vec<TableCapacity>,
}

impl Progress {
    /// Counts an attempt; `left` tells whether anything of the request left this machine.
    fn made_attempt(&mut self, left: bool) {
        self.attempts += 1;
        self.replayed |= left && self.maybe_applied;
    }

    /// Which socket the next attempt may use.
    fn reuse(&self, replay: ReplayClass) -> Reuse {
        match (self.socket_replaced, replay) {
            (true, _) => Reuse::Never,
            (false, ReplayClass::NonIdempotent) => Reuse::ProvenAlive,
            (false, ReplayClass::Read | ReplayClass::Idempotent) => Reuse::Newest,
        }
    }
}

#[cfg(test)]
mod tests;

//! One logical call: attempts, backoff, quota, deadline, and what to do after a failure.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

mod adaptive;
mod backoff;
mod core;
mod decide;
mod failure;
#[cfg(feature = "sdk")]
mod forward;
mod gate;
mod hedge;
mod kept;
mod operation;
mod options;
mod progress;
mod quota;
mod replay;
mod reply;
mod report;
mod token;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tracing::Instrument;

use crate::error::{Error, service};
use crate::observe::{
    Log, SpanOfCall, Throttles, add_throttles, answered, asking_for_capacity, consumed_of, of_attempt, of_call,
    span_failed, table_name, throttles_of,
};
use crate::transport::{ArnParameter, Request, Response};

pub(crate) use self::core::Core;
use adaptive::Limiter;
pub(crate) use backoff::{Base as BackoffBase, delay as backoff};
use decide::{Decision, Situation, decide};
use failure::Trouble;
#[cfg(feature = "sdk")]
pub(crate) use forward::Undelivered;
pub(crate) use operation::Operation;
pub(crate) use options::CallOptions;
pub use options::Replay;
use progress::{Progress, needed_offset};
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

impl Core {
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

#[cfg(test)]
mod tests;

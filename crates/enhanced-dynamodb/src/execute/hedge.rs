//! Reads that are sent a second time while the first is under way: after which delay, and how many.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use super::{Call, Core, LEAST_ATTEMPT, Progress, ReplayClass};
use crate::config::{Hedge, HedgeWhen};
use crate::error::Class;
use crate::transport::{Failure, Request, Response};

/// What one hedge costs; a call earns its budget's per cent of it.
const COST: u32 = 100;
/// Ten hedges in a row, after many calls without.
const MOST: u32 = 10 * COST;

/// What all calls of a client share.
#[derive(Debug)]
pub(super) struct Hedging {
    tokens: AtomicU32,
    estimates: [Estimate; 5],
}

impl Default for Hedging {
    fn default() -> Self {
        Hedging { tokens: AtomicU32::new(COST), estimates: Default::default() }
    }
}

impl Hedging {
    fn earn(&self, budget: u32) {
        // The closure never declines, so there is always a previous value.
        let _previous = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| Some(tokens.saturating_add(budget).min(MOST)));
    }

    fn spend(&self) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(COST)).is_ok()
    }

    /// Reads of different kinds take different times.
    fn estimate(&self, operation: &str) -> &Estimate {
        let [get, batch_get, query, scan, other] = &self.estimates;
        match operation {
            "GetItem" => get,
            "BatchGetItem" => batch_get,
            "Query" => query,
            "Scan" => scan,
            _ => other,
        }
    }
}

/// A running estimate of the time within which 95 of 100 attempts are answered, without a lock and without a memory of
/// the attempts: one above raises it by 19 steps, one below lowers it by one, so that it rests where 1 in 20 is above.
/// Two that write at the same time may lose one of the steps, which does no harm.
#[derive(Debug, Default)]
struct Estimate {
    nanoseconds: AtomicU64,
    seen: AtomicU32,
}

/// Before so many samples there is no estimate.
const LEAST_SAMPLES: u32 = 20;
/// A step is this part of the estimate: so it follows a service that gets slower within some 20 samples.
const STEP: f64 = 0.005;

impl Estimate {
    fn record(&self, taken: Duration) {
        let sample = taken.as_nanos() as f64;
        let seen = self.seen.load(Ordering::Relaxed);
        let estimate = f64::from_bits(self.nanoseconds.load(Ordering::Relaxed));
        let next = if seen < LEAST_SAMPLES {
            // The greatest of the first 20 is the best guess at their p95.
            self.seen.store(seen + 1, Ordering::Relaxed);
            estimate.max(sample)
        } else if sample > estimate {
            estimate * (1.0 + 19.0 * STEP)
        } else {
            estimate * (1.0 - STEP)
        };
        self.nanoseconds.store(next.to_bits(), Ordering::Relaxed);
    }

    fn p95(&self) -> Option<Duration> {
        if self.seen.load(Ordering::Relaxed) < LEAST_SAMPLES {
            return None;
        }
        let nanoseconds = f64::from_bits(self.nanoseconds.load(Ordering::Relaxed));
        // Saturates, as casts from floats do.
        Some(Duration::from_nanos(nanoseconds as u64))
    }
}

type Outcome = Result<Response, Failure>;

impl Core {
    /// How this call is to be hedged, if at all.
    pub(super) fn hedge_of(&self, call: &Call<'_>) -> Option<Hedge> {
        match call.replay {
            ReplayClass::Read => call.options.hedge.or(self.config.hedge),
            ReplayClass::Idempotent | ReplayClass::NonIdempotent => None,
        }
    }

    /// One attempt, and a second one if it takes long.
    pub(super) async fn hedged(
        &self,
        hedge: Hedge,
        call: &Call<'_>,
        request: &Request<'_>,
        progress: &mut Progress,
    ) -> Outcome {
        let estimate = self.hedging.estimate(&call.operation.name);
        self.hedging.earn(hedge.budget);
        let delay = match hedge.when {
            HedgeWhen::Never => None,
            HedgeWhen::After(delay) => Some(delay),
            HedgeWhen::P95 => estimate.p95(),
        };
        let begun = self.time().now();
        let outcome = self.race(delay, call, request, progress).await;
        if hedge.when == HedgeWhen::P95 && outcome.is_ok() {
            // That of a hedged attempt was cut short, but it still was above the estimate, and more is not asked.
            estimate.record(self.time().now().saturating_duration_since(begun));
        }
        outcome
    }

    async fn race(
        &self,
        delay: Option<Duration>,
        call: &Call<'_>,
        request: &Request<'_>,
        progress: &mut Progress,
    ) -> Outcome {
        let (mut signer, mut other_signer) = (None, None);
        let outcome = {
            let mut first = pin!(self.transport.attempt(request, &mut signer));
            let early = match delay {
                Some(delay) => self.time().timeout(delay, first.as_mut()).await,
                None => Some(first.as_mut().await),
            };
            let left = request.timeout.saturating_sub(delay.unwrap_or_default());
            match early {
                Some(outcome) => Raced { outcome, second_won: false },
                None if left < LEAST_ATTEMPT || !self.socket_is_free() || !self.hedging.spend() => {
                    Raced { outcome: first.await, second_won: false }
                }
                None => {
                    self.counters.hedge();
                    progress.made_attempt(true);
                    progress.sent += request.body.len() as u64;
                    let again = Request { body: request.body.clone(), timeout: left, ..*request };
                    let second = pin!(self.transport.attempt(&again, &mut other_signer));
                    let settles = |outcome: &Outcome| self.settles(call, progress, outcome);
                    first_settled(first, second, settles).await
                }
            }
        };
        if outcome.second_won {
            self.counters.hedge_win();
        }
        progress.signer = if outcome.second_won { other_signer } else { signer };
        outcome.outcome
    }

    /// A hedge that had to queue for a socket would only make others wait.
    fn socket_is_free(&self) -> bool {
        self.transport.pool().in_use < self.config.max_sockets
    }

    /// Whether the other attempt would bring nothing better: success, or an error that it would meet too.
    fn settles(&self, call: &Call<'_>, progress: &Progress, outcome: &Outcome) -> bool {
        match outcome {
            Err(_) => false,
            Ok(response) if response.status == 200 => true,
            Ok(response) => match self.refused(call, progress, response).error.class() {
                Class::Final => true,
                Class::Throttle | Class::NotApplied | Class::Unknown | Class::Expired | Class::Skewed => false,
            },
        }
    }
}

struct Raced {
    outcome: Outcome,
    second_won: bool,
}

/// The outcome that settles the matter first; where none does, that of the first attempt. Whoever is still under way
/// then is dropped by the caller, its socket with it.
async fn first_settled(
    mut first: Pin<&mut impl Future<Output = Outcome>>,
    mut second: Pin<&mut impl Future<Output = Outcome>>,
    settles: impl Fn(&Outcome) -> bool,
) -> Raced {
    let (mut of_first, mut of_second) = (None, false);
    poll_fn(|cx| {
        if of_first.is_none()
            && let Poll::Ready(outcome) = first.as_mut().poll(cx)
        {
            if of_second || settles(&outcome) {
                return Poll::Ready(Raced { outcome, second_won: false });
            }
            of_first = Some(outcome);
        }
        if !of_second && let Poll::Ready(outcome) = second.as_mut().poll(cx) {
            if settles(&outcome) {
                return Poll::Ready(Raced { outcome, second_won: true });
            }
            of_second = true;
        }
        match of_first.take_if(|_| of_second) {
            Some(outcome) => Poll::Ready(Raced { outcome, second_won: false }),
            None => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{COST, Estimate, Hedging, LEAST_SAMPLES};
    use std::time::Duration;

    #[test]
    fn a_budget_of_five_per_cent_gives_one_hedge_in_twenty_calls() {
        let hedging = Hedging::default();
        assert!(hedging.spend(), "the first call may be hedged");
        let hedged = (0..1_000)
            .filter(|_| {
                hedging.earn(5);
                hedging.spend()
            })
            .count();
        assert_eq!(hedged, 50);
    }

    #[test]
    fn what_is_saved_is_bounded() {
        let hedging = Hedging::default();
        (0..10_000).for_each(|_| hedging.earn(5));
        assert_eq!((0..100).filter(|_| hedging.spend()).count(), 10);
        hedging.earn(COST);
        assert!(hedging.spend(), "a budget of 100 % pays for each call");
    }

    #[test]
    fn the_estimate_comes_close_to_the_p95_and_follows_it() {
        let estimate = Estimate::default();
        // Evenly from 1 to 100 ms, in an order that is no order; 37 and 100 have no common divisor.
        let samples = |scale: u64| (0..4_000u64).map(move |i| Duration::from_millis((i * 37 % 100 + 1) * scale));
        (1..LEAST_SAMPLES).for_each(|_| estimate.record(Duration::from_millis(50)));
        assert_eq!(estimate.p95(), None);
        for (scale, range) in [(1, 88..=101), (10, 880..=1_010), (1, 88..=101)] {
            samples(scale).for_each(|sample| estimate.record(sample));
            let p95 = estimate.p95().unwrap_or_default().as_millis();
            assert!(range.contains(&p95), "{p95} ms is not in {range:?}");
        }
    }
}

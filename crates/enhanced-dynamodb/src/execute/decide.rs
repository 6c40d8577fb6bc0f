//! What to do after an attempt that did not succeed: one pure function. What it decides for every error and every
//! failure of the transport stands in `docs/retries.md`, which a test compares with it.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::time::Duration;

use super::LEAST_ATTEMPT;
use super::backoff::{Base, delay};
use super::quota::{THROTTLED_COST, TRANSIENT_COST};
use crate::error::Class;

/// Everything that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) class: Class,
    /// The call changes something, if it is applied.
    pub(super) writes: bool,
    /// Nobody knows whether the service applied the request.
    pub(super) maybe_applied: bool,
    /// A reused socket failed before the first byte of a response.
    pub(super) stale_socket: bool,
    /// The call may be sent again although it may have been applied.
    pub(super) replayable: bool,
    /// Retries made.
    pub(super) retries: u32,
    pub(super) max_retries: u32,
    /// What the service asks to wait.
    pub(super) retry_after: Option<Duration>,
    /// In `0.0..1.0`.
    pub(super) chance: f64,
    pub(super) socket_replaced: bool,
    pub(super) refreshed: bool,
    pub(super) clock_corrected: bool,
    /// The service's clock is far from ours.
    pub(super) skewed: bool,
    /// The attempt was cut because its time was up.
    pub(super) out_of_time: bool,
    /// What is left before the deadline, if there is one.
    pub(super) time_left: Option<Duration>,
}

impl Situation {
    /// Whether it was the deadline that cut the attempt.
    fn was_cut(&self) -> bool {
        self.out_of_time && !self.has_time(Duration::ZERO)
    }

    /// Whether another attempt can start after a wait.
    fn has_time(&self, wait: Duration) -> bool {
        self.time_left.is_none_or(|left| left >= wait + LEAST_ATTEMPT)
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Decision {
    /// Give the error to the caller.
    Stop,
    /// Tell the caller that nobody knows: the call must not be sent twice.
    OutcomeUnknown,
    /// Tell the caller that the deadline leaves no time for another attempt.
    PastDeadline,
    /// Send it again on a new socket, at once; not a retry.
    ReplaceSocket,
    /// Get new credentials and send it again, at once.
    RefreshCredentials,
    /// Sign with the service's time and send it again, at once.
    CorrectClock,
    /// Wait, then send it again; takes `cost` tokens of the quota.
    Retry { after: Duration, cost: u32 },
}

/// Decides from the facts alone: no clock, no chance of its own.
pub(super) fn decide(s: &Situation) -> Decision {
    if s.maybe_applied && !s.replayable {
        // A read leaves nothing behind that anybody could be unsure of.
        return match (s.writes, s.was_cut()) {
            (true, _) => Decision::OutcomeUnknown,
            (false, true) => Decision::PastDeadline,
            (false, false) => Decision::Stop,
        };
    }
    if s.stale_socket && !s.socket_replaced {
        return Decision::ReplaceSocket;
    }
    match s.class {
        // What was waited for is what the deadline cut: its own error would name the wrong limit.
        Class::Final if s.was_cut() => Decision::PastDeadline,
        Class::Final => Decision::Stop,
        Class::Expired if !s.refreshed => Decision::RefreshCredentials,
        Class::Expired => Decision::Stop,
        Class::Skewed if s.skewed && !s.clock_corrected => Decision::CorrectClock,
        Class::Skewed => Decision::Stop,
        Class::Throttle => retry(s, Base::Throttled, THROTTLED_COST),
        Class::NotApplied | Class::Unknown => retry(s, Base::Transient, TRANSIENT_COST),
    }
}

fn retry(s: &Situation, base: Base, cost: u32) -> Decision {
    if s.retries >= s.max_retries {
        return if s.was_cut() { Decision::PastDeadline } else { Decision::Stop };
    }
    let after = delay(base, s.retries, s.chance, s.retry_after);
    if s.has_time(after) { Decision::Retry { after, cost } } else { Decision::PastDeadline }
}

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

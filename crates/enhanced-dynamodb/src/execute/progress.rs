//! How far a call has come, from attempt to attempt.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::ReplayClass;
use super::token::TokenAge;
use crate::config::Credentials;
use crate::error::Error;
use crate::observe::{TableCapacity, Throttles};
use crate::transport::Reuse;

/// A difference of clocks below this is the network's; the service refuses signatures that are 15 minutes off.
const LEAST_SKEW: Duration = Duration::from_secs(240);

/// Seconds to add to our clock so that it agrees with the service's, if the `offset` used so far leaves them further
/// apart than the network explains.
pub(super) fn needed_offset(server: SystemTime, ours: SystemTime, offset: i64) -> Option<i64> {
    let needed = match server.duration_since(ours) {
        Ok(ahead) => ahead.as_secs().cast_signed(),
        Err(behind) => -behind.duration().as_secs().cast_signed(),
    };
    (needed.abs_diff(offset) >= LEAST_SKEW.as_secs()).then_some(needed)
}

/// How far a call has come.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) deadline: Option<Instant>,
    /// How long the service has known the call by a token, where it matters.
    pub(super) token: Option<TokenAge>,
    pub(super) attempts: u32,
    pub(super) retries: u32,
    /// Bytes of the bodies of requests that left whole, and of responses.
    pub(super) sent: u64,
    pub(super) received: u64,
    /// What the last retry took from the quota.
    pub(super) last_cost: u32,
    /// Whether it is a write of which an attempt before the current one may have been applied.
    pub(super) maybe_applied: bool,
    /// Whether it is a write of which any attempt, the last one included, may have been applied.
    pub(super) unknown: bool,
    /// Whether it was sent again after such an attempt.
    pub(super) replayed: bool,
    /// Whom the last attempt was signed by.
    pub(super) signer: Option<Arc<Credentials>>,
    /// The correction of the clock that the last attempt was signed with, in seconds.
    pub(super) clock_offset: i64,
    pub(super) socket_replaced: bool,
    pub(super) refreshed: bool,
    pub(super) clock_corrected: bool,
    pub(super) last_error: Option<Error>,
    pub(super) throttling: Vec<Throttles>,
    /// What the answer said it consumed, if it was asked.
    pub(super) consumed: Vec<TableCapacity>,
}

impl Progress {
    /// Counts an attempt; `left` tells whether anything of the request left this machine.
    pub(super) fn made_attempt(&mut self, left: bool) {
        self.attempts += 1;
        self.replayed |= left && self.maybe_applied;
    }

    /// Which socket the next attempt may use.
    pub(super) fn reuse(&self, replay: ReplayClass) -> Reuse {
        match (self.socket_replaced, replay) {
            (true, _) => Reuse::Never,
            (false, ReplayClass::NonIdempotent) => Reuse::ProvenAlive,
            (false, ReplayClass::Read | ReplayClass::Idempotent) => Reuse::Newest,
        }
    }
}

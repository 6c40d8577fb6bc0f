//! What a caller may say about one call.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::time::{Duration, Instant};

use super::ReplayClass;
use super::token::Token;
use crate::config::Hedge;
use crate::deadline::earliest;

/// Whether a call may be sent again after an attempt of which nobody knows whether the service applied it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replay {
    /// As the call's [`ReplayClass`] allows: reads and idempotent writes are, others are not.
    #[default]
    WhenSafe,
    /// Always: the caller knows that applying it twice does no harm.
    Always,
    /// Never, not even a read.
    Never,
}

/// The limits of one call; what is not set is the client's.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallOptions {
    pub(crate) deadline: Option<Instant>,
    /// Of the whole call, from its start.
    pub(crate) timeout: Option<Duration>,
    /// Of one attempt.
    pub(crate) request_timeout: Option<Duration>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) replay: Replay,
    pub(crate) token: Token,
    /// Whether the call asks by itself for the capacity that it consumes.
    pub(crate) asks_capacity: bool,
    /// Reads only.
    pub(crate) hedge: Option<Hedge>,
}

impl CallOptions {
    /// The moment by which a call that starts at `started` must have ended.
    pub(crate) fn whole_call(&self, started: Instant) -> Option<Instant> {
        earliest(self.deadline, self.timeout.and_then(|timeout| started.checked_add(timeout)))
    }

    pub(super) fn may_replay(&self, class: ReplayClass) -> bool {
        match self.replay {
            Replay::Always => true,
            Replay::Never => false,
            Replay::WhenSafe => match class {
                ReplayClass::Read | ReplayClass::Idempotent => true,
                ReplayClass::NonIdempotent => false,
            },
        }
    }
}

//! Calls that the service knows by a `ClientRequestToken`: how long, and what they end with.

use std::time::{Duration, Instant, SystemTime};

use super::failure;
use super::options::{CallOptions, Replay};
use crate::config::Time;
use crate::error::{Class, Error, ErrorKind};

/// How long a token is relied on. The service knows it for 10 minutes (API reference of TransactWriteItems); the last
/// attempt needs time to get there.
const WINDOW: Duration = Duration::from_secs(9 * 60);

/// Whether the service knows the call by a `ClientRequestToken`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Token {
    #[default]
    None,
    /// The caller made it, and can send it again in another call.
    Callers,
    /// The client made it for this call, with which it is gone.
    OfTheCall,
}

/// Since when the service has known a token at the earliest, by both clocks.
pub(super) struct TokenAge {
    since: Instant,
    since_wall: SystemTime,
}

impl TokenAge {
    /// The age of the token of a call that begins now; nothing if it has none, or may be sent again in any case.
    pub(super) fn of(options: &CallOptions, time: &Time) -> Option<Self> {
        match (options.token, options.replay) {
            (Token::None, _) | (_, Replay::Always) => None,
            (Token::Callers | Token::OfTheCall, Replay::WhenSafe | Replay::Never) => {
                Some(TokenAge { since: time.now(), since_wall: time.wall() })
            }
        }
    }

    /// Whether the service may have forgotten it.
    pub(super) fn is_over(&self, time: &Time) -> bool {
        // In a function that was frozen in between, the monotonic clock may not have moved.
        let by_wall = time.wall().duration_since(self.since_wall).unwrap_or_default();
        time.now().saturating_duration_since(self.since).max(by_wall) > WINDOW
    }
}

/// The service may have forgotten the token of a call that may have been applied. `last` is what its last attempt failed
/// with.
pub(super) fn forgotten(last: Option<Error>) -> Error {
    match last {
        Some(last) => failure::outcome_unknown(last, ""),
        None => Error::new(ErrorKind::OutcomeUnknown, "the service may have forgotten the request's token"),
    }
}

/// What a call ends with of which an attempt may have been applied, if `unknown`. Where its token is gone with it, it
/// must not look like one that can be made again: that would have another token, and be another write.
pub(super) fn outcome(token: Token, unknown: bool, error: Error) -> Error {
    match token {
        Token::None | Token::Callers => return error,
        Token::OfTheCall => {}
    }
    // A transaction that was refused for good tells that no earlier attempt was applied: its token would have been
    // answered with success.
    let decided = error.kind() == ErrorKind::TransactionCanceled && error.class() == Class::Final;
    if !unknown || decided {
        return error;
    }
    let error = if error.kind() == ErrorKind::OutcomeUnknown { error } else { failure::outcome_unknown(error, "") };
    error.with_advice("It may or may not have been written: read, then decide. Sent anew, it would be another write.")
}

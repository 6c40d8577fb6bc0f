//! What a failed attempt means: as an error for the caller, and as facts for the decision.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::time::Duration;

use crate::error::{Class, Error, ErrorKind};
use crate::transport::{Failure, FailureKind, Flushed};

/// An attempt that did not succeed.
pub(super) struct Trouble {
    pub(super) error: Error,
    /// How much of the request had left; a request that left in part only was not applied.
    flushed: Flushed,
    /// Whether there was an attempt at all: a socket was asked for.
    pub(super) was_attempted: bool,
    /// A reused socket failed before the first byte of a response.
    pub(super) stale_socket: bool,
    /// The time of the attempt was up.
    pub(super) out_of_time: bool,
    pub(super) retry_after: Option<Duration>,
    /// Seconds to add to our clock so that it agrees with the service's, if they are far apart.
    pub(super) clock_offset: Option<i64>,
}

impl Trouble {
    /// The service answered with an error.
    pub(super) fn refused(error: Error, retry_after: Option<Duration>, clock_offset: Option<i64>) -> Self {
        Trouble {
            error,
            flushed: Flushed::All,
            was_attempted: true,
            stale_socket: false,
            out_of_time: false,
            retry_after,
            clock_offset,
        }
    }

    /// The attempt ended without an answer that can be read.
    pub(super) fn from_failure(failure: Failure, local: bool) -> Self {
        let (kind, nature, flushed) = (failure.kind, nature(failure.kind), failure.flushed);
        let before_response = failure.reused && !failure.response_started;
        let mut error = failure.into_error();
        if local && kind == FailureKind::Connect {
            error = error.with_advice("Start DynamoDB Local there, or use Client::embedded().");
        }
        Trouble {
            error,
            flushed,
            was_attempted: !matches!(nature, Nature::NotAttempted | Nature::NotAttemptedInTime),
            stale_socket: before_response && nature == Nature::ConnectionLost,
            out_of_time: matches!(nature, Nature::OutOfTime | Nature::NotAttemptedInTime),
            retry_after: None,
            clock_offset: None,
        }
    }

    /// Whether all of the request left this machine.
    pub(super) fn all_left(&self) -> bool {
        self.flushed == Flushed::All
    }

    /// Whether anything of the request left this machine.
    pub(super) fn left(&self) -> bool {
        match self.flushed {
            Flushed::Nothing => false,
            Flushed::Part | Flushed::All => true,
        }
    }

    /// Whether the service may have applied the request.
    pub(super) fn maybe_applied(&self) -> bool {
        let sent = match self.flushed {
            Flushed::Nothing | Flushed::Part => false,
            Flushed::All => true,
        };
        sent && match self.error.class() {
            Class::Unknown => true,
            Class::Throttle | Class::NotApplied | Class::Expired | Class::Skewed => false,
            // The service did what it was asked, but its answer could not be taken.
            Class::Final => self.error.kind() == ErrorKind::ResponseTooLarge,
        }
    }
}

/// What a failure means for the decision.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// It did not come to an attempt: no socket was asked for.
    NotAttempted,
    /// Nor did it, because its time was up before.
    NotAttemptedInTime,
    /// The socket itself ended, as an idle one does that the other side has closed.
    ConnectionLost,
    /// The attempt's time was up.
    OutOfTime,
    Other,
}

fn nature(kind: FailureKind) -> Nature {
    match kind {
        FailureKind::Credentials | FailureKind::Configuration | FailureKind::ClientClosed => Nature::NotAttempted,
        FailureKind::CredentialsTimeout => Nature::NotAttemptedInTime,
        FailureKind::Closed | FailureKind::Broken => Nature::ConnectionLost,
        FailureKind::Timeout | FailureKind::ConnectTimeout | FailureKind::PoolTimeout => Nature::OutOfTime,
        FailureKind::Resolve
        | FailureKind::Connect
        | FailureKind::Proxy
        | FailureKind::Tls
        | FailureKind::ChecksumMismatch
        | FailureKind::LengthMismatch
        | FailureKind::TooLarge
        | FailureKind::Protocol => Nature::Other,
    }
}

/// Success, says the status; but the service's success is a JSON object.
pub(super) fn not_of_the_service(body: &[u8]) -> Error {
    let message = match body.len() {
        0 => "HTTP 200 with an empty body".to_owned(),
        length => format!("HTTP 200 with {length} bytes that are no JSON object"),
    };
    Error::new(ErrorKind::CorruptResponse, message)
        .with_advice("Check the endpoint, and what stands between it and the client: DynamoDB does not answer so.")
}

/// The call may have been applied, and must not be sent again.
pub(super) fn outcome_unknown(cause: Error, operation: &str) -> Error {
    let error = Error::caused_by(ErrorKind::OutcomeUnknown, "", cause);
    match operation {
        // Writes of one item can be told apart by a token.
        "UpdateItem" | "PutItem" | "DeleteItem" => {
            error.with_advice("It may or may not have been written: read, then retry, or use exactly_once().")
        }
        _ => error,
    }
}

/// No time is left for another attempt. `last` is what the one before failed with, if there was one.
pub(super) fn past_deadline(last: Option<Error>) -> Error {
    match last {
        Some(last) => Error::caused_by(ErrorKind::DeadlineExceeded, "no time is left for another attempt after ", last),
        None => Error::new(ErrorKind::DeadlineExceeded, "no time was left for an attempt; nothing was sent"),
    }
}

/// The call would be retried, but too many retries are under way.
pub(super) fn quota_empty(error: Error) -> Error {
    let advice = format!("{} It was not retried: the client's retry quota is empty.", error.advice());
    error.with_advice(advice.trim_start().to_owned())
}

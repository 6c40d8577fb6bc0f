//! What a failed attempt means: as an error for the caller, and as facts for the decision.

use std::time::Duration;

use crate::error::{Class, Error, ErrorKind};
use crate::transport::{Failure, FailureKind, Flushed};

/// An attempt that did not succeed.
pub(super) struct Trouble {
    pub(super) error: Error,
    /// How much of the request had left; a request that left in part only was not applied.
    flushed: Flushed,
    /// A reused socket failed before the first byte of a response.
    pub(super) stale_socket: bool,
    pub(super) retry_after: Option<Duration>,
    /// Seconds by which the service's clock is ahead of ours, if far.
    pub(super) skew: Option<i64>,
}

impl Trouble {
    /// The service answered with an error.
    pub(super) fn refused(error: Error, retry_after: Option<Duration>, skew: Option<i64>) -> Self {
        Trouble { error, flushed: Flushed::All, stale_socket: false, retry_after, skew }
    }

    /// The attempt ended without an answer that can be read.
    pub(super) fn from_failure(failure: Failure, local: bool) -> Self {
        let stale_socket = failure.reused && !failure.response_started && lost_connection(failure.kind);
        let flushed = failure.flushed;
        let nobody_there = local && failure.kind == FailureKind::Connect;
        let mut error = failure.into_error();
        if nobody_there {
            error = error.with_advice("Start DynamoDB Local there, or use Client::embedded().");
        }
        Trouble { error, flushed, stale_socket, retry_after: None, skew: None }
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
            // Too large, deadline: the answer is lost, but another try is not worth it.
            Class::Final => matches!(self.error.kind(), ErrorKind::ResponseTooLarge),
        }
    }
}

/// Whether the socket itself ended, as an idle one does that the other side has closed.
fn lost_connection(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Closed | FailureKind::Broken => true,
        FailureKind::Credentials
        | FailureKind::Configuration
        | FailureKind::PoolTimeout
        | FailureKind::Resolve
        | FailureKind::Connect
        | FailureKind::ConnectTimeout
        | FailureKind::Tls
        | FailureKind::Timeout
        | FailureKind::ChecksumMismatch
        | FailureKind::LengthMismatch
        | FailureKind::TooLarge
        | FailureKind::Protocol
        | FailureKind::ClientClosed => false,
    }
}

/// The call may have been applied, and must not be sent again.
pub(super) fn outcome_unknown(cause: Error) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, format!("{}: {}", cause.code(), cause.message())).with_source(cause)
}

/// The call would be retried, but too many retries are under way.
pub(super) fn quota_empty(error: Error) -> Error {
    let advice = format!("{} It was not retried: the client's retry quota is empty.", error.advice());
    error.with_advice(advice.trim_start().to_owned())
}

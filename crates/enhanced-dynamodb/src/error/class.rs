//! What an error means for the question "and if we tried again?". Every kind is named: a new one does not compile
//! until it is classified.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use super::{CancellationReason, ErrorKind};

/// What trying again would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The service asks for fewer requests; nothing was applied.
    Throttle,
    /// A passing failure after which nothing was applied.
    NotApplied,
    /// A passing failure that does not tell whether the request was applied.
    Unknown,
    /// The session token has expired: new credentials may help.
    Expired,
    /// The signature was refused: a corrected clock may help.
    Skewed,
    /// The same request would be refused again.
    Final,
}

/// The class of an error. `status` decides for names that this client does not know.
pub(crate) fn classify(
    kind: ErrorKind,
    status: Option<u16>,
    control_plane: bool,
    cancellation: &[CancellationReason],
) -> Class {
    use ErrorKind as K;
    match kind {
        K::ProvisionedThroughputExceeded | K::RequestLimitExceeded | K::Throttling => Class::Throttle,
        // Leftovers are the batches' form of a throttle.
        K::BatchIncomplete => Class::Throttle,
        // On data-plane calls the same name means a limit that waiting does not lift.
        K::LimitExceeded => {
            if control_plane {
                Class::Throttle
            } else {
                Class::Final
            }
        }
        K::TransactionInProgress | K::TransactionConflict | K::ReplicatedWriteConflict => Class::NotApplied,
        K::TransactionCanceled => cancelled(cancellation),
        K::InternalServerError | K::InternalFailure | K::ServiceUnavailable => Class::Unknown,
        K::ConnectionLost | K::CorruptResponse | K::Timeout => Class::Unknown,
        K::Connect | K::ConnectTimeout => Class::NotApplied,
        K::PoolExhausted => Class::NotApplied,
        K::ExpiredToken => Class::Expired,
        K::InvalidSignature | K::RequestExpired | K::RequestTimeTooSkewed => Class::Skewed,
        K::UnknownService => match status {
            Some(429) => Class::Throttle,
            Some(500..=599) => Class::Unknown,
            Some(_) | None => Class::Final,
        },
        K::InvalidConfiguration
        | K::InvalidInput
        | K::ItemTooLarge
        | K::InvalidCursor
        | K::Encode
        | K::Decode
        | K::Credentials
        | K::ResponseTooLarge
        | K::DeadlineExceeded
        | K::OutcomeUnknown
        | K::Closed
        | K::RootNotFound
        | K::TableDiffers
        | K::NodeNotFound
        | K::NodeExists
        | K::TreeCycle
        | K::HasChildren
        | K::WaitTimeout => Class::Final,
        K::BackupInUse
        | K::BackupNotFound
        | K::ConditionalCheckFailed
        | K::ContinuousBackupsUnavailable
        | K::DuplicateItem
        | K::ExportConflict
        | K::ExportNotFound
        | K::GlobalTableAlreadyExists
        | K::GlobalTableNotFound
        | K::IdempotentParameterMismatch
        | K::ImportConflict
        | K::ImportNotFound
        | K::IndexNotFound
        | K::InvalidEndpoint
        | K::InvalidExportTime
        | K::InvalidRestoreTime
        | K::ItemCollectionSizeLimitExceeded
        | K::PointInTimeRecoveryUnavailable
        | K::PolicyNotFound
        | K::ReplicaAlreadyExists
        | K::ReplicaNotFound
        | K::ResourceInUse
        | K::ResourceNotFound
        | K::TableAlreadyExists
        | K::TableInUse
        | K::TableNotFound => Class::Final,
        K::Validation
        | K::AccessDenied
        | K::UnrecognizedClient
        | K::InvalidClientTokenId
        | K::IncompleteSignature
        | K::MissingAuthenticationToken
        | K::OptInRequired
        | K::KmsAccessDenied
        | K::Serialization
        | K::UnknownOperation
        | K::RequestEntityTooLarge => Class::Final,
    }
}

/// A cancelled transaction is worth another try only if every reason passes by itself.
fn cancelled(reasons: &[CancellationReason]) -> Class {
    let mut causes = reasons.iter().filter(|reason| reason.is_cause()).peekable();
    if causes.peek().is_none() {
        return Class::Final;
    }
    let (mut throttled, mut passing) = (false, true);
    for cause in causes {
        match cause.code.as_str() {
            "TransactionConflict" => {}
            "ThrottlingError" | "ProvisionedThroughputExceeded" => throttled = true,
            _ => passing = false,
        }
    }
    match (passing, throttled) {
        (false, _) => Class::Final,
        (true, true) => Class::Throttle,
        (true, false) => Class::NotApplied,
    }
}

#[cfg(test)]
mod tests;

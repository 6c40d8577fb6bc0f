//! What the error of a request means for the operations in it.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use crate::error::{Class, Error, ErrorKind};

/// What to do with the operations of a request that failed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It passes: send them again later.
    Again,
    /// One of them may be at fault: halve the request, until that one stands alone and has failed.
    Halve,
    /// One of the tables is at fault: a request for each table, whose operations have failed where it fails again.
    ByTable,
    /// The role may not write one of the tables, or one of the items: as by table, then by halves.
    Denied,
    /// They may have been applied, and must not be sent again.
    Unknown,
    /// Nothing that is sent will be accepted, or there is no time left: end the batch.
    Stop,
}

pub(super) fn verdict(error: &Error) -> Verdict {
    match error.class() {
        Class::Throttle | Class::NotApplied | Class::Unknown => Verdict::Again,
        Class::Expired | Class::Skewed => Verdict::Stop,
        Class::Final => of_kind(error.kind()),
    }
}

fn of_kind(kind: ErrorKind) -> Verdict {
    use ErrorKind as K;
    match kind {
        K::Validation
        | K::ItemCollectionSizeLimitExceeded
        | K::RequestEntityTooLarge
        | K::Serialization
        | K::ResponseTooLarge
        | K::InvalidInput
        | K::ItemTooLarge
        | K::Encode
        | K::LimitExceeded
        | K::ConditionalCheckFailed
        | K::DuplicateItem
        | K::UnknownService => Verdict::Halve,
        K::ResourceNotFound
        | K::ResourceInUse
        | K::TableNotFound
        | K::TableInUse
        | K::TableAlreadyExists
        | K::GlobalTableNotFound
        | K::IndexNotFound
        | K::KmsAccessDenied => Verdict::ByTable,
        K::AccessDenied => Verdict::Denied,
        K::OutcomeUnknown => Verdict::Unknown,
        // The answer cannot be read: whether there are leftovers is not known, and all may be sent again.
        K::Decode => Verdict::Again,
        K::DeadlineExceeded
        | K::Closed
        | K::Credentials
        | K::InvalidConfiguration
        | K::UnrecognizedClient
        | K::InvalidClientTokenId
        | K::IncompleteSignature
        | K::MissingAuthenticationToken
        | K::OptInRequired
        | K::UnknownOperation
        | K::InvalidEndpoint => Verdict::Stop,
        // Of another class than final, so that they do not come here.
        K::Connect
        | K::ConnectTimeout
        | K::PoolExhausted
        | K::Timeout
        | K::ConnectionLost
        | K::CorruptResponse
        | K::InternalServerError
        | K::InternalFailure
        | K::ServiceUnavailable
        | K::ProvisionedThroughputExceeded
        | K::RequestLimitExceeded
        | K::Throttling
        | K::TransactionConflict
        | K::TransactionInProgress
        | K::ReplicatedWriteConflict => Verdict::Again,
        K::ExpiredToken | K::InvalidSignature | K::RequestExpired | K::RequestTimeTooSkewed => Verdict::Stop,
        // Of other operations.
        K::InvalidCursor
        | K::RootNotFound
        | K::WaitTimeout
        | K::BatchIncomplete
        | K::TableDiffers
        | K::NodeNotFound
        | K::NodeExists
        | K::TreeCycle
        | K::HasChildren
        | K::BackupInUse
        | K::BackupNotFound
        | K::ContinuousBackupsUnavailable
        | K::ExportConflict
        | K::ExportNotFound
        | K::GlobalTableAlreadyExists
        | K::IdempotentParameterMismatch
        | K::ImportConflict
        | K::ImportNotFound
        | K::InvalidExportTime
        | K::InvalidRestoreTime
        | K::PointInTimeRecoveryUnavailable
        | K::PolicyNotFound
        | K::ReplicaAlreadyExists
        | K::ReplicaNotFound
        | K::TransactionCanceled => Verdict::Halve,
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, verdict};
    use crate::error::{Error, ErrorKind as K};

    #[test]
    fn what_an_error_means_for_the_operations_follows_from_what_was_at_fault() {
        let cases = [
            (K::ProvisionedThroughputExceeded, Verdict::Again),
            (K::InternalServerError, Verdict::Again),
            (K::ConnectionLost, Verdict::Again),
            (K::Validation, Verdict::Halve),
            (K::ItemCollectionSizeLimitExceeded, Verdict::Halve),
            (K::ResourceNotFound, Verdict::ByTable),
            (K::AccessDenied, Verdict::Denied),
            (K::OutcomeUnknown, Verdict::Unknown),
            (K::DeadlineExceeded, Verdict::Stop),
            (K::ExpiredToken, Verdict::Stop),
            (K::UnrecognizedClient, Verdict::Stop),
        ];
        for (kind, expected) in cases {
            assert_eq!(verdict(&Error::new(kind, "")), expected, "{kind:?}");
        }
    }

    #[test]
    fn no_passing_error_splits_a_request() {
        for kind in K::ALL {
            let error = Error::new(*kind, "");
            if error.is_retryable() && *kind != K::ExpiredToken {
                assert_eq!(verdict(&error), Verdict::Again, "{kind:?}");
            }
        }
    }
}

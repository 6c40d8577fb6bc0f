//! What each error means for another try.

use super::{CancellationReason, Class, ErrorKind, classify};

fn class(kind: ErrorKind) -> Class {
    classify(kind, None, false, &[])
}

#[test]
fn kinds_that_are_tried_again_are_these_and_no_others() {
    let of = |wanted: Class| -> Vec<ErrorKind> {
        ErrorKind::ALL.iter().copied().filter(|kind| class(*kind) == wanted).collect()
    };
    use ErrorKind as K;
    assert_eq!(
        of(Class::Throttle),
        [K::BatchIncomplete, K::ProvisionedThroughputExceeded, K::RequestLimitExceeded, K::Throttling]
    );
    assert_eq!(
        of(Class::NotApplied),
        [
            K::Connect,
            K::ConnectTimeout,
            K::PoolExhausted,
            K::ReplicatedWriteConflict,
            K::TransactionConflict,
            K::TransactionInProgress
        ]
    );
    assert_eq!(
        of(Class::Unknown),
        [
            K::Timeout,
            K::ConnectionLost,
            K::CorruptResponse,
            K::InternalServerError,
            K::ServiceUnavailable,
            K::InternalFailure
        ]
    );
    assert_eq!(of(Class::Expired), [K::ExpiredToken]);
    assert_eq!(of(Class::Skewed), [K::InvalidSignature, K::RequestExpired, K::RequestTimeTooSkewed]);
}

#[test]
fn an_unknown_error_is_judged_by_its_status() {
    let by = |status| classify(ErrorKind::UnknownService, status, false, &[]);
    assert_eq!([by(Some(429)), by(Some(500)), by(Some(599))], [Class::Throttle, Class::Unknown, Class::Unknown]);
    assert_eq!([by(Some(400)), by(Some(302)), by(None)], [Class::Final; 3]);
}

#[test]
fn a_limit_is_a_throttle_for_table_operations_alone() {
    assert_eq!(classify(ErrorKind::LimitExceeded, Some(400), true, &[]), Class::Throttle);
    assert_eq!(classify(ErrorKind::LimitExceeded, Some(400), false, &[]), Class::Final);
}

#[test]
fn a_cancelled_transaction_passes_only_if_all_its_reasons_do() {
    let cancelled = |codes: &[&str]| {
        let reason = |code: &&str| CancellationReason { code: (*code).to_owned(), ..CancellationReason::of_action(0) };
        let reasons: Vec<_> = codes.iter().map(reason).collect();
        classify(ErrorKind::TransactionCanceled, Some(400), false, &reasons)
    };
    for (codes, class) in [
        (&["None", "TransactionConflict"][..], Class::NotApplied),
        (&["TransactionConflict", "ThrottlingError"], Class::Throttle),
        (&["ProvisionedThroughputExceeded", "None"], Class::Throttle),
        (&["TransactionConflict", "ConditionalCheckFailed"], Class::Final),
        (&["ThrottlingError", "ValidationError"], Class::Final),
        (&["SomethingNew"], Class::Final),
        (&["None", ""], Class::Final),
        (&[], Class::Final),
    ] {
        assert_eq!(cancelled(codes), class, "{codes:?}");
    }
}

//! Every error of the service has a kind under its own name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use super::ErrorKind;

/// The error shapes of the service's public model, version 2012-08-10.
const OF_THE_MODEL: [&str; 35] = [
    "BackupInUseException",
    "BackupNotFoundException",
    "ConditionalCheckFailedException",
    "ContinuousBackupsUnavailableException",
    "DuplicateItemException",
    "ExportConflictException",
    "ExportNotFoundException",
    "GlobalTableAlreadyExistsException",
    "GlobalTableNotFoundException",
    "IdempotentParameterMismatchException",
    "ImportConflictException",
    "ImportNotFoundException",
    "IndexNotFoundException",
    "InternalServerError",
    "InvalidEndpointException",
    "InvalidExportTimeException",
    "InvalidRestoreTimeException",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "PointInTimeRecoveryUnavailableException",
    "PolicyNotFoundException",
    "ProvisionedThroughputExceededException",
    "ReplicaAlreadyExistsException",
    "ReplicaNotFoundException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "TableAlreadyExistsException",
    "TableInUseException",
    "TableNotFoundException",
    "ThrottlingException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

fn assert_known(name: &str) {
    let kind = ErrorKind::from_code(name);
    assert_eq!(kind.code(), name);
    assert!(kind.is_service() && kind != ErrorKind::UnknownService, "{name}");
    assert_eq!(ErrorKind::from_code(&format!("com.amazonaws.dynamodb.v20120810#{name}")), kind);
    assert_eq!(ErrorKind::from_code(&format!("{name}:http://internal.amazon.com/coral/com.amazon.coral/")), kind);
}

#[test]
fn every_error_of_the_model_has_a_kind_of_its_own_name() {
    OF_THE_MODEL.into_iter().for_each(assert_known);
    let kinds: HashSet<_> = OF_THE_MODEL.into_iter().map(ErrorKind::from_code).collect();
    assert_eq!(kinds.len(), 35);
}

#[test]
fn the_list_of_errors_is_the_models() {
    let Some(model) = testkit::service_model().unwrap() else {
        eprintln!("skipped: set DYNAMODB_MODEL to the path of the service's public model to compare its errors");
        return;
    };
    let shapes = model["shapes"].as_object().unwrap();
    let mut errors: Vec<&str> = shapes
        .iter()
        .filter(|(_, shape)| shape["traits"].get("smithy.api#error").is_some())
        .filter_map(|(name, _)| name.rsplit('#').next())
        .collect();
    errors.sort_unstable();
    assert_eq!(errors, OF_THE_MODEL);
}

#[test]
fn codes_of_the_service_are_unique_and_lead_back_to_their_kind() {
    for kind in ErrorKind::ALL.iter().copied().filter(|kind| kind.is_service()) {
        assert_eq!(ErrorKind::from_code(kind.code()), kind);
    }
}

#[test]
fn a_failure_on_this_side_is_never_read_out_of_an_answer() {
    for kind in ErrorKind::ALL.iter().copied().filter(|kind| !kind.is_service()) {
        assert_ne!(ErrorKind::from_code(kind.code()), kind, "{kind:?}");
    }
}

#[test]
fn other_spellings_of_common_errors_are_understood() {
    for (name, kind) in [
        ("Throttling", ErrorKind::Throttling),
        ("ThrottledException", ErrorKind::Throttling),
        ("TooManyRequestsException", ErrorKind::Throttling),
        ("ServiceUnavailableException", ErrorKind::ServiceUnavailable),
        ("InternalServerException", ErrorKind::InternalServerError),
        ("ExpiredToken", ErrorKind::ExpiredToken),
        ("AccessDenied", ErrorKind::AccessDenied),
        ("SignatureDoesNotMatch", ErrorKind::InvalidSignature),
        ("ValidationError", ErrorKind::Validation),
        ("", ErrorKind::UnknownService),
    ] {
        assert_eq!(ErrorKind::from_code(name), kind, "{name}");
    }
}

#[test]
fn advice_is_a_sentence() {
    for kind in ErrorKind::ALL {
        let advice = kind.advice();
        assert!(advice.is_empty() || advice.ends_with('.'), "{kind:?}: {advice}");
    }
}

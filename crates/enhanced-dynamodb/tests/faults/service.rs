//! Every error of the service: what it is called, and whether it is tried again.

use std::time::Duration;

use ErrorKind as K;
use enhanced_dynamodb::ErrorKind;
use serde_json::json;
use testkit::{Action, Responder, Rule};

use super::calls::{CALLS, Call, THROTTLE_WAITS, TRANSIENT_WAITS, client_of, end_of};

/// What is done after it.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// The error is the caller's at once.
    Final,
    /// Nothing was applied, and it passes: every call is tried four times.
    Retried,
    /// The same, after longer waits.
    Throttled,
    /// It may have been applied: reads and puts are tried four times, and a counter ends as unknown.
    Unknown,
}

/// The errors of the service's model.
const MODEL: [(&str, ErrorKind, Then); 35] = [
    ("BackupInUseException", K::BackupInUse, Then::Final),
    ("BackupNotFoundException", K::BackupNotFound, Then::Final),
    ("ConditionalCheckFailedException", K::ConditionalCheckFailed, Then::Final),
    ("ContinuousBackupsUnavailableException", K::ContinuousBackupsUnavailable, Then::Final),
    ("DuplicateItemException", K::DuplicateItem, Then::Final),
    ("ExportConflictException", K::ExportConflict, Then::Final),
    ("ExportNotFoundException", K::ExportNotFound, Then::Final),
    ("GlobalTableAlreadyExistsException", K::GlobalTableAlreadyExists, Then::Final),
    ("GlobalTableNotFoundException", K::GlobalTableNotFound, Then::Final),
    ("IdempotentParameterMismatchException", K::IdempotentParameterMismatch, Then::Final),
    ("ImportConflictException", K::ImportConflict, Then::Final),
    ("ImportNotFoundException", K::ImportNotFound, Then::Final),
    ("IndexNotFoundException", K::IndexNotFound, Then::Final),
    ("InternalServerError", K::InternalServerError, Then::Unknown),
    ("InvalidEndpointException", K::InvalidEndpoint, Then::Final),
    ("InvalidExportTimeException", K::InvalidExportTime, Then::Final),
    ("InvalidRestoreTimeException", K::InvalidRestoreTime, Then::Final),
    ("ItemCollectionSizeLimitExceededException", K::ItemCollectionSizeLimitExceeded, Then::Final),
    // Of operations on tables it is a throttle; of these it is not.
    ("LimitExceededException", K::LimitExceeded, Then::Final),
    ("PointInTimeRecoveryUnavailableException", K::PointInTimeRecoveryUnavailable, Then::Final),
    ("PolicyNotFoundException", K::PolicyNotFound, Then::Final),
    ("ProvisionedThroughputExceededException", K::ProvisionedThroughputExceeded, Then::Throttled),
    ("ReplicaAlreadyExistsException", K::ReplicaAlreadyExists, Then::Final),
    ("ReplicaNotFoundException", K::ReplicaNotFound, Then::Final),
    ("ReplicatedWriteConflictException", K::ReplicatedWriteConflict, Then::Retried),
    ("RequestLimitExceeded", K::RequestLimitExceeded, Then::Throttled),
    ("ResourceInUseException", K::ResourceInUse, Then::Final),
    ("ResourceNotFoundException", K::ResourceNotFound, Then::Final),
    ("TableAlreadyExistsException", K::TableAlreadyExists, Then::Final),
    ("TableInUseException", K::TableInUse, Then::Final),
    ("TableNotFoundException", K::TableNotFound, Then::Final),
    ("ThrottlingException", K::Throttling, Then::Throttled),
    // Without reasons nobody knows that they pass.
    ("TransactionCanceledException", K::TransactionCanceled, Then::Final),
    ("TransactionConflictException", K::TransactionConflict, Then::Retried),
    ("TransactionInProgressException", K::TransactionInProgress, Then::Retried),
];

/// The errors of all AWS services. With fixed credentials and clocks that agree, no renewal and no correction helps.
const COMMON: [(&str, ErrorKind, Then); 20] = [
    ("ValidationException", K::Validation, Then::Final),
    ("AccessDeniedException", K::AccessDenied, Then::Final),
    ("ExpiredTokenException", K::ExpiredToken, Then::Final),
    ("UnrecognizedClientException", K::UnrecognizedClient, Then::Final),
    ("InvalidClientTokenId", K::InvalidClientTokenId, Then::Final),
    ("InvalidSignatureException", K::InvalidSignature, Then::Final),
    ("SignatureDoesNotMatch", K::InvalidSignature, Then::Final),
    ("IncompleteSignatureException", K::IncompleteSignature, Then::Final),
    ("MissingAuthenticationTokenException", K::MissingAuthenticationToken, Then::Final),
    ("RequestExpired", K::RequestExpired, Then::Final),
    ("RequestTimeTooSkewed", K::RequestTimeTooSkewed, Then::Final),
    ("OptInRequired", K::OptInRequired, Then::Final),
    ("KMSAccessDeniedException", K::KmsAccessDenied, Then::Final),
    ("SerializationException", K::Serialization, Then::Final),
    ("UnknownOperationException", K::UnknownOperation, Then::Final),
    ("RequestEntityTooLarge", K::RequestEntityTooLarge, Then::Final),
    ("ServiceUnavailable", K::ServiceUnavailable, Then::Unknown),
    ("InternalFailure", K::InternalFailure, Then::Unknown),
    ("SlowDown", K::Throttling, Then::Throttled),
    ("NobodyKnowsException", K::UnknownService, Then::Final),
];

fn status(kind: ErrorKind) -> u16 {
    match kind {
        K::InternalServerError | K::InternalFailure => 500,
        K::ServiceUnavailable => 503,
        _ => 400,
    }
}

async fn each(errors: &[(&str, ErrorKind, Then)]) {
    let responder = Responder::alone().await.unwrap();
    for &(code, kind, then) in errors {
        responder.clear_rules();
        responder.rule(Rule::any().then(Action::error_with(status(kind), code, "as the script says", json!({}))));
        for call in CALLS {
            responder.forget_requests();
            let (client, _clock) = client_of(&responder).await;
            let end = end_of(call, &client).await;
            let context = format!("{code} for {call:?}: {}", end.text());
            let (expected, attempts, waits) = match (then, call) {
                (Then::Final, _) => (kind, 1, Duration::ZERO),
                (Then::Retried, _) | (Then::Unknown, Call::Read | Call::Put) => (kind, 4, TRANSIENT_WAITS),
                (Then::Throttled, _) => (kind, 4, THROTTLE_WAITS),
                (Then::Unknown, Call::Count) => (K::OutcomeUnknown, 1, Duration::ZERO),
            };
            assert_eq!((end.kind(), end.attempts, end.elapsed), (Some(expected), attempts, waits), "{context}");
            assert_eq!(responder.requests().len() as u32, attempts, "{context}");
            let error = end.error.as_ref().unwrap();
            let bare = if expected == K::OutcomeUnknown { "OutcomeUnknown" } else { code };
            // Names under which an error is also known become the usual one.
            let usual = if kind == K::UnknownService { bare } else { expected.code() };
            assert!(error.code() == bare || error.code() == usual, "{context}");
            assert_eq!(error.status(), Some(status(kind)), "{context}");
            assert!(error.to_string().contains("as the script says"), "{context}");
            assert_eq!(error.is_throttling(), matches!(then, Then::Throttled), "{context}");
            assert_eq!(end.replayed, matches!((then, call), (Then::Unknown, Call::Put)), "{context}");
            assert_eq!(client.stats().retries, u64::from(attempts - 1), "{context}");
        }
    }
}

#[tokio::test]
async fn every_error_of_the_model_is_known_and_tried_again_as_the_table_says() {
    each(&MODEL).await;
}

#[tokio::test]
async fn every_error_of_all_aws_services_is_known_and_tried_again_as_the_table_says() {
    each(&COMMON).await;
}

#[tokio::test]
async fn every_error_that_has_a_kind_is_in_one_of_the_lists() {
    for &kind in ErrorKind::ALL.iter().filter(|kind| kind.is_service()) {
        assert!(MODEL.iter().chain(&COMMON).any(|(_, listed, _)| *listed == kind), "{kind:?}");
    }
}

#[tokio::test]
async fn an_error_that_nobody_knows_is_judged_by_its_status() {
    let responder = Responder::alone().await.unwrap();
    for (status, attempts, counter) in [
        (400, 1, (K::UnknownService, 1)),
        (429, 4, (K::UnknownService, 4)),
        (502, 4, (K::OutcomeUnknown, 1)),
        (599, 4, (K::OutcomeUnknown, 1)),
    ] {
        responder.clear_rules();
        responder.rule(Rule::any().then(Action::error_with(status, "NobodyKnowsException", "no", json!({}))));
        for call in CALLS {
            let (client, _clock) = client_of(&responder).await;
            let end = end_of(call, &client).await;
            let expected = if call == Call::Count { counter } else { (K::UnknownService, attempts) };
            assert_eq!((end.kind(), end.attempts), (Some(expected.0), expected.1), "{status}: {}", end.text());
        }
    }
}

//! Answers that came whole, and are not the service's.

use enhanced_dynamodb::ErrorKind;
use testkit::{Action, Responder, Rule};

use super::calls::{CALLS, Call, TRANSIENT_WAITS, client_of, end_of};

/// Every request is answered like this: reads and puts are sent again, and a counter is not.
async fn passes_by_itself(action: Action, kind: ErrorKind, status: Option<u16>) {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(action));
    for call in CALLS {
        let (client, _clock) = client_of(&responder).await;
        let end = end_of(call, &client).await;
        match call {
            Call::Read | Call::Put => end.failed(kind, 4, TRANSIENT_WAITS),
            Call::Count => end.is_unknown(),
        }
        assert_eq!(end.error.as_ref().unwrap().status(), status, "{}", end.text());
        assert_eq!(responder.requests().len() as u32, end.attempts);
        responder.forget_requests();
    }
}

#[tokio::test]
async fn a_checksum_that_is_wrong_is_a_corrupt_answer() {
    passes_by_itself(Action::pass().wrong_crc(), ErrorKind::CorruptResponse, None).await;
    // Of an error too: what it says cannot be believed.
    let validation = Action::error("ValidationException", "The provided key element does not match").wrong_crc();
    passes_by_itself(validation, ErrorKind::CorruptResponse, None).await;
}

#[tokio::test]
async fn a_page_in_html_with_status_503_is_the_service_unavailable() {
    passes_by_itself(Action::html_unavailable(), ErrorKind::ServiceUnavailable, Some(503)).await;
}

#[tokio::test]
async fn an_empty_body_with_status_500_is_a_failure_of_the_service() {
    passes_by_itself(Action::empty(500), ErrorKind::InternalFailure, Some(500)).await;
}

#[tokio::test]
async fn an_empty_body_with_status_200_is_a_corrupt_answer_and_no_acknowledgement() {
    passes_by_itself(Action::empty(200), ErrorKind::CorruptResponse, Some(200)).await;
}

#[tokio::test]
async fn a_page_in_html_with_status_200_is_a_corrupt_answer_and_no_acknowledgement() {
    let page = Action::raw(200, "text/html", "<html><body>Please log in to this network</body></html>");
    passes_by_itself(page, ErrorKind::CorruptResponse, Some(200)).await;
}

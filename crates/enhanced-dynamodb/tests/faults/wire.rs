//! Connections that end where they should not.

use std::time::Duration;

use enhanced_dynamodb::ErrorKind;
use serde_json::json;
use testkit::{Close, Fault, Point};

use super::calls::{Call, TRANSIENT_WAITS, Wire};

const ONE_WAIT: Duration = Duration::from_micros(12_500);

fn cut(at: Point, how: Close) -> Fault {
    Fault::Cut { at, how }
}

/// The connection ends when the request is out and before the answer is in: reads and puts are sent again, and a counter is not.
async fn ends_after_the_request(fault: Fault, applied_by_a_counter: u64) {
    let wire = Wire::new().await;
    for call in [Call::Read, Call::Put] {
        let end = wire.lasting(fault.clone(), call).await;
        end.failed(ErrorKind::ConnectionLost, 4, TRANSIENT_WAITS);
        assert_eq!(end.replayed, call == Call::Put);
        let end = wire.passing(fault.clone(), call).await;
        end.succeeded(2, ONE_WAIT);
        assert_eq!(end.replayed, call == Call::Put);
    }
    wire.lasting(fault.clone(), Call::Count).await.is_unknown();
    assert_eq!(wire.counted().await, applied_by_a_counter);
}

#[tokio::test]
async fn a_reset_before_the_request_is_retried() {
    let wire = Wire::new().await;
    let fault = cut(Point::Accepted, Close::Reset);
    for call in [Call::Read, Call::Put] {
        let end = wire.lasting(fault.clone(), call).await;
        // It may come before connecting has returned, or after.
        assert!(matches!(end.kind(), Some(ErrorKind::ConnectionLost | ErrorKind::Connect)), "{}", end.text());
        assert_eq!((end.attempts, end.elapsed), (4, TRANSIENT_WAITS));
        wire.passing(fault.clone(), call).await.succeeded(2, ONE_WAIT);
    }
    let end = wire.lasting(fault.clone(), Call::Count).await;
    // Whether the request was written whole before the reset came is a race: the counter ends when it was.
    match end.kind() {
        Some(ErrorKind::OutcomeUnknown) => assert!((1..=4).contains(&end.attempts)),
        Some(ErrorKind::ConnectionLost | ErrorKind::Connect) => assert_eq!(end.attempts, 4),
        _ => panic!("{}", end.text()),
    }
    assert_eq!(wire.counted().await, 0);
}

#[tokio::test]
async fn a_reset_during_a_small_request_leaves_a_counter_unknown() {
    // The bytes that the other side did not read had left this machine: the client cannot tell.
    let fault = cut(Point::RequestBytes(10), Close::Reset);
    ends_after_the_request(fault, 0).await;
}

#[tokio::test]
async fn a_reset_during_a_request_that_had_not_left_whole_is_retried_for_every_call() {
    let wire = Wire::new().await;
    wire.proxy.set(cut(Point::RequestBytes(1_000), Close::Reset));
    let client = wire.client().await;
    // More than the sockets' buffers take, and an operation that nobody knows may not be replayed.
    let large = json!({ "Padding": "x".repeat(32 * 1024 * 1024) });
    let error = client.call("MakeCoffee", large).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::ConnectionLost, 4), "{error}");
    assert_eq!(error.elapsed(), TRANSIENT_WAITS);
    assert_eq!(wire.proxy.counters().applied, 0);
}

#[tokio::test]
async fn a_reset_after_the_request_leaves_a_counter_unknown() {
    ends_after_the_request(cut(Point::Received, Close::Reset), 0).await;
}

#[tokio::test]
async fn a_reset_that_loses_the_answer_does_not_apply_a_counter_twice() {
    ends_after_the_request(cut(Point::Applied, Close::Reset), 1).await;
}

#[tokio::test]
async fn a_fin_before_the_answer_leaves_a_counter_unknown() {
    ends_after_the_request(cut(Point::Received, Close::Fin), 0).await;
    ends_after_the_request(cut(Point::Applied, Close::Fin), 1).await;
}

#[tokio::test]
async fn a_fin_in_the_middle_of_the_answer_is_no_answer() {
    ends_after_the_request(cut(Point::BodyBytes(0), Close::Fin), 1).await;
}

#[tokio::test]
async fn a_head_that_is_cut_off_is_no_answer() {
    for how in [Close::Fin, Close::Reset] {
        ends_after_the_request(cut(Point::AnswerBytes(20), how), 1).await;
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_no_answer() {
    for how in [Close::Fin, Close::Reset] {
        ends_after_the_request(cut(Point::BodyBytes(1), how), 1).await;
    }
}

#[tokio::test]
async fn a_body_shorter_than_its_length_is_no_answer() {
    ends_after_the_request(Fault::ContentLength(10_000), 1).await;
}

#[tokio::test]
async fn a_body_longer_than_its_length_is_a_corrupt_answer() {
    let wire = Wire::new().await;
    let fault = Fault::ContentLength(1);
    for call in [Call::Read, Call::Put] {
        let end = wire.lasting(fault.clone(), call).await;
        end.failed(ErrorKind::CorruptResponse, 4, TRANSIENT_WAITS);
        assert!(end.text().contains("it changed the response"), "{}", end.text());
        wire.passing(fault.clone(), call).await.succeeded(2, ONE_WAIT);
    }
    wire.lasting(fault, Call::Count).await.is_unknown();
    assert_eq!(wire.counted().await, 1);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_a_corrupt_answer() {
    let wire = Wire::new().await;
    let fault = Fault::Garbage(b"220 mail.example ESMTP ready\r\n\r\n".as_slice().into());
    for call in [Call::Read, Call::Put] {
        let end = wire.lasting(fault.clone(), call).await;
        end.failed(ErrorKind::CorruptResponse, 4, TRANSIENT_WAITS);
        assert!(end.text().contains("Check that the endpoint is DynamoDB's"), "{}", end.text());
    }
    wire.lasting(fault, Call::Count).await.is_unknown();
}

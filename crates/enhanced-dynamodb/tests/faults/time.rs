//! Answers that come late, slowly or never.

use std::sync::Arc;
use std::time::Duration;

use enhanced_dynamodb::{Client, ErrorKind};
use testkit::{Fault, Point};

use super::calls::{CALLS, Call, TRANSIENT_WAITS, Wire, end_of};
use crate::support::{TestClock, options, plain_options};

/// The limit of an attempt: a real one, longer than all waits between attempts, which end at once.
const LIMIT: Duration = Duration::from_millis(500);

async fn client(wire: &Wire) -> Client {
    let clock = TestClock::with_short(LIMIT / 2);
    options(&wire.proxy.endpoint(), &Arc::clone(&clock)).request_timeout(LIMIT).build().await.unwrap()
}

/// Every attempt takes all its time.
async fn takes_too_long(fault: Fault, says: &str) {
    let wire = Wire::new().await;
    wire.proxy.set(fault);
    for call in CALLS {
        let client = client(&wire).await;
        let end = end_of(call, &client).await;
        match call {
            Call::Read | Call::Put => end.failed(ErrorKind::Timeout, 4, TRANSIENT_WAITS),
            Call::Count => end.is_unknown(),
        }
        assert!(end.took >= LIMIT * end.attempts, "{:?}", end.took);
        assert!(end.text().contains(&format!("{says} in 500ms")), "{}", end.text());
        let pool = client.stats().pool;
        assert_eq!((pool.open, pool.in_use), (0, 0), "an answer may still come on that socket");
    }
}

#[tokio::test]
async fn a_black_hole_ends_at_the_request_timeout() {
    takes_too_long(Fault::Hang { at: Point::Received }, "no response").await;
}

#[tokio::test]
async fn a_black_hole_that_accepts_connections_ends_at_the_request_timeout() {
    takes_too_long(Fault::Hang { at: Point::Accepted }, "no response").await;
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_ends_at_the_request_timeout() {
    takes_too_long(Fault::Hang { at: Point::BodyBytes(1) }, "no whole response").await;
}

#[tokio::test]
async fn a_drip_that_is_too_slow_ends_at_the_request_timeout() {
    takes_too_long(Fault::Drip { bytes: 1, every: Duration::from_millis(20) }, "no whole response").await;
}

#[tokio::test]
async fn a_black_hole_that_passes_costs_one_attempt() {
    let wire = Wire::new().await;
    for call in [Call::Read, Call::Put] {
        wire.proxy.queue([Fault::Hang { at: Point::Received }]);
        let end = end_of(call, &client(&wire).await).await;
        end.succeeded(2, Duration::from_micros(12_500));
        assert!(end.took >= LIMIT && end.replayed == (call == Call::Put));
    }
}

#[tokio::test]
async fn a_drip_that_ends_in_time_is_an_answer() {
    let wire = Wire::new().await;
    wire.proxy.set(Fault::Drip { bytes: 16, every: Duration::from_millis(1) });
    for call in CALLS {
        end_of(call, &wire.client().await).await.succeeded(1, Duration::ZERO);
    }
    assert_eq!(wire.counted().await, 1);
}

#[tokio::test]
async fn latency_is_waited_for_and_measured() {
    let wire = Wire::new().await;
    let late = Duration::from_millis(150);
    for at in [Point::Received, Point::Applied, Point::BodyBytes(1)] {
        wire.proxy.set(Fault::Delay { at, by: late });
        for call in CALLS {
            let client = plain_options(&wire.proxy.endpoint()).build().await.unwrap();
            let end = end_of(call, &client).await;
            assert_eq!((end.kind(), end.attempts, end.replayed), (None, 1, false), "{}", end.text());
            assert!(end.elapsed >= late && end.elapsed <= end.took, "{:?} of {:?}", end.elapsed, end.took);
        }
    }
    assert_eq!(wire.counted().await, 3);
}

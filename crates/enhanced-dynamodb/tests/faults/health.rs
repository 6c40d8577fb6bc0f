//! A health check of an endpoint that does not answer as it should.

use std::time::{Duration, Instant};

use enhanced_dynamodb::{ErrorKind, deadline};
use testkit::{Close, Fault, Point};

use super::calls::{TABLE, Wire};
use crate::support::{TestClock, options, plain_options};

fn kind(health: &enhanced_dynamodb::table::Health) -> Option<ErrorKind> {
    health.problem.as_ref()?.error.as_ref().map(enhanced_dynamodb::Error::kind)
}

#[tokio::test]
async fn a_closed_port_is_not_well_and_says_where() {
    let endpoint = testkit::refused_endpoint().unwrap();
    let client = plain_options(&endpoint).build().await.unwrap();
    let health = client.health("Messages").send().await;
    assert_eq!((health.healthy, kind(&health)), (false, Some(ErrorKind::Connect)));
    assert_eq!(health.endpoint, Some(endpoint));
    assert!(health.problem.unwrap().advice.starts_with("Start DynamoDB Local there"));
}

#[tokio::test]
async fn a_black_hole_ends_within_two_seconds_by_default() {
    // Every wait ends at once, and moves the clock by its length.
    let clock = TestClock::new();
    for at in [Point::Accepted, Point::Received] {
        let wire = Wire::new().await;
        wire.proxy.set(Fault::Hang { at });
        let client = options(&wire.proxy.endpoint(), &clock).build().await.unwrap();
        let before: Duration = clock.sleeps().iter().sum();
        let health = client.health("Messages").send().await;
        let waited = clock.sleeps().iter().sum::<Duration>() - before;
        assert!(!health.healthy && waited <= Duration::from_secs(2), "{waited:?}: {health:?}");
        assert!(client.stats().attempts <= 2, "{:?}", client.stats());
    }
}

#[tokio::test]
async fn a_black_hole_ends_at_the_limit_that_was_given() {
    let wire = Wire::new().await;
    wire.proxy.set(Fault::Hang { at: Point::Received });
    let client = plain_options(&wire.proxy.endpoint()).build().await.unwrap();
    let limit = Duration::from_millis(200);
    let begun = Instant::now();
    let health = client.health("Messages").timeout(limit).send().await;
    assert!(!health.healthy && begun.elapsed() < Duration::from_secs(20), "{health:?}");
    assert_eq!(health.pool.in_use, 0);
}

#[tokio::test]
async fn the_scopes_deadline_holds_for_a_check_too() {
    let wire = Wire::new().await;
    let client = plain_options(&wire.proxy.endpoint()).build().await.unwrap();
    let health = deadline::scope(Instant::now(), client.health("Messages").send()).await;
    assert_eq!((health.healthy, kind(&health)), (false, Some(ErrorKind::DeadlineExceeded)));
    assert_eq!(client.stats().attempts, 0);
}

#[tokio::test]
async fn a_socket_that_was_closed_meanwhile_makes_no_table_ill() {
    let wire = Wire::new().await;
    let client = plain_options(&wire.proxy.endpoint()).build().await.unwrap();
    assert!(client.health_check(TABLE).await);
    wire.proxy.queue([Fault::Cut { at: Point::Received, how: Close::Reset }]);
    let health = client.health(TABLE).send().await;
    assert!(health.healthy && health.not_described.is_none(), "{health:?}");
    assert_eq!(client.stats().replaced_sockets, 1);
}

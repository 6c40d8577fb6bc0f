//! Calls that have only so much time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::error::Error as _;
use std::time::{Duration, Instant};

use enhanced_dynamodb::{Client, Error, ErrorKind, Item, attr};
use support::{TestClock, options, plain_options};
use testkit::{Action, Responder, Rule};

const SHORT: Duration = Duration::from_millis(150);

async fn slow(rule: Rule) -> (Responder, Client) {
    let responder = Responder::alone().await.unwrap();
    responder.rule(rule);
    let client = plain_options(&responder.endpoint()).build().await.unwrap();
    (responder, client)
}

fn late() -> Action {
    Action::pass().late(Duration::from_secs(20))
}

async fn get(client: &Client, timeout: Duration) -> Result<Option<Item>, Error> {
    client.get("Messages").key("id", "m1").timeout(timeout).item().await
}

#[tokio::test]
async fn one_attempt_is_bounded_and_the_next_one_may_succeed() {
    let (_responder, client) = slow(Rule::any().first(1).then(late())).await;
    let read = client.get("Messages").key("id", "m1").request_timeout(SHORT).send::<Item>().await.unwrap();
    assert_eq!(read.metadata.attempts, 2);
    assert!((SHORT..SHORT * 10).contains(&read.metadata.elapsed), "{:?}", read.metadata.elapsed);
}

#[tokio::test]
async fn an_attempt_that_took_too_long_says_which_limit_to_raise() {
    let (_responder, client) = slow(Rule::any().then(late())).await;
    let read = client.get("Messages").key("id", "m1").request_timeout(SHORT).max_retries(0);
    let error = read.item::<Item>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    assert!(error.to_string().contains("no response in 150ms"), "{error}");
    assert!(error.advice().contains("request_timeout"), "{error}");
}

#[tokio::test]
async fn a_call_that_its_deadline_cut_says_so_and_not_that_an_attempt_timed_out() {
    for retries in [0, 3] {
        let (_responder, client) = slow(Rule::any().then(late())).await;
        let begun = Instant::now();
        let read = client.get("Messages").key("id", "m1").timeout(SHORT).max_retries(retries);
        let error = read.item::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 1), "{error}");
        assert!(error.to_string().contains("TimeoutError: no response in "), "{error}");
        let cause = error.source().unwrap().downcast_ref::<Error>().unwrap();
        assert_eq!(cause.kind(), ErrorKind::Timeout);
        assert!(begun.elapsed() < SHORT * 10);
        assert_eq!(client.stats().quota_tokens, 500, "no retry was made, so none was paid for");
    }
}

#[tokio::test]
async fn a_counter_that_its_deadline_cut_has_an_unknown_outcome() {
    let (responder, client) = slow(Rule::any().then(late())).await;
    let update = client.update("Messages").key("id", "m1").set("n", attr("n") + 1).timeout(SHORT);
    let error = update.send().await.unwrap_err();
    assert_eq!((error.kind(), responder.requests().len()), (ErrorKind::OutcomeUnknown, 1));
}

#[tokio::test]
async fn no_wait_goes_past_the_deadline() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::throttle("Messages")));
    let clock = TestClock::with_short(Duration::from_millis(1_200));
    let client = options(&responder.endpoint(), &clock).build().await.unwrap();
    // Waits of 0.5 s and 1 s fit into 3 s; the next one, of 2 s, does not.
    let error = get(&client, Duration::from_secs(3)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 3));
    assert_eq!((error.elapsed(), clock.sleeps().len()), (Duration::from_millis(1_500), 2));
    assert_eq!((error.status(), error.throttling_reasons().len()), (Some(400), 1));
    assert_eq!(client.stats().quota_tokens, 490);
    insta::assert_snapshot!(error);
}

#[tokio::test]
async fn nothing_is_sent_without_time_for_it() {
    let (responder, client) = slow(Rule::any().then(Action::pass())).await;
    let error = get(&client, Duration::from_millis(5)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 0));
    let past = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    let error = client.get("Messages").key("id", "m1").deadline(past).item::<Item>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn the_earlier_of_deadline_and_timeout_holds() {
    let (_responder, client) = slow(Rule::any().then(late())).await;
    let begun = Instant::now();
    let read = client.get("Messages").key("id", "m1").timeout(Duration::from_secs(30)).deadline(Instant::now() + SHORT);
    assert_eq!(read.item::<Item>().await.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    assert!(begun.elapsed() < SHORT * 10);
}

//! Calls that have only so much time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use enhanced_dynamodb::config::{Clock, ProvideCredentials};
use enhanced_dynamodb::{Client, Credentials, Error, ErrorKind, Item, attr, deadline};
use serde_json::json;
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

/// A client of a service that throttles everything, on a clock that stands still but for the waits: those are below
/// `short` milliseconds, and every attempt has longer.
async fn throttled(short: u64) -> (Responder, std::sync::Arc<TestClock>, Client) {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::throttle("Messages")));
    let clock = TestClock::with_short(Duration::from_millis(short));
    let client = options(&responder.endpoint(), &clock).max_retries(10).build().await.unwrap();
    (responder, clock, client)
}

/// How long a get took that ended by its deadline.
async fn ended_after(client: &Client, timeout: Option<Duration>) -> Duration {
    let mut get = client.get("Messages").key("id", "m1");
    if let Some(timeout) = timeout {
        get = get.timeout(timeout);
    }
    let error = get.item::<Item>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    error.elapsed()
}

#[tokio::test]
async fn of_all_deadlines_the_earliest_holds() {
    // With 3 s there is time for a wait of 0.5 s and one of 1 s; with 1.3 s for the first alone; with 0.45 s for none.
    let (two, one, none) = (Duration::from_secs(3), Duration::from_millis(1_300), Duration::from_millis(450));
    for (client_has, scope_has, call_has, waited, short) in [
        (two, one, none, 0, 400),
        (one, none, two, 0, 400),
        (none, two, one, 0, 400),
        (one, two, two, 500, 600),
        (two, one, two, 500, 600),
        (two, two, one, 500, 600),
        (two, two, two, 1_500, 1_200),
    ] {
        let (_responder, clock, client) = throttled(short).await;
        let now = clock.monotonic();
        let client = client.with_deadline(now + client_has);
        let call = ended_after(&client, Some(call_has));
        let elapsed = deadline::scope(now + scope_has, call).await;
        assert_eq!(elapsed.as_millis(), waited, "{client_has:?} {scope_has:?} {call_has:?}");
    }
}

#[tokio::test]
async fn a_client_with_a_deadline_is_the_same_client_and_leaves_the_other_without() {
    let (responder, clock, client) = throttled(400).await;
    let hurried = client.with_deadline(clock.monotonic() + Duration::from_millis(450));
    assert_eq!(ended_after(&hurried, None).await, Duration::ZERO);
    // A later deadline does not lift the earlier one.
    let again = hurried.with_deadline(clock.monotonic() + Duration::from_secs(60));
    assert_eq!(ended_after(&again, None).await, Duration::ZERO);
    responder.clear_rules();
    assert_eq!(client.get("Messages").key("id", "m1").item::<Item>().await.unwrap(), None);
    assert_eq!((client.stats().calls, hurried.stats().calls, client.stats().pool.connects), (3, 3, 1));
}

#[tokio::test]
async fn a_scope_in_a_scope_cannot_last_longer_and_a_spawned_task_has_none() {
    let (_responder, clock, client) = throttled(400).await;
    let (soon, late) = (clock.monotonic() + Duration::from_millis(450), clock.monotonic() + Duration::from_secs(60));
    assert_eq!(deadline::current(), None);
    let inner = deadline::scope(late, async { (deadline::current(), ended_after(&client, None).await) });
    assert_eq!(deadline::scope(soon, inner).await, (Some(soon), Duration::ZERO));
    let spawned = deadline::scope(soon, async { tokio::spawn(async { deadline::current() }).await.unwrap() });
    assert_eq!(spawned.await, None);
}

#[tokio::test]
async fn a_stream_that_its_deadline_ends_says_where_to_go_on() {
    let (responder, _clock, client) = throttled(600).await;
    let page = json!({
        "Items": [{ "id": { "S": "m1" } }, { "id": { "S": "m2" } }],
        "LastEvaluatedKey": { "id": { "S": "m2" } },
    });
    let start = |client: &Client| client.scan("Messages").timeout(Duration::from_millis(1_700));
    responder.clear_rules();
    responder.rule(Rule::on("Scan").nth(1).then(Action::json(200, page.clone())));
    responder.rule(Rule::on("Scan").nth(2).then(Action::throttle("Messages")));
    // The waits of the second and the third page count together: 0.5 s, then 0.5 s, 1 s are too long.
    responder.rule(Rule::on("Scan").nth(3).then(Action::json(200, page)));
    responder.rule(Rule::on("Scan").then(Action::throttle("Messages")));
    let mut items = start(&client).items::<Item>();
    for _ in 0..4 {
        items.next().await.unwrap().unwrap();
    }
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 2), "{error}");
    assert_eq!(error.elapsed(), Duration::from_millis(500));
    assert_eq!(error.cursor().map(str::to_owned), items.cursor().await.unwrap());
    assert!(items.next().await.is_none(), "an error ends the stream");

    let sent = responder.requests().len();
    responder.clear_rules();
    responder.rule(Rule::on("Scan").then(Action::json(200, json!({ "Items": [{ "id": { "S": "m3" } }] }))));
    let rest: Vec<Item> = start(&client).cursor(error.cursor().unwrap()).items().try_collect().await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(responder.requests()[sent].body["ExclusiveStartKey"], json!({ "id": { "S": "m2" } }));
}

#[tokio::test]
async fn pages_that_a_deadline_ends_say_where_to_go_on() {
    let (responder, _clock, client) = throttled(400).await;
    let page = json!({ "Items": [], "LastEvaluatedKey": { "id": { "S": "m2" } } });
    responder.clear_rules();
    responder.rule(Rule::on("Query").nth(1).then(Action::json(200, page)));
    responder.rule(Rule::on("Query").then(Action::throttle("Messages")));
    let query = client.query("Messages").partition("id", "m2").timeout(Duration::from_millis(450));
    let mut pages = query.pages::<Item>();
    let cursor = pages.next().await.unwrap().unwrap().cursor().unwrap().to_owned();
    let error = pages.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.cursor()), (ErrorKind::DeadlineExceeded, Some(cursor.as_str())));
}

/// Credentials that never come.
#[derive(Debug)]
struct Never;

impl ProvideCredentials for Never {
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_wait_for_credentials_ends_with_the_deadline() {
    let responder = Responder::alone().await.unwrap();
    let clock = TestClock::new();
    let client = options(&responder.endpoint(), &clock).credentials_provider(Never).build().await.unwrap();
    let error = get(&client, Duration::from_millis(700)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 0));
    assert_eq!((error.elapsed(), clock.sleeps()), (Duration::from_millis(700), vec![Duration::from_millis(700)]));
    insta::assert_snapshot!(error);
    // What `request_timeout` ends is no matter of a deadline.
    let read = client.get("Messages").key("id", "m1").request_timeout(SHORT).timeout(Duration::from_secs(2));
    assert_eq!(read.item::<Item>().await.unwrap_err().kind(), ErrorKind::Credentials);
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn waiting_for_a_table_ends_with_the_deadline() {
    let responder = Responder::alone().await.unwrap();
    let clock = TestClock::with_short(Duration::from_millis(110));
    let table = json!({ "Table": { "TableName": "Messages", "TableStatus": "CREATING" } });
    responder.rule(Rule::any().then(Action::json(200, table)));
    let client = options(&responder.endpoint(), &clock).build().await.unwrap();
    let client = client.with_deadline(clock.monotonic() + Duration::from_millis(300));
    let error = client.wait_until_active("Messages").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    // 25, 50 and 100 ms; 200 ms more would be too long.
    assert_eq!((error.elapsed().as_millis(), responder.requests().len()), (175, 4));
    assert!(error.message().contains("last seen"), "{error}");
}

#[tokio::test]
async fn opening_connections_ahead_ends_with_the_deadline() {
    let (_responder, clock, client) = throttled(400).await;
    let past = client.with_deadline(clock.monotonic());
    assert!(past.prewarm(1).await.is_err());
    assert_eq!(client.prewarm(1).await.unwrap(), 1);
}

//! Reads that are sent a second time because the first is slow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use enhanced_dynamodb::{Client, Error, ErrorKind, Hedge, Item, Options, item};
use support::plain_options;
use testkit::{Action, Responder, Rule};

/// Far above what a call on loopback takes, far below `LONG`.
const SOON: Duration = Duration::from_millis(60);
const LONG: Duration = Duration::from_secs(3);

fn late(by: Duration) -> Action {
    Action::pass().late(by)
}

/// A client that hedges every read after `SOON`, and the server that it talks to.
async fn scripted(
    rules: impl IntoIterator<Item = Rule>,
    change: impl FnOnce(Options) -> Options,
) -> (Responder, Client) {
    let responder = Responder::alone().await.unwrap();
    rules.into_iter().for_each(|rule| responder.rule(rule));
    let options = plain_options(&responder.endpoint()).hedge(Hedge::after(SOON).budget(100));
    let client = change(options).build().await.unwrap();
    (responder, client)
}

async fn get(client: &Client) -> Result<u32, Error> {
    client.get("Messages").key("id", "m1").send::<Item>().await.map(|output| output.metadata.attempts)
}

fn hedges(client: &Client) -> (u64, u64) {
    let stats = client.stats();
    (stats.hedges, stats.hedge_wins)
}

#[tokio::test]
async fn a_slow_read_is_answered_by_a_second_one_and_its_socket_is_dropped() {
    let (responder, client) = scripted([Rule::any().first(1).then(late(LONG))], |options| options).await;
    let begun = Instant::now();
    assert_eq!(get(&client).await.unwrap(), 2);
    assert!(begun.elapsed() >= SOON && begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    assert_eq!(hedges(&client), (1, 1));
    let seen = responder.requests();
    assert_eq!((seen.len(), &seen[0].bytes), (2, &seen[1].bytes));
    assert_ne!(seen[0].connection, seen[1].connection);
    let stats = client.stats();
    assert_eq!((stats.attempts, stats.retries, stats.errors, stats.quota_tokens), (2, 0, 0, 500));
    assert_eq!((stats.pool.open, stats.pool.idle, stats.pool.in_use), (1, 1, 0));
    // The socket of the second attempt serves on.
    assert_eq!(get(&client).await.unwrap(), 1);
    assert_eq!(responder.requests()[2].connection, seen[1].connection);
}

#[tokio::test]
async fn a_quick_read_is_sent_once() {
    let (responder, client) = scripted([], |options| options).await;
    for _ in 0..20 {
        assert_eq!(get(&client).await.unwrap(), 1);
    }
    assert_eq!((hedges(&client), responder.requests().len()), ((0, 0), 20));
}

#[tokio::test]
async fn the_first_wins_if_it_answers_before_the_second() {
    let rules = [Rule::any().first(1).then(late(SOON * 4)), Rule::any().nth(2).then(late(LONG))];
    let (_responder, client) = scripted(rules, |options| options).await;
    let begun = Instant::now();
    get(&client).await.unwrap();
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    assert_eq!(hedges(&client), (1, 0));
}

#[tokio::test]
async fn a_budget_bounds_how_many_calls_are_hedged() {
    let change = |options: Options| options.hedge(Hedge::after(Duration::from_millis(1)));
    let (responder, client) = scripted([Rule::any().then(late(Duration::from_millis(10)))], change).await;
    for _ in 0..100 {
        get(&client).await.unwrap();
    }
    // 5 % of the calls, and one to begin with.
    assert_eq!(client.stats().hedges, 6);
    assert_eq!(responder.requests().len(), 106);
}

#[tokio::test]
async fn queries_and_batches_are_hedged_and_writes_never() {
    let (responder, client) =
        scripted([], |options| options.hedge(Hedge::after(Duration::ZERO).budget(100)).max_sockets(4)).await;
    let slow = || responder.rule(Rule::any().then(late(Duration::from_millis(20))));
    slow();
    let row = item! { "id": "m1" };
    client.put("Messages", &row).send().await.unwrap();
    client.update("Messages").key("id", "m1").set("a", 1).send().await.unwrap();
    client.delete("Messages").key("id", "m1").send().await.unwrap();
    assert_eq!((hedges(&client).0, responder.requests().len()), (0, 3));
    client.query("Messages").partition("id", "m1").send::<Item>().await.unwrap();
    client.scan("Messages").send::<Item>().await.unwrap();
    client.batch_get().get("Messages", &row).send().await.unwrap();
    assert_eq!(hedges(&client).0, 3);
}

#[tokio::test]
async fn a_call_can_say_otherwise() {
    let (_responder, client) = scripted([Rule::any().then(late(SOON * 2))], |options| options).await;
    client.get("Messages").key("id", "m1").hedge(Hedge::never()).item::<Item>().await.unwrap();
    client.get("Messages").key("id", "m1").hedge(Hedge::after(LONG)).item::<Item>().await.unwrap();
    assert_eq!(hedges(&client), (0, 0));
    client.get("Messages").key("id", "m1").item::<Item>().await.unwrap();
    assert_eq!(hedges(&client).0, 1);
}

#[tokio::test]
async fn without_the_option_nothing_is_hedged() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(late(SOON)));
    let client = plain_options(&responder.endpoint()).build().await.unwrap();
    get(&client).await.unwrap();
    assert_eq!((hedges(&client), client.config().hedge()), ((0, 0), None));
}

#[tokio::test]
async fn an_error_that_passes_leaves_the_call_to_the_other_attempt() {
    for passing in [Action::internal_error(), Action::throttle("Messages")] {
        // The second fails, the first is only slow.
        let rules = [Rule::any().first(1).then(late(SOON * 4)), Rule::any().nth(2).then(passing.clone())];
        let (responder, client) = scripted(rules, |options| options).await;
        assert_eq!(get(&client).await.unwrap(), 2);
        assert_eq!((hedges(&client), client.stats().retries, responder.requests().len()), ((1, 0), 0, 2));
        // The first fails late, the second is slower still.
        let rules = [Rule::any().first(1).then(passing.late(SOON * 2)), Rule::any().nth(2).then(late(SOON * 4))];
        let (responder, client) = scripted(rules, |options| options).await;
        assert_eq!(get(&client).await.unwrap(), 2);
        assert_eq!((hedges(&client), client.stats().retries, responder.requests().len()), ((1, 1), 0, 2));
    }
}

#[tokio::test]
async fn where_both_fail_the_call_is_retried_once_for_both() {
    let rules = [Rule::any().first(2).then(Action::internal_error().late(SOON * 2))];
    let (responder, client) = scripted(rules, |options| options).await;
    assert_eq!(get(&client).await.unwrap(), 3);
    let stats = client.stats();
    assert_eq!((stats.hedges, stats.hedge_wins, stats.retries), (1, 0, 1));
    assert_eq!(responder.requests().len(), 3);
}

#[tokio::test]
async fn an_error_that_both_would_meet_is_not_waited_for_twice() {
    let rules = [
        Rule::any().first(1).then(late(LONG)),
        Rule::any().nth(2).then(Action::error("ValidationException", "The provided key element does not match")),
    ];
    let (_responder, client) = scripted(rules, |options| options).await;
    let begun = Instant::now();
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Validation, 2));
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_deadline_holds_for_both_attempts() {
    let (_responder, client) = scripted([Rule::any().then(late(LONG))], |options| options).await;
    let begun = Instant::now();
    let call = client.get("Messages").key("id", "m1").timeout(SOON * 4);
    let error = call.item::<Item>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    assert_eq!(hedges(&client), (1, 0));
    let pool = client.stats().pool;
    assert_eq!((pool.open, pool.in_use), (0, 0));
}

#[tokio::test]
async fn where_no_socket_is_free_none_is_taken_from_others() {
    let (responder, client) = scripted([Rule::any().then(late(SOON * 3))], |options| options.max_sockets(1)).await;
    get(&client).await.unwrap();
    assert_eq!((hedges(&client), responder.requests().len()), ((0, 0), 1));
}

#[tokio::test]
async fn the_p95_is_learnt_and_slow_reads_are_hedged_by_it() {
    let change = |options: Options| options.hedge(Hedge::p95().budget(100));
    let (_responder, client) = scripted([Rule::any().nth(10).then(late(SOON))], change).await;
    for _ in 0..20 {
        get(&client).await.unwrap();
    }
    assert_eq!(hedges(&client), (0, 0), "there is no estimate yet");
    let (responder, client) = scripted([], change).await;
    for _ in 0..40 {
        get(&client).await.unwrap();
    }
    let before = hedges(&client);
    responder.rule(Rule::any().first(1).then(late(LONG)));
    let begun = Instant::now();
    assert_eq!(get(&client).await.unwrap(), 2);
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    assert_eq!(hedges(&client).0, before.0 + 1);
}

#[tokio::test]
async fn a_hedged_call_that_is_dropped_leaves_the_pool_whole() {
    let (_responder, client) = scripted([Rule::any().then(late(LONG))], |options| options).await;
    for wait in [SOON / 2, SOON * 2] {
        assert!(tokio::time::timeout(wait, get(&client)).await.is_err());
        let pool = client.stats().pool;
        assert_eq!((pool.open, pool.in_use, pool.queued), (0, 0, 0));
    }
}

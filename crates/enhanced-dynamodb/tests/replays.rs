//! Calls whose outcome nobody knows: what is sent again, what is not, and how the caller learns of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::error::Error as _;
use std::sync::Arc;

use enhanced_dynamodb::operation::{ReturnValues, UpdateItem};
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, Replay, attr, item};
use serde_json::json;
use support::{TestClock, options};
use testkit::{Action, Close, Engine, Fault, FaultProxy, Point, Responder, Rule};

const TABLE: &str = "Messages";

struct Setup {
    engine: Engine,
    responder: Responder,
    clock: Arc<TestClock>,
    client: Client,
}

/// A client of an engine with the item `m1` (`n` is 1), behind a responder.
async fn setup(rules: impl IntoIterator<Item = Rule>) -> Setup {
    let engine = engine().await;
    let responder = Responder::in_front_of(&engine).await.unwrap();
    for rule in rules {
        responder.rule(rule);
    }
    let clock = TestClock::new();
    let client = options(&responder.endpoint(), &clock).build().await.unwrap();
    Setup { engine, responder, clock, client }
}

async fn engine() -> Engine {
    let engine = Engine::dynoxide().await.unwrap();
    engine.create_table(TABLE).await.unwrap();
    let item = json!({ "id": { "S": "m1" }, "n": { "N": "1" } });
    engine.call("PutItem", json!({ "TableName": TABLE, "Item": item })).await.unwrap();
    engine
}

async fn n(engine: &Engine) -> String {
    let key = json!({ "TableName": TABLE, "Key": { "id": { "S": "m1" } } });
    engine.call("GetItem", key).await.unwrap()["Item"]["n"]["N"].as_str().unwrap().to_owned()
}

fn count_up(client: &Client) -> UpdateItem {
    client.update(TABLE).key("id", "m1").set("n", attr("n") + 1)
}

fn cause(error: &Error) -> &Error {
    error.source().unwrap().downcast_ref().unwrap()
}

#[tokio::test]
async fn exactly_once_is_advised_only_where_it_exists() {
    let s = setup([Rule::on("CreateTable").then(Action::internal_error().applied())]).await;
    let error = s.client.create_table("T").partition_key("id", AttributeType::String).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.advice()),
        (ErrorKind::OutcomeUnknown, "It may or may not have been applied: look, then retry.")
    );
}

#[tokio::test]
async fn a_counter_is_not_sent_again_after_a_failure_that_may_have_applied_it() {
    let s = setup([Rule::on("UpdateItem").then(Action::internal_error().applied())]).await;
    let error = count_up(&s.client).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.advice().starts_with("It may or may not have been written"), "{error}");
    assert!(!error.is_retryable() && !error.replayed());
    assert_eq!((error.attempts(), error.status()), (1, Some(500)));
    assert_eq!(error.request_id(), Some(format!("RESPONDER{:043}", 1).as_str()));
    assert_eq!((cause(&error).kind(), cause(&error).status()), (ErrorKind::InternalServerError, Some(500)));
    assert_eq!((s.responder.requests().len(), n(&s.engine).await.as_str()), (1, "2"));
    insta::assert_snapshot!(error);
}

#[tokio::test]
async fn a_counter_is_sent_again_after_a_throttle() {
    let s = setup([Rule::on("UpdateItem").first(1).then(Action::throttle(TABLE))]).await;
    let output = count_up(&s.client).send().await.unwrap();
    assert_eq!((output.metadata.attempts, output.replayed(), n(&s.engine).await.as_str()), (2, false, "2"));
}

#[tokio::test]
async fn a_caller_who_says_always_gets_it_sent_again() {
    let s = setup([Rule::on("UpdateItem").first(1).then(Action::internal_error().applied())]).await;
    let output = count_up(&s.client).replay(Replay::Always).send().await.unwrap();
    assert!(output.replayed());
    assert_eq!((output.metadata.attempts, n(&s.engine).await.as_str()), (2, "3"));
}

#[tokio::test]
async fn a_caller_who_says_never_gets_neither_writes_nor_reads_sent_again() {
    let s = setup([Rule::any().then(Action::internal_error())]).await;
    let write = s.client.put(TABLE, &item! { "id": "m1" }).replay(Replay::Never).send().await.unwrap_err();
    assert_eq!((write.kind(), write.attempts()), (ErrorKind::OutcomeUnknown, 1));
    let read = s.client.get(TABLE).key("id", "m1").replay(Replay::Never).item::<Item>().await.unwrap_err();
    // A read leaves nothing behind of which anybody could be unsure.
    assert_eq!((read.kind(), read.attempts()), (ErrorKind::InternalServerError, 1));
}

#[tokio::test]
async fn reads_and_idempotent_writes_are_sent_again_and_only_writes_say_so() {
    let s = setup([Rule::any().nth(1).then(Action::internal_error()), Rule::any().nth(3).then(Action::unavailable())])
        .await;
    let put = s.client.put(TABLE, &item! { "id": "m1", "n": 5 }).send().await.unwrap();
    assert_eq!((put.metadata.attempts, put.replayed()), (2, true));
    let get = s.client.get(TABLE).key("id", "m1").send::<Item>().await.unwrap();
    assert_eq!((get.metadata.attempts, get.metadata.replayed), (2, false));
}

#[tokio::test]
async fn a_write_that_was_never_sent_again_does_not_claim_to_be_replayed() {
    let s = setup([Rule::any().then(Action::internal_error())]).await;
    let put = s.client.put(TABLE, &item! { "id": "m1" }).max_retries(0).send().await.unwrap_err();
    assert_eq!((put.kind(), put.attempts(), put.replayed()), (ErrorKind::InternalServerError, 1, false));
}

#[tokio::test]
async fn a_condition_that_fails_after_a_replay_says_that_the_first_attempt_may_be_why() {
    let s = setup([Rule::on("PutItem").first(1).then(Action::unavailable().applied())]).await;
    let put = s.client.put(TABLE, &item! { "id": "m2", "n": 7 }).condition(attr("id").not_exists());
    let error = put.return_item_on_condition_failure().send().await.unwrap_err();
    assert_eq!((error.kind(), error.replayed(), error.attempts()), (ErrorKind::ConditionalCheckFailed, true, 2));
    assert!(error.advice().contains("the first time may itself have changed the item"), "{error}");
    assert_eq!(error.item::<Item>().unwrap().unwrap(), item! { "id": "m2", "n": 7 });
}

#[tokio::test]
async fn an_earlier_attempt_that_may_have_been_applied_is_not_forgotten_over_a_later_refusal() {
    let s = setup([
        Rule::on("PutItem").nth(1).then(Action::internal_error().applied()),
        Rule::on("PutItem").after(1).then(Action::throttle(TABLE)),
    ])
    .await;
    let error = s.client.put(TABLE, &item! { "id": "m2" }).max_retries(1).send().await.unwrap_err();
    assert_eq!((error.kind(), error.replayed()), (ErrorKind::ProvisionedThroughputExceeded, true));
    assert!(error.to_string().ends_with("An earlier attempt may have been applied."), "{error}");
}

#[tokio::test]
async fn a_lost_answer_is_an_unknown_outcome_for_a_counter_and_a_replay_for_a_put() {
    let engine = engine().await;
    let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
    let client = options(&proxy.endpoint(), &TestClock::new()).build().await.unwrap();
    for how in [Close::Reset, Close::Fin] {
        let before: i32 = n(&engine).await.parse().unwrap();
        proxy.queue([Fault::Cut { at: Point::Applied, how }]);
        let error = count_up(&client).send().await.unwrap_err();
        assert_eq!((error.kind(), cause(&error).kind()), (ErrorKind::OutcomeUnknown, ErrorKind::ConnectionLost));
        assert_eq!(n(&engine).await.parse::<i32>().unwrap(), before + 1, "applied once");
        proxy.queue([Fault::Cut { at: Point::Applied, how }]);
        let put = client.put(TABLE, &item! { "id": "m3" }).send().await.unwrap();
        assert!(put.replayed());
    }
}

#[tokio::test]
async fn a_counter_that_did_not_reach_the_service_whole_is_sent_again() {
    let engine = engine().await;
    let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
    let clock = TestClock::new();
    let client = options(&proxy.endpoint(), &clock).build().await.unwrap();
    proxy.queue([Fault::Cut { at: Point::Accepted, how: Close::Reset }]);
    let outcome = count_up(&client).send().await;
    // Whether the request was written whole before the reset is a race; never is it applied twice or lost silently.
    match outcome {
        Ok(_) => assert_eq!(n(&engine).await, "2"),
        Err(error) => assert_eq!((error.kind(), n(&engine).await.as_str()), (ErrorKind::OutcomeUnknown, "1")),
    }
}

#[tokio::test]
async fn a_reused_socket_that_the_service_closed_is_replaced_at_once_without_a_retry() {
    let engine = engine().await;
    let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
    let clock = TestClock::new();
    let client = options(&proxy.endpoint(), &clock).max_retries(0).build().await.unwrap();
    // Every second request of a connection meets a closed door.
    proxy.choose(|at| match at.on_connection {
        2 => Fault::Cut { at: Point::Received, how: Close::Reset },
        _ => Fault::None,
    });
    client.get(TABLE).key("id", "m1").item::<Item>().await.unwrap();
    let read = client.get(TABLE).key("id", "m1").send::<Item>().await.unwrap();
    assert_eq!((read.metadata.attempts, read.metadata.replayed), (2, false));
    let put = client.put(TABLE, &item! { "id": "m1", "n": 1 }).send().await.unwrap();
    assert_eq!((put.metadata.attempts, put.replayed()), (2, true), "the service may have had it");
    let stats = client.stats();
    assert_eq!((stats.replaced_sockets, stats.retries, stats.attempts), (2, 0, 5));
    assert!(clock.sleeps().is_empty());
    assert_eq!(stats.quota_tokens, 500);
}

#[tokio::test]
async fn old_values_of_a_replayed_update_say_that_they_are() {
    let s = setup([Rule::on("UpdateItem").first(1).then(Action::internal_error().applied())]).await;
    let update = s.client.update(TABLE).key("id", "m1").set("n", 9).return_values(ReturnValues::UpdatedOld);
    let output = update.send().await.unwrap();
    assert!(output.replayed());
    assert_eq!(output.attributes::<Item>().unwrap().unwrap(), item! { "n": 9 });
    assert_eq!(s.clock.sleeps().len(), 1);
}

/// Answers of writes are lost after they were applied.
async fn first_answer_lost(operation: &str) -> Setup {
    setup([Rule::on(operation).first(1).then(Action::internal_error().applied())]).await
}

#[tokio::test]
async fn a_put_with_a_version_recognises_its_own_write() {
    let s = first_answer_lost("PutItem").await;
    let item = item! { "id": "m2", "text": "x", "tags": ["a", "b"] };
    let output = s.client.put(TABLE, &item).version("version").send().await.unwrap();
    assert_eq!((output.version(), output.replayed(), output.metadata.attempts), (Some(1), true, 2));
    assert_eq!(s.responder.requests().len(), 2);
    // The next one knows the version.
    let next = item! { "id": "m2", "text": "y", "version": 1 };
    assert_eq!(s.client.put(TABLE, &next).version("version").send().await.unwrap().version(), Some(2));
}

#[tokio::test]
async fn a_put_with_a_version_that_met_another_writer_fails() {
    let s = setup([Rule::on("PutItem").first(1).then(Action::internal_error())]).await;
    let other = json!({ "id": { "S": "m2" }, "text": { "S": "theirs" }, "version": { "N": "1" } });
    s.engine.call("PutItem", json!({ "TableName": TABLE, "Item": other })).await.unwrap();
    let put = s.client.put(TABLE, &item! { "id": "m2", "text": "ours" }).version("version");
    let error = put.send().await.unwrap_err();
    assert_eq!((error.kind(), error.replayed()), (ErrorKind::ConditionalCheckFailed, true), "{error}");
    assert_eq!(error.item::<Item>().unwrap().unwrap().get_s("text"), Some("theirs"));
}

#[tokio::test]
async fn an_old_item_that_was_asked_for_is_lost_with_the_answer() {
    let s = first_answer_lost("PutItem").await;
    let put = s.client.put(TABLE, &item! { "id": "m2" }).version("version").return_values(ReturnValues::AllOld);
    let error = put.send().await.unwrap_err();
    assert_eq!((error.kind(), error.replayed()), (ErrorKind::ConditionalCheckFailed, true), "{error}");
}

#[tokio::test]
async fn an_update_with_a_version_recognises_its_own_write_if_it_only_sets_and_removes() {
    let s = first_answer_lost("UpdateItem").await;
    let update =
        s.client.update(TABLE).key("id", "m1").set("text", "x").remove("draft").expect_version("version", None);
    let output = update.return_values(ReturnValues::AllNew).send().await.unwrap();
    assert_eq!((output.version(), output.replayed()), (Some(1), true));
    assert_eq!(output.attributes().unwrap(), Some(item! { "id": "m1", "n": 1, "text": "x", "version": 1 }));
}

#[tokio::test]
async fn a_counter_with_a_version_is_sent_again_and_counts_once() {
    // Not applied: the second attempt does it.
    let s = setup([Rule::on("UpdateItem").first(1).then(Action::internal_error())]).await;
    let counted = count_up(&s.client).expect_version("version", None).send().await.unwrap();
    assert_eq!((counted.version(), n(&s.engine).await.as_str()), (Some(1), "2"));
    // Applied: the second attempt is refused, and nobody can tell whose the new version is.
    let s = first_answer_lost("UpdateItem").await;
    let error = count_up(&s.client).expect_version("version", None).send().await.unwrap_err();
    assert_eq!((error.kind(), error.replayed()), (ErrorKind::ConditionalCheckFailed, true), "{error}");
    assert_eq!(n(&s.engine).await, "2", "counted once");
    assert_eq!(error.item::<Item>().unwrap(), Some(item! { "id": "m1", "n": 2, "version": 1 }));
    assert!(error.advice().contains("may itself have changed the item"), "{error}");
}

#[tokio::test]
async fn an_increment_is_not_sent_again() {
    let s = first_answer_lost("UpdateItem").await;
    let error = s.client.update(TABLE).key("id", "m1").increment("n", 1).new_value::<u32>("n").await.unwrap_err();
    assert_eq!((error.kind(), n(&s.engine).await.as_str()), (ErrorKind::OutcomeUnknown, "2"), "{error}");
}

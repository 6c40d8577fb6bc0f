//! Batches of reads that the service leaves undone: how long they wait, when they end, and what they give back.

use std::time::Duration;

use enhanced_dynamodb::operation::BatchGetItem;
use enhanced_dynamodb::{Client, ErrorKind, Item, key};
use serde_json::json;
use testkit::{Action, Responder, Rule};

use crate::calls::{TABLE, client_of};
use crate::support::{TestClock, options};

fn batch(db: &Client, keys: u32) -> BatchGetItem {
    (0..keys).fold(db.batch_get(), |batch, i| batch.get(TABLE, &key! { "id": format!("m{i}") }))
}

/// Nothing was read: the service gives back what it was asked.
fn nothing(keys: u32) -> Action {
    let keys: Vec<_> = (0..keys).map(|i| json!({ "id": { "S": format!("m{i}") } })).collect();
    Action::json(200, json!({ "Responses": {}, "UnprocessedKeys": { TABLE: { "Keys": keys } } }))
}

fn millis(waits: &[Duration]) -> Vec<u128> {
    waits.iter().map(Duration::as_millis).collect()
}

#[tokio::test]
async fn waits_are_short_while_anything_is_read_and_long_while_nothing_is() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("BatchGetItem").first(3).then(nothing(3)));
    responder.rule(Rule::on("BatchGetItem").nth(4).then(nothing(2)));
    responder.rule(Rule::on("BatchGetItem").nth(5).then(nothing(1)));
    let (client, clock) = client_of(&responder).await;
    let output = batch(&client, 3).all().await.unwrap();
    // Half of each: of 1, 2 and 4 s without progress, of 25 and 50 ms with it.
    assert_eq!(millis(&clock.sleeps()), [500, 1000, 2000, 12, 25]);
    assert_eq!(output.metadata.elapsed, clock.sleeps().iter().sum::<Duration>());
    assert_eq!(output.metadata.attempts, 6);
    assert_eq!(client.stats().quota_tokens, 500, "leftovers take nothing from the quota");
    assert_eq!(output.items::<Item>(TABLE).unwrap(), [None, None, None], "nothing is there in the end");
}

#[tokio::test]
async fn ten_rounds_without_anything_are_the_end_and_every_key_is_given_back() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("BatchGetItem").then(nothing(3)));
    let (client, clock) = client_of(&responder).await;
    let error = batch(&client, 3).projection(TABLE, ["text"]).all().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::BatchIncomplete, 10), "{error}");
    assert!(error.message().starts_with("3 of 3 keys are unread"), "{error}");
    assert!(error.is_throttling() && error.is_retryable());
    assert_eq!((error.operation(), error.table()), (Some("BatchGetItem"), Some(TABLE)));
    assert_eq!(millis(&clock.sleeps()), [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
    assert_eq!(error.elapsed(), clock.sleeps().iter().sum::<Duration>());
    let unread = error.batch_get().unwrap().unread();
    assert_eq!(unread.len(), 3);

    responder.clear_rules();
    responder.forget_requests();
    client.batch_get().retry(unread).send().await.unwrap();
    let sent = &responder.requests()[0].body["RequestItems"][TABLE];
    assert_eq!(sent["Keys"].as_array().unwrap().len(), 3);
    assert_eq!(sent["ExpressionAttributeNames"], json!({ "#n0": "text" }), "as the caller asked, without the key");
}

#[tokio::test]
async fn a_throttle_of_a_whole_request_is_a_round_without_anything() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().first(4).then(Action::throttle_for(TABLE, "TableReadProvisionedThroughputExceeded")));
    let (client, clock) = client_of(&responder).await;
    let output = batch(&client, 3).all().await.unwrap();
    // Three retries of the call itself, and a round.
    assert_eq!(millis(&clock.sleeps()), [500, 1000, 2000, 500]);
    assert_eq!(output.metadata.attempts, 5);

    responder.rule(Rule::any().then(Action::throttle_for(TABLE, "TableReadProvisionedThroughputExceeded")));
    let error = batch(&client, 3).max_retries(0).all().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::BatchIncomplete, 10), "{error}");
    assert_eq!(error.throttling_reasons().len(), 1);
}

#[tokio::test]
async fn a_batch_ends_before_a_wait_that_goes_past_its_deadline() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("BatchGetItem").then(nothing(2)));
    let clock = TestClock::with_short(Duration::from_millis(1_200));
    let client = options(&responder.endpoint(), &clock).build().await.unwrap();
    // Waits of 0.5 and 1 s fit into 3.4 s; the next one, of 2 s, does not.
    let error = batch(&client, 3).timeout(Duration::from_millis(3_400)).all().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 4), "{error}");
    assert!(error.message().starts_with("2 of 3 keys are unread"), "{error}");
    assert_eq!(millis(&clock.sleeps()), [12, 500, 1000]);
    let partial = error.batch_get().unwrap();
    assert_eq!(partial.unread().len(), 2);
    let results: Vec<_> = partial.results::<Item>(TABLE).map(|result| result.map_err(|error| error.kind())).collect();
    assert_eq!(results, [Err(ErrorKind::BatchIncomplete), Err(ErrorKind::BatchIncomplete), Ok(None)]);
}

#[tokio::test]
async fn a_request_that_the_deadline_cuts_ends_the_batch_with_what_is_unread() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("BatchGetItem").containing("\"m100\"").then(Action::pass().late(Duration::from_secs(20))));
    let client = crate::support::plain_options(&responder.endpoint()).build().await.unwrap();
    let error = batch(&client, 130).timeout(Duration::from_millis(400)).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    assert!(error.message().starts_with("30 of 130 keys are unread, and the time is up: "), "{error}");
    assert_eq!(error.batch_get().unwrap().unread().len(), 30);
}

#[tokio::test]
async fn an_answer_about_other_keys_is_an_error_and_not_a_missing_item() {
    for answer in [
        json!({ "Responses": { TABLE: [{ "id": { "S": "other" } }] } }),
        json!({ "Responses": { TABLE: [{ "text": { "S": "no key" } }] } }),
        json!({ "Responses": { "Elsewhere": [{ "id": { "S": "m0" } }] } }),
        json!({ "Responses": {}, "UnprocessedKeys": { TABLE: { "Keys": [{ "id": { "S": "other" } }] } } }),
        json!({ "Responses": [] }),
    ] {
        let responder = Responder::alone().await.unwrap();
        responder.rule(Rule::any().then(Action::json(200, answer.clone())));
        let (client, _clock) = client_of(&responder).await;
        let error = batch(&client, 1).all().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("BatchGetItem")), "{answer}: {error}");
        assert_eq!(error.batch_get().unwrap().unread().len(), 1, "{answer}");
    }
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_there_are_sockets() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::pass().late(Duration::from_millis(20))));
    let client = crate::support::plain_options(&responder.endpoint()).max_sockets(3).build().await.unwrap();
    let output = batch(&client, 1000).all().await.unwrap();
    assert_eq!(output.items::<Item>(TABLE).unwrap(), vec![None; 1000]);
    let connections: std::collections::BTreeSet<u64> =
        responder.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!((responder.requests().len(), connections.len()), (10, 3));
}

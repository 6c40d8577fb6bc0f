//! A call against a service that fails: which failures are sent again, after which waits, and when it gives up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use enhanced_dynamodb::config::RetryMode;
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Error, ErrorKind, item};
use serde_json::json;
use support::{Rotating, TestClock, options};
use testkit::{Action, Responder, Rule};

/// A client of a responder that stands alone: what no rule decides is answered with `{}`.
async fn scripted(rules: impl IntoIterator<Item = Rule>) -> (Responder, Arc<TestClock>, Client) {
    let responder = Responder::alone().await.unwrap();
    for rule in rules {
        responder.rule(rule);
    }
    let clock = TestClock::new();
    let client = options(&responder.endpoint(), &clock).build().await.unwrap();
    (responder, clock, client)
}

async fn get(client: &Client) -> Result<enhanced_dynamodb::Metadata, Error> {
    client.get("Messages").key("id", "m1").send::<enhanced_dynamodb::Item>().await.map(|output| output.metadata)
}

fn millis(durations: &[Duration]) -> Vec<f64> {
    durations.iter().map(|duration| duration.as_secs_f64() * 1_000.0).collect()
}

#[tokio::test]
async fn a_throttled_call_waits_from_one_second_and_succeeds() {
    let (responder, clock, client) = scripted([Rule::on("GetItem").first(2).then(Action::throttle("Messages"))]).await;
    let metadata = get(&client).await.unwrap();
    assert_eq!(millis(&clock.sleeps()), [500.0, 1_000.0]);
    assert_eq!((metadata.attempts, metadata.elapsed, metadata.replayed), (3, Duration::from_millis(1_500), false));
    assert_eq!(metadata.request_id.as_deref(), Some(format!("RESPONDER{:043}", 3).as_str()));
    assert_eq!(responder.requests().len(), 3);
    let stats = client.stats();
    assert_eq!((stats.calls, stats.attempts, stats.retries, stats.throttled, stats.errors), (1, 3, 2, 2, 0));
    assert_eq!(stats.quota_tokens, 495, "the last retry's cost came back");
    assert_eq!((stats.retries_by_reason.throttled, stats.retries_by_reason.transient), (2, 0));
    let [throttles] = &*stats.throttles else { panic!("one reason, not {:?}", stats.throttles) };
    assert_eq!((throttles.table.as_deref(), throttles.count), (Some("Messages"), 2));
    assert_eq!(throttles.reason, "TableWriteKeyRangeThroughputExceeded");
    assert!(throttles.resource_arn.as_deref().is_some_and(|arn| arn.ends_with(":table/Messages")), "{throttles:?}");
}

#[tokio::test]
async fn a_failure_of_the_service_waits_from_25_milliseconds() {
    let (_responder, clock, client) = scripted([Rule::on("GetItem").first(3).then(Action::internal_error())]).await;
    assert_eq!(get(&client).await.unwrap().attempts, 4);
    assert_eq!(millis(&clock.sleeps()), [12.5, 25.0, 50.0]);
    let stats = client.stats();
    assert_eq!((stats.retries_by_reason.throttled, stats.retries_by_reason.transient), (0, 3));
    assert!(stats.throttles.is_empty());
}

#[tokio::test]
async fn a_call_gives_up_after_its_retries_with_the_last_error() {
    let (responder, _clock, client) = scripted([Rule::on("GetItem").then(Action::throttle("Messages"))]).await;
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::ProvisionedThroughputExceeded, 4));
    assert_eq!(error.elapsed(), Duration::from_millis(3_500));
    assert_eq!(error.request_id(), Some(format!("RESPONDER{:043}", 4).as_str()));
    assert_eq!(responder.requests().len(), 4);
    assert_eq!(client.stats().errors, 1);
}

#[tokio::test]
async fn without_retries_there_is_one_attempt() {
    let (responder, clock, client) = scripted([Rule::on("GetItem").then(Action::unavailable())]).await;
    let error = client.get("Messages").key("id", "m1").max_retries(0).item::<enhanced_dynamodb::Item>().await;
    assert_eq!(error.unwrap_err().attempts(), 1);
    assert_eq!((responder.requests().len(), clock.sleeps().len()), (1, 0));
}

#[tokio::test]
async fn an_error_that_would_come_again_is_not_retried() {
    let (responder, _clock, client) =
        scripted([Rule::any().then(Action::error("ValidationException", "The provided key element does not match"))])
            .await;
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::Validation);
    assert_eq!(responder.requests().len(), 1);
}

#[tokio::test]
async fn an_empty_quota_stops_retries_but_not_calls() {
    let (responder, _clock, client) = scripted([Rule::on("GetItem").then(Action::internal_error())]).await;
    // 500 tokens pay for 35 transient retries of 14.
    for _ in 0..11 {
        assert_eq!(get(&client).await.unwrap_err().attempts(), 4);
    }
    assert_eq!(get(&client).await.unwrap_err().attempts(), 3);
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    assert!(error.to_string().ends_with("It was not retried: the client's retry quota is empty."), "{error}");
    assert_eq!(client.stats().quota_tokens, 10);
    responder.clear_rules();
    assert_eq!(get(&client).await.unwrap().attempts, 1);
    assert_eq!(client.stats().quota_tokens, 11);
}

#[tokio::test]
async fn the_services_wish_to_wait_is_honoured_up_to_five_seconds_more() {
    let throttled = |wait| Action::throttle("Messages").retry_after(Duration::from_millis(wait));
    let (_responder, clock, client) = scripted([
        Rule::on("GetItem").nth(1).then(throttled(100)),
        Rule::on("GetItem").nth(2).then(throttled(3_000)),
        Rule::on("GetItem").nth(3).then(throttled(60_000)),
    ])
    .await;
    get(&client).await.unwrap();
    assert_eq!(millis(&clock.sleeps()), [500.0, 3_000.0, 7_000.0]);
}

#[tokio::test]
async fn expired_credentials_are_renewed_once_without_using_a_retry() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().first(1).then(Action::error("ExpiredTokenException", "The security token is expired")));
    let (clock, provider) = (TestClock::new(), Rotating::default());
    let client = options(&responder.endpoint(), &clock)
        .credentials_provider(provider.clone())
        .max_retries(0)
        .build()
        .await
        .unwrap();
    assert_eq!(get(&client).await.unwrap().attempts, 2);
    let keys: Vec<bool> = responder
        .requests()
        .iter()
        .zip(["key1", "key2"])
        .map(|(seen, key)| seen.headers["authorization"].to_str().unwrap().contains(&format!("Credential={key}/")))
        .collect();
    assert_eq!(keys, [true, true]);
    assert_eq!((provider.asked(), clock.sleeps().len()), (2, 0));

    responder.rule(Rule::any().then(Action::error("ExpiredTokenException", "The security token is expired")));
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::ExpiredToken, 2));
}

#[tokio::test]
async fn fixed_credentials_that_expired_are_not_tried_again() {
    let (responder, _clock, client) =
        scripted([Rule::any().then(Action::error("ExpiredTokenException", "The security token is expired"))]).await;
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::ExpiredToken);
    assert_eq!(responder.requests().len(), 1);
}

fn bad_signature() -> Action {
    Action::error("InvalidSignatureException", "Signature not yet current")
}

/// Seconds of the day that a request was signed for.
fn signed_at(seen: &testkit::responder::Seen) -> i64 {
    let date = seen.headers["x-amz-date"].to_str().unwrap();
    let part = |at: usize| date[at..at + 2].parse::<i64>().unwrap();
    part(9) * 3_600 + part(11) * 60 + part(13)
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_from_the_services_date_once_and_for_all_calls() {
    let (responder, clock, client) = scripted([Rule::any().first(1).then(bad_signature())]).await;
    // The service's clock is right; ours is an hour late.
    clock.set_wall(std::time::SystemTime::now() - Duration::from_secs(3_600));
    assert_eq!(get(&client).await.unwrap().attempts, 2);
    assert_eq!(get(&client).await.unwrap().attempts, 1);
    let signed: Vec<i64> = responder.requests().iter().map(signed_at).collect();
    for corrected in &signed[1..] {
        let ahead = (corrected - signed[0]).rem_euclid(86_400);
        assert!((3_598..=3_602).contains(&ahead), "{signed:?}");
    }
    assert!(clock.sleeps().is_empty());
}

#[tokio::test]
async fn a_clock_that_was_set_right_after_a_correction_is_corrected_back() {
    let (responder, clock, client) = scripted([Rule::any().nth(1).then(bad_signature())]).await;
    clock.set_wall(std::time::SystemTime::now() - Duration::from_secs(3_600));
    get(&client).await.unwrap();
    // Now the correction makes what it corrected.
    clock.set_wall(std::time::SystemTime::now());
    responder.rule(Rule::any().nth(1).then(bad_signature()));
    assert_eq!(get(&client).await.unwrap().attempts, 2);
    let signed: Vec<i64> = responder.requests().iter().map(signed_at).collect();
    assert!((3_598..=3_602).contains(&(signed[2] - signed[3]).rem_euclid(86_400)), "{signed:?}");
}

#[tokio::test]
async fn a_bad_signature_is_final_if_the_clocks_agree() {
    let (responder, _clock, client) = scripted([Rule::any().then(bad_signature())]).await;
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::InvalidSignature);
    assert_eq!(responder.requests().len(), 1);
}

#[tokio::test]
async fn a_transaction_in_progress_is_asked_for_again_with_its_token() {
    let (responder, clock, client) = scripted([Rule::on("TransactWriteItems").first(1).then(Action::error(
        "TransactionInProgressException",
        "Transaction with the given request token is in progress",
    ))])
    .await;
    let request = json!({ "TransactItems": [], "ClientRequestToken": "token-1" });
    client.call("TransactWriteItems", request).send().await.unwrap();
    let tokens: Vec<_> = responder.requests().iter().map(|seen| seen.body["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens, ["token-1", "token-1"]);
    assert_eq!(millis(&clock.sleeps()), [12.5]);
}

#[tokio::test]
async fn a_cancelled_transaction_is_retried_only_if_every_reason_passes_by_itself() {
    let (responder, _clock, client) = scripted([
        Rule::on("TransactWriteItems").nth(1).then(Action::conflict([0, 2])),
        Rule::on("TransactWriteItems").nth(3).then(Action::cancel(
            [1],
            "ConditionalCheckFailed",
            "The conditional request failed",
        )),
    ])
    .await;
    let put = json!({ "Put": { "TableName": "Messages", "Item": { "id": { "S": "m1" } } } });
    let request = json!({ "TransactItems": [put, put, put], "ClientRequestToken": "token-1" });
    client.call("TransactWriteItems", request.clone()).send().await.unwrap();
    assert_eq!(responder.requests().len(), 2);
    let error = client.call("TransactWriteItems", request).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::TransactionCanceled, 1));
    let causes: Vec<bool> = error.cancellation_reasons().iter().map(|reason| reason.is_cause()).collect();
    assert_eq!(causes, [false, true, false]);
}

#[tokio::test]
async fn a_limit_is_a_throttle_for_table_operations_alone() {
    let (responder, clock, client) =
        scripted([Rule::any().nth(1).then(Action::error("LimitExceededException", "Too many operations"))]).await;
    responder.rule(Rule::on("PutItem").then(Action::error("LimitExceededException", "Too many operations")));
    let error = client.put("Messages", &item! { "id": "m1" }).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_throttling()), (ErrorKind::LimitExceeded, 1, false));

    let (_responder, table_clock, client) =
        scripted([Rule::on("CreateTable").first(1).then(Action::error("LimitExceededException", "Too many tables"))])
            .await;
    // The answer `{}` describes no table; what counts is that it was asked for twice.
    let _answer = client.create_table("T").partition_key("id", AttributeType::String).send().await;
    assert_eq!((client.stats().attempts, client.stats().throttled), (2, 1));
    assert_eq!((clock.sleeps().len(), millis(&table_clock.sleeps())), (0, vec![500.0]));
}

#[tokio::test]
async fn a_response_with_a_wrong_checksum_is_read_again() {
    let (responder, _clock, client) = scripted([Rule::on("GetItem").first(1).then(Action::pass().wrong_crc())]).await;
    assert_eq!(get(&client).await.unwrap().attempts, 2);
    responder.rule(Rule::on("GetItem").then(Action::pass().wrong_crc()));
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::CorruptResponse, 4));
}

#[tokio::test]
async fn the_adaptive_mode_slows_down_the_throttled_table_alone() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("GetItem").first(1).then(Action::throttle("Messages")));
    let clock = TestClock::new();
    let client = options(&responder.endpoint(), &clock).retry_mode(RetryMode::Adaptive).build().await.unwrap();
    // One call in half a second are two a second, which a throttle cuts to 1.4: in the wait of 0.5 s before the retry,
    // 0.7 of the token came that it needs.
    get(&client).await.unwrap();
    let waits: Vec<f64> = millis(&clock.sleeps()).into_iter().map(f64::round).collect();
    assert_eq!(waits, [500.0, 214.0]);
    client.get("Users").key("id", "u1").item::<enhanced_dynamodb::Item>().await.unwrap();
    assert_eq!(clock.sleeps().len(), 2, "another table does not wait");
    get(&client).await.unwrap();
    assert_eq!(clock.sleeps().len(), 3);
}

#[tokio::test]
async fn a_wait_for_a_throttled_table_does_not_go_past_the_deadline() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("GetItem").first(1).then(Action::throttle("Messages")));
    let clock = TestClock::with_short(Duration::from_millis(590));
    let client = options(&responder.endpoint(), &clock).retry_mode(RetryMode::Adaptive).build().await.unwrap();
    get(&client).await.unwrap();
    // The success raised the rate to 2.1 a second: the next token takes 473 ms.
    let limited = client.get("Messages").key("id", "m1").timeout(Duration::from_millis(400));
    let error = limited.item::<enhanced_dynamodb::Item>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 0), "{error}");
    assert_eq!((clock.sleeps().len(), responder.requests().len()), (2, 2));
}

#[tokio::test]
async fn without_a_retry_mode_there_is_one_attempt() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("GetItem").then(Action::throttle("Messages")));
    let client = options(&responder.endpoint(), &TestClock::new()).retry_mode(RetryMode::None).build().await.unwrap();
    assert_eq!(get(&client).await.unwrap_err().attempts(), 1);
    assert_eq!(client.stats().retries, 0);
}

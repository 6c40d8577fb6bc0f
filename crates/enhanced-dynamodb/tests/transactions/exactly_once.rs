//! `exactly_once()`.

use std::collections::HashSet;
use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use enhanced_dynamodb::operation::ReturnConsumedCapacity;
use enhanced_dynamodb::{Client, Error, ErrorKind, attr, item};
use serde_json::json;
use testkit::{Action, Responder, Rule};

use crate::support::{TestClock, options};

struct Setup {
    responder: Responder,
    clock: Arc<TestClock>,
    client: Client,
}

async fn setup(rules: impl IntoIterator<Item = Rule>) -> Setup {
    let responder = Responder::alone().await.unwrap();
    for rule in rules {
        responder.rule(rule);
    }
    let clock = TestClock::new();
    let client = options(&responder.endpoint(), &clock).build().await.unwrap();
    Setup { responder, clock, client }
}

impl Setup {
    async fn raise(&self) -> Result<(), Error> {
        let update = self.client.update("Messages").key("id", "m1").set("n", attr("n") + 1);
        update.exactly_once().send().await.map(drop)
    }

    fn tokens(&self) -> Vec<String> {
        let sent = self.responder.requests_of("TransactWriteItems");
        sent.iter().map(|seen| seen.body["ClientRequestToken"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_conflict_is_retried_with_the_same_token() {
    let s = setup([Rule::any().first(2).then(Action::conflict([0]))]).await;
    s.raise().await.unwrap();
    let tokens = s.tokens();
    assert_eq!(tokens.len(), 3);
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 1, "{tokens:?}");
    // Half of 25 ms and of 50 ms: nothing asks for fewer requests.
    assert_eq!(s.clock.sleeps(), [Duration::from_micros(12_500), Duration::from_millis(25)]);
}

#[tokio::test]
async fn a_transaction_in_progress_is_retried_with_the_same_token() {
    let busy = Action::error("TransactionInProgressException", "The transaction with the given request token is busy");
    let s = setup([Rule::any().first(1).then(busy)]).await;
    s.raise().await.unwrap();
    let tokens = s.tokens();
    assert_eq!((tokens.len(), &tokens[0]), (2, &tokens[1]));
}

#[tokio::test]
async fn a_cancelled_transaction_is_told_by_its_reason() {
    let cases = [
        ("ConditionalCheckFailed", ErrorKind::ConditionalCheckFailed, 1, false),
        ("ItemCollectionSizeLimitExceeded", ErrorKind::ItemCollectionSizeLimitExceeded, 1, false),
        ("ValidationError", ErrorKind::Validation, 1, false),
        ("TransactionConflict", ErrorKind::TransactionConflict, 4, false),
        ("ProvisionedThroughputExceeded", ErrorKind::ProvisionedThroughputExceeded, 4, true),
        ("ThrottlingError", ErrorKind::Throttling, 4, true),
        // What is not known stays what it is.
        ("DuplicateItem", ErrorKind::TransactionCanceled, 1, false),
    ];
    for (reason, kind, attempts, throttling) in cases {
        let s = setup([Rule::any().then(Action::cancel([0], reason, "Why it was."))]).await;
        let error = s.raise().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, kind.code()), "{error}");
        assert_eq!((error.attempts(), error.is_throttling()), (attempts, throttling), "{error}");
        assert_eq!((error.advice(), error.status()), (kind.advice(), Some(400)), "{error}");
        let told = &error.cancellation_reasons()[0];
        assert_eq!(
            (told.code.as_str(), told.operation, told.table.as_deref()),
            (reason, Some("Update"), Some("Messages"))
        );
        if kind != ErrorKind::TransactionCanceled {
            assert_eq!(error.message(), "Why it was.");
        }
    }
}

#[tokio::test]
async fn other_errors_are_told_as_they_are() {
    for (code, kind) in [
        ("IdempotentParameterMismatchException", ErrorKind::IdempotentParameterMismatch),
        ("ResourceNotFoundException", ErrorKind::ResourceNotFound),
        ("ValidationException", ErrorKind::Validation),
    ] {
        let s = setup([Rule::any().then(Action::error(code, "No."))]).await;
        assert_eq!(s.raise().await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn a_call_that_may_have_been_applied_never_looks_like_one_that_can_be_made_again() {
    let unknown = Action::internal_error;
    let ends = [
        // All answers lost; or one, and whatever comes behind it tells nothing about it.
        (vec![Rule::any().then(unknown())], 4),
        (vec![Rule::any().nth(1).then(unknown()), Rule::any().then(Action::conflict([0]))], 4),
        (vec![Rule::any().nth(1).then(unknown()), Rule::any().then(Action::throttle("Messages"))], 4),
        (vec![Rule::any().nth(1).then(unknown()), Rule::any().then(Action::error("AccessDeniedException", "No."))], 2),
    ];
    for (rules, attempts) in ends {
        let s = setup(rules).await;
        let error = s.raise().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, attempts), "{error}");
        assert!(!error.is_retryable() && error.replayed() && error.source().is_some());
        assert!(error.advice().ends_with("Sent anew, it would be another write."), "{error}");
    }
    // A single attempt, too.
    let s = setup([Rule::any().then(unknown())]).await;
    let delete = s.client.delete("Messages").key("id", "m1").max_retries(0).exactly_once();
    assert_eq!(delete.send().await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    // And a deadline that leaves no time to ask again.
    let wait = Duration::from_millis(4990);
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(unknown().retry_after(wait)));
    let client = options(&responder.endpoint(), &TestClock::with_short(wait)).build().await.unwrap();
    let delete = client.delete("Messages").key("id", "m1").timeout(Duration::from_secs(5)).exactly_once();
    let error = delete.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.message().starts_with("DeadlineExceeded"), "{error}");
}

#[tokio::test]
async fn a_call_that_was_surely_not_applied_can_be_made_again() {
    let s = setup([Rule::any().then(Action::conflict([0]))]).await;
    let error = s.raise().await.unwrap_err();
    assert!(error.is_retryable() && !error.replayed(), "{error}");
    assert_eq!(error.advice(), ErrorKind::TransactionConflict.advice());
}

#[tokio::test]
async fn a_failed_condition_after_a_lost_answer_is_another_writers_doing() {
    let failed = Action::cancel([0], "ConditionalCheckFailed", "The conditional request failed");
    let s = setup([Rule::any().nth(1).then(Action::internal_error()), Rule::any().then(failed)]).await;
    let error = s.raise().await.unwrap_err();
    assert_eq!((error.kind(), error.replayed()), (ErrorKind::ConditionalCheckFailed, true));
    assert_eq!(error.advice(), ErrorKind::ConditionalCheckFailed.advice(), "{error}");
}

#[tokio::test]
async fn a_token_that_the_service_may_have_forgotten_is_not_sent_again() {
    let s = setup([Rule::any().first(1).then(Action::internal_error().late(Duration::from_millis(300)))]).await;
    // The function is frozen while it waits for the answer: only the wall clock has moved when it thaws.
    let thaw = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        s.clock.set_wall(SystemTime::now() + Duration::from_secs(9 * 60 + 1));
    };
    let (outcome, ()) = tokio::join!(s.raise(), thaw);
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 1), "{error}");
    assert_eq!(s.tokens().len(), 1);
}

#[tokio::test]
async fn a_token_that_was_surely_not_used_may_be_sent_at_any_time() {
    let s = setup([Rule::any().first(1).then(Action::conflict([0]).late(Duration::from_millis(300)))]).await;
    let thaw = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        s.clock.set_wall(SystemTime::now() + Duration::from_secs(3600));
    };
    let (outcome, ()) = tokio::join!(s.raise(), thaw);
    outcome.unwrap();
    assert_eq!(s.tokens().len(), 2);
}

#[tokio::test]
async fn what_is_asked_for_stands_where_a_transaction_has_it() {
    let capacity = json!({ "TableName": "Messages", "CapacityUnits": 4.0 });
    let metrics = json!({ "ItemCollectionKey": { "id": { "S": "m1" } }, "SizeEstimateRangeGB": [0.0, 1.0] });
    let answer =
        json!({ "ConsumedCapacity": [capacity], "ItemCollectionMetrics": { "Messages": [metrics] }, "New": 1 });
    let s = setup([
        Rule::any().nth(1).then(Action::json(200, answer)),
        Rule::any().nth(2).then(Action::json(200, json!({ "ConsumedCapacity": null, "ItemCollectionMetrics": null }))),
    ])
    .await;
    let put = || {
        s.client
            .put("Messages", &item! { "id": "m1" })
            .exactly_once()
            .condition(attr("id").not_exists())
            .return_item_on_condition_failure()
            .return_item_collection_metrics()
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    };
    let output = put().send().await.unwrap();
    assert_eq!(output.consumed_capacity.unwrap().capacity_units, 4.0);
    let metrics = output.item_collection_metrics.unwrap();
    assert_eq!(metrics.item_collection_key, item! { "id": "m1" });
    assert_eq!(metrics.size_estimate_range_gb, [0.0, 1.0]);
    let none = put().send().await.unwrap();
    assert_eq!((none.consumed_capacity, none.item_collection_metrics), (None, None));

    let sent = &s.responder.requests()[0];
    let expected = json!({
        "TransactItems": [{ "Put": {
            "TableName": "Messages",
            "Item": { "id": { "S": "m1" } },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ConditionExpression": "attribute_not_exists(#n0)",
            "ExpressionAttributeNames": { "#n0": "id" },
        } }],
        "ClientRequestToken": sent.body["ClientRequestToken"],
        "ReturnConsumedCapacity": "TOTAL",
        "ReturnItemCollectionMetrics": "SIZE",
    });
    assert_eq!(sent.body, expected);
}

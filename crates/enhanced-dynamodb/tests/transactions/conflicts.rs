//! Transactions of several actions that are cancelled: which are tried again, and what the error says.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use enhanced_dynamodb::operation::Statement;
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, attr, item, key};
use serde_json::{Value, json};
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
    /// A put, an update and a delete.
    async fn write(&self) -> Result<(), Error> {
        let write = self
            .client
            .transact_write()
            .put("Sessions", &item! { "id": "session-1" })
            .action(self.client.update("Users").key("id", "user-1").set("n", attr("n") + 1))
            .delete("Carts", &key! { "id": "cart-1" });
        write.send().await.map(drop)
    }

    fn tokens(&self) -> Vec<String> {
        let sent = self.responder.requests_of("TransactWriteItems");
        sent.iter().map(|seen| seen.body["ClientRequestToken"].as_str().unwrap().to_owned()).collect()
    }
}

/// A cancelled transaction with these reasons.
fn cancelled(codes: [&str; 3]) -> Action {
    let reasons: Vec<Value> = codes.iter().map(|code| json!({ "Code": code })).collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    Action::error_with(400, "TransactionCanceledException", &message, json!({ "CancellationReasons": reasons }))
}

#[tokio::test]
async fn it_is_tried_again_only_if_every_cause_passes_by_itself() {
    let cases = [
        (["None", "TransactionConflict", "None"], 4),
        (["TransactionConflict", "TransactionConflict", "TransactionConflict"], 4),
        (["ThrottlingError", "None", "TransactionConflict"], 4),
        (["None", "None", "ProvisionedThroughputExceeded"], 4),
        (["TransactionConflict", "ConditionalCheckFailed", "None"], 1),
        (["ThrottlingError", "None", "ValidationError"], 1),
        (["None", "SomethingNew", "TransactionConflict"], 1),
        (["None", "None", "None"], 1),
    ];
    for (codes, attempts) in cases {
        let s = setup([Rule::any().then(cancelled(codes))]).await;
        let error = s.write().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::TransactionCanceled, attempts), "{codes:?}: {error}");
        assert_eq!(error.is_retryable(), attempts > 1, "{codes:?}");
        let tokens = s.tokens();
        assert_eq!((tokens.len(), tokens.iter().collect::<HashSet<_>>().len()), (attempts as usize, 1));
    }
}

#[tokio::test]
async fn a_throttle_among_the_causes_waits_longer_than_a_conflict() {
    let waits = async |codes| {
        let s = setup([Rule::any().first(1).then(cancelled(codes))]).await;
        s.write().await.unwrap();
        s.clock.sleeps()
    };
    let conflict = waits(["None", "TransactionConflict", "None"]).await;
    let throttle = waits(["None", "TransactionConflict", "ThrottlingError"]).await;
    assert_eq!(conflict, [Duration::from_micros(12_500)]);
    assert!(throttle[0] > conflict[0], "{throttle:?}");
}

#[tokio::test]
async fn one_in_progress_is_asked_for_again_with_its_token() {
    let busy = Action::error("TransactionInProgressException", "The transaction with the given request token is busy");
    let s = setup([Rule::any().first(2).then(busy)]).await;
    s.write().await.unwrap();
    let tokens = s.tokens();
    assert_eq!((tokens.len(), tokens.iter().collect::<HashSet<_>>().len()), (3, 1), "{tokens:?}");
}

#[tokio::test]
async fn the_error_names_the_first_cause_and_its_action() {
    let reasons = json!({ "CancellationReasons": [
        { "Code": "None" },
        { "Code": "ConditionalCheckFailed", "Message": "The conditional request failed.",
          "Item": { "id": { "S": "user-1" }, "secret": { "S": "s3cret" } } },
        { "Code": "ValidationError", "Message": "No." },
    ] });
    let refused = Action::error_with(400, "TransactionCanceledException", "Transaction cancelled, [None, …]", reasons);
    let s = setup([Rule::any().then(refused)]).await;
    let error = s.write().await.unwrap_err();
    let reasons = error.cancellation_reasons();
    let named: Vec<_> =
        reasons.iter().map(|reason| (reason.index, reason.operation, reason.table.as_deref())).collect();
    assert_eq!(
        named,
        [(0, Some("Put"), Some("Sessions")), (1, Some("Update"), Some("Users")), (2, Some("Delete"), Some("Carts"))]
    );
    assert_eq!(reasons[1].item::<Item>().unwrap().unwrap().get_s("id"), Some("user-1"));
    assert!(!format!("{error:?} {reasons:?}").contains("s3cret"));

    let statement = s.client.execute_transaction().statements(["DELETE FROM T WHERE id = 'a'"; 3]);
    let lines = [
        error.to_string(),
        statement.send().await.unwrap_err().to_string(),
        s.client
            .transact_get()
            .get("Sessions", &key! { "id": 1 })
            .get("Users", &key! { "id": 2 })
            .send()
            .await
            .unwrap_err()
            .to_string(),
        s.client.transact_write().send().await.unwrap_err().to_string(),
        s.client
            .transact_write()
            .action(s.client.update("Users").key("id", "user-1"))
            .send()
            .await
            .unwrap_err()
            .to_string(),
        s.client
            .transact_write()
            .delete("T", &key! { "id": 1 })
            .delete("T", &key! { "id": 1.0 })
            .send()
            .await
            .unwrap_err()
            .to_string(),
    ];
    insta::assert_snapshot!(lines.join("\n\n"));
}

#[tokio::test]
async fn a_lost_answer_and_no_attempt_left_is_an_unknown_outcome_unless_the_token_is_the_callers() {
    let s = setup([Rule::any().then(Action::internal_error())]).await;
    let error = s.write().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::OutcomeUnknown, false), "{error}");
    let write = s.client.transact_write().put("Sessions", &item! { "id": "s1" }).token("token-1");
    let error = write.send().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InternalServerError, true), "{error}");
}

#[tokio::test]
async fn an_answer_that_leaves_out_a_read_or_a_statement_is_no_answer() {
    let s = setup([Rule::any().then(Action::json(200, json!({ "Responses": [{}] })))]).await;
    let two = s.client.transact_get().get("T", &key! { "id": 1 }).get("T", &key! { "id": 2 });
    let error = two.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("1 answers to 2 actions"), "{error}");
    let select = || Statement::new("SELECT * FROM T WHERE id = ?").parameter(1);
    let error = s.client.batch_execute_statement().statements([select(), select()]).send().await.unwrap_err();
    assert!(error.message().contains("1 answers to 2 statements"), "{error}");
    let error = s.client.execute_transaction().statements([select(), select()]).send().await.unwrap_err();
    assert!(error.message().contains("1 answers to 2 actions"), "{error}");
}

#[tokio::test]
async fn every_code_of_a_statement_in_a_batch_is_an_error_of_its_kind() {
    let codes = [
        ("ConditionalCheckFailed", ErrorKind::ConditionalCheckFailed),
        ("ItemCollectionSizeLimitExceeded", ErrorKind::ItemCollectionSizeLimitExceeded),
        ("RequestLimitExceeded", ErrorKind::RequestLimitExceeded),
        ("ValidationError", ErrorKind::Validation),
        ("ProvisionedThroughputExceeded", ErrorKind::ProvisionedThroughputExceeded),
        ("TransactionConflict", ErrorKind::TransactionConflict),
        ("ThrottlingError", ErrorKind::Throttling),
        ("InternalServerError", ErrorKind::InternalServerError),
        ("ResourceNotFound", ErrorKind::ResourceNotFound),
        ("AccessDenied", ErrorKind::AccessDenied),
        ("DuplicateItem", ErrorKind::DuplicateItem),
        ("SomethingNew", ErrorKind::UnknownService),
    ];
    let item = json!({ "id": { "S": "m1" } });
    let responses: Vec<Value> = codes
        .iter()
        .map(|(code, _)| json!({ "TableName": "T", "Error": { "Code": code, "Message": "Why.", "Item": item } }))
        .collect();
    let s = setup([Rule::any().then(Action::json(200, json!({ "Responses": responses })))]).await;
    let batch = s.client.batch_execute_statement().statements(codes.map(|_| "DELETE FROM T WHERE id = 'm1'"));
    let output = batch.send().await.unwrap();
    for ((index, error), (code, kind)) in output.failures().zip(codes) {
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.message(), format!("statement {index} of the batch: Why."));
        assert_eq!((error.table(), error.item::<Item>().unwrap()), (Some("T"), Some(item! { "id": "m1" })));
        if kind == ErrorKind::UnknownService {
            assert_eq!(error.code(), code);
        }
    }
    assert_eq!(output.failures().count(), codes.len());
    let error = output.into_result().unwrap_err();
    assert_eq!(error.message(), "statement 0 of the batch: Why; and 11 more statements failed");
}

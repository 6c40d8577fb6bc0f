//! What a caller reads of a call that failed: the line, and every fact behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use enhanced_dynamodb::{Client, Credentials, Error, ErrorKind, Item, attr, item};
use serde::Deserialize;
use serde_json::json;
use support::{TestClock, client_of, options, plain_options};
use testkit::{Action, Responder, Rule};

/// The error of a read of table `Messages` that is answered so, without retries.
async fn answered(action: Action) -> Error {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(action));
    let client = options(&responder.endpoint(), &TestClock::new()).max_retries(0).build().await.unwrap();
    client.get("Messages").key("id", "m1").item::<Item>().await.unwrap_err()
}

#[tokio::test]
async fn every_error_is_one_line_for_a_person_on_call() {
    let index = "IndexReadProvisionedThroughputExceeded";
    let actions = [
        Action::throttle_for("Messages/index/by-author", index).header("x-amzn-requestid", "R1"),
        Action::error("ValidationException", "The provided key element does not match the schema"),
        Action::error("ResourceNotFoundException", "Requested resource not found: Table: Messages not found"),
        Action::error(
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/u is not authorized to perform: dynamodb:GetItem",
        ),
        Action::error("UnrecognizedClientException", "The security token included in the request is invalid."),
        Action::error("ExpiredTokenException", "The security token included in the request is expired"),
        Action::error("BrandNewException", "Something\r\n   \u{1b}[31mnew\n"),
        Action::error("ConditionalCheckFailedException", ""),
        Action::internal_error(),
        Action::html_unavailable(),
        Action::empty(503),
        Action::empty(200),
        Action::pass().wrong_crc(),
        Action::json(403, json!({ "message": "Forbidden" })),
    ];
    let mut lines = Vec::new();
    for action in actions {
        let line = answered(action).await.to_string();
        assert!(!line.contains(char::is_control), "{line}");
        lines.push(line);
    }
    insta::assert_snapshot!(lines.join("\n\n"));
}

#[tokio::test]
async fn a_cancelled_transaction_names_its_reasons() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::cancel([1], "ConditionalCheckFailed", "The conditional request failed")));
    let client = options(&responder.endpoint(), &TestClock::new()).build().await.unwrap();
    let put = json!({ "Put": { "TableName": "Messages", "Item": { "id": { "S": "m1" } } } });
    let error = client.call("TransactWriteItems", json!({ "TransactItems": [put, put] })).send().await.unwrap_err();
    assert_eq!(error.code(), "TransactionCanceledException");
    let reasons = error.cancellation_reasons();
    assert_eq!((reasons[0].code.as_str(), reasons[1].code.as_str()), ("None", "ConditionalCheckFailed"));
    insta::assert_snapshot!(error);
}

#[tokio::test]
async fn a_throttle_says_which_limit_of_what_in_words_and_as_data() {
    let error = answered(Action::throttle("Messages")).await;
    assert!(error.is_throttling() && error.is_retryable());
    assert_eq!((error.code(), error.status()), ("ProvisionedThroughputExceededException", Some(400)));
    assert_eq!((error.operation(), error.table()), (Some("GetItem"), Some("Messages")));
    let arn = error.throttling_reasons()[0].resource_arn.as_deref();
    assert_eq!(arn, Some("arn:aws:dynamodb:us-east-1:123456789012:table/Messages"));
}

#[tokio::test]
async fn without_dynamodb_local_the_error_says_where_it_was_looked_for_and_what_to_start() {
    let endpoint = testkit::refused_endpoint().unwrap();
    let client = options(&endpoint, &TestClock::new()).build().await.unwrap();
    let error = client.get("Messages").key("id", "m1").item::<Item>().await.unwrap_err();
    let address = endpoint.strip_prefix("http://").unwrap();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 4));
    insta::assert_snapshot!(error.to_string().replace(address, "ADDRESS"));
    insta::assert_snapshot!("debug", format!("{error:?}").replace(address, "ADDRESS"));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named() {
    let client = plain_options("http://nowhere.invalid:8000").max_retries(0).build().await.unwrap();
    let error = client.list_tables().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let line = error.to_string();
    assert!(line.starts_with("ListTables: ConnectionError: the name nowhere.invalid does not resolve: "), "{line}");
    assert!(line.contains(" (1 attempt in ") && line.contains("Check the Region and the endpoint"), "{line}");
}

#[tokio::test]
async fn a_region_that_cannot_be_one_is_refused_before_anything_is_sent() {
    let error = Client::builder().region("eu central").build().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidConfiguration, 0));
    assert!(error.to_string().contains("eu central"), "{error}");
}

#[tokio::test]
async fn a_full_pool_says_how_full_it_is() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::pass().late(Duration::from_secs(20))));
    let client = plain_options(&responder.endpoint()).max_sockets(1).max_retries(0).build().await.unwrap();
    let busy = tokio::spawn(client.get("Messages").key("id", "m1").item::<Item>());
    while client.stats().pool.in_use == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let waiting = client.get("Messages").key("id", "m2").request_timeout(Duration::from_millis(50));
    let error = waiting.item::<Item>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
    let line = error.to_string();
    assert!(
        line.starts_with("GetItem on table Messages: PoolExhausted: 1 of 1 sockets busy for 50 ms (1 attempt in "),
        "{line}"
    );
    assert!(line.ends_with("Raise max_sockets, or start fewer calls at a time."), "{line}");
    busy.abort();
}

#[tokio::test]
async fn names_from_users_do_not_break_the_line() {
    let client = plain_options(&testkit::refused_endpoint().unwrap()).build().await.unwrap();
    let error = client.call("Get\nItem", json!({ "TableName": "a\nb" })).send().await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "it is never made")]
struct Typed {
    #[serde(default)]
    number: u32,
    #[serde(default)]
    role: Option<Role>,
}

#[derive(Debug, Deserialize)]
enum Role {
    User,
    Assistant,
}

#[tokio::test]
async fn neither_secrets_nor_item_values_are_in_any_error() {
    const SECRET: &str = "PLANTEDSECRET";
    const VALUE: &str = "PLANTEDVALUE";
    let responder = Responder::alone().await.unwrap();
    let stored = |attribute: &str| json!({ "Item": { "id": { "S": "m1" }, attribute: { "S": VALUE } } });
    responder.rule(Rule::on("GetItem").nth(1).then(Action::json(200, stored("number"))));
    responder.rule(Rule::on("GetItem").nth(2).then(Action::json(200, stored("role"))));
    responder.rule(Rule::on("GetItem").nth(3).then(Action::json(200, json!({ "Item": VALUE }))));
    responder.rule(Rule::on("GetItem").nth(4).then(Action::raw(200, "text/plain", VALUE)));
    responder.rule(Rule::on("GetItem").nth(5).then(Action::raw(500, "text/plain", VALUE)));
    responder.rule(Rule::on("PutItem").then(Action::error_with(
        400,
        "ConditionalCheckFailedException",
        "The conditional request failed",
        stored("text"),
    )));
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(SECRET);
    let client = plain_options(&responder.endpoint()).credentials(credentials).max_retries(0).build().await.unwrap();
    let mut errors = Vec::new();
    for _ in 0..5 {
        errors.push(client.get("Messages").key("id", VALUE).item::<Typed>().await.unwrap_err());
    }
    let put = client.put("Messages", &item! { "id": VALUE }).condition(attr("id").ne(VALUE));
    errors.push(put.send().await.unwrap_err());
    errors.push(client.put("Messages", &json!({ "id": VALUE, "list": VALUE, "": VALUE })).send().await.unwrap_err());
    for error in &errors {
        let all = format!("{error} {error:?} {} {:?} {client:?}", error.message(), error.cancellation_reasons());
        assert!(!all.contains(SECRET) && !all.contains(VALUE), "{all}");
    }
    assert_eq!(errors[0].kind(), ErrorKind::Decode);
    assert_eq!(errors[0].item::<Item>().unwrap().unwrap(), item! { "id": "m1", "number": VALUE });
    assert_eq!(errors[5].item::<Item>().unwrap().unwrap(), item! { "id": "m1", "text": VALUE });
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_tells_how_the_call_went() {
    let responder = Responder::alone().await.unwrap();
    let odd = |answer| Action::json(200, answer).header("x-amzn-RequestId", "R7");
    responder.rule(Rule::on("GetItem").nth(1).then(Action::internal_error()));
    responder.rule(Rule::on("GetItem").then(odd(json!({ "Item": { "number": { "S": "x" } } }))));
    responder.rule(Rule::on("Query").then(odd(json!({ "Items": [{ "number": { "S": "x" } }] }))));
    let members = json!({
        "ConsumedCapacity": 7, "Items": 7, "Responses": 7, "UnprocessedItems": 7, "Table": 7, "TableNames": 7,
    });
    for operation in ["PutItem", "Scan", "BatchGetItem", "BatchWriteItem", "DescribeTable", "ListTables"] {
        responder.rule(Rule::on(operation).then(odd(members.clone())));
    }
    let db = plain_options(&responder.endpoint()).build().await.unwrap();
    let item = item! { "id": "m1" };
    let errors = [
        db.get("Messages").key("id", "m1").item::<Typed>().await.unwrap_err(),
        db.query("Messages").partition("id", "m1").send::<Typed>().await.unwrap_err(),
        db.query("Messages").partition("id", "m1").items::<Typed>().next().await.unwrap().unwrap_err(),
        db.put("Messages", &item).send().await.unwrap_err(),
        db.scan("Messages").send::<Item>().await.unwrap_err(),
        db.scan("Messages").items::<Item>().next().await.unwrap().unwrap_err(),
        db.batch_get().get("Messages", &item).send().await.unwrap_err(),
        db.batch_write().put("Messages", &item).send().await.unwrap_err(),
        db.describe_table("Messages").send().await.unwrap_err(),
        db.list_tables().send().await.unwrap_err(),
    ];
    for (at, error) in errors.iter().enumerate() {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)), "{error}");
        assert_eq!((error.attempts(), error.request_id()), (if at == 0 { 2 } else { 1 }, Some("R7")), "{error}");
        assert!(error.elapsed() > std::time::Duration::ZERO && error.operation().is_some(), "{error}");
    }
    // An item of a stream is an error of its own; the page that it came with was read.
    assert_eq!((db.stats().calls, db.stats().errors), (10, 9));
}

testkit::on_both_engines! {
    async fn a_missing_table_is_not_found(engine: Engine) {
        let client = client_of(&engine, &engine.endpoint()).await;
        let error = client.get("Missing").key("id", "m1").item::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::ResourceNotFound, "ResourceNotFoundException"));
        assert_eq!((error.status(), error.table(), error.attempts()), (Some(400), Some("Missing"), 1));
    }

    async fn a_key_of_the_wrong_type_breaks_a_rule(engine: Engine) {
        engine.create_table("Messages").await.unwrap();
        let client = client_of(&engine, &engine.endpoint()).await;
        let error = client.get("Messages").key("id", 1).item::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Validation, "ValidationException"));
        assert!(!error.is_retryable() && !error.is_throttling());
    }

    async fn a_failed_condition_brings_the_item_if_asked(engine: Engine) {
        engine.create_table("Messages").await.unwrap();
        let client = client_of(&engine, &engine.endpoint()).await;
        let stored = item! { "id": "m1", "n": 1 };
        client.put("Messages", &stored).send().await.unwrap();
        let put = || client.put("Messages", &item! { "id": "m1" }).condition(attr("id").not_exists());
        let error = put().return_item_on_condition_failure().send().await.unwrap_err();
        assert_eq!(error.code(), "ConditionalCheckFailedException");
        assert_eq!(error.item::<Item>().unwrap(), Some(stored));
        assert_eq!(put().send().await.unwrap_err().item::<Item>().unwrap(), None);
    }

    async fn a_cancelled_transaction_brings_the_item_in_its_place(engine: Engine) {
        engine.create_table("Messages").await.unwrap();
        let client = client_of(&engine, &engine.endpoint()).await;
        let stored = item! { "id": "m1", "n": 1 };
        client.put("Messages", &stored).send().await.unwrap();
        let put = |id: &str| json!({ "Put": {
            "TableName": "Messages",
            "Item": { "id": { "S": id } },
            "ConditionExpression": "attribute_not_exists(id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        } });
        let request = json!({ "TransactItems": [put("m0"), put("m1")] });
        let error = client.call("TransactWriteItems", request).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::TransactionCanceled, 1));
        let [first, second] = error.cancellation_reasons() else { panic!("{error:?}") };
        assert_eq!((first.code.as_str(), first.item::<Item>().unwrap()), ("None", None));
        assert_eq!((second.code.as_str(), second.item::<Item>().unwrap()), ("ConditionalCheckFailed", Some(stored)));
    }

    async fn an_operation_that_does_not_exist_is_unknown(engine: Engine) {
        let client = client_of(&engine, &engine.endpoint()).await;
        let error = client.call("MakeCoffee", json!({})).send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::UnknownOperation, Some("MakeCoffee")));
    }
}

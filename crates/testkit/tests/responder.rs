//! Every answer of the responder, and what the engine has seen of the request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::{Duration, Instant};

use common::{Client, count, engine_with_table, put};
use serde_json::{Value, json};
use testkit::{Action, Engine, Responder, Rule};

async fn scripted(rules: impl IntoIterator<Item = Rule>) -> (Engine, Responder, Client) {
    let engine = engine_with_table().await;
    let responder = Responder::in_front_of(&engine).await.unwrap();
    for rule in rules {
        responder.rule(rule);
    }
    let client = Client::connect(&responder.endpoint(), Some(&engine)).await;
    (engine, responder, client)
}

fn batch_put(ids: std::ops::Range<u32>) -> Value {
    let puts: Vec<Value> = ids.map(|id| json!({"PutRequest": {"Item": {"id": {"S": id.to_string()}}}})).collect();
    json!({"RequestItems": {"Messages": puts}})
}

#[tokio::test]
async fn without_a_rule_requests_pass_and_are_recorded() {
    let (engine, responder, mut client) = scripted([]).await;
    let answer = client.call("PutItem", put("1")).await.unwrap();
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    assert!(answer.crc_fits());
    assert_eq!(count(&engine).await, 1);

    let mut other = Client::connect(&responder.endpoint(), Some(&engine)).await;
    other.call("DescribeTable", json!({"TableName": "Messages"})).await.unwrap();
    let seen = responder.requests();
    assert_eq!(seen.iter().map(|seen| seen.operation.as_str()).collect::<Vec<_>>(), ["PutItem", "DescribeTable"]);
    assert_eq!(seen[0].body, put("1"));
    assert_eq!(seen[0].headers["authorization"], engine.authorization());
    assert_eq!((seen[0].number, seen[1].number, seen[0].rule), (1, 2, None));
    assert_ne!(seen[0].connection, seen[1].connection);
}

#[tokio::test]
async fn every_third_put_is_throttled_with_its_reason() {
    let (engine, responder, mut client) = scripted([Rule::on("PutItem")
        .every(3)
        .then(Action::throttle("Messages").retry_after(Duration::from_millis(250)))])
    .await;
    let mut statuses = Vec::new();
    for id in 1..=6 {
        let answer = client.call("PutItem", put(&id.to_string())).await.unwrap();
        statuses.push(answer.status);
        if answer.status == 400 {
            let body = answer.json();
            assert_eq!(body["__type"], "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException");
            assert_eq!(
                body["ThrottlingReasons"],
                json!([{
                    "reason": "TableWriteKeyRangeThroughputExceeded",
                    "resource": "arn:aws:dynamodb:us-east-1:123456789012:table/Messages",
                }])
            );
            assert_eq!(answer.header("x-amz-retry-after"), "250");
            assert!(answer.crc_fits());
        }
    }
    assert_eq!(statuses, [200, 200, 400, 200, 200, 400]);
    assert_eq!(count(&engine).await, 4);
    assert_eq!(responder.requests_of("PutItem")[2].rule, Some(0));
}

#[tokio::test]
async fn an_internal_error_comes_before_or_after_applying() {
    let (engine, _responder, mut client) = scripted([
        Rule::on("PutItem").nth(1).then(Action::internal_error()),
        Rule::on("PutItem").nth(2).then(Action::unavailable().applied()),
    ])
    .await;
    assert_eq!(client.call("PutItem", put("1")).await.unwrap().status, 500);
    assert_eq!(count(&engine).await, 0);
    assert_eq!(client.call("PutItem", put("1")).await.unwrap().status, 503);
    assert_eq!(count(&engine).await, 1);
}

#[tokio::test]
async fn the_rest_of_a_batch_write_comes_back_unprocessed() {
    let (engine, _responder, mut client) =
        scripted([Rule::on("BatchWriteItem").first(2).then(Action::leftovers(2))]).await;
    let answer = client.call("BatchWriteItem", batch_put(0..5)).await.unwrap().json();
    assert_eq!(answer["UnprocessedItems"], batch_put(2..5)["RequestItems"]);
    assert_eq!(count(&engine).await, 2);

    let leftovers = json!({"RequestItems": answer["UnprocessedItems"]});
    let answer = client.call("BatchWriteItem", leftovers.clone()).await.unwrap().json();
    assert_eq!(answer["UnprocessedItems"], batch_put(4..5)["RequestItems"]);
    let answer =
        client.call("BatchWriteItem", json!({"RequestItems": answer["UnprocessedItems"]})).await.unwrap().json();
    assert_eq!(answer["UnprocessedItems"], json!({}));
    assert_eq!(count(&engine).await, 5);
}

#[tokio::test]
async fn the_rest_of_a_batch_get_comes_back_with_its_parameters() {
    let (engine, _responder, mut client) = scripted([
        Rule::on("BatchGetItem").nth(1).then(Action::leftovers(1)),
        Rule::on("BatchGetItem").nth(2).then(Action::leftovers(0)),
    ])
    .await;
    engine.call("BatchWriteItem", batch_put(0..3)).await.unwrap();
    let keys: Vec<Value> = (0..3).map(|id| json!({"id": {"S": id.to_string()}})).collect();
    let request = json!({"RequestItems": {"Messages": {"Keys": keys, "ConsistentRead": true}}});
    let answer = client.call("BatchGetItem", request.clone()).await.unwrap().json();
    assert_eq!(answer["Responses"]["Messages"], json!([keys[0]]));
    assert_eq!(answer["UnprocessedKeys"], json!({"Messages": {"Keys": keys[1..], "ConsistentRead": true}}));

    let answer = client.call("BatchGetItem", request.clone()).await.unwrap().json();
    assert_eq!(answer, json!({"Responses": {}, "UnprocessedKeys": request["RequestItems"]}));
}

#[tokio::test]
async fn a_conflict_names_its_position_and_applies_nothing() {
    let (engine, _responder, mut client) =
        scripted([Rule::on("TransactWriteItems").first(1).then(Action::conflict([1]))]).await;
    let items: Vec<Value> =
        ["1", "2", "3"].map(|id| json!({"Put": {"TableName": "Messages", "Item": {"id": {"S": id}}}})).to_vec();
    let request = json!({"TransactItems": items});
    let answer = client.call("TransactWriteItems", request.clone()).await.unwrap();
    assert_eq!(answer.status, 400);
    let body = answer.json();
    assert_eq!(
        body["Message"],
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict, None]"
    );
    assert_eq!(
        body["CancellationReasons"],
        json!([
            {"Code": "None"},
            {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"},
            {"Code": "None"},
        ])
    );
    assert_eq!(count(&engine).await, 0);
    assert_eq!(client.call("TransactWriteItems", request).await.unwrap().status, 200);
    assert_eq!(count(&engine).await, 3);
}

#[tokio::test]
async fn errors_have_the_namespace_that_the_service_gives_them() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("GetItem").nth(1).then(Action::error("ValidationException", "bad key")));
    responder.rule(Rule::on("GetItem").nth(2).then(Action::error("ExpiredTokenException", "old")));
    responder.rule(Rule::on("GetItem").nth(3).then(Action::error("TransactionConflictException", "busy")));
    let mut client = Client::connect(&responder.endpoint(), None).await;
    let mut types = Vec::new();
    for _ in 0..3 {
        types.push(client.call("GetItem", json!({})).await.unwrap().json()["__type"].clone());
    }
    assert_eq!(
        types,
        [
            "com.amazon.coral.validate#ValidationException",
            "com.amazon.coral.service#ExpiredTokenException",
            "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
        ]
    );
    assert_eq!(client.call("GetItem", json!({})).await.unwrap().json(), json!({}));
}

#[tokio::test]
async fn answers_can_be_no_json_or_empty_or_huge_or_late() {
    let (_engine, _responder, mut client) = scripted([
        Rule::any().nth(1).then(Action::html_unavailable()),
        Rule::any().nth(2).then(Action::empty(200)),
        Rule::any().nth(3).then(Action::padded(1_000_000)),
        Rule::any().nth(4).then(Action::pass().late(Duration::from_millis(100))),
    ])
    .await;
    let page = client.call("PutItem", put("1")).await.unwrap();
    assert_eq!((page.status, page.header("content-type")), (503, "text/html"));
    let empty = client.call("PutItem", put("1")).await.unwrap();
    assert_eq!((empty.status, empty.body.len()), (200, 0));
    let huge = client.call("PutItem", put("1")).await.unwrap();
    assert!(huge.body.len() > 1_000_000 && huge.crc_fits());
    let started = Instant::now();
    assert_eq!(client.call("PutItem", put("1")).await.unwrap().status, 200);
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn headers_can_lie() {
    let (_engine, _responder, mut client) =
        scripted([Rule::any().then(Action::pass().wrong_crc().clock_off_by(-3600).header("x-amzn-requestid", "R1"))])
            .await;
    let answer = client.call("PutItem", put("1")).await.unwrap();
    assert!(!answer.crc_fits());
    assert_eq!(answer.header("x-amzn-requestid"), "R1");
    let honest_responder = Responder::alone().await.unwrap();
    let mut honest = Client::connect(&honest_responder.endpoint(), None).await;
    let now = honest.call("ListTables", json!({})).await.unwrap().header("date").to_owned();
    assert_ne!(answer.header("date"), now);
    assert!(answer.header("date").ends_with(" GMT"));
}

#[tokio::test]
async fn a_rule_can_want_a_text_in_the_body_and_the_first_rule_wins() {
    let (engine, responder, mut client) = scripted([
        Rule::on("PutItem")
            .containing(r#""S":"bad""#)
            .then(Action::error("ItemCollectionSizeLimitExceededException", "full")),
        Rule::on("PutItem").after(1).then(Action::unavailable()),
    ])
    .await;
    assert_eq!(client.call("PutItem", put("bad")).await.unwrap().status, 400);
    assert_eq!(client.call("PutItem", put("good")).await.unwrap().status, 503);
    responder.clear_rules();
    assert_eq!(client.call("PutItem", put("bad")).await.unwrap().status, 200);
    assert_eq!(count(&engine).await, 1);
}

#[tokio::test]
async fn an_unreachable_engine_is_no_answer_of_the_service() {
    let responder = Responder::in_front_of_endpoint(&testkit::refused_endpoint().unwrap()).await.unwrap();
    let mut client = Client::connect(&responder.endpoint(), None).await;
    let answer = client.call("ListTables", json!({})).await.unwrap();
    assert_eq!(answer.status, 502);
    assert!(answer.body.starts_with(b"the responder failed: "));
}

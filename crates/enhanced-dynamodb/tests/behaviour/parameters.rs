//! Every parameter of the service's model can be said: by a method, or by its name.

use std::collections::BTreeSet;
use std::io::Write as _;

use enhanced_dynamodb::operation::{ReturnConsumedCapacity, ReturnValues, Select};
use enhanced_dynamodb::{Client, Item, attr, item, key};
use serde_json::Value;
use testkit::Responder;

/// Parameters without a method: what replaced them years ago has one.
const LEGACY: [&str; 7] = [
    "AttributesToGet",
    "AttributeUpdates",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
];

/// Each operation with all that its methods can say, and the parameters that they write.
const WRITTEN: [(&str, &[&str]); 8] = [
    (
        "GetItem",
        &[
            "TableName",
            "Key",
            "ConsistentRead",
            "ProjectionExpression",
            "ExpressionAttributeNames",
            "ReturnConsumedCapacity",
        ],
    ),
    (
        "PutItem",
        &[
            "TableName",
            "Item",
            "ConditionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnValues",
            "ReturnValuesOnConditionCheckFailure",
            "ReturnItemCollectionMetrics",
            "ReturnConsumedCapacity",
        ],
    ),
    (
        "UpdateItem",
        &[
            "TableName",
            "Key",
            "UpdateExpression",
            "ConditionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnValues",
            "ReturnValuesOnConditionCheckFailure",
            "ReturnItemCollectionMetrics",
            "ReturnConsumedCapacity",
        ],
    ),
    (
        "DeleteItem",
        &[
            "TableName",
            "Key",
            "ConditionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnValues",
            "ReturnValuesOnConditionCheckFailure",
            "ReturnItemCollectionMetrics",
            "ReturnConsumedCapacity",
        ],
    ),
    (
        "Query",
        &[
            "TableName",
            "IndexName",
            "KeyConditionExpression",
            "FilterExpression",
            "ProjectionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "Select",
            "ConsistentRead",
            "ScanIndexForward",
            "Limit",
            "ExclusiveStartKey",
            "ReturnConsumedCapacity",
        ],
    ),
    (
        "Scan",
        &[
            "TableName",
            "IndexName",
            "FilterExpression",
            "ProjectionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "Select",
            "ConsistentRead",
            "Segment",
            "TotalSegments",
            "Limit",
            "ExclusiveStartKey",
            "ReturnConsumedCapacity",
        ],
    ),
    ("BatchGetItem", &["RequestItems", "ReturnConsumedCapacity"]),
    ("BatchWriteItem", &["RequestItems", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"]),
];

async fn recorder() -> (Client, Responder) {
    let responder = Responder::alone().await.unwrap();
    let credentials = enhanced_dynamodb::Credentials::new("key", "secret");
    let db = Client::builder().endpoint_url(responder.endpoint()).credentials(credentials).build().await.unwrap();
    (db, responder)
}

/// Sends the operation with everything that its methods can say.
async fn send_all(db: &Client, operation: &str) {
    const CAPACITY: ReturnConsumedCapacity = ReturnConsumedCapacity::Indexes;
    match operation {
        "GetItem" => {
            let get =
                db.get("T").key("id", 1).consistent_read(true).projection(["a"]).return_consumed_capacity(CAPACITY);
            get.item::<Item>().await.unwrap();
        }
        "PutItem" => {
            let put = db.put("T", &item! { "id": 1 }).condition(attr("a").eq(1)).return_values(ReturnValues::AllOld);
            let put = put.return_item_on_condition_failure().return_item_collection_metrics();
            put.return_consumed_capacity(CAPACITY).send().await.unwrap();
        }
        "UpdateItem" => {
            let update = db.update("T").key("id", 1).set("a", 1).condition(attr("a").eq(1));
            let update = update.return_values(ReturnValues::AllNew).return_item_on_condition_failure();
            update.return_item_collection_metrics().return_consumed_capacity(CAPACITY).send().await.unwrap();
        }
        "DeleteItem" => {
            let delete = db.delete("T").key("id", 1).condition(attr("a").eq(1)).return_values(ReturnValues::AllOld);
            let delete = delete.return_item_on_condition_failure().return_item_collection_metrics();
            delete.return_consumed_capacity(CAPACITY).send().await.unwrap();
        }
        "Query" => {
            let query = db.query("T").index("i").partition("id", 1).filter(attr("a").eq(1)).projection(["a"]);
            let query = query.select(Select::SpecificAttributes).consistent_read(true).forward(false).page_size(3);
            let query = query.start_key(key! { "id": 1 }).return_consumed_capacity(CAPACITY);
            query.send::<Item>().await.unwrap();
        }
        "Scan" => {
            let scan = db.scan("T").index("i").filter(attr("a").eq(1)).projection(["a"]).segment(1, 2);
            let scan = scan.select(Select::SpecificAttributes).consistent_read(true).page_size(3);
            scan.start_key(key! { "id": 1 }).return_consumed_capacity(CAPACITY).send::<Item>().await.unwrap();
        }
        "BatchGetItem" => {
            let batch = db.batch_get().get("T", &key! { "id": 1 }).consistent_read("T", true).projection("T", ["a"]);
            batch.return_consumed_capacity(CAPACITY).send().await.unwrap();
        }
        "BatchWriteItem" => {
            let batch = db.batch_write().put("T", &item! { "id": 1 }).delete("T", &key! { "id": 2 });
            batch.return_consumed_capacity(CAPACITY).return_item_collection_metrics().send().await.unwrap();
        }
        other => panic!("{other}"),
    }
}

/// Sends the operation with one parameter by its name.
async fn send_by_name(db: &Client, operation: &str, name: &str) {
    let value = serde_json::json!({ "by": "name" });
    match operation {
        "GetItem" => drop(db.get("T").key("id", 1).parameter(name, value).item::<Item>().await.unwrap()),
        "PutItem" => drop(db.put("T", &item! { "id": 1 }).parameter(name, value).send().await.unwrap()),
        "UpdateItem" => drop(db.update("T").key("id", 1).parameter(name, value).send().await.unwrap()),
        "DeleteItem" => drop(db.delete("T").key("id", 1).parameter(name, value).send().await.unwrap()),
        "Query" => drop(db.query("T").partition("id", 1).parameter(name, value).send::<Item>().await.unwrap()),
        "Scan" => drop(db.scan("T").parameter(name, value).send::<Item>().await.unwrap()),
        other => panic!("{other} takes no parameter by its name: {name}"),
    }
}

fn names(object: &Value) -> BTreeSet<String> {
    object.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
}

#[tokio::test]
async fn the_methods_write_the_parameters_that_the_table_says() {
    let (db, responder) = recorder().await;
    for (operation, parameters) in WRITTEN {
        send_all(&db, operation).await;
        let body = responder.requests_of(operation).pop().unwrap().body;
        let expected: BTreeSet<String> = parameters.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(names(&body), expected, "{operation}: {body}");
    }
    let reads = responder.requests_of("BatchGetItem").pop().unwrap().body["RequestItems"]["T"].clone();
    let expected = ["Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"];
    assert_eq!(names(&reads), expected.iter().map(|&name| name.to_owned()).collect());
}

#[tokio::test]
async fn every_parameter_of_the_model_is_written_by_a_method_or_set_by_its_name() {
    let Some(model) = testkit::service_model().unwrap() else {
        // Straight to the stream: the harness captures what a test that passes prints.
        writeln!(std::io::stderr(), "skipped: the service's model is not at hand").unwrap();
        return;
    };
    let members = |shape: &str| names(&model["shapes"][format!("com.amazonaws.dynamodb#{shape}")]["members"]);
    let (db, responder) = recorder().await;
    for (operation, written) in WRITTEN {
        let all = members(&format!("{operation}Input"));
        assert!(!all.is_empty(), "{operation}");
        for parameter in &all {
            if written.contains(&parameter.as_str()) {
                continue;
            }
            assert!(LEGACY.contains(&parameter.as_str()), "{operation} has no method for {parameter}");
            send_by_name(&db, operation, parameter).await;
            let body = responder.requests_of(operation).pop().unwrap().body;
            assert_eq!(body[parameter]["by"], "name", "{operation} {parameter}: {body}");
        }
        for parameter in written {
            assert!(all.contains(*parameter), "the model's {operation} has no {parameter}");
        }
    }
    // Inside a batch read too, the legacy parameter is said by its name.
    let mut reads = members("KeysAndAttributes");
    assert!(reads.remove("AttributesToGet"));
    let expected = ["Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"];
    assert_eq!(reads, expected.iter().map(|&name| name.to_owned()).collect());
}

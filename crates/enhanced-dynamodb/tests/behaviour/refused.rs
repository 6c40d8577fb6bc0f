//! Requests that cannot be right are refused before anything is sent.

use enhanced_dynamodb::operation::ReturnValues;
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, attr, item, key};
use serde::Serialize;
use serde_json::json;
use testkit::Responder;

/// A client of a server that counts what it is sent.
async fn nobody() -> (Client, Responder) {
    let responder = Responder::alone().await.unwrap();
    let credentials = enhanced_dynamodb::Credentials::new("key", "secret");
    let db = Client::builder().endpoint_url(responder.endpoint()).credentials(credentials).build().await.unwrap();
    (db, responder)
}

#[track_caller]
fn assert_refused(error: &Error, kind: ErrorKind, part: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(part), "{part} is not in: {error}");
    assert_eq!((error.attempts(), error.status()), (0, None), "{error}");
    assert!(error.operation().is_some(), "{error}");
}

#[tokio::test]
async fn a_request_without_a_key_is_refused() {
    let (db, responder) = nobody().await;
    let get = db.get("T").item::<Item>().await.unwrap_err();
    assert_refused(&get, ErrorKind::InvalidInput, "no key was given");
    let update = db.update("T").set("a", 1).send().await.unwrap_err();
    assert_refused(&update, ErrorKind::InvalidInput, "no key was given");
    let delete = db.delete("T").send().await.unwrap_err();
    assert_refused(&delete, ErrorKind::InvalidInput, "no key was given");
    let empty = db.delete("T").key_item(key! {}).send().await.unwrap_err();
    assert_refused(&empty, ErrorKind::InvalidInput, "no key was given");
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn a_key_attribute_given_twice_is_refused() {
    let (db, responder) = nobody().await;
    let twice = db.get("T").key("id", 1).key("id", 2).item::<Item>().await.unwrap_err();
    assert_refused(&twice, ErrorKind::InvalidInput, "the key attribute id was given twice");
    let both = db.get("T").key("id", 1).key_item(key! { "id": 1 }).item::<Item>().await.unwrap_err();
    assert_refused(&both, ErrorKind::InvalidInput, "use one of both");
    let both = db.delete("T").key_item(key! { "id": 1 }).key("id", 1).send().await.unwrap_err();
    assert_refused(&both, ErrorKind::InvalidInput, "use one of both");
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn an_empty_table_name_is_refused() {
    let (db, responder) = nobody().await;
    let errors = [
        db.get("").key("id", 1).item::<Item>().await.unwrap_err(),
        db.put("", &item! { "id": 1 }).send().await.unwrap_err(),
        db.update("").key("id", 1).send().await.unwrap_err(),
        db.delete("").key("id", 1).send().await.unwrap_err(),
        db.query("").partition("id", 1).send::<Item>().await.unwrap_err(),
        db.scan("").send::<Item>().await.unwrap_err(),
        db.describe_table("").send().await.unwrap_err(),
        db.delete_table("").send().await.unwrap_err(),
        db.read_tree("", "root").send::<Item>().await.unwrap_err(),
    ];
    for error in errors {
        assert_refused(&error, ErrorKind::InvalidInput, "the table's name is empty");
    }
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn a_value_that_cannot_be_stored_is_refused_with_its_path() {
    #[derive(Serialize)]
    struct Reading {
        id: &'static str,
        points: [f64; 3],
    }
    let (db, responder) = nobody().await;
    let put = db.put("T", &Reading { id: "r", points: [1.0, f64::NAN, 2.0] }).send().await.unwrap_err();
    assert_refused(&put, ErrorKind::Encode, "points[1]");
    assert_refused(&put, ErrorKind::Encode, "PutItem on table T: ");
    let key = db.get("T").key("id", f64::INFINITY).item::<Item>().await.unwrap_err();
    assert_refused(&key, ErrorKind::Encode, "id");
    let update = db.update("T").key("id", 1).set("ratio", f64::NAN).send().await.unwrap_err();
    assert_refused(&update, ErrorKind::Encode, "ratio");
    let condition = db.delete("T").key("id", 1).condition(attr("ratio").eq(f64::NAN)).send().await.unwrap_err();
    assert_refused(&condition, ErrorKind::Encode, "ratio");
    let value = db.delete("T").key("id", 1).condition_expression("a = :a").expression_value(":a", f64::NAN);
    assert_refused(&value.send().await.unwrap_err(), ErrorKind::Encode, ":a");
    let text = db.put("T", "no item").send().await.unwrap_err();
    assert_refused(&text, ErrorKind::Encode, "");
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn a_parameter_that_has_a_method_is_refused() {
    let (db, responder) = nobody().await;
    let get = db.get("T").key("id", 1).parameter("ConsistentRead", true).item::<Item>().await.unwrap_err();
    assert_refused(&get, ErrorKind::InvalidInput, "the parameter ConsistentRead has a method of its own");
    let put = db.put("T", &item! { "id": 1 }).parameter("ReturnValues", "NONE").send().await.unwrap_err();
    assert_refused(&put, ErrorKind::InvalidInput, "the parameter ReturnValues has a method of its own");
    let names = json!({ "#a": "a" });
    let update = db.update("T").key("id", 1).parameter("ExpressionAttributeNames", names).send().await.unwrap_err();
    assert_refused(&update, ErrorKind::InvalidInput, "ExpressionAttributeNames has a method");
    let query = db.query("T").partition("id", 1).parameter("Limit", 3).send::<Item>().await.unwrap_err();
    assert_refused(&query, ErrorKind::InvalidInput, "Limit has a method");
    let scan = db.scan("T").parameter("ReturnConsumedCapacity", "TOTAL").send::<Item>().await.unwrap_err();
    assert_refused(&scan, ErrorKind::InvalidInput, "ReturnConsumedCapacity has a method");
    let twice = db.get("T").key("id", 1).parameter("AttributesToGet", ["a"]).parameter("AttributesToGet", ["b"]);
    assert_refused(&twice.item::<Item>().await.unwrap_err(), ErrorKind::InvalidInput, "was set twice");
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn a_query_without_a_partition_is_refused() {
    let (db, responder) = nobody().await;
    let error = db.query("T").send::<Item>().await.unwrap_err();
    assert_refused(&error, ErrorKind::InvalidInput, "the query names no partition");
    let error = db.query("T").sort(attr("at").gt(1)).items::<Item>().try_collect().await.unwrap_err();
    assert_refused(&error, ErrorKind::InvalidInput, "partition");
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn the_first_thing_that_is_wrong_is_the_one_reported() {
    let (db, _responder) = nobody().await;
    let error = db.get("").key("id", f64::NAN).key("id", 2).item::<Item>().await.unwrap_err();
    assert_refused(&error, ErrorKind::Encode, "id");
}

testkit::on_both_engines! {
    async fn what_the_service_refuses_is_its_own_error(engine: Engine) {
        let db = crate::common::messages(&engine).await;
        let put = db.put("Messages", &item! { "id": 1 }).send().await.unwrap_err();
        assert_eq!((put.kind(), put.code()), (ErrorKind::Validation, "ValidationException"), "{put}");
        let put =
            db.put("Messages", &item! { "id": "m1" }).return_values(ReturnValues::AllNew).send().await.unwrap_err();
        assert_eq!((put.kind(), put.status()), (ErrorKind::Validation, Some(400)), "{put}");
        let empty = db.put("Messages", &item! { "id": "" }).send().await.unwrap_err();
        assert_eq!(empty.kind(), ErrorKind::Validation, "{empty}");
    }
}

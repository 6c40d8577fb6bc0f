//! The client as a value: what may be done with it, how it is closed, and the engine that it may carry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::future::Future;
use std::time::Duration;

use enhanced_dynamodb::{Client, Error, ErrorKind, Item, attr, item};
use support::{TestClock, options, plain_options};
use testkit::{Action, Responder, Rule};

fn for_any_task<F: Future + Send + 'static>(future: F) -> F {
    future
}

fn shareable<T: Send + Sync + Clone + 'static>() {}

#[tokio::test]
async fn the_future_of_every_operation_can_be_spawned() {
    shareable::<Client>();
    assert_eq!(size_of::<Client>(), size_of::<usize>());
    let db = plain_options("http://localhost:1").build().await.unwrap();
    let value = item! { "id": "m1" };
    drop(for_any_task(db.get("T").key("id", "m1").item::<Item>()));
    drop(for_any_task(db.get("T").key("id", "m1").send::<Item>()));
    drop(for_any_task(db.put("T", &value).send()));
    drop(for_any_task(db.update("T").key("id", "m1").set("n", attr("n") + 1).send()));
    drop(for_any_task(db.delete("T").key("id", "m1").send()));
    drop(for_any_task(db.query("T").partition("id", "m1").send::<Item>()));
    drop(for_any_task(db.query("T").partition("id", "m1").count()));
    drop(for_any_task(db.scan("T").send::<Item>()));
    drop(for_any_task(async move { db.read_tree("T", "root").send::<Item>().await.map(drop) }));
    drop(for_any_task(Client::shared()));
    drop(for_any_task(Client::builder().build()));
}

#[tokio::test]
async fn management_of_tables_can_be_spawned() {
    let db = plain_options("http://localhost:1").build().await.unwrap();
    drop(for_any_task(db.call("DescribeLimits", serde_json::json!({})).send()));
    drop(for_any_task(
        db.create_table("T").partition_key("id", enhanced_dynamodb::table::AttributeType::String).send(),
    ));
    drop(for_any_task(db.describe_table("T").send()));
    drop(for_any_task(db.delete_table("T").send()));
    drop(for_any_task(db.list_tables().send()));
    drop(for_any_task(db.wait_until_active("T").send()));
    drop(for_any_task(async move { db.close().await }));
}

#[tokio::test]
async fn closing_waits_for_a_call_in_flight_and_refuses_new_ones() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::pass().late(Duration::from_millis(200))));
    let db = plain_options(&responder.endpoint()).build().await.unwrap();
    let flying = tokio::spawn(db.get("T").key("id", "m1").item::<Item>());
    while responder.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    db.close().await;
    assert!(flying.is_finished(), "close waited for it");
    assert_eq!(flying.await.unwrap().unwrap(), None);
    assert_eq!(db.stats().pool.open, 0);
    let refused = db.get("T").key("id", "m1").item::<Item>().await.unwrap_err();
    assert_eq!((refused.kind(), refused.attempts()), (ErrorKind::Closed, 0));
    insta::assert_snapshot!(refused);
    db.close().await;
}

#[tokio::test]
async fn closing_lets_a_call_end_that_waits_for_its_retry() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().first(1).then(Action::throttle("T")));
    let db =
        plain_options(&responder.endpoint()).random(std::sync::Arc::new(support::Always(0.2))).build().await.unwrap();
    let retrying = tokio::spawn(db.get("T").key("id", "m1").send::<Item>());
    while db.stats().retries == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    db.close().await;
    assert_eq!(retrying.await.unwrap().unwrap().metadata.attempts, 2);
}

#[tokio::test]
async fn a_call_that_was_dropped_does_not_keep_a_client_from_closing() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::pass().late(Duration::from_secs(60))));
    let db = options(&responder.endpoint(), &TestClock::new()).build().await.unwrap();
    let call = db.get("T").key("id", "m1").item::<Item>();
    assert!(tokio::time::timeout(Duration::from_millis(50), call).await.is_err());
    tokio::time::timeout(Duration::from_secs(5), db.close()).await.unwrap();
}

#[test]
fn a_call_outside_of_a_runtime_is_an_error_that_says_so() {
    let db = Client::builder().local(true).build();
    let mut db = std::pin::pin!(db);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(db) = db.as_mut().poll(&mut context) else {
        panic!("making a client waits for nothing")
    };
    let call = db.unwrap().get("T").key("id", "m1").item::<Item>();
    let std::task::Poll::Ready(result) = std::pin::pin!(call).poll(&mut context) else {
        panic!("it has nothing to wait for")
    };
    let error: Error = result.unwrap_err();
    assert!(error.to_string().contains("outside of a Tokio runtime"), "{error}");
}

#[tokio::test]
async fn a_request_shows_what_it_is_for_and_none_of_its_values() {
    let db = plain_options("http://127.0.0.1:9").build().await.unwrap();
    let secret = item! { "id": "PLANTEDVALUE" };
    let shown = [
        format!("{:?}", db.get("T").key("id", "PLANTEDVALUE")),
        format!("{:?}", db.put("T", &secret)),
        format!("{:?}", db.update("T").key("id", "PLANTEDVALUE").set("a", "PLANTEDVALUE")),
        format!("{:?}", db.delete("T").key_item(&secret)),
        format!("{:?}", db.query("T").partition("id", "PLANTEDVALUE")),
        format!("{:?}", db.scan("T").filter(attr("id").eq("PLANTEDVALUE"))),
        format!("{:?}", db.scan("T").items::<Item>()),
        format!("{:?}", db.batch_get().get("T", &secret)),
        format!("{:?}", db.batch_write().put("T", &secret)),
        format!("{:?}", db.call("ListTables", serde_json::json!({ "a": "PLANTEDVALUE" }))),
        format!("{:?}", db.read_tree("T", "PLANTEDVALUE")),
        format!("{:?}", db.create_table("T")),
    ];
    assert_eq!(shown[0], r#"GetItem { table: "T", .. }"#);
    assert_eq!(shown[9], r#"CallOperation { operation: "ListTables", .. }"#);
    assert!(shown.iter().all(|text| !text.contains("PLANTEDVALUE") && !text.contains('\n')), "{shown:?}");
}

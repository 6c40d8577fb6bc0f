//! Both clients write the same JSON for the same value, and read the same value from the same JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../enhanced-dynamodb/tests/common/mod.rs"]
mod common;

use common::{item, item_json};
use differential::{Wire, item_from_sdk, item_to_sdk};
use enhanced_dynamodb::Item;
use enhanced_dynamodb::item::{Number, from_item, to_item};
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
use serde_json::Value;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// What the SDK sends as the item of a PutItem.
fn sdk_writes(item: &Item) -> Value {
    let wire = Wire::default();
    wire.answer("{}");
    let put = wire.client().put_item().table_name("T").set_item(Some(item_to_sdk(item)));
    runtime().block_on(put.send()).unwrap();
    let mut body: Value = serde_json::from_slice(&wire.request()).unwrap();
    assert_eq!(body["TableName"], "T");
    body["Item"].take()
}

/// What the SDK makes of an item in the answer to a GetItem.
fn sdk_reads(json: &str) -> Item {
    let wire = Wire::default();
    wire.answer(format!("{{\"Item\":{json}}}"));
    let key = enhanced_dynamodb::key! { "id": "m1" };
    let get = wire.client().get_item().table_name("T").set_key(Some(item_to_sdk(&key)));
    item_from_sdk(runtime().block_on(get.send()).unwrap().item.unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_item_is_written_as_the_sdk_writes_it(item in item()) {
        let ours: Value = serde_json::from_str(&item.to_dynamodb_json().unwrap()).unwrap();
        prop_assert_eq!(ours, sdk_writes(&item));
    }

    #[test]
    fn any_item_is_read_as_the_sdk_reads_it(json in item_json()) {
        prop_assert_eq!(Item::from_dynamodb_json(&json).unwrap(), sdk_reads(&json));
        // With white space and another writer's escapes.
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&json).unwrap()).unwrap();
        prop_assert_eq!(Item::from_dynamodb_json(&pretty).unwrap(), sdk_reads(&pretty));
    }

    #[test]
    fn what_the_sdk_writes_is_read_back(item in item()) {
        prop_assert_eq!(Item::from_dynamodb_json(&sdk_writes(&item).to_string()).unwrap(), item);
    }
}

#[test]
fn escapes_that_the_service_may_send_are_read_alike() {
    let json = r#"{"a\u0062":{"S":"\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\"},"n":{"N":"1E+2"}}"#;
    assert_eq!(Item::from_dynamodb_json(json).unwrap(), sdk_reads(json));
}

#[test]
fn a_type_of_the_users_is_written_as_the_sdk_writes_its_item() {
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Message {
        id: String,
        count: u64,
        score: f64,
        price: Number,
        #[serde(with = "enhanced_dynamodb::item::string_set")]
        tags: Vec<String>,
        #[serde(with = "enhanced_dynamodb::item::bytes")]
        content: Vec<u8>,
        parent: Option<String>,
    }
    let message = Message {
        id: "m1".to_owned(),
        count: u64::MAX,
        score: 0.1,
        price: "0.1234567890123456789012345678901234567".parse().unwrap(),
        tags: vec!["a".to_owned()],
        content: vec![1, 2],
        parent: None,
    };
    let json = enhanced_dynamodb::item::to_dynamodb_json(&message).unwrap();
    let item = to_item(&message).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), sdk_writes(&item));
    assert_eq!(from_item::<Message>(sdk_reads(&json)).unwrap(), message);
}

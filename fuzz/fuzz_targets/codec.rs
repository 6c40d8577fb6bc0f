//! Any bytes, read as a response's item: nothing panics, and what was read survives being written and read again.
#![no_main]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use enhanced_dynamodb::item::{from_dynamodb_json, to_dynamodb_json};
use enhanced_dynamodb::{AttributeValue, Binary, Item, Number, StringSet};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Everything {
    id: Option<String>,
    n: Option<Number>,
    i: Option<i64>,
    f: Option<f64>,
    w: Option<u128>,
    b: Option<Binary>,
    v: Option<Vec<u8>>,
    c: Option<char>,
    s: Option<StringSet>,
    #[serde(with = "enhanced_dynamodb::item::number_set", default)]
    t: Option<BTreeSet<i64>>,
    #[serde(with = "enhanced_dynamodb::item::bytes", default)]
    y: Option<Vec<u8>>,
    k: Option<BTreeMap<i32, bool>>,
    e: Option<External>,
    a: Option<Internal>,
    u: Option<Untagged>,
    l: Option<Vec<(u8, Option<String>)>>,
    x: Option<AttributeValue>,
    r: Option<Box<Everything>>,
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum External {
    Unit,
    Newtype(Option<i8>),
    Tuple(bool, f32),
    Struct { a: u8 },
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "type")]
enum Internal {
    Unit,
    Struct { a: Number, b: Vec<f64> },
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Untagged {
    Flag(bool),
    Integer(i64),
    Number(Number),
    List(Vec<Untagged>),
    Text(String),
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(item) = from_dynamodb_json::<Item>(text) {
        // What cannot be written back: empty sets and levels that only reading allows.
        if let Ok(written) = item.to_dynamodb_json() {
            assert_eq!(from_dynamodb_json::<Item>(&written).unwrap(), item);
            // Whatever reads as an item is JSON to everybody else.
            serde_json::from_str::<serde_json::Value>(&written).unwrap();
        }
        let plain = serde_json::to_string(&item).unwrap();
        serde_json::from_str::<Item>(&plain).unwrap();
    }
    if let Ok(value) = from_dynamodb_json::<Everything>(text)
        && let Ok(written) = to_dynamodb_json(&value)
    {
        let again = from_dynamodb_json::<Everything>(&written).unwrap();
        assert_eq!(to_dynamodb_json(&again).unwrap().len(), written.len());
    }
});

//! Properties that hold for every value: what is written is read back, and it is what an independent reader of the
//! same JSON sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use enhanced_dynamodb::item::{self, from_dynamodb_json, to_dynamodb_json, to_dynamodb_json_keeping_nulls};
use enhanced_dynamodb::{AttributeValue, Item, Number};
use proptest::prelude::{
    Arbitrary, BoxedStrategy, Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof,
    proptest,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use common::{item, item_json};

/// A type with one of everything that serde has and plain JSON has as well.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Everything {
    text: String,
    letter: char,
    flag: bool,
    small: i8,
    large: u64,
    negative: i64,
    float: f64,
    single: f32,
    nothing: (),
    maybe: Option<String>,
    list: Vec<Option<i32>>,
    pair: (u8, String),
    by_name: BTreeMap<String, i16>,
    by_number: BTreeMap<i64, bool>,
    external: External,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Vec<Untagged>,
    #[serde(flatten)]
    flat: Flat,
    id: Id,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Id(u32);

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Flat {
    flat_number: i32,
    flat_list: Vec<f64>,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
enum External {
    Unit,
    Newtype(i32),
    Tuple(bool, String),
    Struct { x: f64 },
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(tag = "type")]
enum Internal {
    Unit,
    Struct { x: u32, y: Vec<String> },
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(String),
    Tuple(u8, u8),
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(untagged)]
enum Untagged {
    Flag(bool),
    Integer(i64),
    Text(String),
    Struct { x: u8 },
}

fn float() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("in the service's range", |float| Number::try_from(*float).is_ok())
}

fn boxed<T: Arbitrary + 'static>() -> BoxedStrategy<T> {
    any::<T>().boxed()
}

fn everything() -> impl Strategy<Value = Everything> {
    let scalars = (
        boxed::<String>(),
        boxed::<char>(),
        boxed::<bool>(),
        (boxed::<i8>(), boxed::<u64>(), boxed::<i64>()),
        float(),
        any::<f32>().prop_filter("finite", |float| float.is_finite()),
        boxed::<Option<String>>(),
    );
    let compounds = (
        boxed::<Vec<Option<i32>>>(),
        boxed::<(u8, String)>(),
        boxed::<BTreeMap<String, i16>>(),
        boxed::<BTreeMap<i64, bool>>(),
        prop::collection::vec(float(), 0..4),
    );
    let external = prop_oneof![
        Just(External::Unit),
        boxed::<i32>().prop_map(External::Newtype),
        boxed::<(bool, String)>().prop_map(|(a, b)| External::Tuple(a, b)),
        float().prop_map(|x| External::Struct { x }),
    ];
    let internal =
        prop_oneof![Just(Internal::Unit), boxed::<(u32, Vec<String>)>().prop_map(|(x, y)| Internal::Struct { x, y })];
    let adjacent = prop_oneof![
        Just(Adjacent::Unit),
        boxed::<String>().prop_map(Adjacent::Newtype),
        boxed::<(u8, u8)>().prop_map(|(a, b)| Adjacent::Tuple(a, b)),
    ];
    let untagged = prop_oneof![
        boxed::<bool>().prop_map(Untagged::Flag),
        boxed::<i64>().prop_map(Untagged::Integer),
        boxed::<String>().prop_map(Untagged::Text),
        boxed::<u8>().prop_map(|x| Untagged::Struct { x }),
    ];
    (scalars, compounds, external, internal, adjacent, prop::collection::vec(untagged, 0..4), boxed::<(i32, u32)>())
        .prop_map(|(scalars, compounds, external, internal, adjacent, untagged, (flat_number, id))| {
            let (text, letter, flag, (small, large, negative), float, single, maybe) = scalars;
            let (list, pair, by_name, by_number, flat_list) = compounds;
            Everything {
                text,
                letter,
                flag,
                small,
                large,
                negative,
                float,
                single,
                nothing: (),
                maybe,
                list,
                pair,
                by_name,
                by_number,
                external,
                internal,
                adjacent,
                untagged,
                flat: Flat { flat_number, flat_list },
                id: Id(id),
            }
        })
}

/// Plain JSON as this project says it is stored, written down a second time on `serde_json::Value`.
fn stored(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(flag) => json!({"BOOL": flag}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(elements) => json!({"L": elements.iter().map(stored).collect::<Vec<_>>()}),
        Value::Object(members) => json!({"M": stored_members(members)}),
    }
}

fn stored_members(members: &serde_json::Map<String, Value>) -> Value {
    Value::Object(members.iter().map(|(name, value)| (name.clone(), stored(value))).collect())
}

/// The same with numbers in their canonical text: `5.0`, `5` and `5e0` are one number.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| match (name.as_str(), &value) {
                    ("N", Value::String(digits)) => match digits.parse::<Number>() {
                        Ok(number) => (name, Value::String(number.to_string())),
                        Err(_) => (name, value),
                    },
                    _ => (name, canonical(value)),
                })
                .collect(),
        ),
        Value::Array(elements) => Value::Array(elements.into_iter().map(canonical).collect()),
        other => other,
    }
}

/// A value's JSON as an independent reader and writer sees it.
fn of_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number.to_string()}),
        AttributeValue::B(bytes) => json!({"B": STANDARD.encode(bytes)}),
        AttributeValue::Bool(flag) => json!({"BOOL": flag}),
        AttributeValue::Null => json!({"NULL": true}),
        AttributeValue::M(members) => json!({"M": of_item(members)}),
        AttributeValue::L(elements) => json!({"L": elements.iter().map(of_value).collect::<Vec<_>>()}),
        AttributeValue::Ss(set) => json!({"SS": set.iter().collect::<Vec<_>>()}),
        AttributeValue::Ns(set) => json!({"NS": set.iter().map(Number::to_string).collect::<Vec<_>>()}),
        AttributeValue::Bs(set) => json!({"BS": set.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>()}),
    }
}

fn of_item(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), of_value(value))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_item_is_read_back_as_it_was(item in item()) {
        let json = item.to_dynamodb_json().unwrap();
        prop_assert_eq!(Item::from_dynamodb_json(&json).unwrap(), item.clone());
        prop_assert_eq!(item::from_item::<Item>(item.clone()).unwrap(), item.clone());
        prop_assert_eq!(item::to_item(&item).unwrap(), item);
    }

    #[test]
    fn any_item_is_what_serde_json_sees(item in item()) {
        let json = item.to_dynamodb_json().unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), of_item(&item));
        // And the other way: from serde_json's writer, with its escapes and white space.
        let pretty = serde_json::to_string_pretty(&of_item(&item)).unwrap();
        prop_assert_eq!(Item::from_dynamodb_json(&pretty).unwrap(), item);
    }

    #[test]
    fn any_type_is_stored_as_its_json_is(value in everything()) {
        let plain = serde_json::to_value(&value).unwrap();
        let Value::Object(members) = &plain else { panic!("no object") };
        let written: Value = serde_json::from_str(&to_dynamodb_json_keeping_nulls(&value).unwrap()).unwrap();
        // A float of 32 bits is its own shortest digits here, and those of the nearest double in serde_json's values.
        let mut expected = canonical(stored_members(members));
        expected["single"] = json!({"N": Number::try_from(value.single).unwrap().to_string()});
        prop_assert_eq!(canonical(written), expected);
    }

    #[test]
    fn any_type_is_read_back_as_it_was(value in everything()) {
        let json = to_dynamodb_json(&value).unwrap();
        prop_assert_eq!(&from_dynamodb_json::<Everything>(&json).unwrap(), &value);
        // Numbers and members in whatever form and order another writer chose.
        let other = serde_json::to_string(&canonical(serde_json::from_str(&json).unwrap())).unwrap();
        prop_assert_eq!(from_dynamodb_json::<Everything>(&other).unwrap(), value);
    }

    #[test]
    fn plain_json_of_an_item_is_read_back_where_json_has_the_type(text in any::<String>(), number in any::<i64>()) {
        let item = enhanced_dynamodb::item! { "s": text, "n": number, "l": [number, null], "m": { "x": true } };
        let plain = serde_json::to_string(&item).unwrap();
        prop_assert_eq!(serde_json::from_str::<Item>(&plain).unwrap(), item);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(text in any::<String>()) {
        drop(Item::from_dynamodb_json(&text));
        drop(from_dynamodb_json::<Everything>(&text));
    }

    #[test]
    fn no_damage_makes_the_reader_panic(json in item_json(), at in any::<prop::sample::Index>(), with in "[\\PC\\x00-\\x1f\"\\\\{}\\[\\]:,]{0,3}") {
        let positions: Vec<usize> = json.char_indices().map(|(at, _)| at).collect();
        let at = positions[at.index(positions.len())];
        let (before, after) = json.split_at(at);
        let mut rest = after.chars();
        rest.next();
        for damaged in [before.to_owned(), format!("{before}{with}{after}"), format!("{before}{with}{}", rest.as_str())] {
            drop(from_dynamodb_json::<Everything>(&damaged));
            drop(from_dynamodb_json::<BTreeMap<String, BTreeSet<String>>>(&damaged));
            if let Ok(item) = Item::from_dynamodb_json(&damaged) {
                prop_assert!(item.to_dynamodb_json().is_ok() || damaged.contains("S\":[]"));
            }
        }
    }
}

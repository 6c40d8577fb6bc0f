//! Typed sets, bytes and numbers: what keeps its DynamoDB type, and what it is in other formats. One test a rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use enhanced_dynamodb::item::{
    Binary, BinarySet, Item, Number, NumberSet, StringSet, from_dynamodb_json, to_dynamodb_json,
};
use enhanced_dynamodb::{AttributeValue, ErrorKind, item};
use serde::de::value::MapDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Serialize, Deserialize, Debug, PartialEq, Default)]
#[serde(default)]
struct Sets {
    #[serde(with = "item::string_set", skip_serializing_if = "HashSet::is_empty")]
    strings: HashSet<String>,
    #[serde(with = "item::number_set", skip_serializing_if = "BTreeSet::is_empty")]
    numbers: BTreeSet<i64>,
    #[serde(with = "item::binary_set", skip_serializing_if = "HashSet::is_empty")]
    binaries: HashSet<Vec<u8>>,
    #[serde(with = "item::string_set")]
    maybe: Option<BTreeSet<String>>,
}

#[test]
fn fields_of_the_standard_library_are_typed_sets() {
    let sets = Sets {
        strings: HashSet::from(["a".to_owned()]),
        numbers: BTreeSet::from([1, -2]),
        binaries: HashSet::from([b"abc".to_vec()]),
        maybe: Some(BTreeSet::from(["x".to_owned(), "y".to_owned()])),
    };
    let json = to_dynamodb_json(&sets).unwrap();
    assert_eq!(
        json,
        r#"{"strings":{"SS":["a"]},"numbers":{"NS":["-2","1"]},"binaries":{"BS":["YWJj"]},"maybe":{"SS":["x","y"]}}"#
    );
    assert_eq!(from_dynamodb_json::<Sets>(&json).unwrap(), sets);
}

#[test]
fn a_set_that_is_none_is_left_out_and_null_is_none() {
    assert_eq!(to_dynamodb_json(&Sets::default()).unwrap(), "{}");
    assert_eq!(from_dynamodb_json::<Sets>("{}").unwrap(), Sets::default());
    assert_eq!(from_dynamodb_json::<Sets>(r#"{"maybe":{"NULL":true}}"#).unwrap(), Sets::default());
}

#[test]
fn a_typed_set_is_read_from_that_set_only() {
    let error = |json: &str| from_dynamodb_json::<Sets>(json).unwrap_err().message().to_owned();
    assert_eq!(error(r#"{"strings":{"L":[{"S":"a"}]}}"#), "strings: expected SS, found L");
    assert_eq!(error(r#"{"strings":{"NS":["1"]}}"#), "strings: expected SS, found NS");
    assert_eq!(error(r#"{"numbers":{"SS":["1"]}}"#), "numbers: expected NS, found SS");
    assert_eq!(
        error(r#"{"numbers":{"NS":["1","x"]}}"#),
        "numbers[1]: expected N, found text that is not a decimal number"
    );
}

#[test]
fn without_an_attribute_a_collection_is_a_list() {
    let json = to_dynamodb_json(&BTreeMap::from([("tags", BTreeSet::from(["a"]))])).unwrap();
    assert_eq!(json, r#"{"tags":{"L":[{"S":"a"}]}}"#);
}

fn strings<T: Serialize>(elements: T) -> Result<String, enhanced_dynamodb::Error> {
    #[derive(Serialize)]
    struct Holder<T: Serialize> {
        #[serde(with = "item::string_set")]
        v: T,
    }
    to_dynamodb_json(&Holder { v: elements })
}

fn numbers<T: Serialize>(elements: T) -> Result<String, enhanced_dynamodb::Error> {
    #[derive(Serialize)]
    struct Holder<T: Serialize> {
        #[serde(with = "item::number_set")]
        v: T,
    }
    to_dynamodb_json(&Holder { v: elements })
}

fn binaries<T: Serialize>(elements: T) -> Result<String, enhanced_dynamodb::Error> {
    #[derive(Serialize)]
    struct Holder<T: Serialize> {
        #[serde(with = "item::binary_set")]
        v: T,
    }
    to_dynamodb_json(&Holder { v: elements })
}

fn message(result: Result<String, enhanced_dynamodb::Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    error.message().to_owned()
}

#[test]
fn an_empty_set_is_an_error() {
    let expected = "v: a set must not be empty: leave the attribute out instead";
    assert_eq!(message(strings(Vec::<String>::new())), expected);
    assert_eq!(message(numbers([0u8; 0])), expected);
    assert_eq!(message(binaries(HashSet::<Vec<u8>>::new())), expected);
    let error = item! { "v": StringSet::new() }.to_dynamodb_json().unwrap_err();
    assert_eq!(error.message(), expected);
}

#[test]
fn the_same_element_twice_is_an_error() {
    assert_eq!(
        message(strings(["a", "b", "a"])),
        "v[2]: a set must not hold the same element twice, as here and at [0]"
    );
    assert_eq!(
        message(binaries([b"a".to_vec(), b"a".to_vec()])),
        "v[1]: a set must not hold the same element twice, as here and at [0]"
    );
}

#[test]
fn numbers_of_a_set_are_the_same_when_their_values_are() {
    let number = |text: &str| text.parse::<Number>().unwrap();
    assert!(message(numbers((1, 1.0))).starts_with("v[1]: a set must not hold the same element twice"));
    assert!(message(numbers(("1E1", 2, "10.0"))).starts_with("v[2]: "));
    assert_eq!(numbers([number("1"), number("1.5")]).unwrap(), r#"{"v":{"NS":["1","1.5"]}}"#);
}

#[test]
fn an_element_of_another_type_is_an_error() {
    assert_eq!(message(strings([1])), "v[0]: expected S, found N");
    assert_eq!(message(numbers([true])), "v[0]: expected N, found a boolean");
    assert_eq!(message(numbers(["1", "x"])), "v[1]: expected N, found text that is not a decimal number");
    assert_eq!(message(binaries([vec![1u16]])), "v[0]: expected bytes, found a number that is no u8 among them");
    assert_eq!(message(strings([Some("a"), None])), "v[1]: expected S, found nothing (`None`)");
    assert_eq!(message(strings([["a"]])), "v[0]: expected S, found a list");
    assert_eq!(message(strings("a")), "v: expected SS, found a string");
    assert_eq!(message(strings([Number::ZERO])), "v[0]: expected S, found N");
    assert_eq!(message(numbers([f64::NAN])), "v[0]: a number must be finite: DynamoDB stores neither NaN nor infinity");
    assert_eq!(message(numbers([u128::MAX])), "v[0]: a number must not have more than 38 significant digits");
}

#[test]
fn elements_of_a_string_set_may_be_anything_that_is_written_as_text() {
    #[derive(Serialize)]
    enum Colour {
        Red,
    }
    let address: std::net::IpAddr = "127.0.0.1".parse().unwrap();
    assert_eq!(strings([address]).unwrap(), r#"{"v":{"SS":["127.0.0.1"]}}"#);
    assert_eq!(strings([Colour::Red]).unwrap(), r#"{"v":{"SS":["Red"]}}"#);
    assert_eq!(strings(['"']).unwrap(), r#"{"v":{"SS":["\""]}}"#);
    assert_eq!(strings([""]).unwrap(), r#"{"v":{"SS":[""]}}"#);
}

#[test]
fn floats_and_integers_may_be_numbers_of_a_set() {
    assert_eq!(numbers([0.5, 2.0]).unwrap(), r#"{"v":{"NS":["0.5","2"]}}"#);
    assert_eq!(numbers([i64::MIN]).unwrap(), r#"{"v":{"NS":["-9223372036854775808"]}}"#);
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Bytes {
    #[serde(with = "item::bytes")]
    whole: Vec<u8>,
    #[serde(with = "item::bytes")]
    fixed: [u8; 3],
    #[serde(with = "item::bytes", default)]
    maybe: Option<Vec<u8>>,
    binary: Binary,
}

fn bytes(maybe: Option<Vec<u8>>) -> Bytes {
    Bytes { whole: b"abc".to_vec(), fixed: *b"xyz", maybe, binary: Binary::from(b"") }
}

#[test]
fn bytes_are_b() {
    let json = to_dynamodb_json(&bytes(Some(vec![0, 255]))).unwrap();
    assert_eq!(json, r#"{"whole":{"B":"YWJj"},"fixed":{"B":"eHl6"},"maybe":{"B":"AP8="},"binary":{"B":""}}"#);
    assert_eq!(from_dynamodb_json::<Bytes>(&json).unwrap(), bytes(Some(vec![0, 255])));
    let json = to_dynamodb_json(&bytes(None)).unwrap();
    assert_eq!(json, r#"{"whole":{"B":"YWJj"},"fixed":{"B":"eHl6"},"binary":{"B":""}}"#);
    assert_eq!(from_dynamodb_json::<Bytes>(&json).unwrap(), bytes(None));
}

#[test]
fn bytes_are_read_from_b_only_and_of_the_right_length() {
    let error = |fixed: &str| {
        let json = format!(r#"{{"whole":{{"B":""}},"fixed":{fixed},"binary":{{"B":""}}}}"#);
        from_dynamodb_json::<Bytes>(&json).unwrap_err().message().to_owned()
    };
    assert_eq!(error(r#"{"S":"eHl6"}"#), "fixed: expected B, found S");
    assert_eq!(error(r#"{"B":"eHl"}"#), "fixed: expected B, found a string that is not base64");
    assert!(error(r#"{"B":"eHk="}"#).starts_with("fixed: invalid length 2"));
}

#[test]
fn in_json_bytes_are_base64_and_sets_are_arrays() {
    let json = serde_json::to_value(bytes(Some(vec![0, 255]))).unwrap();
    assert_eq!(json, json!({"whole": "YWJj", "fixed": "eHl6", "maybe": "AP8=", "binary": ""}));
    assert_eq!(serde_json::from_value::<Bytes>(json).unwrap(), bytes(Some(vec![0, 255])));
    let json = serde_json::to_value(bytes(None)).unwrap();
    assert_eq!(serde_json::from_value::<Bytes>(json).unwrap(), bytes(None));

    let item = item! {
        "ss": StringSet::from(["a", "b"]), "ns": NumberSet::from([2, 1]), "bs": BinarySet::from([b"abc"]),
        "b": Binary::from(b"abc"), "null": null, "l": [1, "x", true], "m": {"n": 0},
    };
    assert_eq!(
        serde_json::to_value(&item).unwrap(),
        json!({
            "ss": ["a", "b"], "ns": [1, 2], "bs": ["YWJj"], "b": "YWJj", "null": null, "l": [1, "x", true], "m": {"n": 0},
        })
    );
    let sets: (StringSet, NumberSet, BinarySet) = serde_json::from_value(json!([["a"], [1, 2.5], ["YWJj"]])).unwrap();
    assert_eq!(sets.0, StringSet::from(["a"]));
    assert_eq!(sets.1, ["1", "2.5"].iter().map(|text| text.parse::<Number>().unwrap()).collect());
    assert_eq!(sets.2, BinarySet::from([b"abc"]));
}

#[test]
fn in_json_a_number_is_a_number_where_that_is_exact_and_text_where_not() {
    let json = |text: &str| serde_json::to_string(&text.parse::<Number>().unwrap()).unwrap();
    assert_eq!(json("1.0"), "1");
    assert_eq!(json("-9223372036854775808"), "-9223372036854775808");
    assert_eq!(json("18446744073709551615"), "18446744073709551615");
    assert_eq!(json("0.1"), "0.1");
    assert_eq!(json("1E22"), "1e+22");
    assert_eq!(json("18446744073709551617"), "\"18446744073709551617\"");
    assert_eq!(json("0.12345678901234567890123"), "\"0.12345678901234567890123\"");
    for text in ["1", "-5", "0.1", "\"0.12345678901234567890123\"", "1e22"] {
        let number: Number = serde_json::from_str(text).unwrap();
        assert_eq!(number, text.trim_matches('"').parse().unwrap());
    }
    assert!(serde_json::from_str::<Number>("\"x\"").is_err());
    assert!(serde_json::from_str::<Number>("true").is_err());
}

#[test]
fn plain_json_is_read_into_an_item() {
    let item: Item = serde_json::from_value(json!({"a": [1, -1, 0.5, null, true, "x", {"b": {}}]})).unwrap();
    let half = Number::try_from(0.5).unwrap();
    assert_eq!(item, item! { "a": [1, -1, half, null, true, "x", { "b": {} }] });
}

#[test]
fn an_item_keeps_every_type_through_the_codec() {
    let json = r#"{"b":{"B":"AA=="},"bool":{"BOOL":false},"bs":{"BS":["","AA=="]},"l":{"L":[{"SS":["a"]},{"N":"0.10000000000000000000000000000000000001"}]},"m":{"M":{"":{"NULL":true}}},"ns":{"NS":["-1","1E100"]},"s":{"S":""}}"#;
    let item = Item::from_dynamodb_json(json).unwrap();
    assert_eq!(item.to_dynamodb_json().unwrap(), json);
    assert!(matches!(item["l"][0], AttributeValue::Ss(_)));
    assert_eq!(item["l"][1].as_n().unwrap().to_string(), "0.10000000000000000000000000000000000001");
}

#[test]
fn an_item_may_be_a_part_of_a_type() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Envelope {
        id: String,
        meta: Item,
        value: AttributeValue,
        maybe: Option<AttributeValue>,
        list: Vec<AttributeValue>,
    }
    let envelope = Envelope {
        id: "m1".to_owned(),
        meta: item! { "tags": StringSet::from(["a"]) },
        value: NumberSet::from([1]).into(),
        maybe: None,
        list: vec![AttributeValue::Null, Binary::from(b"x").into()],
    };
    let json = to_dynamodb_json(&envelope).unwrap();
    assert_eq!(
        json,
        r#"{"id":{"S":"m1"},"meta":{"M":{"tags":{"SS":["a"]}}},"value":{"NS":["1"]},"list":{"L":[{"NULL":true},{"B":"eA=="}]}}"#
    );
    assert_eq!(from_dynamodb_json::<Envelope>(&json).unwrap(), envelope);
}

#[test]
fn a_flattened_item_catches_the_other_attributes() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Open {
        id: String,
        #[serde(flatten)]
        rest: Item,
    }
    let open = Open { id: "m1".to_owned(), rest: item! { "n": 1, "b": Binary::from(b"x"), "m": { "x": null } } };
    let json = to_dynamodb_json(&open).unwrap();
    assert_eq!(json, r#"{"id":{"S":"m1"},"b":{"B":"eA=="},"m":{"M":{"x":{"NULL":true}}},"n":{"N":"1"}}"#);
    assert_eq!(from_dynamodb_json::<Open>(&json).unwrap(), open);
}

#[test]
fn types_and_items_turn_into_each_other() {
    let sets = Sets { numbers: BTreeSet::from([1]), ..Sets::default() };
    let item = item::to_item(&sets).unwrap();
    assert_eq!(item, item! { "numbers": NumberSet::from([1]) });
    assert_eq!(item::from_item::<Sets>(item).unwrap(), sets);
    assert_eq!(item::to_value(&(1, "x")).unwrap(), AttributeValue::from(vec![AttributeValue::from(1), "x".into()]));
    assert_eq!(item::from_value::<(u8, String)>(item::to_value(&(1, "x")).unwrap()).unwrap(), (1, "x".to_owned()));
    assert_eq!(item::to_value(&None::<u8>).unwrap(), AttributeValue::Null);
    let error = item::from_item::<Sets>(item! { "numbers": "x" }).unwrap_err();
    assert_eq!(error.message(), "numbers: expected NS, found S");
}

#[test]
fn a_set_with_a_repeated_element_is_not_read() {
    let error = Item::from_dynamodb_json(r#"{"v":{"NS":["1","1.0"]}}"#).unwrap_err();
    assert_eq!(error.message(), "v: a set must not hold the same element twice");
}

#[test]
fn a_number_of_serde_json_that_keeps_its_digits_is_read_with_them() {
    /// What serde_json's reader gives with its feature `arbitrary_precision`.
    fn digits(text: &str) -> MapDeserializer<'_, std::array::IntoIter<(&str, &str), 1>, serde_json::Error> {
        MapDeserializer::new([("$serde_json::private::Number", text)].into_iter())
    }
    let number: Number = "0.12345678901234567890123456789".parse().unwrap();
    assert_eq!(Number::deserialize(digits("0.12345678901234567890123456789")).unwrap(), number);
    assert_eq!(AttributeValue::deserialize(digits("0.12345678901234567890123456789")).unwrap(), number.into());
    assert!(Number::deserialize(digits("x")).is_err());
    assert!(Number::deserialize(MapDeserializer::<_, serde_json::Error>::new([("other", "1")].into_iter())).is_err());
}

//! How DynamoDB JSON is read into serde's types: one test a rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use enhanced_dynamodb::ErrorKind;
use enhanced_dynamodb::item::{Number, from_dynamodb_json, to_dynamodb_json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Holder<T> {
    v: T,
}

fn read<T: DeserializeOwned>(attribute: &str) -> T {
    from_dynamodb_json::<Holder<T>>(&format!(r#"{{"v":{attribute}}}"#)).unwrap().v
}

fn error<T: DeserializeOwned>(attribute: &str) -> String {
    match from_dynamodb_json::<Holder<T>>(&format!(r#"{{"v":{attribute}}}"#)) {
        Ok(_) => panic!("{attribute} was read"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Decode);
            error.message().to_owned()
        }
    }
}

#[test]
fn s_is_read_into_strings_and_characters() {
    assert_eq!(read::<String>(r#"{"S":"héllo"}"#), "héllo");
    assert_eq!(read::<Cow<'static, str>>(r#"{"S":"x"}"#), "x");
    assert_eq!(read::<Box<str>>(r#"{"S":""}"#), Box::<str>::from(""));
    assert_eq!(read::<char>(r#"{"S":"é"}"#), 'é');
    assert_eq!(error::<char>(r#"{"S":"ab"}"#), "v: expected a character, found S that is not");
}

#[test]
fn text_is_borrowed_where_no_escape_stands_in_the_way() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        plain: &'a str,
        #[serde(borrow)]
        either: Cow<'a, str>,
        #[serde(borrow)]
        escaped: Cow<'a, str>,
        #[serde(borrow)]
        by_name: BTreeMap<&'a str, u8>,
    }
    let json =
        r#"{"plain":{"S":"a"},"either":{"S":"b"},"escaped":{"S":"c\n"},"by_name":{"M":{"d":{"N":"1"}}}}"#.to_owned();
    let read: Borrowed<'_> = from_dynamodb_json(&json).unwrap();
    assert_eq!((read.plain, &*read.either, &*read.escaped, read.by_name["d"]), ("a", "b", "c\n", 1));
    assert!(matches!(read.either, Cow::Borrowed(_)));
    assert!(matches!(read.escaped, Cow::Owned(_)));
    let error = from_dynamodb_json::<Borrowed<'_>>(r#"{"plain":{"S":"a\n"}}"#).err().unwrap();
    assert_eq!(error.message(), "plain: expected a borrowed string, found S");
}

#[test]
fn escapes_are_resolved() {
    assert_eq!(read::<String>(r#"{"S":"a\"\\\/\b\f\n\r\té\ud83d\ude00"}"#), "a\"\\/\u{8}\u{c}\n\r\té😀");
    assert!(error::<String>(r#"{"S":"\ud83d"}"#).contains("surrogate"));
    assert!(error::<String>(r#"{"S":"\x"}"#).contains("a JSON escape"));
}

#[test]
fn white_space_may_stand_anywhere_between_tokens() {
    let item = from_dynamodb_json::<BTreeMap<String, Vec<u8>>>(
        " { \"a\" :\n{ \"L\" : [ { \"N\" : \"1\" } ,\t{\"N\":\"2\"} ] } } \r\n",
    );
    assert_eq!(item.unwrap(), BTreeMap::from([("a".to_owned(), vec![1, 2])]));
}

#[test]
fn integers_are_read_exactly_whatever_their_notation() {
    assert_eq!(read::<i64>(r#"{"N":"-9223372036854775808"}"#), i64::MIN);
    assert_eq!(read::<u64>(r#"{"N":"18446744073709551615"}"#), u64::MAX);
    assert_eq!(read::<u8>(r#"{"N":"5.0"}"#), 5);
    assert_eq!(read::<u8>(r#"{"N":"5E0"}"#), 5);
    assert_eq!(read::<i16>(r#"{"N":"-1.2E+2"}"#), -120);
    assert_eq!(read::<i128>(r#"{"N":"-99999999999999999999999999999999999999"}"#), 1 - 10i128.pow(38));
    assert_eq!(read::<u128>(r#"{"N":"3E38"}"#), 3 * 10u128.pow(38));
}

#[test]
fn an_integer_that_does_not_fit_is_an_error_and_never_wraps_or_rounds() {
    assert_eq!(error::<u8>(r#"{"N":"256"}"#), "v: expected u8, found N out of its range");
    assert_eq!(error::<u32>(r#"{"N":"-1"}"#), "v: expected u32, found N out of its range");
    assert_eq!(error::<i64>(r#"{"N":"9223372036854775808"}"#), "v: expected i64, found N out of its range");
    assert_eq!(error::<u128>(r#"{"N":"1E125"}"#), "v: expected u128, found N out of its range");
    assert_eq!(error::<i32>(r#"{"N":"5.5"}"#), "v: expected i32, found N with a fraction");
    assert_eq!(error::<i32>(r#"{"N":"five"}"#), "v: expected N, found text that is not a decimal number");
}

#[test]
fn floats_are_the_nearest_to_the_digits() {
    assert_eq!(read::<f64>(r#"{"N":"0.1"}"#), 0.1);
    assert_eq!(read::<f32>(r#"{"N":"0.1"}"#), 0.1);
    assert_eq!(read::<f64>(r#"{"N":"0.10000000000000000000000000000000000001"}"#), 0.1);
    assert_eq!(read::<f64>(r#"{"N":"7"}"#), 7.0);
    assert_eq!(error::<f32>(r#"{"N":"1E39"}"#), "v: expected f32, found N out of its range");
    for text in ["NaN", "inf", "-infinity", "", "-", "1e", "0x10"] {
        let message = error::<f64>(&format!(r#"{{"N":"{text}"}}"#));
        assert_eq!(message, "v: expected N, found text that is not a decimal number", "{text}");
    }
}

#[test]
fn types_are_never_confused() {
    assert_eq!(error::<i64>(r#"{"S":"5"}"#), "v: expected N, found S");
    assert_eq!(error::<f64>(r#"{"BOOL":true}"#), "v: expected N, found BOOL");
    assert_eq!(error::<String>(r#"{"N":"5"}"#), "v: expected S, found N");
    assert_eq!(error::<String>(r#"{"NULL":true}"#), "v: expected S, found NULL");
    assert_eq!(error::<bool>(r#"{"S":"true"}"#), "v: expected BOOL, found S");
    assert_eq!(error::<Vec<u8>>(r#"{"M":{}}"#), "v: expected L, found M");
    assert_eq!(error::<BTreeMap<String, u8>>(r#"{"L":[]}"#), "v: expected M, found L");
    assert_eq!(error::<()>(r#"{"L":[]}"#), "v: expected NULL, found L");
    assert_eq!(error::<Number>(r#"{"S":"5"}"#), "v: expected N, found S");
}

#[test]
fn no_error_shows_a_value() {
    assert!(!error::<i64>(r#"{"S":"secret"}"#).contains("secret"));
    assert!(!error::<u8>(r#"{"N":"4111111111111111"}"#).contains("4111"));
    assert!(!error::<std::net::IpAddr>(r#"{"S":"secret"}"#).contains("secret"));
    assert_eq!(error::<std::num::NonZeroU8>(r#"{"N":"0"}"#), "v: expected a nonzero u8, found N that is not");
}

#[test]
fn null_and_missing_are_none() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Sparse {
        a: Option<u8>,
        b: Option<String>,
        c: Option<()>,
    }
    let read = from_dynamodb_json::<Sparse>(r#"{"a":{"NULL":true}}"#).unwrap();
    assert_eq!(read, Sparse { a: None, b: None, c: None });
    let read = from_dynamodb_json::<Sparse>(r#"{"a":{"N":"1"},"b":{"S":"x"}}"#).unwrap();
    assert_eq!(read, Sparse { a: Some(1), b: Some("x".to_owned()), c: None });
}

#[test]
fn a_missing_field_is_named() {
    assert_eq!(from_dynamodb_json::<Holder<u8>>("{}").err().unwrap().message(), "missing field `v`");
}

#[test]
fn lists_and_sets_are_read_into_any_collection() {
    assert_eq!(read::<Vec<u8>>(r#"{"L":[{"N":"1"},{"N":"2"}]}"#), [1, 2]);
    assert_eq!(read::<Vec<u8>>(r#"{"NS":["1","2"]}"#), [1, 2]);
    assert_eq!(read::<BTreeSet<String>>(r#"{"SS":["a","b"]}"#), ["a".to_owned(), "b".to_owned()].into());
    assert_eq!(read::<HashSet<Vec<u8>>>(r#"{"BS":["YQ=="]}"#), [b"a".to_vec()].into());
    assert_eq!(read::<(u8, String, bool)>(r#"{"L":[{"N":"1"},{"S":"a"},{"BOOL":true}]}"#), (1, "a".to_owned(), true));
    assert_eq!(read::<[u8; 2]>(r#"{"L":[{"N":"1"},{"N":"2"}]}"#), [1, 2]);
    assert_eq!(read::<Vec<Option<u8>>>(r#"{"L":[{"NULL":true},{"N":"2"}]}"#), [None, Some(2)]);
    assert!(read::<Vec<u8>>(r#"{"L":[]}"#).is_empty());
}

#[test]
fn a_tuple_of_another_length_is_an_error() {
    assert_eq!(error::<(u8, u8)>(r#"{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}"#), "v: expected 2 elements, found more");
    assert_eq!(error::<(u8, u8)>(r#"{"L":[{"N":"1"}]}"#), "v: invalid length 1, expected a tuple of size 2");
}

#[test]
fn bytes_are_read_into_a_plain_vec_as_well() {
    assert_eq!(read::<Vec<u8>>(r#"{"B":"YWJj"}"#), b"abc");
    assert_eq!(read::<Vec<u8>>(r#"{"B":""}"#), b"");
    assert_eq!(read::<[u8; 3]>(r#"{"B":"YWJj"}"#), *b"abc");
    assert_eq!(error::<Vec<u8>>(r#"{"B":"YWJ"}"#), "v: expected B, found a string that is not base64");
    assert_eq!(error::<Vec<u8>>(r#"{"B":"_-8="}"#), "v: expected B, found a string that is not base64");
    assert_eq!(error::<Vec<u8>>(r#"{"B":"YWJj\n"}"#), "v: expected B, found a string that is not base64");
}

#[test]
fn a_plain_vec_of_bytes_round_trips_as_a_list() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct File {
        content: Vec<u8>,
    }
    let json = to_dynamodb_json(&File { content: vec![1, 255] }).unwrap();
    assert_eq!(json, r#"{"content":{"L":[{"N":"1"},{"N":"255"}]}}"#);
    assert_eq!(from_dynamodb_json::<File>(&json).unwrap().content, [1, 255]);
}

#[test]
fn serde_bytes_style_buffers_read_b_and_l() {
    #[derive(PartialEq, Debug)]
    struct Raw(Vec<u8>);
    impl<'de> Deserialize<'de> for Raw {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Raw;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Raw, E> {
                    Ok(Raw(bytes))
                }
                fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                    let mut bytes = Vec::new();
                    while let Some(byte) = seq.next_element()? {
                        bytes.push(byte);
                    }
                    Ok(Raw(bytes))
                }
            }
            deserializer.deserialize_byte_buf(Visitor)
        }
    }
    assert_eq!(read::<Raw>(r#"{"B":"YWJj"}"#), Raw(b"abc".to_vec()));
    assert_eq!(read::<Raw>(r#"{"L":[{"N":"1"}]}"#), Raw(vec![1]));
    assert_eq!(error::<Raw>(r#"{"S":"YWJj"}"#), "v: expected B, found S");
}

#[test]
fn pointers_newtypes_and_units_are_read() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Id(u8);
    #[derive(Deserialize, PartialEq, Debug)]
    struct Nothing;
    assert_eq!(read::<Id>(r#"{"N":"1"}"#), Id(1));
    assert_eq!(read::<Box<u8>>(r#"{"N":"1"}"#), Box::new(1));
    assert_eq!(read::<Rc<u8>>(r#"{"N":"1"}"#), Rc::new(1));
    assert_eq!(read::<Arc<str>>(r#"{"S":"x"}"#), "x".into());
    assert_eq!(read::<Nothing>(r#"{"NULL":true}"#), Nothing);
    read::<()>(r#"{"NULL":true}"#);
}

#[test]
fn keys_of_maps_are_read_back_into_their_types() {
    #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
    enum Colour {
        Red,
    }
    assert_eq!(read::<BTreeMap<i64, u8>>(r#"{"M":{"-7":{"N":"1"}}}"#), [(-7, 1)].into());
    assert_eq!(
        read::<BTreeMap<u128, u8>>(&format!(r#"{{"M":{{"{}":{{"N":"1"}}}}}}"#, u128::MAX)),
        [(u128::MAX, 1)].into()
    );
    assert_eq!(read::<BTreeMap<bool, u8>>(r#"{"M":{"true":{"N":"1"}}}"#), [(true, 1)].into());
    assert_eq!(read::<BTreeMap<char, u8>>(r#"{"M":{"\"":{"N":"1"}}}"#), [('"', 1)].into());
    assert_eq!(read::<BTreeMap<Colour, u8>>(r#"{"M":{"Red":{"N":"1"}}}"#), [(Colour::Red, 1)].into());
    assert_eq!(read::<BTreeMap<Number, u8>>(r#"{"M":{"1.5":{"N":"1"}}}"#), [("1.5".parse().unwrap(), 1)].into());
    assert_eq!(
        error::<BTreeMap<u8, u8>>(r#"{"M":{"x":{"N":"1"}}}"#),
        "v.x: expected a map whose keys are u8, found another key"
    );
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
enum External {
    Unit,
    Newtype(u8),
    Maybe(Option<u8>),
    Tuple(u8, Option<u8>),
    Struct { a: u8, b: Option<u8> },
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
#[serde(tag = "type")]
enum Internal {
    Unit,
    Newtype(BTreeMap<String, Number>),
    Struct { a: u8, b: Option<f64>, c: Vec<String> },
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(Option<u8>),
    Tuple(u8, Number),
    Struct { a: u8 },
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
#[serde(untagged)]
enum Untagged {
    Integer(i64),
    Number(Number),
    Flag(bool),
    Pair { a: u8, b: f64 },
    List(Vec<Untagged>),
    Text(String),
    Nothing,
}

fn round_trips<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
    let json = to_dynamodb_json(&BTreeMap::from([("v", &value)])).unwrap();
    let read: BTreeMap<String, T> = from_dynamodb_json(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(read["v"], value, "{json}");
}

#[test]
fn enums_round_trip_in_all_four_representations() {
    round_trips(External::Unit);
    round_trips(External::Newtype(1));
    round_trips(External::Maybe(None));
    round_trips(External::Maybe(Some(1)));
    round_trips(External::Tuple(1, None));
    round_trips(External::Struct { a: 1, b: None });
    round_trips(Internal::Unit);
    round_trips(Internal::Newtype(BTreeMap::from([(
        "n".to_owned(),
        "0.1234567890123456789012345678901234567".parse().unwrap(),
    )])));
    round_trips(Internal::Struct { a: 1, b: Some(0.1), c: vec!["x".to_owned()] });
    round_trips(Adjacent::Unit);
    round_trips(Adjacent::Newtype(None));
    round_trips(Adjacent::Newtype(Some(1)));
    round_trips(Adjacent::Tuple(1, "12345678901234567890123456789012345678".parse().unwrap()));
    round_trips(Adjacent::Struct { a: 1 });
    round_trips(Untagged::Integer(-1));
    round_trips(Untagged::Number("1.5".parse().unwrap()));
    round_trips(Untagged::Number("12345678901234567890123456789012345678".parse().unwrap()));
    round_trips(Untagged::Flag(true));
    round_trips(Untagged::Pair { a: 1, b: 0.1 });
    round_trips(Untagged::List(vec![Untagged::Text("x".to_owned()), Untagged::Nothing]));
}

#[test]
fn the_content_of_an_adjacently_tagged_variant_may_come_before_its_tag() {
    let read: Adjacent =
        read(r#"{"M":{"c":{"L":[{"N":"1"},{"N":"0.1234567890123456789012345678901234567"}]},"t":{"S":"Tuple"}}}"#);
    assert_eq!(read, Adjacent::Tuple(1, "0.1234567890123456789012345678901234567".parse().unwrap()));
}

#[test]
fn a_variant_that_does_not_fit_is_an_error() {
    let unknown = error::<External>(r#"{"S":"Other"}"#);
    assert!(unknown.starts_with("v: expected one of the variants ") && !unknown.contains("Other"), "{unknown}");
    assert_eq!(
        error::<External>(r#"{"S":"Newtype"}"#),
        "v: expected a variant with one value, found a variant without data"
    );
    assert_eq!(error::<External>(r#"{"N":"1"}"#), "v: expected S or M, found N");
    assert_eq!(error::<External>(r#"{"M":{}}"#), "v: expected a variant's name and data, found an empty M");
    assert_eq!(
        error::<External>(r#"{"M":{"Newtype":{"N":"1"},"Unit":{"NULL":true}}}"#),
        "v: expected one variant, found an M of more than one member"
    );
    assert_eq!(error::<External>(r#"{"M":{"Newtype":{"S":"1"}}}"#), "v.Newtype: expected N, found S");
    assert_eq!(error::<External>(r#"{"M":{"Struct":{"M":{"a":{"S":"1"}}}}}"#), "v.Struct.a: expected N, found S");
    assert_eq!(error::<External>(r#"{"M":{"Tuple":{"L":[{"N":"1"},{"S":"1"}]}}}"#), "v.Tuple[1]: expected N, found S");
}

#[test]
fn flattened_fields_are_read_back_with_all_digits() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Inner {
        price: Number,
        small: u8,
        ratio: f64,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Outer {
        id: String,
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        rest: BTreeMap<String, Vec<String>>,
    }
    let outer = Outer {
        id: "m1".to_owned(),
        inner: Inner { price: "99999999999999999999999999999999999999".parse().unwrap(), small: 5, ratio: 0.1 },
        rest: BTreeMap::from([("tags".to_owned(), vec!["a".to_owned()])]),
    };
    let json = to_dynamodb_json(&outer).unwrap();
    assert_eq!(from_dynamodb_json::<Outer>(&json).unwrap(), outer);
}

#[test]
fn without_a_type_numbers_are_integers_floats_or_their_digits() {
    use serde_json::json;
    let value = |digits: &str| read::<serde_json::Value>(&format!(r#"{{"N":"{digits}"}}"#));
    assert_eq!(value("5"), json!(5));
    assert_eq!(value("-5"), json!(-5));
    assert_eq!(value("5.0"), json!(5));
    assert_eq!(value("18446744073709551615"), json!(u64::MAX));
    assert_eq!(value("0.1"), json!(0.1));
    assert_eq!(value("1E100"), json!(1e100));
    assert_eq!(value("0.12345678901234567890"), json!("0.1234567890123456789"));
    assert_eq!(value("18446744073709551617"), json!("18446744073709551617"));
    assert_eq!(
        read::<serde_json::Value>(r#"{"M":{"a":{"SS":["x"]},"b":{"NULL":true}}}"#),
        json!({"a": ["x"], "b": null})
    );
}

#[test]
fn unknown_attributes_of_any_shape_are_skipped() {
    let json =
        r#"{"a":{"S":"\"\\\\}"},"b":{"L":[{"M":{"x":{"BOOL":true}}},{"NULL":true}]},"v":{"N":"1"},"c":{"NS":["1"]}}"#;
    assert_eq!(from_dynamodb_json::<Holder<u8>>(json).unwrap().v, 1);
}

#[test]
fn a_type_may_refuse_unknown_attributes() {
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Strict {
        v: u8,
    }
    let error = from_dynamodb_json::<Strict>(r#"{"v":{"N":"1"},"w":{"N":"1"}}"#).unwrap_err();
    assert!(error.message().starts_with("unknown field `w`"), "{error}");
}

#[test]
fn an_error_says_where_in_the_item_it_is() {
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Author {
        name: u64,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Message {
        author: Author,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Chat {
        messages: Vec<Message>,
        by_day: BTreeMap<String, u8>,
    }
    let message = |json: &str| from_dynamodb_json::<Chat>(json).unwrap_err().message().to_owned();
    let author = |name: &str| format!(r#"{{"M":{{"author":{{"M":{{"name":{name}}}}}}}}}"#);
    assert_eq!(
        message(&format!(r#"{{"messages":{{"L":[{},{}]}}}}"#, author(r#"{"N":"1"}"#), author(r#"{"S":"Ada"}"#))),
        "messages[1].author.name: expected N, found S"
    );
    assert_eq!(
        message(r#"{"messages":{"L":[{"M":{"author":{"M":{}}}}]}}"#),
        "messages[0].author: missing field `name`"
    );
    assert_eq!(message(r#"{"by_day":{"M":{"2026.07":{"S":""}}}}"#), r#"by_day["2026.07"]: expected N, found S"#);
    assert_eq!(message(r#"{"by_day":{"M":{"a\nb":{"S":""}}}}"#), r#"by_day["a\nb"]: expected N, found S"#);
}

#[test]
fn text_after_the_item_is_an_error() {
    let error = from_dynamodb_json::<BTreeMap<String, u8>>(r#"{"a":{"N":"1"}} {}"#).unwrap_err();
    assert_eq!(error.message(), "malformed response: expected the end of the text at byte 16, found `{`");
}

#[test]
fn malformed_text_is_an_error_that_says_where() {
    for json in [
        "",
        "{",
        "[]",
        "null",
        r#"{"v"}"#,
        r#"{"v":}"#,
        r#"{"v":{}}"#,
        r#"{"v":{"X":"1"}}"#,
        r#"{"v":{"N":1}}"#,
        r#"{"v":{"N":"1"}"#,
        r#"{"v":{"N":"1"},}"#,
        r#"{"v":{"N":"1","S":"x"}}"#,
        r#"{"v":{"N":"1"#,
        r#"{"v":{"BOOL":"true"}}"#,
        r#"{"v":{"NULL":null}}"#,
        r#"{,}"#,
        r#"{"v":{"SS":["a" "b"]}}"#,
        r#"{"v":{"SS":["a",]}}"#,
        r#"{"v":{"L":[{"N":"1"}"#,
    ] {
        let error = from_dynamodb_json::<BTreeMap<String, serde_json::Value>>(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().contains("malformed response: expected"), "{json}: {error}");
    }
}

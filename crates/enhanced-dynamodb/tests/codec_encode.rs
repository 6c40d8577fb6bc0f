//! How serde's types are written as DynamoDB JSON: one test a rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use enhanced_dynamodb::item::{to_dynamodb_json, to_dynamodb_json_keeping_nulls};
use enhanced_dynamodb::{ErrorKind, Number};
use serde::Serialize;

/// The JSON of a value that is the attribute `v` of an item.
fn attribute<T: Serialize>(value: T) -> String {
    #[derive(Serialize)]
    struct Holder<T> {
        v: T,
    }
    let json = to_dynamodb_json(&Holder { v: value }).unwrap();
    json.strip_prefix(r#"{"v":"#).and_then(|json| json.strip_suffix('}')).expect(&json).to_owned()
}

fn error<T: Serialize>(value: T) -> String {
    let error = to_dynamodb_json(&BTreeMap::from([("v", value)])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    error.message().to_owned()
}

#[test]
fn strings_and_characters_are_s() {
    assert_eq!(attribute("héllo"), r#"{"S":"héllo"}"#);
    assert_eq!(attribute(String::from("x")), r#"{"S":"x"}"#);
    assert_eq!(attribute(Cow::Borrowed("x")), r#"{"S":"x"}"#);
    assert_eq!(attribute('é'), r#"{"S":"é"}"#);
}

#[test]
fn an_empty_string_is_allowed() {
    assert_eq!(attribute(""), r#"{"S":""}"#);
}

#[test]
fn quotes_backslashes_and_control_characters_are_escaped() {
    assert_eq!(
        attribute("a\"b\\c\n\r\t\u{8}\u{c}\u{0}\u{1f}/\u{7f}"),
        "{\"S\":\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0000\\u001f/\u{7f}\"}"
    );
}

#[test]
fn integers_of_every_width_are_n() {
    assert_eq!(attribute((i8::MIN, u8::MAX)), r#"{"L":[{"N":"-128"},{"N":"255"}]}"#);
    assert_eq!(attribute((i16::MIN, u16::MAX)), r#"{"L":[{"N":"-32768"},{"N":"65535"}]}"#);
    assert_eq!(attribute((i32::MIN, u32::MAX)), r#"{"L":[{"N":"-2147483648"},{"N":"4294967295"}]}"#);
    assert_eq!(attribute((i64::MIN, u64::MAX)), r#"{"L":[{"N":"-9223372036854775808"},{"N":"18446744073709551615"}]}"#);
    assert_eq!(attribute((-1i128, 7u128)), r#"{"L":[{"N":"-1"},{"N":"7"}]}"#);
}

#[test]
fn wide_integers_have_at_most_38_significant_digits() {
    let greatest = 10u128.pow(38) - 1;
    assert_eq!(attribute(greatest), format!(r#"{{"N":"{greatest}"}}"#));
    assert_eq!(attribute(-(greatest as i128)), format!(r#"{{"N":"-{greatest}"}}"#));
    // Zeros at the end are no significant digits.
    assert_eq!(attribute(10u128.pow(38)), r#"{"N":"100000000000000000000000000000000000000"}"#);
    assert_eq!(error(greatest + 2), "v: a number must not have more than 38 significant digits");
    assert_eq!(error(i128::MIN), "v: a number must not have more than 38 significant digits");
    assert_eq!(error(u128::MAX), "v: a number must not have more than 38 significant digits");
}

#[test]
fn floats_are_the_shortest_digits_of_their_own_width() {
    assert_eq!(attribute(0.1f32), r#"{"N":"0.1"}"#);
    assert_eq!(attribute(0.1f64), r#"{"N":"0.1"}"#);
    assert_eq!(attribute(0.1f32 as f64), r#"{"N":"0.10000000149011612"}"#);
    assert_eq!(attribute(5.0), r#"{"N":"5"}"#);
    assert_eq!(attribute(-2.5e30), r#"{"N":"-2.5e+30"}"#);
    assert_eq!(attribute(-0.0), r#"{"N":"0"}"#);
}

#[test]
fn floats_that_are_not_finite_are_errors() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(error(float), "v: a number must be finite: DynamoDB stores neither NaN nor infinity");
        assert_eq!(error(float as f32), "v: a number must be finite: DynamoDB stores neither NaN nor infinity");
    }
}

#[test]
fn floats_beyond_the_service_are_errors() {
    let message =
        "v: a number must be 0 or between 1E-130 and 9.9999999999999999999999999999999999999E+125 in magnitude";
    for float in [1e126, -1e300, 1e-131, -f64::MIN_POSITIVE] {
        assert_eq!(error(float), message);
    }
    assert!(attribute(9.99999999999999e125).contains("9.99999999999999e+125"));
    assert!(attribute(1e-130).contains("1e-130"));
}

#[test]
fn booleans_are_bool_and_units_are_null() {
    #[derive(Serialize)]
    struct Nothing;
    assert_eq!(attribute(true), r#"{"BOOL":true}"#);
    assert_eq!(attribute(false), r#"{"BOOL":false}"#);
    assert_eq!(attribute(()), r#"{"NULL":true}"#);
    assert_eq!(attribute(Nothing), r#"{"NULL":true}"#);
}

#[test]
fn sequences_and_tuples_are_l() {
    #[derive(Serialize)]
    struct Pair(u8, &'static str);
    assert_eq!(attribute(vec![1, 2]), r#"{"L":[{"N":"1"},{"N":"2"}]}"#);
    assert_eq!(attribute(Vec::<u8>::new()), r#"{"L":[]}"#);
    assert_eq!(attribute((1, "a", true)), r#"{"L":[{"N":"1"},{"S":"a"},{"BOOL":true}]}"#);
    assert_eq!(attribute(Pair(1, "a")), r#"{"L":[{"N":"1"},{"S":"a"}]}"#);
    assert_eq!(attribute([[1], [2]]), r#"{"L":[{"L":[{"N":"1"}]},{"L":[{"N":"2"}]}]}"#);
}

#[test]
fn pointers_and_newtypes_are_what_is_in_them() {
    #[derive(Serialize)]
    struct Id(Rc<Box<str>>);
    assert_eq!(attribute(Id(Rc::new("x".into()))), r#"{"S":"x"}"#);
}

#[test]
fn structs_and_maps_are_m() {
    #[derive(Serialize)]
    struct Author {
        name: &'static str,
        age: u8,
    }
    assert_eq!(attribute(Author { name: "Ada", age: 36 }), r#"{"M":{"name":{"S":"Ada"},"age":{"N":"36"}}}"#);
    assert_eq!(attribute(BTreeMap::from([("a", 1), ("b", 2)])), r#"{"M":{"a":{"N":"1"},"b":{"N":"2"}}}"#);
    assert_eq!(attribute(BTreeMap::<u8, u8>::new()), r#"{"M":{}}"#);
}

#[test]
fn keys_of_maps_may_be_numbers_booleans_characters_and_variants() {
    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    enum Colour {
        Red,
    }
    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Id(u32);
    assert_eq!(attribute(BTreeMap::from([(-7i64, 1)])), r#"{"M":{"-7":{"N":"1"}}}"#);
    assert_eq!(attribute(BTreeMap::from([(u128::MAX, 1)])), format!(r#"{{"M":{{"{}":{{"N":"1"}}}}}}"#, u128::MAX));
    assert_eq!(attribute(BTreeMap::from([(true, 1)])), r#"{"M":{"true":{"N":"1"}}}"#);
    assert_eq!(attribute(BTreeMap::from([('"', 1)])), r#"{"M":{"\"":{"N":"1"}}}"#);
    assert_eq!(attribute(BTreeMap::from([(Colour::Red, 1)])), r#"{"M":{"Red":{"N":"1"}}}"#);
    assert_eq!(attribute(BTreeMap::from([(Id(3), 1)])), r#"{"M":{"3":{"N":"1"}}}"#);
    assert_eq!(attribute(BTreeMap::from([(Number::from(3), 1)])), r#"{"M":{"3":{"N":"1"}}}"#);
}

#[test]
fn a_key_that_is_no_scalar_is_an_error() {
    assert_eq!(
        error(BTreeMap::from([((1, 2), 3)])),
        "v: a map's key must be a string, a number, a boolean or a character, found a tuple"
    );
    assert!(error(BTreeMap::from([(None::<u8>, 3)])).ends_with("found nothing (`None`)"));
}

#[test]
fn serde_bytes_style_bytes_are_b() {
    struct Raw(&'static [u8]);
    impl Serialize for Raw {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    assert_eq!(attribute(Raw(b"")), r#"{"B":""}"#);
    assert_eq!(attribute(Raw(b"a")), r#"{"B":"YQ=="}"#);
    assert_eq!(attribute(Raw(b"ab")), r#"{"B":"YWI="}"#);
    assert_eq!(attribute(Raw(b"abc")), r#"{"B":"YWJj"}"#);
    assert_eq!(attribute(Raw(&[0xfb, 0xff])), r#"{"B":"+/8="}"#);
}

#[derive(Serialize)]
enum External {
    Unit,
    Newtype(u8),
    Maybe(Option<u8>),
    Tuple(u8, Option<u8>),
    Struct { a: u8, b: Option<u8> },
}

#[test]
fn externally_tagged_variants_are_s_or_a_map_of_one() {
    assert_eq!(attribute(External::Unit), r#"{"S":"Unit"}"#);
    assert_eq!(attribute(External::Newtype(1)), r#"{"M":{"Newtype":{"N":"1"}}}"#);
    assert_eq!(attribute(External::Maybe(None)), r#"{"M":{"Maybe":{"NULL":true}}}"#);
    assert_eq!(attribute(External::Tuple(1, None)), r#"{"M":{"Tuple":{"L":[{"N":"1"},{"NULL":true}]}}}"#);
    assert_eq!(attribute(External::Struct { a: 1, b: None }), r#"{"M":{"Struct":{"M":{"a":{"N":"1"}}}}}"#);
    assert_eq!(
        attribute(vec![External::Struct { a: 1, b: Some(2) }]),
        r#"{"L":[{"M":{"Struct":{"M":{"a":{"N":"1"},"b":{"N":"2"}}}}}]}"#
    );
}

#[test]
fn internally_adjacently_and_untagged_variants_are_maps_and_values() {
    #[derive(Serialize)]
    #[serde(tag = "type")]
    enum Internal {
        Unit,
        Struct { a: u8 },
    }
    #[derive(Serialize)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Unit,
        Tuple(u8, u8),
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Text(&'static str),
        Pair { a: u8 },
    }
    assert_eq!(attribute(Internal::Unit), r#"{"M":{"type":{"S":"Unit"}}}"#);
    assert_eq!(attribute(Internal::Struct { a: 1 }), r#"{"M":{"type":{"S":"Struct"},"a":{"N":"1"}}}"#);
    assert_eq!(attribute(Adjacent::Unit), r#"{"M":{"t":{"S":"Unit"}}}"#);
    assert_eq!(attribute(Adjacent::Tuple(1, 2)), r#"{"M":{"t":{"S":"Tuple"},"c":{"L":[{"N":"1"},{"N":"2"}]}}}"#);
    assert_eq!(attribute(Untagged::Text("x")), r#"{"S":"x"}"#);
    assert_eq!(attribute(Untagged::Pair { a: 1 }), r#"{"M":{"a":{"N":"1"}}}"#);
}

#[derive(Serialize)]
struct Sparse {
    a: Option<u8>,
    b: Option<Option<u8>>,
    c: u8,
    d: Option<Inner>,
    e: BTreeMap<&'static str, Option<u8>>,
    f: (Option<u8>, ()),
    g: (),
}

#[derive(Serialize)]
struct Inner {
    x: Option<u8>,
}

fn sparse() -> Sparse {
    Sparse {
        a: None,
        b: Some(None),
        c: 1,
        d: Some(Inner { x: None }),
        e: BTreeMap::from([("k", None), ("l", Some(2)), ("m", None)]),
        f: (None, ()),
        g: (),
    }
}

#[test]
fn none_is_left_out_of_structs_and_maps_at_every_depth_and_null_in_lists() {
    assert_eq!(
        to_dynamodb_json(&sparse()).unwrap(),
        r#"{"c":{"N":"1"},"d":{"M":{}},"e":{"M":{"l":{"N":"2"}}},"f":{"L":[{"NULL":true},{"NULL":true}]},"g":{"NULL":true}}"#
    );
}

#[test]
fn none_is_kept_as_null_on_request() {
    assert_eq!(
        to_dynamodb_json_keeping_nulls(&sparse()).unwrap(),
        concat!(
            r#"{"a":{"NULL":true},"b":{"NULL":true},"c":{"N":"1"},"d":{"M":{"x":{"NULL":true}}},"#,
            r#""e":{"M":{"k":{"NULL":true},"l":{"N":"2"},"m":{"NULL":true}}},"f":{"L":[{"NULL":true},{"NULL":true}]},"#,
            r#""g":{"NULL":true}}"#
        )
    );
}

#[test]
fn flattened_fields_stand_beside_the_others() {
    #[derive(Serialize)]
    struct Outer {
        id: &'static str,
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, Number>,
        #[serde(flatten)]
        none: Option<Inner>,
    }
    let outer = Outer {
        id: "m1",
        inner: Inner { x: Some(1) },
        rest: BTreeMap::from([("y", "0.12345678901234567890123456789".parse().unwrap())]),
        none: None,
    };
    assert_eq!(
        to_dynamodb_json(&outer).unwrap(),
        r#"{"id":{"S":"m1"},"x":{"N":"1"},"y":{"N":"0.12345678901234567890123456789"}}"#
    );
}

#[test]
fn an_item_is_a_struct_or_a_map_or_a_variant_with_data() {
    assert_eq!(to_dynamodb_json(&BTreeMap::<u8, u8>::new()).unwrap(), "{}");
    assert_eq!(to_dynamodb_json(&Some(BTreeMap::from([(1, 2)]))).unwrap(), r#"{"1":{"N":"2"}}"#);
    assert_eq!(to_dynamodb_json(&External::Newtype(1)).unwrap(), r#"{"Newtype":{"N":"1"}}"#);
    assert_eq!(to_dynamodb_json(&External::Maybe(None)).unwrap(), r#"{"Maybe":{"NULL":true}}"#);
    assert_eq!(to_dynamodb_json(&External::Tuple(1, Some(2))).unwrap(), r#"{"Tuple":{"L":[{"N":"1"},{"N":"2"}]}}"#);
    assert_eq!(to_dynamodb_json(&External::Struct { a: 1, b: None }).unwrap(), r#"{"Struct":{"M":{"a":{"N":"1"}}}}"#);
}

#[test]
fn anything_else_at_the_top_is_an_error() {
    fn refused<T: Serialize>(value: T) -> String {
        let error = to_dynamodb_json(&value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        error.message().strip_prefix("an item must be a struct or a map, found ").unwrap().to_owned()
    }
    assert_eq!(refused("text"), "a string");
    assert_eq!(refused(1), "a number");
    assert_eq!(refused(1.0), "a number");
    assert_eq!(refused(Number::ZERO), "a number");
    assert_eq!(refused(true), "a boolean");
    assert_eq!(refused('x'), "a character");
    assert_eq!(refused(()), "nothing (`()`)");
    assert_eq!(refused(None::<Inner>), "nothing (`None`)");
    assert_eq!(refused(vec![1]), "a list");
    assert_eq!(refused((1, 2)), "a tuple");
    assert_eq!(refused(External::Unit), "an enum variant without data");
    assert_eq!(refused(enhanced_dynamodb::StringSet::from(["a"])), "a set");
    assert_eq!(refused(enhanced_dynamodb::Binary::from(b"a")), "bytes");
}

#[test]
fn an_error_says_where_in_the_value_it_is() {
    #[derive(Serialize)]
    struct Message {
        author: HashMap<&'static str, f64>,
    }
    #[derive(Serialize)]
    enum Event {
        Scored { by: f32 },
        Pair(u8, f32),
        One(f32),
    }
    #[derive(Serialize)]
    struct Chat {
        messages: Vec<Message>,
        event: Option<Event>,
    }
    let fine = || Message { author: HashMap::from([("score", 1.0)]) };
    let path = |chat: &Chat| {
        let message = to_dynamodb_json(chat).unwrap_err().message().to_owned();
        message.split_once(": ").unwrap().0.to_owned()
    };
    let bad = Message { author: HashMap::from([("the.score", f64::NAN)]) };
    assert_eq!(path(&Chat { messages: vec![fine(), fine(), bad], event: None }), r#"messages[2].author["the.score"]"#);
    let with = |event| Chat { messages: vec![], event: Some(event) };
    assert_eq!(path(&with(Event::Scored { by: f32::NAN })), "event.Scored.by");
    assert_eq!(path(&with(Event::Pair(1, f32::NAN))), "event.Pair[1]");
    assert_eq!(path(&with(Event::One(f32::NAN))), "event.One");
}

#[test]
fn what_a_type_itself_says_went_wrong_is_kept() {
    struct Sad;
    impl Serialize for Sad {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no such luck"))
        }
    }
    assert_eq!(error(vec![Sad]), "v[0]: no such luck");
}

#[test]
fn a_number_of_serde_json_that_keeps_its_digits_is_n() {
    /// What `serde_json::Number` does with serde_json's feature `arbitrary_precision`.
    struct Digits(&'static str);
    impl Serialize for Digits {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            let mut digits = serializer.serialize_struct("$serde_json::private::Number", 1)?;
            digits.serialize_field("$serde_json::private::Number", self.0)?;
            digits.end()
        }
    }
    let digits = "0.12345678901234567890123456789";
    assert_eq!(attribute(vec![Digits(digits)]), format!(r#"{{"L":[{{"N":"{digits}"}}]}}"#));
    assert_eq!(
        error(Digits("1e400")),
        format!(
            "v: {}",
            "a number must be 0 or between 1E-130 and 9.9999999999999999999999999999999999999E+125 in magnitude"
        )
    );
}

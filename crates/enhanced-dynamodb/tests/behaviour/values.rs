//! Values of every type, through the client and back.

use std::collections::{BTreeSet, HashMap, HashSet};

use enhanced_dynamodb::item::{binary_set, bytes, number_set, string_set};
use enhanced_dynamodb::{
    AttributeValue, Binary, BinarySet, Client, ErrorKind, Item, Number, NumberSet, StringSet, item,
};
use serde::{Deserialize, Serialize};

use crate::common::{create_messages, messages, options};

async fn round_trip(db: &Client, put: &Item) -> Item {
    db.put("Messages", put).send().await.unwrap();
    db.get("Messages").key("id", put.get_s("id").unwrap()).item().await.unwrap().unwrap()
}

testkit::on_both_engines! {
    async fn every_type_comes_back_as_it_was(engine: Engine) {
        let db = messages(&engine).await;
        let put = item! {
            "id": "m1",
            "s": "text \u{0} \" \\ \n é 🦀",
            "n": "-1.5".parse::<Number>().unwrap(),
            "b": Binary::from((0..=255).collect::<Vec<u8>>()),
            "yes": true,
            "no": false,
            "null": null,
            "m": { "inner": { "deep": [{ "x": 1 }] } },
            "l": [1, "two", [3], null, true],
            "ss": StringSet::from(["a", "b", "é"]),
            "ns": NumberSet::from_iter(["1", "-2.5", "1E100"].map(|number| number.parse::<Number>().unwrap())),
            "bs": BinarySet::from_iter([Binary::from(vec![0_u8]), Binary::from(vec![255_u8, 1])]),
        };
        assert_eq!(round_trip(&db, &put).await, put);
    }

    async fn numbers_keep_all_their_digits(engine: Engine) {
        let db = messages(&engine).await;
        let numbers = [
            "0",
            "12345678901234567890123456789012345678",
            "-1.2345678901234567890123456789012345678",
            "0.00000000000000000000000000000000000012345678901234567890123456789012345678",
            "9.9999999999999999999999999999999999999E125",
            "1E-130",
            "-9.9999999999999999999999999999999999999E125",
            "18446744073709551616",
        ];
        let list: Vec<AttributeValue> = numbers.iter().map(|text| text.parse::<Number>().unwrap().into()).collect();
        let put = item! { "id": "m1", "numbers": AttributeValue::L(list) };
        assert_eq!(round_trip(&db, &put).await, put);
    }

    async fn the_integers_and_floats_of_rust_come_back(engine: Engine) {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Numbers {
            id: String,
            small: i8,
            long: i64,
            unsigned: u64,
            longest: i128,
            float: f32,
            double: f64,
            tiny: f64,
        }
        let db = messages(&engine).await;
        let put = Numbers {
            id: "m1".into(),
            small: -128,
            long: i64::MIN,
            unsigned: u64::MAX,
            longest: 12_345_678_901_234_567_890_123_456_789_012_345_678,
            float: 0.1,
            double: 0.1 + 0.2,
            tiny: 1e-130,
        };
        db.put("Messages", &put).send().await.unwrap();
        assert_eq!(db.get("Messages").key("id", "m1").item::<Numbers>().await.unwrap(), Some(put));
    }

    async fn sets_and_bytes_of_the_standard_library_are_stored_as_such(engine: Engine) {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Product {
            id: String,
            #[serde(with = "string_set")]
            tags: HashSet<String>,
            #[serde(with = "number_set")]
            sizes: BTreeSet<i64>,
            #[serde(with = "binary_set")]
            hashes: Vec<Vec<u8>>,
            #[serde(with = "bytes")]
            blob: Vec<u8>,
            #[serde(with = "string_set", default, skip_serializing_if = "HashSet::is_empty")]
            none: HashSet<String>,
            prices: HashMap<String, u32>,
        }
        let db = messages(&engine).await;
        let put = Product {
            id: "p1".into(),
            tags: HashSet::from(["new".into(), "red".into()]),
            sizes: BTreeSet::from([-1, 40]),
            hashes: vec![vec![1, 2]],
            blob: vec![0, 1, 255],
            none: HashSet::new(),
            prices: HashMap::from([("EUR".into(), 3)]),
        };
        db.put("Messages", &put).send().await.unwrap();
        assert_eq!(db.get("Messages").key("id", "p1").item().await.unwrap(), Some(put));
        let stored: Item = db.get("Messages").key("id", "p1").item().await.unwrap().unwrap();
        assert_eq!(stored["tags"].as_ss().map(|tags| tags.len()), Some(2));
        assert_eq!(stored["sizes"].as_ns().map(|sizes| sizes.len()), Some(2));
        assert_eq!(stored["hashes"].as_bs().map(|hashes| hashes.len()), Some(1));
        assert_eq!(stored.get_b("blob"), Some(&[0, 1, 255][..]));
        assert!(!stored.contains_key("none"));
    }

    async fn empty_texts_binaries_lists_and_maps_are_values(engine: Engine) {
        let db = messages(&engine).await;
        let put = item! { "id": "m1", "s": "", "b": Binary::from(Vec::new()), "l": [], "m": {} };
        assert_eq!(round_trip(&db, &put).await, put);
        let error = db.put("Messages", &item! { "id": "m1", "ss": StringSet::new() }).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        assert!(error.message().contains("ss"), "{error}");
    }

    async fn none_is_left_out_unless_nulls_are_kept(engine: Engine) {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Note {
            id: String,
            text: Option<String>,
            inner: Inner,
        }
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Inner {
            n: Option<u32>,
        }
        let db = messages(&engine).await;
        let note = Note { id: "m1".into(), text: None, inner: Inner { n: None } };
        db.put("Messages", &note).send().await.unwrap();
        let stored = db.get("Messages").key("id", "m1").item::<Item>().await.unwrap();
        assert_eq!(stored, Some(item! { "id": "m1", "inner": {} }));
        assert_eq!(db.get("Messages").key("id", "m1").item::<Note>().await.unwrap().as_ref(), Some(&note));

        let keeping = options(&engine, &engine.endpoint()).keep_nulls(true).build().await.unwrap();
        keeping.put("Messages", &note).send().await.unwrap();
        let stored = db.get("Messages").key("id", "m1").item::<Item>().await.unwrap();
        assert_eq!(stored, Some(item! { "id": "m1", "text": null, "inner": { "n": null } }));
        assert_eq!(db.get("Messages").key("id", "m1").item::<Note>().await.unwrap().as_ref(), Some(&note));
    }

    async fn a_document_as_deep_as_the_service_allows_is_stored(engine: Engine) {
        let db = crate::common::client(&engine).await;
        create_messages(&db).await;
        let nested =
            |levels: usize| (0..levels).fold(AttributeValue::from("bottom"), |inner, _| AttributeValue::L(vec![inner]));
        let put = item! { "id": "m1", "nested": nested(31) };
        assert_eq!(round_trip(&db, &put).await, put);
    }
}

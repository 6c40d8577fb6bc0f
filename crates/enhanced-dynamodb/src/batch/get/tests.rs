//! Whatever keys are asked for, and whatever the service leaves unread: every place gets its item.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::output::BatchGetAllOutput;
use super::plan::Plan;
use crate::config::{Config, Options};
use crate::execute::{Core, Metadata};
use crate::item::Item;
use crate::operation::BatchGetItem;
use crate::{item, key};

const TABLES: [&str; 3] = ["One", "Two", "Three"];

fn batch() -> BatchGetItem {
    let config = Config::from_variables(&Options::default().local(true), [("", ""); 0]).unwrap();
    BatchGetItem::new(Arc::new(Core::new(config, None).unwrap()))
}

/// Even ones exist.
fn exists(number: u32) -> bool {
    number.is_multiple_of(2)
}

/// What the service answers that reads the first `most` keys and leaves the others, and how many it was asked for.
fn answer(request: &[u8], most: usize) -> (Bytes, usize) {
    let request: Value = serde_json::from_slice(request).unwrap();
    let (mut responses, mut unread) = (BTreeMap::new(), BTreeMap::new());
    let (mut asked, mut seen) = (0, BTreeSet::new());
    for (table, of) in request["RequestItems"].as_object().unwrap() {
        assert!(of["ProjectionExpression"].is_string(), "each table keeps its projection");
        for key in of["Keys"].as_array().unwrap() {
            assert!(seen.insert((table.clone(), key.to_string())), "no key stands twice in a request");
            let number: u32 = key["n"]["N"].as_str().unwrap().parse().unwrap();
            asked += 1;
            if asked > most {
                unread.entry(table.clone()).or_insert_with(|| json!({ "Keys": [] }))["Keys"]
                    .as_array_mut()
                    .unwrap()
                    .push(key.clone());
            } else if exists(number) {
                let item =
                    json!({ "text": { "S": format!("{table} {number}") }, "n": { "N": format!("{number}.00") } });
                responses.entry(table.clone()).or_insert_with(Vec::new).insert(0, item);
            }
        }
    }
    let body = json!({ "Responses": responses, "UnprocessedKeys": unread });
    (Bytes::from(body.to_string()), asked)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_place_gets_its_item(
        asked in prop::collection::vec((0..TABLES.len(), 0u32..300), 0..700),
        mosts in prop::collection::vec(0usize..=100, 1..20),
    ) {
        let batch = asked.iter().fold(batch(), |batch, (table, number)| {
            batch.get(TABLES[*table], &key! { "n": *number })
        });
        let batch = TABLES.iter().fold(batch, |batch, table| batch.projection(table, ["text"]));
        let plan = Plan::new(batch.into_parts().unwrap()).unwrap();
        let different: BTreeSet<&(usize, u32)> = asked.iter().collect();
        prop_assert_eq!(plan.len(), different.len());

        let mut found = plan.nothing_found();
        let mut pending: VecDeque<_> = plan.asked().collect();
        let (mut read, mut requests) = (0, 0);
        // In the end the service has mercy.
        let mut mosts = mosts.into_iter().chain(std::iter::repeat(100));
        while let Some((keys, body)) = plan.next_request(&mut pending) {
            prop_assert!(keys.len() <= 100);
            requests += 1;
            let most = mosts.next().unwrap_or(100);
            let (body, count) = answer(&body, most);
            prop_assert_eq!(count, keys.len());
            let answered = plan.read(&body, &keys, &mut found).unwrap();
            prop_assert_eq!(answered.unread.len(), count.saturating_sub(most));
            read += count - answered.unread.len();
            pending.extend(answered.unread);
        }
        prop_assert_eq!(read, different.len(), "each key is read once");
        prop_assert!(requests <= 20 + different.len() / 100 + 1);

        let output = BatchGetAllOutput::new(plan, found, Vec::new(), Metadata::default());
        prop_assert!(output.unread().is_empty());
        let expected = |(table, number): &(usize, u32)| {
            exists(*number).then(|| item! { "text": format!("{} {number}", TABLES[*table]) })
        };
        let items: Vec<Option<Item>> = output.all_items().unwrap();
        prop_assert_eq!(items, asked.iter().map(expected).collect::<Vec<_>>());
        for (at, table) in TABLES.iter().enumerate() {
            let items: Vec<Option<Item>> = output.items(table).unwrap();
            let of_table = asked.iter().filter(|(table, _)| *table == at).map(expected);
            prop_assert_eq!(items, of_table.collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_answer_is_a_panic(body in "[\\x20-\\x7e]{0,60}|\\{\"Responses\":\\{\"One\":\\[[\\x20-\\x7e]{0,40}\\]\\}\\}") {
        let plan = Plan::new(batch().get("One", &key! { "n": 1 }).into_parts().unwrap()).unwrap();
        let mut found = plan.nothing_found();
        let keys: Vec<_> = plan.asked().collect();
        // Whether it is an error or not: it is one of both.
        let _read = plan.read(&Bytes::from(body), &keys, &mut found).is_ok();
    }
}

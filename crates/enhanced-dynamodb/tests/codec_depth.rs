//! Depth is bounded, and what is within the bound fits a small stack, without optimisation as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use enhanced_dynamodb::item::{Item, from_dynamodb_json, from_value, to_dynamodb_json};
use enhanced_dynamodb::{AttributeValue, Error};
use serde::{Deserialize, Serialize};

/// What the codec reads; the service stores 32.
const READABLE: usize = 40;
const STORED: usize = 32;
/// A thread of Tokio has 2 MiB.
const SMALL_STACK: usize = 192 * 1024;

fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(SMALL_STACK).spawn(work).unwrap().join().unwrap()
}

/// An item whose attribute `v` is this many containers, the inner ones empty.
fn nested(open: &str, close: &str, levels: usize) -> String {
    format!(r#"{{"v":{}{}}}"#, open.repeat(levels), close.repeat(levels))
}

fn lists(levels: usize) -> String {
    nested(r#"{"L":["#, "]}", levels)
}

fn maps(levels: usize) -> String {
    let innermost = r#"{"M":{}}"#;
    format!(r#"{{"v":{}{innermost}{}}}"#, r#"{"M":{"v":"#.repeat(levels - 1), "}}".repeat(levels - 1))
}

#[derive(Serialize, Deserialize, Debug, Default)]
struct Tree {
    #[serde(default)]
    children: Vec<Tree>,
}

#[derive(Serialize, Deserialize, Debug)]
enum Expression {
    Not(Box<Expression>),
    #[allow(dead_code)]
    True,
}

#[derive(Deserialize, Debug)]
#[allow(dead_code)]
struct Holder<T> {
    v: T,
}

fn too_deep(error: &Error) -> bool {
    error.message().contains("nested deeper than")
}

#[test]
fn the_deepest_values_are_read_on_a_small_stack() {
    on_a_small_stack(|| {
        for json in [lists(READABLE), maps(READABLE)] {
            let item = Item::from_dynamodb_json(&json).unwrap();
            drop(item.clone());
            from_dynamodb_json::<BTreeMap<String, serde_json::Value>>(&json).unwrap();
        }
    });
}

#[test]
fn values_nested_deeper_are_an_error_on_a_small_stack() {
    on_a_small_stack(|| {
        for levels in [READABLE + 1, READABLE + 2, 1_000, 100_000] {
            for json in [lists(levels), maps(levels)] {
                assert!(too_deep(&Item::from_dynamodb_json(&json).unwrap_err()));
                assert!(too_deep(&from_dynamodb_json::<BTreeMap<String, serde_json::Value>>(&json).unwrap_err()));
            }
        }
        let json = nested(r#"{"M":{"children":{"L":["#, "]}}}", 100_000);
        assert!(too_deep(&from_dynamodb_json::<Holder<Tree>>(&json).unwrap_err()));
        let json = nested(r#"{"M":{"Not":"#, "}}", 100_000);
        assert!(too_deep(&from_dynamodb_json::<Holder<Expression>>(&json).unwrap_err()));
    });
}

#[test]
fn an_unknown_attribute_of_any_depth_is_skipped_on_a_small_stack() {
    on_a_small_stack(|| {
        #[derive(Deserialize)]
        struct Known {
            id: Option<String>,
        }
        for json in [lists(100_000), maps(100_000)] {
            assert!(from_dynamodb_json::<Known>(&json).unwrap().id.is_none());
        }
    });
}

#[test]
fn a_text_of_nothing_but_openings_is_an_error() {
    on_a_small_stack(|| {
        #[derive(Deserialize, Debug)]
        struct Empty {}
        for json in ["{\"v\":[".repeat(100_000), "[".repeat(100_000), "{".repeat(100_000)] {
            Item::from_dynamodb_json(&json).unwrap_err();
            from_dynamodb_json::<Empty>(&json).unwrap_err();
        }
    });
}

#[test]
fn a_value_as_deep_as_the_service_stores_is_written_and_read_back() {
    on_a_small_stack(|| {
        let json = lists(STORED);
        let item = Item::from_dynamodb_json(&json).unwrap();
        assert_eq!(item.to_dynamodb_json().unwrap(), json);
    });
}

#[test]
fn a_value_nested_deeper_than_the_service_stores_is_not_written() {
    on_a_small_stack(|| {
        let item = Item::from_dynamodb_json(&lists(STORED + 1)).unwrap();
        let error = item.to_dynamodb_json().unwrap_err();
        assert_eq!(
            error.message(),
            format!("v{}: nested deeper than the 32 levels that DynamoDB stores", "[0]".repeat(STORED))
        );
        // A type that has no end, or hardly one: a thousand levels of it.
        let mut tree = Tree::default();
        for _ in 0..1_000 {
            tree = Tree { children: vec![tree] };
        }
        assert!(too_deep(&to_dynamodb_json(&tree).unwrap_err()));
        // Dropping it level by level is the type's own affair, and needs no more than this.
        while let Some(child) = tree.children.pop() {
            tree = child;
        }
        let mut expression = Expression::True;
        for _ in 0..100 {
            expression = Expression::Not(Box::new(expression));
        }
        assert!(too_deep(&to_dynamodb_json(&BTreeMap::from([("v", expression)])).unwrap_err()));
    });
}

#[test]
fn levels_are_counted_per_branch_and_not_in_all() {
    let wide = AttributeValue::L((0..1_000).map(|_| AttributeValue::L(vec![AttributeValue::M(Item::new())])).collect());
    let read: Vec<Vec<BTreeMap<String, u8>>> = from_value(wide).unwrap();
    assert_eq!(read.len(), 1_000);
}

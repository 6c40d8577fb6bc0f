#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{Layout, Projected, Source, check};
use crate::error::{Error, ErrorKind};
use crate::table::TableDescription;
use crate::tree::TreeSchema;

fn key(names: &[&str]) -> Value {
    let roles = ["HASH", "RANGE"];
    names.iter().zip(roles).map(|(name, role)| json!({ "AttributeName": name, "KeyType": role })).collect()
}

/// A table of this key with indexes, each a name, a key and a projection.
fn table(keys: &[&str], indexes: &[(&str, &[&str], Value)]) -> Value {
    let indexes: Vec<Value> = indexes
        .iter()
        .map(|(name, keys, projection)| json!({ "IndexName": name, "KeySchema": key(keys), "Projection": projection }))
        .collect();
    let types = [("id", "S"), ("parent", "S"), ("chat", "S"), ("no", "N"), ("at", "N")];
    let types: Vec<Value> =
        types.iter().map(|(name, of)| json!({ "AttributeName": name, "AttributeType": of })).collect();
    json!({
        "TableName": "T", "TableStatus": "ACTIVE", "KeySchema": key(keys), "AttributeDefinitions": types,
        "GlobalSecondaryIndexes": indexes,
    })
}

fn layout(table: &Value, schema: &TreeSchema, source: Source) -> Result<Layout, Error> {
    let table: TableDescription = serde_json::from_value(table.clone()).unwrap();
    check(&table, schema, source)
}

fn problem(table: &Value, schema: &TreeSchema, source: Source) -> (String, String) {
    let error = layout(table, schema, source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    (error.message().to_owned(), error.advice().to_owned())
}

fn all() -> Value {
    json!({ "ProjectionType": "ALL" })
}

#[test]
fn a_missing_index_is_told_with_the_call_that_makes_it() {
    let (message, advice) = problem(&table(&["id"], &[]), &TreeSchema::default(), Source::Children);
    assert_eq!(
        message,
        "table T has no index parent-index on parent, by which the children of a node are found; it has none"
    );
    assert_eq!(
        advice,
        "Create it: db.update_table(\"T\").create_index(IndexDefinition::new(\"parent-index\").partition_key(\
         \"parent\", AttributeType::String)).send().await?"
    );
    let schema = TreeSchema::default().key("no").tree_id("at", "by-tree");
    let (message, advice) = problem(&table(&["no"], &[("other", &["id"], all())]), &schema, Source::Collection);
    assert!(message.contains("no index by-tree on at") && message.ends_with("it has other"), "{message}");
    assert!(advice.contains("\"at\", AttributeType::Number"), "{advice}");
}

#[test]
fn an_index_on_something_else_is_told() {
    let wrong = table(&["id"], &[("parent-index", &["chat", "parent"], all())]);
    let (message, advice) = problem(&wrong, &TreeSchema::default(), Source::Children);
    assert!(
        message.contains("the partition key of the index parent-index of table T is chat, not parent"),
        "{message}"
    );
    assert!(advice.starts_with("Name another index in the schema, or create one: db.update_table"), "{advice}");
}

#[test]
fn an_index_that_is_being_made_is_told() {
    let mut building = table(&["id"], &[("parent-index", &["parent"], all())]);
    building["GlobalSecondaryIndexes"][0]["IndexStatus"] = json!("CREATING");
    let (message, advice) = problem(&building, &TreeSchema::default(), Source::Children);
    assert_eq!(message, "the index parent-index of table T is still being made");
    assert_eq!(advice, "Wait for it: db.wait_until_active(\"T\").send().await?");
}

#[test]
fn a_parent_of_another_type_than_the_key_is_told() {
    let schema = TreeSchema::default().key("no");
    let (message, advice) =
        problem(&table(&["no"], &[("parent-index", &["parent"], all())]), &schema, Source::Children);
    assert!(message.contains("parent is of the type S and no of the type N"), "{message}");
    assert!(advice.contains("AttributeType::Number"), "{advice}");
}

#[test]
fn another_key_of_the_table_is_told_with_the_schema_that_fits() {
    let indexes: &[(&str, &[&str], Value)] = &[("parent-index", &["parent"], all())];
    let told = |keys: &[&str], schema: TreeSchema| problem(&table(keys, indexes), &schema, Source::Children);
    let (message, advice) = told(&["pk"], TreeSchema::default());
    assert_eq!(message, "the key of table T is pk, but the tree's schema says that it is id");
    assert_eq!(advice, "Say TreeSchema::default().key(\"pk\").");
    let (message, advice) = told(&["id", "sk"], TreeSchema::default());
    assert!(message.contains("is id and sk, but"), "{message}");
    assert!(advice.contains("TreeSchema::sort_key(\"sk\", value)"), "{advice}");
    let (_, advice) = told(&["chat", "id"], TreeSchema::default());
    assert!(advice.contains(".key(\"id\").partitioned_by(\"chat\")"), "{advice}");
    let (message, _) = told(&["id"], TreeSchema::default().sort_key("sk", "NODE"));
    assert!(message.ends_with("says that it is id and sk"), "{message}");
}

#[test]
fn a_layout_tells_what_is_copied_and_in_which_order() {
    let whole = table(&["id"], &[("parent-index", &["parent", "at"], all())]);
    let expected =
        Layout { projected: Projected::All, sort: Some("at".to_owned()), within_tree: false, consistent: false };
    assert_eq!(layout(&whole, &TreeSchema::default(), Source::Children).unwrap(), expected);
    let include = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["text"] });
    let part = table(&["id"], &[("parent-index", &["parent"], include)]);
    let found = layout(&part, &TreeSchema::default(), Source::Children).unwrap();
    assert_eq!(found.projected, Projected::Only(["parent", "id", "text"].map(str::to_owned).to_vec()));
    assert!(found.projected.has("text") && !found.projected.has("order"));
}

#[test]
fn a_local_index_on_tree_and_parent_finds_children_too() {
    let mut chats = table(&["chat", "id"], &[("parent-index", &["chat", "parent"], all())]);
    let schema = TreeSchema::default().partitioned_by("chat");
    let found = layout(&chats, &schema, Source::Children).unwrap();
    assert!(found.within_tree && !found.consistent && found.sort.is_none());
    chats["LocalSecondaryIndexes"] = chats["GlobalSecondaryIndexes"].take();
    chats["GlobalSecondaryIndexes"] = json!([]);
    assert!(layout(&chats, &schema, Source::Children).unwrap().consistent);
    let found = layout(&chats, &schema, Source::Collection).unwrap();
    assert!(found.consistent && found.projected == Projected::All && found.sort.as_deref() == Some("id"));
}

#[test]
fn a_schema_that_contradicts_itself_is_an_error() {
    let told = |schema: TreeSchema| schema.validate().unwrap_err().message().to_owned();
    assert_eq!(
        told(TreeSchema::default().parent("id")),
        "the tree's schema: id is both the key and the parent attribute"
    );
    assert_eq!(told(TreeSchema::default().key("")), "the tree's schema: the key has an empty name");
    let two = TreeSchema::default().partitioned_by("chat").sort_key("sk", "NODE");
    assert!(told(two).contains("a table has one sort key"));
    assert!(TreeSchema::default().order_by("id").validate().is_ok(), "children may be ordered by their key");
}

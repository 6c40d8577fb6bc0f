//! What a table may be made of, and how it is sent.

use enhanced_dynamodb::table::{AttributeType, CreateTable, IndexDefinition, StreamView, TableClass};
use enhanced_dynamodb::{Client, ErrorKind};
use serde_json::json;
use testkit::{Action, Rule};

use crate::common::recorded;

/// An index with keys of so many attributes.
fn index(partition: usize, sort: usize) -> IndexDefinition {
    let index = IndexDefinition::new("wide");
    let index = (1..=partition).fold(index, |index, n| index.partition_key(format!("p{n}"), AttributeType::String));
    (1..=sort).fold(index, |index, n| index.sort_key(format!("s{n}"), AttributeType::Number))
}

fn table(db: &Client) -> CreateTable {
    db.create_table("Messages").partition_key("id", AttributeType::String)
}

fn sorted(db: &Client) -> CreateTable {
    table(db).sort_key("at", AttributeType::Number)
}

testkit::on_both_engines! {
    // DynamoDB Local 1.25.1 knows no keys of several attributes, so no engine is asked.
    async fn keys_of_four_attributes_are_sent_in_order(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let described = json!({ "TableDescription": { "TableName": "Messages", "TableStatus": "CREATING" } });
        responder.rule(Rule::on("CreateTable").then(Action::json(200, described)));
        let create = table(&db).global_index(index(4, 4).include(["text"])).stream(StreamView::NewAndOldImages);
        create.tag("team", "chat").table_class(TableClass::Standard).send().await.unwrap();
        let key = |name: &str, role: &str| json!({ "AttributeName": name, "KeyType": role });
        let attribute = |name: &str, ty: &str| json!({ "AttributeName": name, "AttributeType": ty });
        assert_eq!(
            responder.requests_of("CreateTable")[0].body,
            json!({
                "TableName": "Messages",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    attribute("id", "S"),
                    attribute("p1", "S"), attribute("p2", "S"), attribute("p3", "S"), attribute("p4", "S"),
                    attribute("s1", "N"), attribute("s2", "N"), attribute("s3", "N"), attribute("s4", "N"),
                ],
                "KeySchema": [key("id", "HASH")],
                "GlobalSecondaryIndexes": [{
                    "IndexName": "wide",
                    "KeySchema": [
                        key("p1", "HASH"), key("p2", "HASH"), key("p3", "HASH"), key("p4", "HASH"),
                        key("s1", "RANGE"), key("s2", "RANGE"), key("s3", "RANGE"), key("s4", "RANGE"),
                    ],
                    "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["text"] },
                }],
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
                "Tags": [{ "Key": "team", "Value": "chat" }],
                "TableClass": "STANDARD",
            })
        );
    }

    async fn a_definition_that_cannot_be_says_what_is_wrong(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let local = |partition: &str| IndexDefinition::new("local").partition_key(partition, AttributeType::String);
        let by_size = |index: IndexDefinition| index.sort_key("size", AttributeType::Number);
        let one = || IndexDefinition::new("one").partition_key("a", AttributeType::String);
        for (create, expected) in [
            (table(&db).global_index(index(5, 0)), "the partition key of the index wide has 5 attributes"),
            (table(&db).global_index(index(1, 5)), "the sort key of the index wide has 5 attributes"),
            (table(&db).global_index(index(0, 1)), "the index wide has no partition key"),
            (table(&db).global_index(IndexDefinition::new("")), "an index has no name"),
            (table(&db).partition_key("more", AttributeType::String), "the table's partition key has more than one"),
            (sorted(&db).sort_key("more", AttributeType::String), "the table's sort key has more than one"),
            (table(&db).sort_key("id", AttributeType::String), "the table's key has the attribute id twice"),
            (db.create_table("Messages").sort_key("at", AttributeType::Number), "the table has no partition key"),
            (db.create_table("Messages").partition_key("", AttributeType::Number), "the table's key has an attribute"),
            (table(&db).global_index(one()).global_index(one()), "there are two indexes of the name one"),
            (table(&db).global_index(one().include([""; 0])), "the index one includes no attributes"),
            (table(&db).global_index(one().provisioned(1, 1)), "the index one has provisioned capacity, but the table"),
            (table(&db).provisioned(1, 1).global_index(one()), "the table's capacity is provisioned, but the index one"),
            (table(&db).local_index(by_size(local("id"))), "the local index local needs a table with a sort key"),
            (sorted(&db).local_index(by_size(local("x"))), "the key of the local index local is not the table's"),
            (sorted(&db).local_index(local("id")), "the key of the local index local is not the table's"),
            (sorted(&db).local_index(by_size(local("id")).provisioned(1, 1)), "the local index local has capacity"),
            (table(&db).tag("", "value"), "a tag has no key"),
        ] {
            let error = create.send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
            assert!(error.message().starts_with(expected), "{error}");
        }
        assert!(responder.requests().is_empty());
    }
}

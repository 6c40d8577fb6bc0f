//! Tables: create, describe, list, delete, wait.

use std::time::{Duration, Instant};

use enhanced_dynamodb::table::{AttributeType, IndexDefinition, KeyRole, StreamView, TableStatus};
use enhanced_dynamodb::{ErrorKind, item};
use serde_json::json;
use testkit::{Action, Rule};

use crate::common::{client, create_events, create_messages, messages, recorded};

testkit::on_both_engines! {
    async fn a_table_with_indexes_is_described_as_it_was_made(engine: Engine) {
        let db = client(&engine).await;
        create_events(&db).await;
        let table = db.describe_table("Events").send().await.unwrap();
        assert_eq!((table.table_name.as_str(), &table.table_status), ("Events", &TableStatus::Active));
        assert_eq!((table.partition_key(), table.sort_key()), (Some("stream"), Some("at")));
        let mut types: Vec<(&str, &str)> = table
            .attribute_definitions
            .iter()
            .map(|definition| (definition.attribute_name.as_str(), definition.attribute_type.as_str()))
            .collect();
        types.sort_unstable();
        assert_eq!(types, [("at", "N"), ("kind", "S"), ("size", "N"), ("stream", "S")]);
        let index = table.index("by-kind").unwrap();
        assert_eq!(
            (index.index_status.as_ref(), index.projection.projection_type.as_str()),
            (Some(&TableStatus::Active), "ALL")
        );
        assert_eq!(
            index.key_schema.iter().map(|key| key.key_type).collect::<Vec<_>>(),
            [KeyRole::Partition, KeyRole::Sort]
        );
        assert_eq!(table.local_secondary_indexes[0].index_name, "by-size");
        assert!(table.is_active() && table.index("nowhere").is_none());
        assert!(table.table_arn.is_some_and(|arn| arn.ends_with("table/Events")));
    }

    async fn capacity_projection_stream_and_other_parameters_are_set(engine: Engine) {
        let db = client(&engine).await;
        let global =
            IndexDefinition::new("by-a").partition_key("a", AttributeType::Number).include(["text"]).provisioned(2, 3);
        let keys = IndexDefinition::new("by-b").partition_key("b", AttributeType::Binary).keys_only().provisioned(1, 1);
        let create =
            db.create_table("Full").partition_key("id", AttributeType::String).global_index(global).global_index(keys);
        let create = create.provisioned(5, 6).stream(StreamView::NewAndOldImages);
        create.parameter("TableClass", "STANDARD").send().await.unwrap();
        let table = db.wait_until_active("Full").send().await.unwrap().unwrap();
        assert_eq!(table.other["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
        assert_eq!(table.other["ProvisionedThroughput"]["WriteCapacityUnits"], 6);
        assert_eq!(
            table.other["StreamSpecification"],
            json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" })
        );
        let index = table.index("by-a").unwrap();
        assert_eq!(index.projection.non_key_attributes, ["text"]);
        assert_eq!(index.other["ProvisionedThroughput"]["WriteCapacityUnits"], 3);
        assert_eq!(table.index("by-b").unwrap().projection.projection_type, "KEYS_ONLY");
        db.put("Full", &item! { "id": "x", "a": 1, "text": "t", "more": 1 }).send().await.unwrap();
        let found = db
            .query("Full")
            .index("by-a")
            .partition("a", 1)
            .items::<enhanced_dynamodb::Item>()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(found, [item! { "id": "x", "a": 1, "text": "t" }]);
    }

    async fn a_table_is_made_once(engine: Engine) {
        let db = messages(&engine).await;
        let again = db.create_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap_err();
        assert_eq!((again.kind(), again.code()), (ErrorKind::ResourceInUse, "ResourceInUseException"));
        assert_eq!((again.operation(), again.table()), (Some("CreateTable"), Some("Messages")));
    }

    async fn a_table_that_cannot_be_is_refused_before_the_send(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let none = db.create_table("T").send().await.unwrap_err();
        let index = IndexDefinition::new("i").partition_key("id", AttributeType::Number);
        let two = db
            .create_table("T")
            .partition_key("id", AttributeType::String)
            .global_index(index)
            .send()
            .await
            .unwrap_err();
        let twice = db
            .create_table("T")
            .partition_key("id", AttributeType::String)
            .parameter("TableName", "U")
            .send()
            .await
            .unwrap_err();
        for error in [none, two, twice] {
            assert_eq!(
                (error.kind(), error.attempts(), error.operation()),
                (ErrorKind::InvalidInput, 0, Some("CreateTable")),
                "{error}"
            );
        }
        assert!(responder.requests().is_empty());
    }

    async fn tables_are_listed_over_all_pages(engine: Engine) {
        let db = client(&engine).await;
        assert_eq!(db.list_tables().all().await.unwrap(), Vec::<String>::new());
        for name in ["Table-c", "Table-a", "Table-e", "Table-b", "Table-d"] {
            db.create_table(name).partition_key("id", AttributeType::String).send().await.unwrap();
        }
        let all = ["Table-a", "Table-b", "Table-c", "Table-d", "Table-e"];
        assert_eq!(db.list_tables().all().await.unwrap(), all);
        assert_eq!(db.list_tables().page_size(2).all().await.unwrap(), all);
        let page = db.list_tables().page_size(2).send().await.unwrap();
        assert_eq!(page.table_names, all[..2]);
        assert_eq!(page.last_evaluated_table_name.as_deref(), Some("Table-b"));
        let page = db.list_tables().start_table("Table-c").send().await.unwrap();
        assert_eq!(
            (page.table_names, page.last_evaluated_table_name),
            (vec!["Table-d".to_owned(), "Table-e".to_owned()], None)
        );
    }

    async fn a_deleted_table_is_gone(engine: Engine) {
        let db = messages(&engine).await;
        let described = db.delete_table("Messages").send().await.unwrap();
        assert_eq!(described.table_name, "Messages");
        assert!(db.wait_until_gone("Messages").send().await.unwrap().is_none());
        let error = db.describe_table("Messages").send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation(), error.table()),
            (ErrorKind::ResourceNotFound, Some("DescribeTable"), Some("Messages"))
        );
        let error = db.delete_table("Messages").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceNotFound);
        create_messages(&db).await;
    }

    async fn a_table_is_active_when_its_indexes_are(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        let described = |table: &str, index: &str| {
            let index = json!({ "IndexName": "i", "IndexStatus": index });
            Action::json(
                200,
                json!({ "Table": { "TableName": "Events", "TableStatus": table, "GlobalSecondaryIndexes": [index] } }),
            )
        };
        let missing = Action::error("ResourceNotFoundException", "not yet");
        responder.rule(Rule::on("DescribeTable").nth(1).then(missing));
        responder.rule(Rule::on("DescribeTable").nth(2).then(described("CREATING", "CREATING")));
        responder.rule(Rule::on("DescribeTable").nth(3).then(described("ACTIVE", "CREATING")));
        let table = db.wait_until_active("Events").send().await.unwrap().unwrap();
        assert_eq!(table.sort_key(), Some("at"));
        assert_eq!(responder.requests_of("DescribeTable").len(), 4);
    }

    async fn waiting_in_vain_for_an_index_says_that_it_is_the_index(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let index = json!({ "IndexName": "i", "IndexStatus": "CREATING" });
        let table = json!({ "TableName": "Events", "TableStatus": "ACTIVE", "GlobalSecondaryIndexes": [index] });
        responder.rule(Rule::on("DescribeTable").then(Action::json(200, json!({ "Table": table }))));
        let wait = db.wait_until_active("Events").within(Duration::from_millis(30));
        let error = wait.send().await.unwrap_err();
        assert!(error.message().ends_with("last seen Active, but an index of it is not"), "{error}");
    }

    async fn waiting_ends_when_the_time_is_over(engine: Engine) {
        let db = messages(&engine).await;
        let started = Instant::now();
        let limit = Duration::from_millis(120);
        let error = db.wait_until_gone("Messages").within(limit).send().await.unwrap_err();
        assert_eq!((error.kind(), error.table()), (ErrorKind::WaitTimeout, Some("Messages")));
        assert!(error.message().contains("was not gone within 120ms; last seen Active"), "{error}");
        let error = db.wait_until_active("Nowhere").within(limit).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WaitTimeout);
        assert!(error.message().contains("not there"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

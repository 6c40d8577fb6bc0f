//! Changes of a table: UpdateTable, time to live, tags.

use enhanced_dynamodb::table::{AttributeType, IndexDefinition, StreamView, TableClass, TimeToLiveStatus};
use enhanced_dynamodb::{Client, ErrorKind, Item, item};
use serde_json::{Value, json};
use testkit::{Action, Responder, Rule};

use crate::common::{client, messages, options, recorded};

/// A client whose requests of this operation are answered with a description, and recorded.
async fn scripted(engine: &testkit::Engine, operation: &str) -> (Client, Responder) {
    let responder = Responder::in_front_of(engine).await.unwrap();
    let described = json!({ "TableDescription": { "TableName": "Messages", "TableStatus": "UPDATING" } });
    responder.rule(Rule::on(operation).then(Action::json(200, described)));
    let db = options(engine, &responder.endpoint()).build().await.unwrap();
    (db, responder)
}

fn sent(responder: &Responder, operation: &str) -> Value {
    responder.requests_of(operation).last().unwrap().body.clone()
}

testkit::on_both_engines! {
    async fn an_index_is_made_filled_and_deleted(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &item! { "id": "m2", "parent": "m1" }).send().await.unwrap();
        let index = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String).keys_only();
        db.update_table("Messages").create_index(index).send().await.unwrap();
        let table = db.wait_until_active("Messages").send().await.unwrap().unwrap();
        assert_eq!(table.attribute_type("parent"), Some("S"));
        let query = db.query("Messages").index("parent-index").partition("parent", "m1");
        assert_eq!(query.items::<Item>().try_collect().await.unwrap(), [item! { "id": "m2", "parent": "m1" }]);
        db.update_table("Messages").delete_index("parent-index").send().await.unwrap();
        let gone = async {
            loop {
                let table = db.describe_table("Messages").send().await.unwrap();
                if table.index("parent-index").is_none() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.unwrap();
    }

    async fn capacity_is_changed(engine: Engine) {
        let db = messages(&engine).await;
        db.update_table("Messages").provisioned(3, 4).send().await.unwrap();
        let table = db.wait_until_active("Messages").send().await.unwrap().unwrap();
        assert_eq!(table.billing_mode(), "PROVISIONED");
        assert_eq!(table.other["ProvisionedThroughput"]["WriteCapacityUnits"], 4);
        db.update_table("Messages").on_demand().send().await.unwrap();
        let table = db.wait_until_active("Messages").send().await.unwrap().unwrap();
        assert_eq!(table.billing_mode(), "PAY_PER_REQUEST");
    }

    async fn a_stream_is_turned_on_and_off(engine: Engine) {
        let db = messages(&engine).await;
        db.update_table("Messages").stream(StreamView::OldImage).send().await.unwrap();
        let table = db.wait_until_active("Messages").send().await.unwrap().unwrap();
        assert_eq!(table.stream_view(), Some("OLD_IMAGE"));
        db.update_table("Messages").no_stream().send().await.unwrap();
        let table = db.wait_until_active("Messages").send().await.unwrap().unwrap();
        assert_eq!(table.stream_view(), None);
    }

    async fn a_change_is_sent_as_the_service_wants_it(engine: Engine) {
        let (db, responder) = scripted(&engine, "UpdateTable").await;
        let index = IndexDefinition::new("by-place")
            .sort_key("street", AttributeType::String)
            .partition_key("country", AttributeType::String)
            .partition_key("city", AttributeType::String)
            .provisioned(1, 2);
        let table = db
            .update_table("Messages")
            .create_index(index)
            .provision_index("parent-index", 7, 8)
            .provisioned(5, 6)
            .stream(StreamView::KeysOnly)
            .deletion_protection(true)
            .table_class(TableClass::StandardInfrequentAccess)
            .parameter("SSESpecification", json!({ "Enabled": true }))
            .send()
            .await
            .unwrap();
        assert_eq!(table.table_name, "Messages");
        let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name: &str, role: &str| json!({ "AttributeName": name, "KeyType": role });
        let units = |read: u32, write: u32| json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
        assert_eq!(
            sent(&responder, "UpdateTable"),
            json!({
                "TableName": "Messages",
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": units(5, 6),
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" },
                "DeletionProtectionEnabled": true,
                "TableClass": "STANDARD_INFREQUENT_ACCESS",
                "SSESpecification": { "Enabled": true },
                "AttributeDefinitions": [attribute("street"), attribute("country"), attribute("city")],
                "GlobalSecondaryIndexUpdates": [
                    { "Create": {
                        "IndexName": "by-place",
                        "KeySchema": [key("country", "HASH"), key("city", "HASH"), key("street", "RANGE")],
                        "Projection": { "ProjectionType": "ALL" },
                        "ProvisionedThroughput": units(1, 2),
                    } },
                    { "Update": { "IndexName": "parent-index", "ProvisionedThroughput": units(7, 8) } },
                ],
            })
        );
        db.update_table("Messages").delete_index("by-place").no_stream().send().await.unwrap();
        assert_eq!(
            sent(&responder, "UpdateTable"),
            json!({
                "TableName": "Messages",
                "StreamSpecification": { "StreamEnabled": false },
                "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": "by-place" } }],
            })
        );
    }

    async fn a_change_that_cannot_be_is_refused_before_the_send(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let index = |name: &str| IndexDefinition::new(name).partition_key("parent", AttributeType::String);
        let change = || db.update_table("Messages");
        let five = ["a", "b", "c", "d", "e"];
        let wide = five.iter().fold(IndexDefinition::new("wide"), |index, key| {
            index.partition_key(*key, AttributeType::String)
        });
        for (change, expected) in [
            (change(), "nothing is to be changed"),
            (change().create_index(index("one")).delete_index("two"), "more than one index is to be made or deleted"),
            (change().create_index(wide), "the partition key of the index wide has 5 attributes"),
            (change().create_index(IndexDefinition::new("none")), "the index none has no partition key"),
            (
                change().on_demand().parameter("BillingMode", "PROVISIONED"),
                "the parameter BillingMode has a method of its own",
            ),
        ] {
            let error = change.send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
            assert!(error.message().starts_with(expected), "{error}");
        }
        assert!(responder.requests().is_empty());
    }

    async fn a_change_of_no_table_is_an_error_of_the_service(engine: Engine) {
        let db = client(&engine).await;
        let error = db.update_table("Nowhere").deletion_protection(true).send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation(), error.table()),
            (ErrorKind::ResourceNotFound, Some("UpdateTable"), Some("Nowhere"))
        );
    }

    async fn time_to_live_is_turned_on_and_off(engine: Engine) {
        let db = messages(&engine).await;
        let off = db.describe_time_to_live("Messages").send().await.unwrap();
        assert_eq!((off.status.clone(), off.is_on()), (TimeToLiveStatus::Disabled, false));
        db.update_time_to_live("Messages").enable("expiresAt").send().await.unwrap();
        let on = db.describe_time_to_live("Messages").send().await.unwrap();
        assert_eq!((on.is_on(), on.attribute_name.as_deref()), (true, Some("expiresAt")));
        let other = db.update_time_to_live("Messages").enable("diesAt").send().await.unwrap_err();
        assert_eq!((other.kind(), other.operation()), (ErrorKind::Validation, Some("UpdateTimeToLive")));
        db.update_time_to_live("Messages").disable("expiresAt").send().await.unwrap();
        assert!(!db.describe_time_to_live("Messages").send().await.unwrap().is_on());
    }

    async fn time_to_live_without_an_attribute_is_refused_before_the_send(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        for change in [db.update_time_to_live("Messages"), db.update_time_to_live("Messages").enable("")] {
            let error = change.send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
        }
        let error = db.ensure_table("Messages").partition_key("id", AttributeType::String).time_to_live("");
        assert_eq!(error.send().await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(responder.requests().is_empty());
    }

    async fn tags_are_added_listed_and_taken_off(engine: Engine) {
        let db = client(&engine).await;
        let create = db.create_table("Messages").partition_key("id", AttributeType::String);
        // DynamoDB Local 1.25.1 has no tags: it answers UnknownOperationException.
        if engine.kind() == EngineKind::DynamodbLocal {
            create.send().await.unwrap();
            let error = db.list_tags("Messages").all().await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::UnknownOperation, Some("ListTagsOfResource")));
            return;
        }
        create.tag("team", "chat").send().await.unwrap();
        let arn = db.describe_table("Messages").send().await.unwrap().table_arn.unwrap();
        db.tag_table("Messages").tag("stage", "test").tag("team", "mail").send().await.unwrap();
        let tags = |tags: Vec<enhanced_dynamodb::table::Tag>| {
            let mut tags: Vec<_> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
            tags.sort_unstable();
            tags
        };
        let both = [("stage", "test"), ("team", "mail")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(tags(db.list_tags("Messages").all().await.unwrap()), both);
        assert_eq!(tags(db.list_tags(arn.as_str()).all().await.unwrap()), both);
        db.untag_table(arn).key("team").send().await.unwrap();
        assert_eq!(tags(db.list_tags("Messages").all().await.unwrap()), both[..1]);
    }

    async fn tags_are_sent_for_the_arn_and_answered_with_nothing(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Messages";
        // As the service answers: with an empty body.
        responder.rule(Rule::on("TagResource").then(Action::empty(200)));
        responder.rule(Rule::on("UntagResource").then(Action::empty(200)));
        db.tag_table(arn).tag("team", "chat").send().await.unwrap();
        db.untag_table(arn).key("team").key("stage").send().await.unwrap();
        assert_eq!(
            sent(&responder, "TagResource"),
            json!({ "ResourceArn": arn, "Tags": [{ "Key": "team", "Value": "chat" }] })
        );
        assert_eq!(sent(&responder, "UntagResource"), json!({ "ResourceArn": arn, "TagKeys": ["team", "stage"] }));
        let raw = db.call("TagResource", json!({ "ResourceArn": arn, "Tags": [] })).send().await.unwrap();
        assert_eq!(raw, json!({}));
        assert!(responder.requests_of("DescribeTable").is_empty());
    }

    async fn tags_are_listed_over_all_pages(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let tag = |key: &str| json!([{ "Key": key, "Value": "v" }]);
        let first = Action::json(200, json!({ "Tags": tag("a"), "NextToken": "more" }));
        responder.rule(Rule::on("ListTagsOfResource").nth(1).then(first));
        responder.rule(Rule::on("ListTagsOfResource").nth(2).then(Action::json(200, json!({ "Tags": tag("b") }))));
        let tags = db.list_tags("arn:aws:dynamodb:us-east-1:123456789012:table/Messages").all().await.unwrap();
        assert_eq!(tags.iter().map(|tag| tag.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(sent(&responder, "ListTagsOfResource")["NextToken"], "more");
    }

    async fn no_tag_is_refused_before_the_send(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let none = db.tag_table("Messages").send().await.unwrap_err();
        let nameless = db.tag_table("Messages").tag("", "x").send().await.unwrap_err();
        let nothing = db.untag_table("Messages").send().await.unwrap_err();
        for error in [none, nameless, nothing] {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
        }
        assert!(responder.requests().is_empty());
    }
}

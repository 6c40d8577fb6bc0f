//! Tables that are there afterwards: `ensure_table`.

use std::time::Duration;

use enhanced_dynamodb::table::{AttributeType, EnsureTable, IndexDefinition, StreamView, TimeToLiveStatus};
use enhanced_dynamodb::{Client, ErrorKind};
use serde_json::json;
use testkit::{Action, Rule};

use crate::common::{client, create_messages, messages, recorded};

fn orders(db: &Client) -> EnsureTable {
    db.ensure_table("Orders")
        .partition_key("customer", AttributeType::String)
        .sort_key("at", AttributeType::Number)
        .global_index(
            IndexDefinition::new("by-state").partition_key("state", AttributeType::String).include(["total", "city"]),
        )
        .local_index(
            IndexDefinition::new("by-total")
                .partition_key("customer", AttributeType::String)
                .sort_key("total", AttributeType::Number)
                .keys_only(),
        )
        .stream(StreamView::NewImage)
        .time_to_live("expiresAt")
}

testkit::on_both_engines! {
    async fn a_table_is_made_once_and_found_afterwards(engine: Engine) {
        let db = client(&engine).await;
        let made = orders(&db).send().await.unwrap();
        assert!(made.created && made.table.is_active());
        assert_eq!((made.table.billing_mode(), made.table.stream_view()), ("PAY_PER_REQUEST", Some("NEW_IMAGE")));
        let found = orders(&db).send().await.unwrap();
        assert!(!found.created);
        assert_eq!(found.table.index("by-total").unwrap().projection.projection_type, "KEYS_ONLY");
        let time_to_live = db.describe_time_to_live("Orders").send().await.unwrap();
        assert!(time_to_live.is_on());
        assert_eq!(time_to_live.attribute_name.as_deref(), Some("expiresAt"));
    }

    async fn a_table_that_is_there_is_neither_made_nor_changed(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        let ensured = db.ensure_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap();
        assert!(!ensured.created);
        assert_eq!(responder.requests_of("CreateTable").len(), 1);
        assert!(responder.requests_of("UpdateTimeToLive").is_empty());
    }

    async fn each_difference_is_named(engine: Engine) {
        let db = client(&engine).await;
        db.create_table("Orders")
            .partition_key("customer", AttributeType::Number)
            .sort_key("at", AttributeType::Number)
            .provisioned(1, 1)
            .global_index(
                IndexDefinition::new("by-state")
                    .partition_key("state", AttributeType::String)
                    .sort_key("at", AttributeType::Number)
                    .include(["total"])
                    .provisioned(1, 1),
            )
            .global_index(
                IndexDefinition::new("by-city").partition_key("city", AttributeType::String).provisioned(1, 1),
            )
            .stream(StreamView::KeysOnly)
            .send()
            .await
            .unwrap();
        db.wait_until_active("Orders").send().await.unwrap();
        db.update_time_to_live("Orders").enable("diesAt").send().await.unwrap();
        let error = orders(&db).send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code(), error.table()),
            (ErrorKind::TableDiffers, "TableDiffers", Some("Orders"))
        );
        assert_eq!(
            error.message().split("; ").collect::<Vec<_>>(),
            [
                "the table exists, but otherwise: the key is customer (N) and at (N) instead of customer (S) and at (N)",
                "the billing mode is PROVISIONED instead of PAY_PER_REQUEST",
                "the stream is KEYS_ONLY instead of NEW_IMAGE",
                "the key of the index by-state is state (S) and at (N) instead of state (S)",
                "the projection of the index by-state is INCLUDE of total instead of INCLUDE of city, total",
                "the index by-total is missing instead of local with the key customer (S) and total (N)",
                "there is an index by-city that was not asked for",
                "the time to live is by diesAt instead of expiresAt",
            ]
        );
    }

    async fn a_local_index_is_no_global_one(engine: Engine) {
        let db = client(&engine).await;
        let by_size = || {
            IndexDefinition::new("by-size")
                .partition_key("id", AttributeType::String)
                .sort_key("size", AttributeType::Number)
        };
        let table = |db: &Client| {
            db.ensure_table("Messages").partition_key("id", AttributeType::String).sort_key("at", AttributeType::Number)
        };
        table(&db).global_index(by_size()).send().await.unwrap();
        let error = table(&db).local_index(by_size()).send().await.unwrap_err();
        assert!(error.message().ends_with("otherwise: the index by-size is global instead of local"), "{error}");
    }

    async fn a_time_to_live_that_nobody_asked_for_is_a_difference(engine: Engine) {
        let db = messages(&engine).await;
        db.wait_until_active("Messages").send().await.unwrap();
        db.update_time_to_live("Messages").enable("expiresAt").send().await.unwrap();
        let error = db.ensure_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap_err();
        assert!(error.message().ends_with("the time to live is by expiresAt instead of off"), "{error}");
    }

    async fn a_time_to_live_that_is_off_is_turned_on(engine: Engine) {
        let db = messages(&engine).await;
        let ensure = || db.ensure_table("Messages").partition_key("id", AttributeType::String).time_to_live("expiresAt");
        assert!(!ensure().send().await.unwrap().created);
        let found = db.describe_time_to_live("Messages").send().await.unwrap();
        assert_eq!(found.attribute_name.as_deref(), Some("expiresAt"));
    }

    async fn a_table_that_differs_gets_no_time_to_live(engine: Engine) {
        let db = messages(&engine).await;
        let ensure = db.ensure_table("Messages").partition_key("key", AttributeType::String).time_to_live("expiresAt");
        assert_eq!(ensure.send().await.unwrap_err().kind(), ErrorKind::TableDiffers);
        assert_eq!(db.describe_time_to_live("Messages").send().await.unwrap().status, TimeToLiveStatus::Disabled);
    }

    async fn clients_that_ensure_one_table_at_a_time_all_succeed(engine: Engine) {
        let (one, two, three) = (client(&engine).await, client(&engine).await, client(&engine).await);
        let (one, two, three) = tokio::join!(orders(&one).send(), orders(&two).send(), orders(&three).send());
        let created: Vec<bool> = [one, two, three].map(|ensured| ensured.unwrap().created).into();
        assert_eq!(created.iter().filter(|created| **created).count(), 1, "{created:?}");
    }

    async fn another_that_was_first_is_waited_for(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        let missing = Action::error("ResourceNotFoundException", "Requested resource not found");
        let creating = json!({ "Table": { "TableName": "Messages", "TableStatus": "CREATING" } });
        responder.rule(Rule::on("DescribeTable").nth(1).then(missing));
        responder.rule(Rule::on("DescribeTable").nth(2).then(Action::json(200, creating)));
        let ensured = db.ensure_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap();
        assert!(!ensured.created);
        assert_eq!(responder.requests_of("CreateTable").len(), 2);
        assert_eq!(responder.requests_of("DescribeTable").len(), 3);
    }

    async fn a_table_whose_answer_was_lost_is_found(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        responder.rule(Rule::on("CreateTable").first(1).then(Action::internal_error().applied()));
        let ensured = db.ensure_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap();
        assert!(ensured.table.is_active());
        assert_eq!(responder.requests_of("CreateTable").len(), 2);
    }

    async fn a_table_that_is_being_deleted_is_made_anew(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let deleting = json!({ "Table": { "TableName": "Messages", "TableStatus": "DELETING" } });
        responder.rule(Rule::on("DescribeTable").nth(1).then(Action::json(200, deleting)));
        let ensured = db.ensure_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap();
        assert!(ensured.created);
    }

    async fn a_time_to_live_that_another_turned_on_first_is_taken(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let refused = Action::error("ValidationException", "TimeToLive is already enabled");
        responder.rule(Rule::on("UpdateTimeToLive").then(refused.applied()));
        let ensure = db.ensure_table("Messages").partition_key("id", AttributeType::String).time_to_live("expiresAt");
        assert!(ensure.send().await.unwrap().created);
        assert_eq!(responder.requests_of("UpdateTimeToLive").len(), 1);
    }

    async fn what_the_service_refuses_is_told(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let refused = Action::error("ValidationException", "no");
        responder.rule(Rule::on("UpdateTimeToLive").then(refused));
        let ensure = || db.ensure_table("Messages").partition_key("id", AttributeType::String).time_to_live("expiresAt");
        let error = ensure().send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Validation, Some("UpdateTimeToLive")));
        responder.rule(Rule::on("DescribeTable").then(Action::error("AccessDeniedException", "not authorised")));
        let error = ensure().send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::AccessDenied, Some("DescribeTable")));
    }

    async fn a_table_that_never_becomes_active_is_an_error_in_time(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let creating = json!({ "Table": { "TableName": "Messages", "TableStatus": "CREATING" } });
        responder.rule(Rule::on("DescribeTable").then(Action::json(200, creating)));
        let ensure = || db.ensure_table("Messages").partition_key("id", AttributeType::String);
        let error = ensure().within(Duration::from_millis(30)).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WaitTimeout);
        assert!(error.message().ends_with("not active within 30ms; last seen Creating"), "{error}");
        let error = ensure().timeout(Duration::from_millis(60)).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    }
}

//! Every sample of `examples/readme/` does what it says, on every engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::{Client, Credentials, ErrorKind, item};
use examples::{
    basic_usage, batch_operations, configuration_options, core_methods, environment_variables, error_handling,
    health_checks, local_development, migration_guide, transactions, tree_operations, utility_methods,
};
use testkit::{Engine, on_both_engines};

/// A client in the engine's own namespace.
async fn client(engine: &Engine) -> Client {
    let credentials = Credentials::new(engine.access_key_id(), engine.secret_access_key());
    let options = Client::builder().local(true).local_endpoint(engine.endpoint()).region(engine.region());
    options.credentials(credentials).build().await.unwrap()
}

async fn with_table(engine: &Engine, table: &str) -> Client {
    engine.create_table(table).await.unwrap();
    client(engine).await
}

on_both_engines! {
    async fn basic_usage_reads_what_it_wrote(engine: Engine) {
        let db = with_table(&engine, "MyTable").await;
        let person = basic_usage::run(&db).await.unwrap().unwrap();
        assert_eq!(person, basic_usage::Person { id: "123".to_owned(), name: "John Doe".to_owned() });
    }

    async fn core_methods_find_what_was_written(engine: Engine) {
        let db = with_table(&engine, "MyTable").await;
        let mut found = core_methods::run(&db).await.unwrap();
        found.batch.sort_by(|one, other| one.get_s("id").cmp(&other.get_s("id")));
        let (b, c) = (item! { "id": "b", "count": 5 }, item! { "id": "c", "count": 8 });
        assert_eq!(found, core_methods::Found {
            got: Some(item! { "id": "a", "count": 2 }),
            left_over: 0,
            queried: vec![b.clone()],
            scanned: 3,
            batch: vec![b, c],
            deleted: None,
        });
    }

    async fn batch_operations_write_and_delete(engine: Engine) {
        let db = with_table(&engine, "MyTable").await;
        db.put("MyTable", &item! { "id": "3" }).send().await.unwrap();
        let outcome = batch_operations::run(&db).await.unwrap();
        assert_eq!((outcome.total, outcome.written, outcome.failed, outcome.left_over), (3, 3, 0, 0));
        assert_eq!(db.scan("MyTable").count().await.unwrap(), 2);

        let text = r#"[
            { "type": "put", "tableName": "MyTable", "item": { "id": "4", "name": "Item 4" } },
            { "type": "delete", "tableName": "MyTable", "key": { "id": "1" } }
        ]"#;
        assert_eq!(batch_operations::from_json(&db, text).await.unwrap(), 2);
        let four = db.get("MyTable").key("id", "4").item::<enhanced_dynamodb::Item>().await.unwrap();
        assert_eq!(four, Some(item! { "id": "4", "name": "Item 4" }));
        assert_eq!(db.scan("MyTable").count().await.unwrap(), 2);
    }

    async fn health_checks_tell_a_table_that_is_there_from_one_that_is_not(engine: Engine) {
        let db = client(&engine).await;
        assert!(!health_checks::run(&db).await);
        engine.create_table("MyTable").await.unwrap();
        assert!(health_checks::run(&db).await);
    }

    async fn tree_operations_read_every_message(engine: Engine) {
        let db = client(&engine).await;
        let index = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String);
        db.create_table("ChatTree").partition_key("id", AttributeType::String).global_index(index).send().await.unwrap();
        db.wait_until_active("ChatTree").send().await.unwrap();
        let message = |id: &str, parent: Option<&str>| tree_operations::Message {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            text: format!("I am {id}"),
        };
        for (id, parent) in [("root-id", None), ("m1", Some("root-id")), ("m2", Some("root-id")), ("m3", Some("m2"))] {
            db.put("ChatTree", &message(id, parent)).send().await.unwrap();
        }
        let tree = tree_operations::run(&db).await.unwrap();
        let order: Vec<&str> = tree.preorder().map(|node| node.value().id.as_str()).collect();
        assert_eq!(order, ["root-id", "m1", "m2", "m3"]);
        let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&tree).unwrap()).unwrap();
        assert_eq!(json["metadata"]["nodeCount"], 4);
        assert_eq!(json["metadata"]["depth"], 2);
        assert_eq!(json["children"][1]["children"][0]["text"], "I am m3");
    }

    async fn error_handling_knows_the_service_s_errors(engine: Engine) {
        let db = client(&engine).await;
        let missing = error_handling::run(&db).await.unwrap_err();
        assert_eq!(error_handling::explain(&missing), "Table not found");

        engine.create_table("MyTable").await.unwrap();
        assert_eq!(error_handling::run(&db).await.unwrap(), None);

        let invalid = db.get("MyTable").key("nokey", "123").item::<enhanced_dynamodb::Item>().await.unwrap_err();
        assert_eq!(error_handling::explain(&invalid), "Invalid request parameters");

        let put = db.put("MyTable", &item! { "id": "123" }).condition(enhanced_dynamodb::attr("id").exists());
        assert_eq!(error_handling::explain(&put.send().await.unwrap_err()), "Condition check failed");
    }

    async fn local_development_reaches_the_engine(engine: Engine) {
        let db = local_development::client(&engine.endpoint()).await.unwrap();
        assert!(db.config().is_local());
        local_development::run(&db).await.unwrap();
    }

    async fn the_migrated_update_is_the_same_both_ways(engine: Engine) {
        let db = with_table(&engine, "Users").await;
        db.put("Users", &item! { "id": "user-1", "sessionCount": 1 }).send().await.unwrap();
        let once = migration_guide::update_as_it_was(&db).await.unwrap().unwrap();
        let twice = migration_guide::update_as_it_may_be(&db).await.unwrap();
        assert_eq!(once.get_n("sessionCount"), Some(2.into()));
        assert_eq!(twice, Some(item! { "id": "user-1", "sessionCount": 3 }));
        assert_eq!(migration_guide::run(&db).await.unwrap(), twice);
    }

    async fn transactions_write_session_and_user_or_neither(engine: Engine) {
        let db = with_table(&engine, "Sessions").await;
        engine.create_table("Users").await.unwrap();
        let session = async || db.get("Sessions").key("id", "session-1").item::<enhanced_dynamodb::Item>().await.unwrap();
        let user = async || db.get("Users").key("id", "user-1").item::<enhanced_dynamodb::Item>().await.unwrap();
        // Nobody has counted yet, and the strings raise what is not there.
        transactions::with_strings(&db).await.unwrap_err();
        assert_eq!((session().await, user().await), (None, None));

        transactions::run(&db).await.unwrap();
        assert_eq!(session().await, Some(item! { "id": "session-1", "status": "active" }));
        assert_eq!(user().await, Some(item! { "id": "user-1", "sessionCount": 1 }));
        let error = transactions::run(&db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionCanceled);
        assert_eq!(error.cancellation_reasons()[0].code, "ConditionalCheckFailed");

        transactions::with_strings(&db).await.unwrap();
        assert_eq!(user().await, Some(item! { "id": "user-1", "sessionCount": 2 }));
    }

    async fn a_closed_client_refuses_calls(engine: Engine) {
        let db = client(&engine).await;
        let stats = utility_methods::run(&db).await.unwrap();
        assert_eq!((stats.calls, stats.errors), (1, 0));
        assert_eq!(db.list_tables().send().await.unwrap_err().kind(), ErrorKind::Closed);
    }
}

#[tokio::test]
async fn the_shared_client_has_the_options_it_was_made_with() {
    let db = basic_usage::client().await.unwrap();
    assert!(db.config().enable_logging());
    assert_eq!(db.config().max_retries(), 5);
    // Asked for in the same way it is the same, asked for in another it is an error.
    basic_usage::client().await.unwrap();
    let error = Client::shared_with(|options| options.max_retries(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
}

#[tokio::test]
async fn the_options_of_the_sample_are_the_defaults() {
    let db = configuration_options::run().await.unwrap();
    let none = std::iter::empty::<(String, String)>();
    let defaults =
        enhanced_dynamodb::config::Config::from_variables(&enhanced_dynamodb::Options::default(), none).unwrap();
    let config = db.config();
    assert_eq!(config.region(), defaults.region());
    assert_eq!(config.is_local(), defaults.is_local());
    assert_eq!(config.max_retries(), defaults.max_retries());
    assert_eq!(config.max_sockets(), defaults.max_sockets());
    assert_eq!(config.request_timeout(), defaults.request_timeout());
    assert_eq!(config.connection_timeout(), defaults.connection_timeout());
    assert_eq!(config.enable_logging(), defaults.enable_logging());
}

#[test]
fn every_variable_of_the_original_counts() {
    let config = environment_variables::run().unwrap();
    assert_eq!(config.region(), "eu-central-1");
    assert!(config.is_local());
    assert_eq!(config.endpoint_url().as_deref(), Some("http://localhost:8001"));
    assert_eq!(config.max_retries(), 5);
    assert_eq!(config.max_sockets(), 100);
    assert_eq!(config.request_timeout(), Duration::from_secs(10));
    assert_eq!(config.connection_timeout(), Duration::from_secs(2));
    assert!(config.enable_logging());
}

#[tokio::test]
async fn an_embedded_engine_starts_empty() {
    let db = local_development::embedded().await.unwrap();
    assert_eq!(local_development::run(&db).await.unwrap(), Vec::<String>::new());
}

//! Whether a table is well: what the check finds, what it asks for, and what it makes of refusals.

use enhanced_dynamodb::ErrorKind;
use enhanced_dynamodb::table::{Health, TableStatus};
use serde_json::json;
use testkit::{Action, Responder, Rule};

use crate::common::{create_events, create_messages, recorded};

fn operations(responder: &Responder) -> Vec<String> {
    responder.requests().into_iter().map(|seen| seen.operation).collect()
}

fn kind(health: &Health) -> Option<ErrorKind> {
    health.problem.as_ref()?.error.as_ref().map(enhanced_dynamodb::Error::kind)
}

fn denied(operation: &str) -> Rule {
    let message = format!("User: arn:aws:sts::1:x is not authorized to perform: dynamodb:{operation}");
    Rule::on(operation).then(Action::error("AccessDeniedException", &message))
}

testkit::on_both_engines! {
    async fn a_table_that_is_there_is_well(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        responder.forget_requests();
        assert!(db.health_check("Messages").await);
        let health = db.health("Messages").send().await;
        assert!(health.healthy && health.problem.is_none() && health.not_described.is_none(), "{health:?}");
        assert_eq!(health.table_status, Some(TableStatus::Active));
        assert_eq!(health.endpoint, Some(responder.endpoint()));
        assert!(health.latency.as_nanos() > 0 && health.pool.idle >= 1, "{health:?}");
        assert_eq!(operations(&responder), ["DescribeTable"; 2]);
        assert!(health.to_string().starts_with("Messages is well: Active, "), "{health}");
    }

    async fn a_table_that_is_missing_says_so_and_what_to_do(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        assert!(!db.health_check("Nowhere").await);
        let health = db.health("Nowhere").send().await;
        assert_eq!((health.healthy, kind(&health)), (false, Some(ErrorKind::ResourceNotFound)));
        assert!(health.problem.as_ref().unwrap().advice.starts_with("Create the table"), "{health}");
        assert!(health.to_string().contains("(ResourceNotFoundException)"), "{health}");
        assert_eq!(operations(&responder), ["DescribeTable"; 2]);
    }

    async fn a_role_that_may_not_describe_is_told_by_a_key_that_is_refused(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        create_events(&db).await;
        responder.forget_requests();
        responder.rule(denied("DescribeTable"));
        for table in ["Messages", "Events"] {
            let health = db.health(table).send().await;
            assert!(health.healthy && health.table_status.is_none(), "{health:?}");
            assert_eq!(health.not_described.unwrap().kind(), ErrorKind::AccessDenied);
        }
        assert_eq!(operations(&responder), ["DescribeTable", "GetItem", "DescribeTable", "GetItem"]);
        let health = db.health("Nowhere").send().await;
        assert_eq!((health.healthy, kind(&health)), (false, Some(ErrorKind::ResourceNotFound)));
    }

    async fn a_role_that_may_only_query_is_told_by_a_query_that_is_refused(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        create_events(&db).await;
        responder.forget_requests();
        responder.rule(denied("DescribeTable"));
        responder.rule(denied("GetItem"));
        assert!(db.health_check("Messages").await && db.health_check("Events").await);
        assert_eq!(operations(&responder)[..3], ["DescribeTable", "GetItem", "Query"]);
        responder.rule(denied("Query"));
        let health = db.health("Messages").send().await;
        assert_eq!((health.healthy, kind(&health)), (false, Some(ErrorKind::AccessDenied)));
        assert!(health.problem.unwrap().advice.starts_with("Allow dynamodb:DescribeTable"));
        assert!(!operations(&responder).contains(&"Scan".to_owned()));
    }

    async fn the_data_plane_decides_where_the_control_plane_is_busy_or_fails(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        for action in [Action::error("ThrottlingException", "Rate exceeded"), Action::internal_error()] {
            responder.clear_rules();
            responder.rule(Rule::on("DescribeTable").then(action));
            let health = db.health("Messages").send().await;
            assert!(health.healthy && health.not_described.is_some(), "{health:?}");
        }
        responder.rule(Rule::on("GetItem").then(Action::throttle("Messages")));
        let health = db.health("Messages").send().await;
        assert_eq!((health.healthy, kind(&health)), (false, Some(ErrorKind::ProvisionedThroughputExceeded)));
        let error = health.problem.unwrap().error.unwrap();
        assert_eq!((error.attempts(), error.throttling_reasons().len()), (1, 1));
    }

    async fn a_name_that_no_table_can_have_is_not_taken_for_a_refused_key(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        responder.rule(denied("DescribeTable"));
        let health = db.health("no table!").send().await;
        assert!(!health.healthy, "{health:?}");
        assert!(!db.health_check("").await);
    }
}

/// The answer of DescribeTable with a table in this state.
fn described(status: &str) -> Action {
    Action::json(200, json!({ "Table": { "TableName": "Messages", "TableStatus": status } }))
}

#[tokio::test]
async fn each_state_of_a_table_is_judged_by_whether_it_can_be_read() {
    let responder = Responder::alone().await.unwrap();
    let db = enhanced_dynamodb::Client::builder().local(true).local_endpoint(responder.endpoint());
    let db = db.build().await.unwrap();
    let states = [
        ("ACTIVE", true),
        ("UPDATING", true),
        ("REPLICATION_NOT_AUTHORIZED", true),
        ("CREATING", false),
        ("DELETING", false),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", false),
        ("ARCHIVING", false),
        ("ARCHIVED", false),
    ];
    for (state, healthy) in states {
        responder.clear_rules();
        responder.rule(Rule::any().then(described(state)));
        let health = db.health("Messages").send().await;
        assert_eq!((health.healthy, health.problem.is_none()), (healthy, healthy), "{state}: {health:?}");
        assert!(health.problem.is_none_or(|problem| !problem.advice.is_empty() && problem.error.is_none()), "{state}");
        assert!(health.table_status.is_some());
    }
    // Of a state that nobody knows the data plane tells more.
    responder.clear_rules();
    responder.rule(Rule::on("DescribeTable").then(described("RESTING")));
    assert!(db.health_check("Messages").await);
    responder
        .rule(Rule::on("GetItem").then(Action::error("ResourceNotFoundException", "Requested resource not found")));
    let health = db.health("Messages").send().await;
    assert_eq!((health.healthy, health.table_status), (false, Some(TableStatus::Other("RESTING".to_owned()))));
}

#[tokio::test]
async fn an_index_that_is_being_made_is_named_and_the_table_is_well() {
    let responder = Responder::alone().await.unwrap();
    let index = |name: &str, status: &str| json!({ "IndexName": name, "IndexStatus": status });
    let table = json!({ "Table": {
        "TableName": "Messages",
        "TableStatus": "UPDATING",
        "GlobalSecondaryIndexes": [index("a", "ACTIVE"), index("b", "CREATING"), index("c", "UPDATING")],
    } });
    responder.rule(Rule::any().then(Action::json(200, table)));
    let db = enhanced_dynamodb::Client::builder().local(true).local_endpoint(responder.endpoint());
    let health = db.build().await.unwrap().health("Messages").send().await;
    assert!(health.healthy);
    assert_eq!(health.inactive_indexes, ["b"]);
}

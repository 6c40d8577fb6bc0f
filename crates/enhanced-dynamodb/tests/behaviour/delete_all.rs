//! Everything that a query or a scan finds is deleted.

use std::time::Duration;

use enhanced_dynamodb::{Client, Error, ErrorKind, Item, KeySchema, attr};
use testkit::{Action, Rule};

use crate::common::{Event, create_events, events, options, put_events, recorded, times};

/// The times of the events of stream `a` that are left.
async fn left(db: &Client) -> Vec<u32> {
    let events = db.query("Events").partition("stream", "a").consistent_read(true).items::<Event>();
    times(&events.try_collect().await.unwrap())
}

fn is_send<T: Send>(future: T) -> T {
    future
}

testkit::on_both_engines! {
    async fn what_a_query_finds_is_deleted_and_nothing_else(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 60).await;
        let query = || db.query("Events").partition("stream", "a").filter(attr("kind").eq("step"));
        let dry = query().delete_all().dry_run(true).send().await.unwrap();
        assert_eq!((dry.found, dry.deleted(), dry.dry_run, dry.is_complete()), (40, 0, true, true));
        assert_eq!(left(&db).await.len(), 60, "a dry run deletes nothing");
        responder.forget_requests();

        let mut last = 0;
        let deleting = query().page_size(7).delete_all().on_progress(|progress| last = progress.written).send();
        let outcome = is_send(deleting).await.unwrap().into_result().unwrap();
        assert_eq!((outcome.found, outcome.deleted(), last, outcome.cursor), (40, 40, 40, None));
        assert_eq!(left(&db).await, (1..=60).filter(|at| at % 3 == 0).collect::<Vec<_>>());
        assert_eq!(db.query("Events").partition("stream", "b").count().await.unwrap(), 2);
        let body = &responder.requests_of("Query")[0].body;
        let names: Vec<&str> = body["ExpressionAttributeNames"].as_object().unwrap().values().filter_map(|name| name.as_str()).collect();
        assert!(names.contains(&"stream") && names.contains(&"at") && !names.contains(&"size"), "{names:?}");
    }

    async fn a_scan_of_an_index_in_segments_is_deleted_from_its_table(engine: Engine) {
        let db = events(&engine, 50).await;
        let outcome = db.scan("Events").index("by-kind").segments(3).page_size(5).delete_all().send().await.unwrap();
        assert_eq!((outcome.found, outcome.deleted(), outcome.is_complete()), (52, 52, true));
        assert_eq!(db.scan("Events").count().await.unwrap(), 0);
    }

    async fn a_limit_bounds_what_is_deleted(engine: Engine) {
        let db = events(&engine, 20).await;
        let outcome = db.query("Events").partition("stream", "a").forward(false).limit(5).delete_all().send().await.unwrap();
        assert_eq!((outcome.found, outcome.deleted()), (5, 5));
        assert_eq!(left(&db).await, (1..=15).collect::<Vec<_>>());
        let nothing = db.query("Events").partition("stream", "nobody").delete_all().send().await.unwrap();
        assert_eq!((nothing.found, nothing.deleted(), nothing.is_complete()), (0, 0, true));
    }

    async fn a_delete_that_is_refused_is_told_and_the_others_go_on(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 30).await;
        responder.rule(Rule::on("BatchWriteItem").first(2).then(Action::leftovers(4)));
        let outcome = db.query("Events").partition("stream", "a").delete_all().send().await.unwrap();
        assert_eq!((outcome.found, outcome.deleted()), (30, 30), "leftovers are sent again");

        put_events(&db, 30).await;
        let refused = Action::error("ValidationException", "no");
        responder.rule(Rule::on("BatchWriteItem").containing("\"at\":{\"N\":\"7\"}").then(refused));
        let mut undeleted = Vec::new();
        let deleting = db.query("Events").partition("stream", "a").delete_all().on_undeleted(|one| undeleted.push(one));
        let outcome = deleting.send().await.unwrap();
        assert_eq!((outcome.found, outcome.deleted(), outcome.batch.failed), (30, 29, 1));
        assert_eq!(left(&db).await, [7]);
        let key: Item = undeleted[0].operation().item().unwrap();
        assert_eq!(key, enhanced_dynamodb::item! { "stream": "a", "at": 7 });
        assert_eq!(outcome.into_result().unwrap_err().kind(), ErrorKind::Validation);
    }

    async fn reading_that_ends_early_says_where_it_goes_on(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 30).await;
        responder.rule(Rule::on("Query").nth(3).then(Action::error("AccessDeniedException", "no")));
        let query = || db.query("Events").partition("stream", "a").page_size(10);
        let outcome = query().delete_all().send().await.unwrap();
        assert_eq!((outcome.found, outcome.deleted(), outcome.is_complete()), (20, 20, false));
        let cursor = outcome.cursor.clone().unwrap();
        let error: Error = outcome.into_result().unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.table()), (ErrorKind::AccessDenied, Some("Query"), Some("Events")));
        assert!(error.message().starts_with("20 of 20 items found were deleted"), "{error}");
        assert_eq!(error.cursor(), Some(cursor.as_str()));
        assert_eq!(query().cursor(cursor).delete_all().send().await.unwrap().deleted(), 10);
        assert!(left(&db).await.is_empty());
    }

    async fn the_tables_key_is_declared_or_described_or_the_call_is_refused(engine: Engine) {
        let maker = events(&engine, 5).await;
        let (_, responder) = recorded(&engine).await;
        let new = || options(&engine, &responder.endpoint()).build();
        let query = |db: &Client| db.query("Events").partition("stream", "a").limit(1).delete_all();
        let asked = new().await.unwrap();
        assert_eq!(query(&asked).send().await.unwrap().deleted(), 1);
        assert_eq!(responder.requests_of("DescribeTable").len(), 1);
        responder.forget_requests();

        responder.rule(Rule::on("DescribeTable").then(Action::error("AccessDeniedException", "no")));
        let told = query(&new().await.unwrap()).table_key(KeySchema::new("stream").with_sort("at")).send().await.unwrap();
        assert_eq!(told.deleted(), 1);
        assert!(responder.requests_of("DescribeTable").is_empty());
        let unknown = query(&new().await.unwrap()).send().await.unwrap_err();
        assert_eq!((unknown.kind(), unknown.operation()), (ErrorKind::InvalidInput, Some("Query")), "{unknown}");
        assert!(unknown.advice().contains("table_key"), "{unknown}");
        assert_eq!(left(&maker).await.len(), 3);
    }

    async fn a_request_that_reads_something_else_is_refused(engine: Engine) {
        let db = events(&engine, 5).await;
        let query = || db.query("Events").partition("stream", "a");
        let wrong = [
            query().projection(["size"]).delete_all(),
            query().select(enhanced_dynamodb::operation::Select::Count).delete_all(),
            query().parameter("AttributesToGet", ["size"]).delete_all(),
        ];
        for delete in wrong {
            let error = delete.send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts(), error.table()), (ErrorKind::InvalidInput, 0, Some("Events")), "{error}");
        }
        assert_eq!(left(&db).await.len(), 5);
        let no_partition = db.query("Events").delete_all().send().await.unwrap();
        assert_eq!(no_partition.error.unwrap().kind(), ErrorKind::InvalidInput);
    }

    async fn what_was_found_and_not_deleted_in_time_is_left_over(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 30).await;
        responder.rule(Rule::on("BatchWriteItem").then(Action::unavailable().late(Duration::from_secs(20))));
        let query = || db.query("Events").partition("stream", "a");
        let outcome = query().timeout(Duration::from_millis(700)).delete_all().send().await.unwrap();
        assert_eq!((outcome.found, outcome.deleted(), outcome.batch.left_over), (30, 0, 30));
        assert_eq!(outcome.batch.leftovers.len(), 30);
        responder.clear_rules();
        let again = db.batch_operations(outcome.batch.leftovers).send().await.unwrap();
        assert_eq!((again.written, left(&db).await.len()), (30, 0));
    }

    async fn without_time_nothing_more_is_deleted(engine: Engine) {
        let db = events(&engine, 5).await;
        let query = db.query("Events").partition("stream", "a").timeout(Duration::from_millis(1));
        let outcome = query.delete_all().send().await.unwrap();
        assert_eq!((outcome.found, outcome.deleted()), (0, 0));
        assert_eq!(outcome.error.as_ref().unwrap().kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(outcome.into_result().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(left(&db).await.len(), 5);
    }
}

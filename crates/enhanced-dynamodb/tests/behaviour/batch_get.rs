//! BatchGetItem, one request.

use enhanced_dynamodb::{ErrorKind, Item, item, key};
use serde::Deserialize;
use testkit::{Action, Rule};

use crate::common::{
    Event, Message, create_events, create_messages, events, message, messages, put_events, recorded, times,
};

testkit::on_both_engines! {
    async fn items_of_two_tables_are_read_in_one_request(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        create_events(&db).await;
        put_events(&db, 3).await;
        db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
        let batch = db
            .batch_get()
            .get("Events", &key! { "stream": "a", "at": 1 })
            .get("Messages", &key! { "id": "m1" })
            .get("Events", &key! { "stream": "a", "at": 3 })
            .get("Messages", &key! { "id": "nobody" });
        assert_eq!((batch.len(), batch.is_empty()), (4, false));
        let output = batch.send().await.unwrap();
        assert_eq!(output.items::<Message>("Messages").unwrap(), [message("m1", "x", 1)]);
        let mut events: Vec<Event> = output.items("Events").unwrap();
        events.sort_by_key(|event| event.at);
        assert_eq!(times(&events), [1, 3]);
        assert!(output.items::<Item>("Elsewhere").unwrap().is_empty());
        let mut tables: Vec<&str> = output.tables().collect();
        tables.sort_unstable();
        assert_eq!(tables, ["Events", "Messages"]);
        assert!(output.unprocessed.is_empty() && output.consumed_capacity.is_empty());
        assert_eq!(responder.requests_of("BatchGetItem").len(), 1);
    }

    async fn each_table_has_its_own_projection_and_consistency(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        create_events(&db).await;
        put_events(&db, 1).await;
        db.put("Messages", &message("m1", "x", 7)).send().await.unwrap();
        let batch = db
            .batch_get()
            .get("Events", &key! { "stream": "a", "at": 1 })
            .get("Messages", &key! { "id": "m1" })
            .projection("Events", ["size"])
            .projection_expression("Messages", "id, #s")
            .expression_name("Messages", "#s", "stars")
            .consistent_read("Messages", true);
        let output = batch.send().await.unwrap();
        assert_eq!(output.items::<Item>("Events").unwrap(), [item! { "size": 999 }]);
        assert_eq!(output.items::<Item>("Messages").unwrap(), [item! { "id": "m1", "stars": 7 }]);
        let body = responder.requests_of("BatchGetItem").pop().unwrap().body;
        assert_eq!(body["RequestItems"]["Messages"]["ConsistentRead"], true);
        assert!(body["RequestItems"]["Events"].get("ConsistentRead").is_none());
    }

    async fn a_batch_has_1_to_100_keys(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        responder.forget_requests();
        let batch =
            |n: u32| (0..n).fold(db.batch_get(), |batch, i| batch.get("Messages", &key! { "id": format!("m{i}") }));
        for wrong in [0, 101] {
            let error = batch(wrong).send().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.attempts(), error.operation()),
                (ErrorKind::InvalidInput, 0, Some("BatchGetItem"))
            );
            assert!(error.message().contains(&format!("this one has {wrong}")), "{error}");
        }
        assert!(responder.requests().is_empty());
        assert!(batch(100).send().await.unwrap().items::<Message>("Messages").unwrap().is_empty());
    }

    async fn an_item_of_another_type_is_an_error_with_the_item(engine: Engine) {
        #[derive(Debug, Deserialize)]
        struct Wrong {
            #[allow(dead_code, reason = "only read")]
            text: u32,
        }
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
        let output = db.batch_get().get("Messages", &key! { "id": "m1" }).send().await.unwrap();
        let error = output.items::<Wrong>("Messages").unwrap_err();
        assert_eq!((error.kind(), error.table()), (ErrorKind::Decode, Some("Messages")));
        assert_eq!(error.item().unwrap(), Some(message("m1", "x", 1)));
        assert_eq!(output.items::<Message>("Messages").unwrap(), [message("m1", "x", 1)]);
    }

    async fn errors_are_of_the_whole_batch(engine: Engine) {
        let db = events(&engine, 1).await;
        let nowhere = db.batch_get().get("Nowhere", &key! { "id": 1 }).send().await.unwrap_err();
        assert_eq!(nowhere.kind(), ErrorKind::ResourceNotFound);
        let key = key! { "stream": "a", "at": 1 };
        let twice = db.batch_get().get("Events", &key).get("Events", &key).send().await.unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::Validation, "{twice}");
        let nan =
            db.batch_get().get("Events", &[("at", f64::NAN)].into_iter().collect::<std::collections::HashMap<_, _>>());
        let nan = nan.send().await.unwrap_err();
        assert_eq!((nan.kind(), nan.attempts()), (ErrorKind::Encode, 0), "{nan}");
    }

    async fn what_was_left_unread_is_given_back_and_can_be_asked_for_again(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 5).await;
        responder.rule(Rule::on("BatchGetItem").nth(1).then(Action::leftovers(2)));
        let batch =
            (1..=5_u32).fold(db.batch_get(), |batch, at| batch.get("Events", &key! { "stream": "a", "at": at }));
        let output = batch.projection("Events", ["at"]).consistent_read("Events", true).send().await.unwrap();
        let first: Vec<Item> = output.items("Events").unwrap();
        assert_eq!((first.len(), output.unprocessed.len()), (2, 3));
        assert!(!format!("{output:?}").contains("stream"), "keys are not shown: {output:?}");

        let mixed = db.batch_get().get("Events", &key! { "stream": "b", "at": 1 }).retry(output.unprocessed.clone());
        assert_eq!(mixed.send().await.unwrap_err().kind(), ErrorKind::InvalidInput);
        let again = db.batch_get().retry(output.unprocessed);
        assert_eq!(again.len(), 3);
        let output = again.send().await.unwrap();
        let mut rest: Vec<Item> = output.items("Events").unwrap();
        rest.extend(first);
        rest.sort_by_key(|item| item.get_n("at"));
        let expected: Vec<Item> = (1..=5).map(|at| item! { "at": at }).collect();
        assert_eq!(rest, expected, "the projection came along");
        assert!(output.unprocessed.is_empty());
    }
}

#[tokio::test]
async fn more_than_16_mb_come_in_two_requests_on_dynamodb_local() {
    let name = "more_than_16_mb_come_in_two_requests";
    let Some(engine) = testkit::engine::for_test(testkit::EngineKind::DynamodbLocal, name).await else { return };
    let db = messages(&engine).await;
    let text = "x".repeat(399_000);
    for i in 0..44 {
        db.put("Messages", &message(&format!("m{i}"), &text, i)).send().await.unwrap();
    }
    let batch = (0..44).fold(db.batch_get(), |batch, i| batch.get("Messages", &key! { "id": format!("m{i}") }));
    let output = batch.send().await.unwrap();
    let mut read = output.items::<Message>("Messages").unwrap().len();
    assert!(!output.unprocessed.is_empty());
    assert_eq!(read + output.unprocessed.len(), 44);
    let output = db.batch_get().retry(output.unprocessed).send().await.unwrap();
    read += output.items::<Message>("Messages").unwrap().len();
    assert_eq!((read, output.unprocessed.len()), (44, 0));
}

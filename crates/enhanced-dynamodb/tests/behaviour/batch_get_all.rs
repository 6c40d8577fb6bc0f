//! Any number of items by their keys.

use enhanced_dynamodb::operation::{BatchGetItem, ReturnConsumedCapacity};
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, ErrorKind, Item, Number, item, key};
use serde::Deserialize;
use testkit::{Action, Responder, Rule};

use crate::common::{Event, Message, create_events, create_messages, message, put_events, recorded};

/// The ids of messages `m0` to `m<count>`, which are written.
async fn put_messages(db: &Client, count: u32) -> Vec<String> {
    let all: Vec<Message> = (0..count).map(|i| message(&format!("m{i}"), "x", i)).collect();
    for chunk in all.chunks(25) {
        let batch = chunk.iter().fold(db.batch_write(), |batch, message| batch.put("Messages", message));
        assert!(batch.send().await.unwrap().unprocessed.is_empty());
    }
    all.into_iter().map(|message| message.id).collect()
}

fn asking<'a>(db: &Client, ids: impl IntoIterator<Item = &'a String>) -> BatchGetItem {
    ids.into_iter().fold(db.batch_get(), |batch, id| batch.get("Messages", &key! { "id": id.as_str() }))
}

/// How many keys each request asked for.
fn asked(responder: &Responder) -> Vec<usize> {
    let count = |body: &serde_json::Value| {
        let tables = body["RequestItems"].as_object().unwrap().values();
        tables.map(|table| table["Keys"].as_array().unwrap().len()).sum()
    };
    responder.requests_of("BatchGetItem").iter().map(|seen| count(&seen.body)).collect()
}

testkit::on_both_engines! {
    async fn more_than_a_hundred_keys_come_in_the_order_asked(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        let mut ids = put_messages(&db, 230).await;
        ids.reverse();
        ids.insert(7, "nobody".to_owned());
        let found: Vec<Option<Message>> = asking(&db, &ids).all().await.unwrap().items("Messages").unwrap();
        let found: Vec<Option<String>> = found.into_iter().map(|item| item.map(|message| message.id)).collect();
        let expected: Vec<Option<String>> =
            ids.iter().map(|id| Some(id.clone()).filter(|id| id != "nobody")).collect();
        assert_eq!(found, expected);
        let mut counts = asked(&responder);
        counts.sort_unstable();
        assert_eq!(counts, [31, 100, 100]);
        let refused = asking(&db, &ids).send().await.unwrap_err();
        assert_eq!((refused.kind(), refused.attempts()), (ErrorKind::InvalidInput, 0), "{refused}");
    }

    async fn no_key_is_no_request(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let output = db.batch_get().all().await.unwrap();
        assert_eq!(output.items::<Item>("Messages").unwrap(), []);
        assert_eq!(output.all_items::<Item>().unwrap(), []);
        assert!(output.unread().is_empty() && responder.requests().is_empty());
    }

    async fn a_key_asked_for_twice_is_read_once_and_delivered_to_each_place(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        db.create_table("Numbers").partition_key("n", AttributeType::Number).send().await.unwrap();
        db.put("Numbers", &item! { "n": 1, "name": "one" }).send().await.unwrap();
        db.put("Numbers", &item! { "n": 2, "name": "two" }).send().await.unwrap();
        // One key to the service, however it is spelled.
        #[derive(serde::Serialize)]
        struct Key { n: Number }
        let spelled = ["1", "2", "1.0", "1e0", "3", "100E-2"];
        let batch = spelled.iter().fold(db.batch_get(), |batch, text| {
            batch.get("Numbers", &Key { n: text.parse().unwrap() })
        });
        let output = batch.projection("Numbers", ["name"]).all().await.unwrap();
        let one = Some(item! { "name": "one" });
        let two = Some(item! { "name": "two" });
        assert_eq!(output.items::<Item>("Numbers").unwrap(), [one.clone(), two, one.clone(), one.clone(), None, one]);
        assert_eq!(asked(&responder), [3]);
    }

    async fn each_table_has_its_own_projection_and_consistency_and_all_come_in_one_order(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        create_events(&db).await;
        put_events(&db, 3).await;
        put_messages(&db, 2).await;
        let batch = db
            .batch_get()
            .get("Messages", &key! { "id": "m1" })
            .get("Events", &key! { "stream": "a", "at": 3 })
            .get("Messages", &key! { "id": "nobody" })
            .get("Messages", &key! { "id": "m0" })
            .get("Events", &key! { "stream": "a", "at": 1 })
            .projection("Events", ["size"])
            .projection_expression("Messages", "#i, #s")
            .expression_name("Messages", "#i", "id")
            .expression_name("Messages", "#s", "stars")
            .consistent_read("Messages", true);
        let output = batch.all().await.unwrap();
        let events = [Some(item! { "size": 997 }), Some(item! { "size": 999 })];
        assert_eq!(output.items::<Item>("Events").unwrap(), events, "what was added to tell them apart is taken out");
        let message = |id: &str, stars: u32| Some(item! { "id": id, "stars": stars });
        let messages = [message("m1", 1), None, message("m0", 0)];
        assert_eq!(output.items::<Item>("Messages").unwrap(), messages);
        let [e3, e1] = events;
        let [m1, nobody, m0] = messages;
        assert_eq!(output.all_items::<Item>().unwrap(), [m1, e3, nobody, m0, e1]);
        let body = responder.requests_of("BatchGetItem").pop().unwrap().body;
        assert_eq!(body["RequestItems"]["Messages"]["ConsistentRead"], true);
        assert_eq!(body["RequestItems"]["Messages"]["ProjectionExpression"], "#i, #s");
        assert!(body["RequestItems"]["Events"].get("ConsistentRead").is_none());
    }

    async fn the_legacy_list_of_attributes_is_kept_to_as_well(engine: Engine) {
        let (db, _responder) = recorded(&engine).await;
        create_messages(&db).await;
        put_messages(&db, 2).await;
        let batch = db.batch_get().get("Messages", &key! { "id": "m1" }).parameter("Messages", "AttributesToGet", ["stars"]);
        assert_eq!(batch.all().await.unwrap().items::<Item>("Messages").unwrap(), [Some(item! { "stars": 1 })]);
    }

    async fn an_item_without_any_projected_attribute_is_there_all_the_same(engine: Engine) {
        let (db, _responder) = recorded(&engine).await;
        create_messages(&db).await;
        put_messages(&db, 1).await;
        let batch = asking(&db, &["m0".to_owned(), "m1".to_owned()]).projection("Messages", ["nothing"]);
        assert_eq!(batch.all().await.unwrap().items::<Item>("Messages").unwrap(), [Some(Item::new()), None]);
    }

    async fn an_item_of_another_type_does_not_hide_the_others(engine: Engine) {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Stars { stars: u8 }
        let (db, _responder) = recorded(&engine).await;
        create_messages(&db).await;
        let ids = put_messages(&db, 3).await;
        db.put("Messages", &message("m1", "x", 999)).send().await.unwrap();
        let output = asking(&db, &ids).projection("Messages", ["stars"]).all().await.unwrap();
        let results: Vec<_> = output.results::<Stars>("Messages").collect();
        assert_eq!(results[0].as_ref().unwrap(), &Some(Stars { stars: 0 }));
        assert_eq!(results[2].as_ref().unwrap(), &Some(Stars { stars: 2 }));
        let error = results[1].as_ref().unwrap_err();
        assert_eq!((error.kind(), error.table(), error.operation()), (ErrorKind::Decode, Some("Messages"), Some("BatchGetItem")));
        assert!(error.message().contains("request 1 of the batch: stars"), "{error}");
        assert_eq!(error.item().unwrap(), Some(item! { "id": "m1", "stars": 999 }), "the item is told with its key");
        assert_eq!(output.items::<Stars>("Messages").unwrap_err().kind(), ErrorKind::Decode);
    }

    async fn what_is_left_unread_is_asked_for_again(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        let ids = put_messages(&db, 120).await;
        responder.rule(Rule::on("BatchGetItem").first(3).then(Action::leftovers(10)));
        let batch = asking(&db, &ids).projection("Messages", ["stars"]).consistent_read("Messages", true);
        let output = batch.return_consumed_capacity(ReturnConsumedCapacity::Total).all().await.unwrap();
        let expected: Vec<Option<Item>> = (0..120).map(|stars| Some(item! { "stars": stars })).collect();
        assert_eq!(output.items::<Item>("Messages").unwrap(), expected);
        assert!(output.unread().is_empty());
        // 100 and 20, of which 10 each are read; the other 100, of which 10; the other 90.
        let mut counts = asked(&responder);
        counts.sort_unstable();
        assert_eq!(counts, [20, 90, 100, 100]);
        assert_eq!(output.metadata.attempts, 4);
        let [consumed] = &output.consumed_capacity[..] else { panic!("{:?}", output.consumed_capacity) };
        assert_eq!((consumed.table_name.as_str(), consumed.capacity_units), ("Messages", 120.0));
    }

    async fn keys_left_over_from_one_request_bring_their_projection(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        let ids = put_messages(&db, 5).await;
        responder.rule(Rule::on("BatchGetItem").nth(1).then(Action::leftovers(2)));
        let output = asking(&db, &ids).projection("Messages", ["stars"]).send().await.unwrap();
        let rest = db.batch_get().retry(output.unprocessed).all().await.unwrap();
        let expected: Vec<Option<Item>> = (2..5).map(|stars| Some(item! { "stars": stars })).collect();
        assert_eq!(rest.items::<Item>("Messages").unwrap(), expected);
        assert_eq!(rest.all_items::<Item>().unwrap(), expected);
    }

    async fn an_error_of_one_request_is_the_error_of_the_batch_and_what_was_read_is_kept(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        let ids = put_messages(&db, 150).await;
        responder.rule(Rule::on("BatchGetItem").containing("\"m149\"").nth(1).then(Action::error("AccessDeniedException", "no")));
        let error = asking(&db, &ids).all().await.unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.table()), (ErrorKind::AccessDenied, Some("BatchGetItem"), Some("Messages")));
        let partial = error.batch_get().unwrap();
        assert_eq!(partial.unread().len(), 50);
        let results: Vec<_> = partial.results::<Message>("Messages").collect();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 100);
        let unread = results[120].as_ref().unwrap_err();
        assert_eq!(unread.kind(), ErrorKind::BatchIncomplete);
        assert!(unread.message().contains("request 120 of the batch"), "{unread}");
        assert!(!format!("{partial:?}").contains("m1"), "keys are not shown: {partial:?}");
        let rest = db.batch_get().retry(partial.unread()).all().await.unwrap();
        assert_eq!(rest.items::<Message>("Messages").unwrap().into_iter().flatten().count(), 50);
    }

    async fn bad_keys_are_refused_before_anything_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        responder.forget_requests();
        let mixed = db.batch_get().get("Messages", &key! { "id": "m1" }).get("Events", &key! { "at": 1 });
        let error = mixed.get("Messages", &key! { "name": "m1" }).all().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.table()), (ErrorKind::InvalidInput, 0, Some("Messages")));
        assert!(error.message().contains("request 2 of the batch") && error.message().contains("id"), "{error}");
        let nan = db.batch_get().get("Messages", &[("id", f64::NAN)].into_iter().collect::<std::collections::HashMap<_, _>>());
        assert_eq!(nan.all().await.unwrap_err().kind(), ErrorKind::Encode);
        assert!(responder.requests().is_empty());
        let wrong = db.batch_get().get("Messages", &key! { "name": "m1" }).all().await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Validation, "{wrong}");
    }

    async fn items_are_typed(engine: Engine) {
        let (db, _responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 2).await;
        let batch = db.batch_get().get("Events", &key! { "stream": "a", "at": 2 }).get("Events", &key! { "stream": "c", "at": 2 });
        let found: Vec<Option<Event>> = batch.all().await.unwrap().items("Events").unwrap();
        assert_eq!(found, [Some(crate::common::event("a", 2)), None]);
    }
}

#[tokio::test]
async fn answers_that_are_cut_at_16_mb_go_on_without_a_wait_on_dynamodb_local() {
    let name = "answers_that_are_cut_at_16_mb_go_on_without_a_wait";
    let Some(engine) = testkit::engine::for_test(testkit::EngineKind::DynamodbLocal, name).await else { return };
    let (db, responder) = recorded(&engine).await;
    create_messages(&db).await;
    let text = "x".repeat(399_000);
    let mut ids = Vec::new();
    for i in 0..90 {
        db.put("Messages", &message(&format!("m{i}"), &text, i)).send().await.unwrap();
        ids.push(format!("m{i}"));
    }
    let found: Vec<Option<Message>> = asking(&db, &ids).all().await.unwrap().items("Messages").unwrap();
    let stars: Vec<u32> = found.into_iter().flatten().map(|message| message.stars).collect();
    assert_eq!(stars, (0..90).collect::<Vec<_>>());
    let counts = asked(&responder);
    assert_eq!((counts.len(), counts[0]), (3, 90), "{counts:?}");
}

//! Items by any number of keys, as a stream.

use enhanced_dynamodb::operation::ReturnConsumedCapacity;
use enhanced_dynamodb::{Client, ErrorKind, Item, item, key};
use serde::{Deserialize, Serialize};
use testkit::{Action, Rule};

use crate::common::{Message, create_messages, message, recorded};

#[derive(Serialize)]
struct Id {
    id: String,
}

fn keys(count: u32) -> impl Iterator<Item = Id> + Send {
    (0..count).map(|i| Id { id: format!("m{i}") })
}

async fn put_messages(db: &Client, count: u32) {
    use enhanced_dynamodb::batch::BatchOperation;
    let puts = (0..count).map(|i| BatchOperation::put("Messages", &message(&format!("m{i}"), "x", i)));
    db.batch_operations(puts).send().await.unwrap().into_result().unwrap();
}

testkit::on_both_engines! {
    async fn items_come_in_the_order_of_the_keys_whatever_the_service_leaves(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        put_messages(&db, 350).await;
        responder.rule(Rule::on("BatchGetItem").first(2).then(Action::leftovers(10)));
        let batch = db.batch_get().projection("Messages", ["stars"]).consistent_read("Messages", true);
        let batch = batch.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut items = batch.stream::<Item, _>("Messages", keys(360));
        for stars in 0..360 {
            let expected = (stars < 350).then(|| item! { "stars": stars });
            assert_eq!(items.next().await.unwrap().unwrap(), expected);
        }
        assert!(items.next().await.is_none() && items.next().await.is_none());
        let [consumed] = items.consumed_capacity() else { panic!("{:?}", items.consumed_capacity()) };
        assert_eq!(consumed.table_name, "Messages");
        assert!(consumed.capacity_units >= 350.0, "{consumed:?}");
        assert_eq!(responder.requests_of("BatchGetItem").len(), 6, "four, and two again");
    }

    async fn keys_are_taken_as_they_are_needed_and_one_asked_for_twice_comes_twice(engine: Engine) {
        let (db, _responder) = recorded(&engine).await;
        create_messages(&db).await;
        put_messages(&db, 3).await;
        let taken = std::sync::atomic::AtomicU32::new(0);
        let endless = (0_u32..).map(|i| {
            taken.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            key! { "id": format!("m{}", i % 3) }
        });
        let mut items = db.batch_get().stream::<Message, _>("Messages", endless);
        for i in 0..1_000 {
            let found = items.next().await.unwrap().unwrap().unwrap();
            assert_eq!(found.stars, i % 3);
        }
        // 50 sockets, 100 keys each.
        assert!(taken.load(std::sync::atomic::Ordering::Relaxed) <= 1_000 + 50 * 100);
    }

    async fn an_item_of_another_type_is_one_error_and_the_stream_goes_on(engine: Engine) {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Stars { stars: u8 }
        let (db, _responder) = recorded(&engine).await;
        create_messages(&db).await;
        put_messages(&db, 150).await;
        db.put("Messages", &message("m120", "x", 999)).send().await.unwrap();
        let mut items = db.batch_get().stream::<Stars, _>("Messages", keys(150));
        let mut bad = Vec::new();
        let mut count = 0;
        while let Some(item) = items.next().await {
            count += 1;
            bad.extend(item.err());
        }
        assert_eq!((count, bad.len()), (150, 1));
        assert_eq!((bad[0].kind(), bad[0].table()), (ErrorKind::Decode, Some("Messages")));
        assert!(bad[0].message().contains("request 120 of the batch: stars"), "{}", bad[0]);
        assert_eq!(bad[0].item().unwrap(), Some(message("m120", "x", 999)));
    }

    async fn an_error_ends_the_stream_behind_what_was_read(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        put_messages(&db, 250).await;
        responder.rule(Rule::on("BatchGetItem").containing("\"m110\"").then(Action::error("AccessDeniedException", "no")));
        let mut items = db.batch_get().stream::<Message, _>("Messages", keys(250));
        for stars in 0..100 {
            assert_eq!(items.next().await.unwrap().unwrap().unwrap().stars, stars);
        }
        let error = items.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.table()), (ErrorKind::AccessDenied, Some("BatchGetItem"), Some("Messages")));
        assert_eq!(error.batch_get().unwrap().unread().len(), 100);
        assert!(items.next().await.is_none());
        assert_eq!(db.batch_get().stream::<Message, _>("Messages", keys(250)).try_collect().await.unwrap_err().kind(), ErrorKind::AccessDenied);
    }

    async fn bad_keys_end_it_before_their_request_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        put_messages(&db, 110).await;
        responder.forget_requests();

        // Nothing, behind 105 good keys: those are read.
        let mut good = 0;
        let unwritten = (0..110).map(|i| if i < 105 { serde_json::json!({ "id": format!("m{i}") }) } else { serde_json::json!(null) });
        let mut items = db.batch_get().stream::<Message, _>("Messages", unwritten);
        let error = loop {
            match items.next().await.unwrap() {
                Ok(item) => good += u32::from(item.is_some()),
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind(), good), (ErrorKind::Encode, 105), "{error}");
        assert!(error.message().contains("request 105 of the batch"), "{error}");
        assert!(error.advice().contains("those before it were read"), "{error}");
        assert!(items.next().await.is_none());
        responder.forget_requests();

        let other = (0..110).map(|i| serde_json::json!({ if i == 101 { "name" } else { "id" }: "m1" }));
        let mut items = db.batch_get().stream::<Message, _>("Messages", other);
        for _ in 0..100 {
            items.next().await.unwrap().unwrap();
        }
        let error = items.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.table()), (ErrorKind::InvalidInput, 0, Some("Messages")));
        assert!(error.message().contains("request 101 of the batch"), "{error}");
        assert_eq!(responder.requests().len(), 1);
        responder.forget_requests();

        let with_keys = db.batch_get().get("Messages", &key! { "id": "m1" });
        let error = with_keys.stream::<Message, _>("Messages", keys(1)).try_collect().await.unwrap_err();
        assert_eq!((error.kind(), error.table()), (ErrorKind::InvalidInput, Some("Messages")), "{error}");
        assert!(db.batch_get().stream::<Message, _>("Messages", keys(0)).try_collect().await.unwrap().is_empty());
        assert!(responder.requests().is_empty());
    }
}

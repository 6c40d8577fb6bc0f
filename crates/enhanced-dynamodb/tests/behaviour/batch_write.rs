//! BatchWriteItem, one request.

use enhanced_dynamodb::operation::WriteRequest;
use enhanced_dynamodb::{Binary, Client, ErrorKind, Item, StringSet, item, key};
use testkit::{Action, Rule};

use crate::common::{client, create_events, create_messages, event, message, recorded};

async fn count(db: &Client, table: &str) -> u64 {
    db.scan(table).consistent_read(true).count().await.unwrap()
}

testkit::on_both_engines! {
    async fn puts_and_deletes_over_two_tables_are_done_in_one_request(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        create_events(&db).await;
        db.put("Messages", &message("old", "x", 1)).send().await.unwrap();
        db.put("Events", &event("a", 1)).send().await.unwrap();
        let batch = db
            .batch_write()
            .put("Messages", &message("m1", "x", 1))
            .put("Events", &event("a", 2))
            .delete("Messages", &key! { "id": "old" })
            .delete("Events", &key! { "stream": "a", "at": 1 })
            .put("Messages", &message("m2", "x", 1));
        assert_eq!((batch.len(), batch.is_empty()), (5, false));
        let output = batch.send().await.unwrap();
        assert!(output.unprocessed.is_empty() && output.unprocessed.requests().unwrap().is_empty());
        assert!(output.consumed_capacity.is_empty());
        assert_eq!(responder.requests_of("BatchWriteItem").len(), 1);
        assert_eq!((count(&db, "Messages").await, count(&db, "Events").await), (2, 1));
        let found: Option<Item> = db.get("Messages").key("id", "old").item().await.unwrap();
        assert_eq!(found, None);
    }

    async fn a_batch_has_1_to_25_requests(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        responder.forget_requests();
        let batch = |n: u32| {
            (0..n).fold(db.batch_write(), |batch, i| batch.put("Messages", &message(&format!("m{i}"), "x", i)))
        };
        for wrong in [0, 26] {
            assert_eq!(batch(wrong).is_empty(), wrong == 0);
            let error = batch(wrong).send().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.attempts(), error.operation()),
                (ErrorKind::InvalidInput, 0, Some("BatchWriteItem"))
            );
            assert!(error.message().contains(&format!("this one has {wrong}")), "{error}");
        }
        assert!(responder.requests().is_empty());
        batch(25).send().await.unwrap();
        assert_eq!(count(&db, "Messages").await, 25);
    }

    async fn an_item_that_cannot_be_written_is_named_by_its_position(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        responder.forget_requests();
        let batch = db.batch_write().put("Messages", &message("m1", "x", 1));
        let batch = batch
            .put("Messages", &item! { "id": "m2", "tags": StringSet::new() })
            .put("Messages", &message("m3", "x", 1));
        let error = batch.send().await.unwrap_err();
        assert_eq!((error.kind(), error.table()), (ErrorKind::Encode, Some("Messages")));
        assert!(error.to_string().contains('1') && error.message().contains("tags"), "{error}");
        assert!(responder.requests().is_empty());
    }

    async fn one_key_twice_is_refused_by_the_service(engine: Engine) {
        let db = client(&engine).await;
        create_messages(&db).await;
        let batch = db.batch_write().put("Messages", &message("m1", "x", 1)).delete("Messages", &key! { "id": "m1" });
        let error = batch.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        let error = db.batch_write().put("Nowhere", &message("m1", "x", 1)).send().await.unwrap_err();
        assert_eq!((error.kind(), error.table()), (ErrorKind::ResourceNotFound, Some("Nowhere")));
    }

    async fn what_was_left_undone_is_given_back_and_can_be_sent_again(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        create_events(&db).await;
        db.put("Messages", &message("old", "x", 1)).send().await.unwrap();
        responder.rule(Rule::on("BatchWriteItem").nth(1).then(Action::leftovers(1)));
        responder.rule(Rule::on("BatchWriteItem").nth(2).then(Action::leftovers(0)));
        let put = item! { "id": "m1", "bytes": Binary::from(vec![1_u8, 2]), "tags": StringSet::from(["a"]) };
        let batch = db
            .batch_write()
            .put("Events", &event("a", 1))
            .put("Messages", &put)
            .delete("Messages", &key! { "id": "old" });
        let output = batch.send().await.unwrap();
        assert_eq!(output.unprocessed.len(), 2);
        let expected = [
            ("Messages".to_owned(), WriteRequest::Put(put.clone())),
            ("Messages".to_owned(), WriteRequest::Delete(item! { "id": "old" })),
        ];
        assert_eq!(output.unprocessed.requests().unwrap(), expected);
        assert!(!format!("{output:?}").contains("old"), "values are not shown: {output:?}");

        let again = db.batch_write().retry(output.unprocessed);
        assert_eq!(again.len(), 2);
        let output = again.send().await.unwrap();
        assert_eq!(output.unprocessed.requests().unwrap(), expected);
        let more = db
            .batch_write()
            .put("Messages", &message("m2", "x", 1))
            .retry(output.unprocessed)
            .put("Messages", &message("m3", "x", 1));
        assert_eq!(more.len(), 4);
        assert!(more.send().await.unwrap().unprocessed.is_empty());
        assert_eq!(count(&db, "Messages").await, 3);
        let found: Option<Item> = db.get("Messages").key("id", "m1").item().await.unwrap();
        assert_eq!(found, Some(put));
    }
}

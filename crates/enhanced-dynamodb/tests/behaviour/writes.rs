//! PutItem and DeleteItem, and what a write gives back.

use enhanced_dynamodb::operation::{ReturnValues, WriteOutput};
use enhanced_dynamodb::{Client, ErrorKind, Item, item};
use serde::Deserialize;

use crate::common::{create_events, event, message, messages};

async fn read(db: &Client, id: &str) -> Option<Item> {
    db.get("Messages").key("id", id).consistent_read(true).item().await.unwrap()
}

fn attributes(output: &WriteOutput) -> Option<Item> {
    output.attributes().unwrap()
}

testkit::on_both_engines! {
    async fn a_put_replaces_the_whole_item(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &item! { "id": "m1", "old": true, "text": "a" }).send().await.unwrap();
        let output = db.put("Messages", &item! { "id": "m1", "text": "b" }).send().await.unwrap();
        assert_eq!(attributes(&output), None);
        assert!(!output.replayed() && output.consumed_capacity.is_none() && output.item_collection_metrics.is_none());
        assert_eq!(read(&db, "m1").await, Some(item! { "id": "m1", "text": "b" }));
    }

    async fn a_put_gives_the_old_item_if_asked(engine: Engine) {
        let db = messages(&engine).await;
        let put = |stars| db.put("Messages", &message("m1", "x", stars)).return_values(ReturnValues::AllOld);
        assert_eq!(attributes(&put(1).send().await.unwrap()), None);
        let output = put(2).send().await.unwrap();
        assert_eq!(output.attributes().unwrap(), Some(message("m1", "x", 1)));
        let none = db.put("Messages", &message("m1", "x", 3)).return_values(ReturnValues::None).send().await.unwrap();
        assert_eq!(attributes(&none), None);
    }

    async fn a_delete_deletes_and_gives_the_old_item_if_asked(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
        let delete = || db.delete("Messages").key("id", "m1").return_values(ReturnValues::AllOld);
        let output = delete().send().await.unwrap();
        assert_eq!(output.attributes().unwrap(), Some(message("m1", "x", 1)));
        assert_eq!(read(&db, "m1").await, None);
        assert_eq!(attributes(&delete().send().await.unwrap()), None, "deleting nothing is no error");
    }

    async fn an_update_gives_the_values_asked_for(engine: Engine) {
        let db = messages(&engine).await;
        let cases = [
            (ReturnValues::None, None),
            (ReturnValues::AllOld, Some(item! { "id": "m1", "stars": 1, "text": "x" })),
            (ReturnValues::UpdatedOld, Some(item! { "stars": 1 })),
            (ReturnValues::AllNew, Some(item! { "id": "m1", "stars": 5, "text": "x" })),
            (ReturnValues::UpdatedNew, Some(item! { "stars": 5 })),
        ];
        for (values, expected) in cases {
            db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
            let update = db.update("Messages").key("id", "m1").set("stars", 5).return_values(values);
            assert_eq!(attributes(&update.send().await.unwrap()), expected, "{values:?}");
        }
    }

    async fn an_update_of_nothing_makes_the_item(engine: Engine) {
        let db = messages(&engine).await;
        db.update("Messages").key("id", "m1").send().await.unwrap();
        assert_eq!(read(&db, "m1").await, Some(item! { "id": "m1" }));
        let update = db.update("Messages").key("id", "m2").set("stars", 1).return_values(ReturnValues::AllOld);
        let old = attributes(&update.send().await.unwrap());
        match engine.kind() {
            EngineKind::DynamodbLocal => assert_eq!(old, None),
            // dynoxide gives the key where there was no item.
            EngineKind::Dynoxide => assert_eq!(old, Some(item! { "id": "m2" })),
        }
        assert_eq!(read(&db, "m2").await, Some(item! { "id": "m2", "stars": 1 }));
    }

    async fn values_of_another_type_are_an_error_with_the_item(engine: Engine) {
        #[derive(Debug, Deserialize)]
        struct Wrong {
            #[allow(dead_code, reason = "only read")]
            text: u32,
        }
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
        let output = db.delete("Messages").key("id", "m1").return_values(ReturnValues::AllOld).send().await.unwrap();
        let error = output.attributes::<Wrong>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().contains("text"), "{error}");
        assert_eq!(error.item().unwrap(), Some(message("m1", "x", 1)));
        assert_eq!(output.attributes().unwrap(), Some(message("m1", "x", 1)), "the write is not lost by it");
        assert!(!format!("{output:?}").contains("m1"), "values are not shown: {output:?}");
    }

    async fn the_size_of_the_item_collection_comes_if_asked_for(engine: Engine) {
        let db = crate::common::client(&engine).await;
        create_events(&db).await;
        let put = db.put("Events", &event("a", 1)).return_item_collection_metrics().send().await.unwrap();
        let update = db.update("Events").key("stream", "a").key("at", 1).set("size", 3);
        let update = update.return_item_collection_metrics().send().await.unwrap();
        let delete = db.delete("Events").key("stream", "a").key("at", 1);
        let delete = delete.return_item_collection_metrics().send().await.unwrap();
        // DynamoDB Local takes the parameter and tells nothing.
        if engine.kind() == EngineKind::DynamodbLocal {
            assert_eq!((put.item_collection_metrics, delete.item_collection_metrics), (None, None));
            return;
        }
        for output in [put, update, delete] {
            let metrics = output.item_collection_metrics.unwrap();
            assert_eq!(metrics.item_collection_key, item! { "stream": "a" });
            assert_eq!(metrics.size_estimate_range_gb.len(), 2, "{metrics:?}");
        }
        let batch = db.batch_write().put("Events", &event("a", 1)).put("Events", &event("b", 1));
        let output = batch.return_item_collection_metrics().send().await.unwrap();
        let [(table, metrics)] = &output.item_collection_metrics[..] else { panic!("{output:?}") };
        let mut keys: Vec<&str> =
            metrics.iter().filter_map(|metrics| metrics.item_collection_key.get_s("stream")).collect();
        keys.sort_unstable();
        assert_eq!((table.as_str(), keys), ("Events", vec!["a", "b"]));
    }
}

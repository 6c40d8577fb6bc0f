//! The legacy parameters, by their own names.

use enhanced_dynamodb::{ErrorKind, Item, item, key};
use serde_json::json;

use crate::common::{Event, events, message, messages, times};

testkit::on_both_engines! {
    async fn attributes_to_get_reads_only_these(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
        let get = db.get("Messages").key("id", "m1").parameter("AttributesToGet", ["stars"]);
        assert_eq!(get.item().await.unwrap(), Some(item! { "stars": 1 }));
        let scan = db.scan("Messages").parameter("AttributesToGet", ["text"]);
        assert_eq!(scan.send::<Item>().await.unwrap().items, [item! { "text": "x" }]);
        let batch = db.batch_get().get("Messages", &key! { "id": "m1" });
        let batch = batch.parameter("Messages", "AttributesToGet", ["stars", "text"]);
        let found: Vec<Item> = batch.send().await.unwrap().items("Messages").unwrap();
        assert_eq!(found, [item! { "stars": 1, "text": "x" }]);
        for name in ["Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"] {
            let batch = db.batch_get().get("Messages", &key! { "id": "m1" }).parameter("Messages", name, 1);
            let error = batch.send().await.err().unwrap();
            assert_eq!(error.message(), format!("the parameter {name} has a method of its own; use that"));
        }
    }

    async fn expected_conditions_a_write(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
        let expected = |stars: u32| json!({ "stars": { "Value": { "N": stars.to_string() } } });
        let put = |stars| db.put("Messages", &message("m1", "y", 2)).parameter("Expected", expected(stars));
        let error = put(7).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConditionalCheckFailed);
        put(1).send().await.unwrap();
        let two = json!({
            "stars": { "ComparisonOperator": "GT", "AttributeValueList": [{ "N": "100" }] },
            "text": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "y" }] },
        });
        let delete = || db.delete("Messages").key("id", "m1").parameter("Expected", &two);
        assert_eq!(delete().send().await.unwrap_err().kind(), ErrorKind::ConditionalCheckFailed);
        delete().parameter("ConditionalOperator", "OR").send().await.unwrap();
    }

    async fn attribute_updates_change_an_item(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "x", 1)).send().await.unwrap();
        let updates = json!({
            "stars": { "Action": "ADD", "Value": { "N": "4" } },
            "text": { "Action": "DELETE" },
            "by": { "Action": "PUT", "Value": { "S": "Ada" } },
        });
        db.update("Messages").key("id", "m1").parameter("AttributeUpdates", updates).send().await.unwrap();
        let found: Option<Item> = db.get("Messages").key("id", "m1").item().await.unwrap();
        assert_eq!(found, Some(item! { "id": "m1", "stars": 5, "by": "Ada" }));
    }

    async fn key_conditions_and_legacy_filters_read(engine: Engine) {
        let db = events(&engine, 9).await;
        let keys = json!({
            "stream": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "a" }] },
            "at": { "ComparisonOperator": "GT", "AttributeValueList": [{ "N": "2" }] },
        });
        let filter = json!({ "kind": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "start" }] } });
        let query = || db.query("Events").parameter("KeyConditions", &keys);
        let found: Vec<Event> = query().items().try_collect().await.unwrap();
        assert_eq!(times(&found), [3, 4, 5, 6, 7, 8, 9]);
        let query = query().parameter("QueryFilter", &filter);
        // A legacy filter is one all the same: the limit counts what comes back.
        let found: Vec<Event> = query.limit(2).items().try_collect().await.unwrap();
        assert_eq!(times(&found), [3, 6]);
        let scan = db.scan("Events").parameter("ScanFilter", &filter).limit(2);
        assert_eq!(scan.items::<Event>().try_collect().await.unwrap().len(), 2);
    }
}

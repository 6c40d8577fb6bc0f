//! Each operation with its own outcome.

use enhanced_dynamodb::{Item, item};
use serde_json::{Value, json};
use testkit::{Action, Responder, Rule, on_both_engines};

use crate::common::{Call, Source, call, function, function_with, options};

fn batch(operations: Value) -> Call {
    call("POST", "/batch").json(&json!({ "operations": operations }))
}

fn put(id: &str) -> Value {
    json!({ "type": "put", "item": { "id": id, "n": 1.5, "list": [1, null, "x"] } })
}

fn all_written(count: usize) -> Value {
    json!({ "written": count, "failed": [], "leftOver": [], "notListed": 0 })
}

on_both_engines! {
    async fn more_operations_than_a_request_holds_are_written(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            function.db.put("Items", &item! { "id": "old" }).send().await.unwrap();
            let mut operations: Vec<Value> = (0..60).map(|n| put(&format!("m{n}"))).collect();
            operations.push(json!({ "type": "put", "table": "trees", "item": { "id": "m1", "parent": "m0" } }));
            operations.push(json!({ "type": "delete", "key": { "id": "old" } }));
            function.call(source, batch(operations.into())).await.is(200, all_written(62));
            let items: Vec<Item> = function.db.scan("Items").items().try_collect().await.unwrap();
            assert_eq!(items.len(), 60);
            let item = json!(items.iter().find(|item| item.get_s("id") == Some("m7")));
            assert_eq!(item, json!({ "id": "m7", "n": 1.5, "list": [1, null, "x"] }));
            let message = function.db.get("Messages").key("id", "m1").item::<Item>().await.unwrap();
            assert_eq!(message, Some(item! { "id": "m1", "parent": "m0" }));
        }
    }

    async fn one_bad_operation_fails_alone_and_is_named(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            let large = json!({ "type": "put", "item": { "id": "large", "text": "x".repeat(401 * 1024) } });
            let answer = function.call(source, batch(json!([put("a"), large, put("b")]))).await;
            assert_eq!((answer.status.as_u16(), &answer.json["written"]), (200, &json!(2)));
            assert_eq!(answer.json["leftOver"], json!([]));
            let failed = &answer.json["failed"];
            assert_eq!((failed.as_array().unwrap().len(), &failed[0]["index"]), (1, &json!(1)));
            assert_eq!(failed[0]["code"], "ValidationException");
            assert_eq!(failed[0]["error"], "The item is larger than the 400 KB that DynamoDB allows.");
        }
    }

    async fn what_is_left_over_is_named_and_can_be_sent_again(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint()).max_retries(0);
        let function = function_with(&engine, options, &[]).await;
        responder.rule(Rule::on("BatchWriteItem").then(Action::leftovers(1)));
        for source in Source::ALL {
            let operations: Vec<Value> = (0..6).map(|n| put(&format!("m{n}"))).collect();
            let answer = function.call(source, batch(operations.into())).await;
            // One a request, in three requests.
            assert_eq!((answer.status.as_u16(), &answer.json["written"]), (200, &json!(3)), "{answer:?}");
            let left_over = answer.json["leftOver"].as_array().unwrap();
            assert_eq!(left_over.len(), 3);
            for one in left_over {
                assert!(one["index"].as_u64().unwrap() < 6 && one["code"].is_string() && one["error"].is_string());
            }
        }
    }

    async fn what_no_operation_is_to_blame_for_is_told_of_the_whole(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint()).max_retries(0);
        let function = function_with(&engine, options, &[]).await;
        for (action, status, code) in [
            (Action::throttle("Items"), 429, "ProvisionedThroughputExceededException"),
            (Action::error("AccessDeniedException", "not authorized"), 500, "AccessDeniedException"),
        ] {
            responder.clear_rules();
            responder.rule(Rule::on("BatchWriteItem").then(action));
            for source in Source::ALL {
                let request = batch(json!([put("a"), put("b")]));
                let answer = function.call(source, request).await;
                answer.fails(status, code);
                assert_eq!(answer.json["outcome"]["written"], 0);
            }
        }
    }

    async fn what_is_no_batch_is_a_bad_request(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            for operations in [
                json!([]),
                json!([{ "type": "update", "key": { "id": "a" } }]),
                json!([{ "type": "put", "key": { "id": "a" } }]),
                json!([put("")]),
                json!([put("a"), { "type": "put", "table": "trees", "item": { "id": "b", "parent": 1 } }]),
                json!([{ "type": "delete", "key": { "id": "x".repeat(2049) } }]),
                json!([{ "type": "delete", "key": { "id": 1 } }]),
                json!([{ "type": "delete", "key": { "id": "a" }, "table": "Accounts" }]),
            ] {
                function.call(source, batch(operations)).await.fails(400, "BadRequest");
            }
        }
    }
}

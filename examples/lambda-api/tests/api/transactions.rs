//! All of it, or nothing.

use enhanced_dynamodb::{Item, item};
use serde_json::{Value, json};
use testkit::{Action, Responder, Rule, on_both_engines};

use crate::common::{Call, Function, Source, call, function, function_with, options};

fn transaction(actions: Value) -> Call {
    call("POST", "/transactions").json(&json!({ "actions": actions }))
}

async fn stored(function: &Function, id: &str) -> Option<Item> {
    function.db.get("Items").key("id", id).item().await.unwrap()
}

on_both_engines! {
    async fn every_action_is_applied(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            function.db.put("Items", &item! { "id": "user-1", "sessionCount": 1, "note": "x" }).send().await.unwrap();
            function.db.put("Items", &item! { "id": "session-0", "version": 3 }).send().await.unwrap();
            function.db.put("Messages", &item! { "id": "m1" }).send().await.unwrap();
            function.db.delete("Items").key("id", "session-1").send().await.unwrap();
            let answer = function.call(source, transaction(json!([
                { "put": { "item": { "id": "session-1", "status": "active" }, "if": { "exists": false } } },
                { "update": { "id": "user-1", "set": { "status": "busy" }, "add": { "sessionCount": 1 }, "remove": ["note"] } },
                { "delete": { "id": "session-0", "if": { "version": 3 } } },
                { "check": { "table": "trees", "id": "m1", "if": { "exists": true } } },
            ]))).await;
            answer.is(200, json!({ "applied": 4 }));
            assert_eq!(stored(&function, "session-1").await, Some(item! { "id": "session-1", "status": "active" }));
            let user = item! { "id": "user-1", "sessionCount": 2, "status": "busy" };
            assert_eq!(stored(&function, "user-1").await, Some(user));
            assert_eq!(stored(&function, "session-0").await, None);
        }
    }

    async fn one_condition_that_fails_leaves_all_unwritten_and_is_named(engine: Engine) {
        let function = function(&engine).await;
        function.db.put("Items", &item! { "id": "taken" }).send().await.unwrap();
        for source in Source::ALL {
            let answer = function.call(source, transaction(json!([
                { "put": { "item": { "id": "new" } } },
                { "put": { "item": { "id": "taken" }, "if": { "exists": false } } },
                { "check": { "table": "trees", "id": "nobody", "if": { "exists": true } } },
            ]))).await;
            answer.fails(409, "TransactionCanceledException");
            assert_eq!(answer.json["reasons"], json!([
                { "index": 0, "action": "Put", "code": "None" },
                { "index": 1, "action": "Put", "code": "ConditionalCheckFailed" },
                { "index": 2, "action": "ConditionCheck", "code": "ConditionalCheckFailed" },
            ]));
            assert_eq!(stored(&function, "new").await, None);
        }
    }

    async fn a_conflict_that_outlasts_all_retries_is_told(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint()).max_retries(1);
        let function = function_with(&engine, options, &[]).await;
        responder.rule(Rule::on("TransactWriteItems").then(Action::conflict([1])));
        for source in Source::ALL {
            let delete = |id: &str| json!({ "delete": { "id": id } });
            let answer = function.call(source, transaction(json!([delete("a"), delete("b")]))).await;
            answer.fails(409, "TransactionCanceledException");
            assert_eq!(answer.json["reasons"][1], json!({ "index": 1, "action": "Delete", "code": "TransactionConflict" }));
        }
        assert_eq!(responder.requests_of("TransactWriteItems").len(), 2 * Source::ALL.len());
    }

    async fn a_throttled_transaction_is_told_when_to_come_again(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint()).max_retries(0);
        let function = function_with(&engine, options, &[]).await;
        responder.rule(Rule::any().then(Action::cancel([0], "ThrottlingError", "Throughput exceeds the current capacity")));
        for source in Source::ALL {
            let answer = function.call(source, transaction(json!([{ "delete": { "id": "a" } }]))).await;
            answer.fails(429, "TransactionCanceledException");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
    }

    async fn an_idempotency_key_makes_the_second_time_the_first(engine: Engine) {
        let function = function(&engine).await;
        for (n, source) in Source::ALL.into_iter().enumerate() {
            let (id, key) = (format!("visits-{n}"), format!("request-{n}"));
            let count = json!([{ "update": { "id": id, "add": { "n": 1 } } }]);
            for _ in 0..2 {
                let answer = function.call(source, transaction(count.clone()).header("idempotency-key", &key)).await;
                answer.is(200, json!({ "applied": 1 }));
            }
            assert_eq!(stored(&function, &id).await.and_then(|item| item.get_n("n")), Some(1.into()));
            let other = transaction(json!([{ "delete": { "id": id } }])).header("idempotency-key", &key);
            function.call(source, other).await.fails(409, "IdempotentParameterMismatchException");
        }
    }

    async fn what_is_no_transaction_is_a_bad_request(engine: Engine) {
        let function = function(&engine).await;
        let delete = |n: usize| json!({ "delete": { "id": format!("m{n}") } });
        for source in Source::ALL {
            for actions in [
                json!([]),
                json!((0..101).map(delete).collect::<Vec<_>>()),
                json!([{ "put": { "item": {} } }]),
                json!([{ "put": { "item": { "id": 1 } } }]),
                json!([{ "put": { "item": { "id": "x".repeat(2049) } } }]),
                json!([{ "put": { "table": "trees", "item": { "id": "m1", "parent": "" } } }]),
                json!([{ "update": { "id": "m1" } }]),
                json!([{ "update": { "id": "m1", "set": { "id": "m2" } } }]),
                json!([{ "update": { "id": "m1", "set": { "a": 1 }, "remove": ["a"] } }]),
                json!([{ "update": { "table": "trees", "id": "m1", "set": { "parent": "m2" } } }]),
                json!([{ "update": { "id": "m1", "add": { "n": "one" } } }]),
                json!([{ "delete": { "id": "" } }]),
                json!([{ "check": { "id": "m1" } }]),
                json!([{ "drop": { "table": "items" } }]),
                json!([{ "delete": { "table": "Accounts", "id": "m1" } }]),
                json!([{ "delete": { "id": "m1", "unless": {} } }]),
            ] {
                function.call(source, transaction(actions)).await.fails(400, "BadRequest");
            }
            function.call(source, call("POST", "/transactions")).await.fails(400, "BadRequest");
            // What only the client knows: two actions on one item.
            function.call(source, transaction(json!([delete(1), delete(1)]))).await.fails(400, "ValidationException");
        }
    }
}

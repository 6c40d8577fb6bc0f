//! Writes as a transaction of one action with a token.

use std::collections::HashSet;

use enhanced_dynamodb::operation::{ReturnConsumedCapacity, ReturnValues};
use enhanced_dynamodb::{Client, ErrorKind, Item, attr, item};
use serde_json::json;
use testkit::{Action, CallError, Close, Fault, FaultProxy, Point, Responder, Rule};

use crate::common::{client, create_events, event, messages, options, recorded};

async fn read(db: &Client, id: &str) -> Option<Item> {
    db.get("Messages").key("id", id).consistent_read(true).item().await.unwrap()
}

/// The body of a transaction that raises a counter by one.
fn raise(token: &str) -> serde_json::Value {
    let update = json!({
        "TableName": "Messages",
        "Key": { "id": { "S": "m1" } },
        "UpdateExpression": "ADD stars :one",
        "ExpressionAttributeValues": { ":one": { "N": "1" } },
    });
    json!({ "TransactItems": [{ "Update": update }], "ClientRequestToken": token })
}

testkit::on_both_engines! {
    async fn a_put_an_update_and_a_delete_do_exactly_once_what_they_do_plainly(engine: Engine) {
        let db = messages(&engine).await;
        let put = db.put("Messages", &item! { "id": "m1", "stars": 1, "text": "x" }).exactly_once().send().await.unwrap();
        assert!(!put.replayed() && put.consumed_capacity.is_none() && put.item_collection_metrics.is_none());
        let update = db.update("Messages").key("id", "m1").set("stars", attr("stars") + 1).remove("text");
        update.exactly_once().send().await.unwrap();
        assert_eq!(read(&db, "m1").await, Some(item! { "id": "m1", "stars": 2 }));
        db.delete("Messages").key("id", "m1").exactly_once().send().await.unwrap();
        assert_eq!(read(&db, "m1").await, None);
        db.delete("Messages").key("id", "m1").exactly_once().send().await.unwrap();
    }

    async fn a_condition_that_fails_is_the_plain_error_with_the_item(engine: Engine) {
        let db = messages(&engine).await;
        let there = item! { "id": "m1", "stars": 1 };
        db.put("Messages", &there).send().await.unwrap();
        let writes = [
            db.put("Messages", &item! { "id": "m1" }).condition(attr("id").not_exists()).exactly_once(),
            db.update("Messages").key("id", "m1").set("stars", 5).exactly_once().condition(attr("stars").eq(9)),
            db.delete("Messages")
                .key("id", "m1")
                .exactly_once()
                .condition_expression("#s = :s")
                .expression_name("#s", "stars")
                .expression_value(":s", 9),
        ];
        for write in writes {
            let error = write.return_item_on_condition_failure().send().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConditionalCheckFailed, "{error}");
            assert_eq!(error.code(), "ConditionalCheckFailedException");
            assert_eq!(error.message(), "The conditional request failed");
            assert_eq!(error.advice(), ErrorKind::ConditionalCheckFailed.advice());
            assert_eq!((error.operation(), error.table()), (Some("TransactWriteItems"), Some("Messages")));
            assert_eq!((error.attempts(), error.is_retryable(), error.replayed()), (1, false, false));
            assert_eq!(error.item::<Item>().unwrap().as_ref(), Some(&there));
            assert_eq!(error.cancellation_reasons().len(), 1);
        }
        let silent = db.put("Messages", &item! { "id": "m1" }).exactly_once().condition(attr("id").not_exists());
        assert_eq!(silent.send().await.unwrap_err().item::<Item>().unwrap(), None);
        assert_eq!(read(&db, "m1").await, Some(there));
    }

    async fn what_the_item_does_not_allow_is_a_validation_error(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &item! { "id": "m1", "stars": "many" }).send().await.unwrap();
        let update = db.update("Messages").key("id", "m1").set("stars", attr("stars") + 1);
        let error = update.exactly_once().send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Validation, 1), "{error}");
    }

    async fn the_capacity_consumed_comes_if_asked_for(engine: Engine) {
        let db = client(&engine).await;
        create_events(&db).await;
        let put = db.put("Events", &event("a", 1)).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = put.exactly_once().return_item_collection_metrics().send().await.unwrap();
        let capacity = output.consumed_capacity.unwrap();
        assert_eq!(capacity.table_name, "Events");
        // Both count the indexes differently; a transaction takes two units for each of the plain write's.
        assert!(capacity.capacity_units >= 2.0, "{capacity:?}");
        // Both take the parameter and tell nothing.
        assert_eq!(output.item_collection_metrics, None);
    }

    async fn the_engine_applies_a_token_once_and_refuses_it_for_another_request(engine: Engine) {
        let db = messages(&engine).await;
        for _ in 0..3 {
            engine.call("TransactWriteItems", raise("token-1")).await.unwrap();
        }
        assert_eq!(read(&db, "m1").await, Some(item! { "id": "m1", "stars": 1 }));
        engine.call("TransactWriteItems", raise("token-2")).await.unwrap();
        assert_eq!(read(&db, "m1").await, Some(item! { "id": "m1", "stars": 2 }));
        let mut other = raise("token-1");
        other["TransactItems"][0]["Update"]["UpdateExpression"] = json!("SET stars = :one");
        let error = engine.call("TransactWriteItems", other).await.unwrap_err();
        assert_eq!(error.code(), Some("IdempotentParameterMismatchException"), "{error}");
        assert!(matches!(error, CallError::Service { status: 400, .. }));
    }

    async fn a_counter_is_raised_once_where_answers_are_lost(engine: Engine) {
        messages(&engine).await;
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        let db = options(&engine, &proxy.endpoint()).build().await.unwrap();
        db.put("Messages", &item! { "id": "m1", "stars": 0 }).send().await.unwrap();
        for how in [Close::Reset, Close::Fin] {
            proxy.queue([Fault::Cut { at: Point::Applied, how }, Fault::Cut { at: Point::AnswerBytes(20), how }]);
            let update = db.update("Messages").key("id", "m1").set("stars", attr("stars") + 1).exactly_once();
            let output = update.send().await.unwrap();
            assert!(output.replayed());
            assert_eq!(output.metadata.attempts, 3);
        }
        assert_eq!(read(&db, "m1").await, Some(item! { "id": "m1", "stars": 2 }));
    }

    async fn a_condition_that_the_call_itself_has_made_false_does_not_fail_it(engine: Engine) {
        messages(&engine).await;
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        let db = options(&engine, &proxy.endpoint()).build().await.unwrap();
        let lost = || proxy.queue([Fault::Cut { at: Point::Applied, how: Close::Reset }]);
        lost();
        let put = || db.put("Messages", &item! { "id": "m1" }).condition(attr("id").not_exists());
        assert!(put().exactly_once().send().await.unwrap().replayed());
        lost();
        let delete = || db.delete("Messages").key("id", "m1").condition(attr("id").exists());
        assert!(delete().exactly_once().send().await.unwrap().replayed());
        // The plain ones meet their own work.
        lost();
        let error = put().send().await.unwrap_err();
        assert_eq!((error.kind(), error.replayed()), (ErrorKind::ConditionalCheckFailed, true));
        lost();
        let error = delete().send().await.unwrap_err();
        assert_eq!((error.kind(), error.replayed()), (ErrorKind::ConditionalCheckFailed, true));
    }

    async fn what_a_transaction_has_no_place_for_is_refused_before_it_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let update = || db.update("Messages").key("id", "m1").set("stars", 1);
        let refused = [
            (update().return_values(ReturnValues::AllNew).exactly_once(), "transactions return no values"),
            (db.put("Messages", &item! { "id": "m1" }).return_values(ReturnValues::AllOld).exactly_once(), "no values"),
            (update().parameter("Expected", json!({})).exactly_once(), "parameter Expected has no place"),
            (db.update("Messages").key("id", "m1").exactly_once(), "must change something"),
            (db.delete("Messages").exactly_once(), "no key was given"),
            (db.delete("").key("id", "m1").exactly_once(), "name is empty"),
        ];
        for (write, message) in refused {
            let error = write.send().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
            assert!(error.message().contains(message), "{error}");
            assert_eq!(error.operation(), Some("TransactWriteItems"));
        }
        let large = db.put("Messages", &item! { "id": "m1", "text": "x".repeat(410_000) }).exactly_once();
        assert_eq!(large.send().await.unwrap_err().kind(), ErrorKind::ItemTooLarge);
        assert!(responder.requests().is_empty());
        // No values asked for is no values.
        crate::common::create_messages(&db).await;
        update().return_values(ReturnValues::None).exactly_once().send().await.unwrap();
    }

    async fn each_call_has_a_token_of_its_own_and_each_attempt_its_calls(engine: Engine) {
        messages(&engine).await;
        let responder = Responder::in_front_of(&engine).await.unwrap();
        responder.rule(Rule::on("TransactWriteItems").every(2).then(Action::internal_error().applied()));
        let db = options(&engine, &responder.endpoint()).build().await.unwrap();
        for _ in 0..10 {
            db.update("Messages").key("id", "m1").add("stars", 1).exactly_once().send().await.unwrap();
        }
        assert_eq!(read(&db, "m1").await, Some(item! { "id": "m1", "stars": 10 }));
        let sent = responder.requests_of("TransactWriteItems");
        assert!(sent.len() > 10);
        let tokens: HashSet<String> =
            sent.iter().map(|seen| seen.body["ClientRequestToken"].as_str().unwrap().to_owned()).collect();
        assert_eq!(tokens.len(), 10);
        assert!(tokens.iter().all(|token| token.len() == 32), "{tokens:?}");
    }
}

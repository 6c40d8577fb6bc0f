//! Transactions of several actions: together or not at all.

use std::collections::HashSet;

use enhanced_dynamodb::operation::{ReturnConsumedCapacity, ReturnValues};
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::transaction::{TransactAction, TransactWrite};
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, Replay, attr, item, key};
use serde::Deserialize;
use serde_json::json;
use testkit::{Action, Close, Fault, FaultProxy, Point, Responder, Rule};

use crate::common::{Message, client, create_messages, message, messages, options, recorded};

async fn sessions_and_users(db: &Client) {
    for table in ["Sessions", "Users"] {
        db.create_table(table).partition_key("id", AttributeType::String).send().await.unwrap();
    }
}

/// The original's sample with typed expressions.
fn typed(db: &Client) -> TransactWrite {
    db.transact_write()
        .action(db.put("Sessions", &item! { "id": "session-1", "status": "active" }))
        .action(db.update("Users").key("id", "user-1").set("sessionCount", attr("sessionCount") + 1))
}

/// The original's sample with the service's strings.
fn with_strings(db: &Client) -> TransactWrite {
    let update = db
        .update("Users")
        .key("id", "user-1")
        .update_expression("SET #sessionCount = #sessionCount + :inc")
        .expression_name("#sessionCount", "sessionCount")
        .expression_value(":inc", 1);
    db.transact_write().put("Sessions", &item! { "id": "session-1", "status": "active" }).action(update)
}

async fn read(db: &Client, table: &str, id: &str) -> Option<Item> {
    db.get(table).key("id", id).consistent_read(true).item().await.unwrap()
}

#[track_caller]
fn assert_refused(error: &Error, message: &str) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
    assert!(error.message().contains(message), "{error}");
}

testkit::on_both_engines! {
    async fn the_sample_of_session_and_user_writes_both(engine: Engine) {
        let db = client(&engine).await;
        sessions_and_users(&db).await;
        db.put("Users", &item! { "id": "user-1", "sessionCount": 0 }).send().await.unwrap();
        for (times, sample) in [(1, typed(&db)), (2, with_strings(&db))] {
            let output = sample.send().await.unwrap();
            assert!(!output.replayed() && output.consumed_capacity.is_empty());
            assert_eq!(read(&db, "Sessions", "session-1").await, Some(item! { "id": "session-1", "status": "active" }));
            assert_eq!(read(&db, "Users", "user-1").await, Some(item! { "id": "user-1", "sessionCount": times }));
        }
    }

    async fn the_sample_on_empty_tables_is_cancelled_and_writes_nothing(engine: Engine) {
        let db = client(&engine).await;
        sessions_and_users(&db).await;
        for sample in [typed(&db), with_strings(&db)] {
            let error = sample.send().await.unwrap_err();
            let codes: Vec<&str> = error.cancellation_reasons().iter().map(|reason| reason.code.as_str()).collect();
            match engine.kind() {
                EngineKind::Dynoxide => {
                    assert_eq!((error.kind(), error.attempts()), (ErrorKind::TransactionCanceled, 1), "{error}");
                    assert!(error.message().starts_with("action 1 (Update on Users): ValidationError"), "{error}");
                    assert_eq!(codes, ["None", "ValidationError"]);
                }
                // It finds fault with the request, and names no action.
                EngineKind::DynamodbLocal => {
                    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Validation, 1), "{error}");
                }
            }
            let why = "attribute that does not exist in the item";
            assert!(error.message().contains(why), "{error}");
            assert_eq!(read(&db, "Sessions", "session-1").await, None);
        }
        // What the user may have meant.
        let count = attr("sessionCount").if_not_exists(0) + 1;
        let first = db.transact_write().action(db.update("Users").key("id", "user-1").set("sessionCount", count));
        first.send().await.unwrap();
        assert_eq!(read(&db, "Users", "user-1").await, Some(item! { "id": "user-1", "sessionCount": 1 }));
    }

    async fn a_transaction_whose_second_action_fails_leaves_the_first_unwritten(engine: Engine) {
        let db = messages(&engine).await;
        let there = message("m2", "mine", 3);
        db.put("Messages", &there).send().await.unwrap();
        let taken = db.put("Messages", &message("m2", "yours", 0)).condition(attr("id").not_exists());
        let write = db
            .transact_write()
            .put("Messages", &message("m1", "new", 1))
            .action(taken.return_item_on_condition_failure())
            .action(db.delete("Messages").key("id", "m3"));
        let error = write.send().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::TransactionCanceled, "TransactionCanceledException"));
        assert!(!error.is_retryable());
        assert_eq!(error.operation(), Some("TransactWriteItems"));
        let reasons = error.cancellation_reasons();
        assert_eq!(reasons.len(), 3);
        assert_eq!((reasons[1].index, reasons[1].operation), (1, Some("Put")));
        assert_eq!(reasons[1].table.as_deref(), Some("Messages"));
        assert_eq!(reasons[1].item::<Message>().unwrap(), Some(there));
        assert_eq!((reasons[0].is_cause(), reasons[2].is_cause(), reasons[2].operation), (false, false, Some("Delete")));
        assert_eq!(
            error.message(),
            "action 1 (Put on Messages): ConditionalCheckFailed: The conditional request failed"
        );
        assert_eq!(read(&db, "Messages", "m1").await, None);
    }

    async fn every_kind_of_action_does_its_part(engine: Engine) {
        let db = messages(&engine).await;
        for id in ["m1", "m2", "m3"] {
            db.put("Messages", &message(id, "old", 1)).send().await.unwrap();
        }
        let write = |stars: u32| {
            db.transact_write()
                .action(db.condition_check("Messages").key("id", "m1").condition(attr("stars").eq(stars)))
                .action(db.update("Messages").key("id", "m2").set("text", "new").condition(attr("id").exists()))
                .action(db.delete("Messages").key_item(key! { "id": "m3" }).condition(attr("id").exists()))
                .put("Messages", &message("m4", "new", 4))
        };
        let error = write(9).send().await.unwrap_err();
        assert!(error.message().starts_with("action 0 (ConditionCheck on Messages): ConditionalCheckFailed"), "{error}");
        assert_eq!(read(&db, "Messages", "m4").await, None);

        write(1).send().await.unwrap();
        let ids = ["m1", "m2", "m3", "m4"];
        let found = db.transact_get().actions(ids.map(|id| db.get("Messages").key("id", id)));
        let found: Vec<Option<Message>> = found.items().await.unwrap();
        assert_eq!(found, [
            Some(message("m1", "old", 1)),
            Some(message("m2", "new", 1)),
            None,
            Some(message("m4", "new", 4)),
        ]);
        db.transact_write().delete("Messages", &key! { "id": "m4" }).send().await.unwrap();
        assert_eq!(read(&db, "Messages", "m4").await, None);
    }

    async fn conditions_as_strings_have_names_and_values_of_their_own_in_each_action(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "a", 1)).send().await.unwrap();
        db.put("Messages", &message("m2", "b", 2)).send().await.unwrap();
        let check = |id: &str, stars: u32| {
            db.condition_check("Messages")
                .key("id", id)
                .condition_expression("#s = :s")
                .expression_name("#s", "stars")
                .expression_value(":s", stars)
                .return_item_on_condition_failure()
        };
        db.transact_write().action(check("m1", 1)).action(check("m2", 2)).send().await.unwrap();
        let error = db.transact_write().action(check("m1", 0)).action(check("m2", 0)).send().await.unwrap_err();
        let stars = |index: usize| {
            let there = error.cancellation_reasons()[index].item::<Message>().unwrap();
            there.unwrap().stars
        };
        assert_eq!((stars(0), stars(1)), (1, 2));
        assert!(error.message().ends_with("; and 1 more action was refused"), "{error}");
    }

    async fn a_token_of_the_callers_is_applied_once_and_holds_for_one_request(engine: Engine) {
        let db = messages(&engine).await;
        let raise = |by: u32| {
            let update = db.update("Messages").key("id", "m1").add("stars", by);
            db.transact_write().action(update).token("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        };
        for _ in 0..3 {
            raise(1).send().await.unwrap();
        }
        assert_eq!(read(&db, "Messages", "m1").await, Some(item! { "id": "m1", "stars": 1 }));
        let error = raise(2).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::IdempotentParameterMismatch, 1), "{error}");
        assert!(!error.is_retryable() && error.advice().contains("new client token"), "{error}");
    }

    async fn lost_answers_are_asked_for_again_with_the_same_token(engine: Engine) {
        messages(&engine).await;
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        let db = options(&engine, &proxy.endpoint()).build().await.unwrap();
        for how in [Close::Reset, Close::Fin] {
            proxy.queue([Fault::Cut { at: Point::Applied, how }, Fault::Cut { at: Point::AnswerBytes(20), how }]);
            let raise = |id: &str| db.update("Messages").key("id", id).add("stars", 1);
            let output = db.transact_write().actions(["m1", "m2"].map(raise)).send().await.unwrap();
            assert_eq!((output.replayed(), output.metadata.attempts), (true, 3));
        }
        for id in ["m1", "m2"] {
            assert_eq!(read(&db, "Messages", id).await, Some(item! { "id": id, "stars": 2 }));
        }
        // A call that must not be sent again tells that nobody knows.
        proxy.queue([Fault::Cut { at: Point::Applied, how: Close::Reset }]);
        let put = db.transact_write().put("Messages", &item! { "id": "m3" }).replay(Replay::Never);
        assert_eq!(put.send().await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
        proxy.queue([Fault::Cut { at: Point::Applied, how: Close::Reset }]);
        let found = db.transact_get().get("Messages", &key! { "id": "m3" }).send().await.unwrap();
        assert_eq!((found.item::<Item>(0).unwrap(), found.metadata.attempts), (Some(item! { "id": "m3" }), 2));
    }

    async fn each_call_has_a_token_of_its_own_and_conflicts_are_retried_with_it(engine: Engine) {
        messages(&engine).await;
        let responder = Responder::in_front_of(&engine).await.unwrap();
        responder.rule(Rule::on("TransactWriteItems").every(2).then(Action::conflict([1])));
        responder.rule(Rule::on("TransactGetItems").first(1).then(Action::conflict([0])));
        let db = options(&engine, &responder.endpoint()).build().await.unwrap();
        let raise = |id: &str| db.update("Messages").key("id", id).add("stars", 1);
        for _ in 0..5 {
            db.transact_write().actions(["m1", "m2"].map(raise)).send().await.unwrap();
        }
        let found = db.transact_get().get("Messages", &key! { "id": "m2" }).items::<Item>().await.unwrap();
        assert_eq!(found, [Some(item! { "id": "m2", "stars": 5 })]);
        let sent = responder.requests_of("TransactWriteItems");
        let tokens: Vec<&str> =
            sent.iter().map(|seen| seen.body["ClientRequestToken"].as_str().unwrap()).collect();
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 5, "{tokens:?}");
        assert_eq!(tokens.len(), 9, "{tokens:?}");
        assert_eq!(responder.requests_of("TransactGetItems").len(), 2);
    }

    async fn what_is_read_comes_in_the_order_asked_each_as_its_own_type(engine: Engine) {
        #[derive(Debug, PartialEq, Deserialize)]
        struct User {
            id: String,
        }
        let db = client(&engine).await;
        sessions_and_users(&db).await;
        create_messages(&db).await;
        db.put("Users", &item! { "id": "user-1", "sessionCount": 3, "name": "Ada" }).send().await.unwrap();
        for id in ["m1", "m2"] {
            db.put("Messages", &message(id, "hello", 1)).send().await.unwrap();
        }
        let output = db
            .transact_get()
            .get("Messages", &key! { "id": "m1" })
            .get("Sessions", &key! { "id": "nobody" })
            .action(db.get("Users").key("id", "user-1").projection(["id"]))
            .action(db.get("Messages").key("id", "m2").projection_expression("id, #t").expression_name("#t", "text"))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .unwrap();
        assert_eq!((output.len(), output.is_empty()), (4, false));
        assert_eq!(output.item::<Message>(0).unwrap(), Some(message("m1", "hello", 1)));
        assert_eq!(output.item::<Item>(1).unwrap(), None);
        assert_eq!(output.item::<User>(2).unwrap(), Some(User { id: "user-1".to_owned() }));
        assert_eq!(output.item::<Item>(2).unwrap(), Some(item! { "id": "user-1" }));
        assert_eq!(output.item::<Item>(3).unwrap(), Some(item! { "id": "m2", "text": "hello" }));
        let error = output.item::<Message>(2).unwrap_err();
        assert_eq!((error.kind(), error.table()), (ErrorKind::Decode, Some("Users")));
        assert!(error.message().starts_with("action 2 (Get on Users): "), "{error}");
        assert_eq!(error.item::<Item>().unwrap(), Some(item! { "id": "user-1" }));
        assert!(output.item::<Item>(4).unwrap_err().message().contains("none has the number 4"));
        assert!(output.items::<Message>().is_err());
        assert!(!output.consumed_capacity.is_empty());
        assert!(!format!("{output:?}").contains("hello"));
    }

    async fn the_capacity_of_each_table_comes_if_asked_for(engine: Engine) {
        let db = client(&engine).await;
        sessions_and_users(&db).await;
        db.put("Users", &item! { "id": "user-1", "sessionCount": 0 }).send().await.unwrap();
        let write = typed(&db).return_consumed_capacity(ReturnConsumedCapacity::Total).return_item_collection_metrics();
        let output = write.send().await.unwrap();
        let mut tables: Vec<&str> = output.consumed_capacity.iter().map(|table| table.table_name.as_str()).collect();
        tables.sort_unstable();
        assert_eq!(tables, ["Sessions", "Users"]);
        assert!(output.consumed_capacity.iter().all(|table| table.capacity_units >= 2.0), "{output:?}");
    }

    async fn what_the_service_would_refuse_is_refused_before_it_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let check = |id: usize| db.condition_check("Messages").key("id", id.to_string()).condition(attr("id").exists());
        let one = |action: TransactAction| db.transact_write().action(action);
        let update = || db.update("Messages").key("id", "m1").set("stars", 1);
        let second = std::time::Duration::from_secs(1);
        let refused = [
            (db.transact_write(), "1 to 100 actions, this one has 0"),
            (db.transact_write().actions((0..101).map(check)), "1 to 100 actions, this one has 101"),
            (db.transact_write().action(check(1)).action(check(2)).action(check(1)), "actions 0 (ConditionCheck) and 2"),
            (db.transact_write().put("Messages", &item! { "id": "1", "a": 1 }).action(check(1)), "same item of Messages"),
            (one(update().return_values(ReturnValues::AllNew).into()), "action 0 (Update on Messages): transactions return"),
            (one(update().parameter("Expected", json!({})).into()), "parameter Expected has no place"),
            (one(update().timeout(second).into()), "timeout() is a matter of the whole"),
            (one(update().return_consumed_capacity(ReturnConsumedCapacity::Total).into()), "return_consumed_capacity()"),
            (one(update().return_item_collection_metrics().into()), "return_item_collection_metrics()"),
            (one(db.update("Messages").key("id", "m1").into()), "must change something"),
            (one(db.condition_check("Messages").key("id", "m1").into()), "has no condition"),
            (db.transact_write().action(check(1)).action(db.delete("Messages")), "action 1 (Delete on Messages): no key"),
            (one(update().into()).token(""), "1 to 36 characters, this one has 0"),
            (one(update().into()).token("x".repeat(37)), "1 to 36 characters, this one has 37"),
        ];
        for (write, message) in refused {
            let error = write.send().await.unwrap_err();
            assert_refused(&error, message);
            assert_eq!(error.operation(), Some("TransactWriteItems"));
        }
        let large = |id: usize| db.put("Messages", &item! { "id": id.to_string(), "text": "x".repeat(400_000) });
        let error = db.transact_write().actions((0..11).map(large)).send().await.unwrap_err();
        assert_refused(&error, "may have 4194304 (4 MB)");
        let error = db.transact_write().put("Messages", &item! { "text": "x".repeat(410_000) }).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ItemTooLarge, "{error}");
        assert!(error.message().starts_with("action 0 (Put on Messages): the item has at least"), "{error}");

        let get = || db.get("Messages").key("id", "m1");
        let refused = [
            (db.transact_get(), "1 to 100 reads, this one has 0"),
            (db.transact_get().actions((0..101).map(|_| get())), "1 to 100 reads, this one has 101"),
            (db.transact_get().action(get()).get("Users", &key! { "id": "m1" }).action(get()), "reads 0 and 2"),
            (db.transact_get().action(get().consistent_read(true)), "consistent_read() has no place"),
            (db.transact_get().action(get().hide_expired("ttl")), "hide_expired() has no place"),
            (db.transact_get().action(get().max_retries(1)), "max_retries() is a matter of the whole"),
            (db.transact_get().action(get()).action(db.get("Messages")), "action 1 (Get on Messages): no key"),
        ];
        for (read, message) in refused {
            let error = read.send().await.unwrap_err();
            assert_refused(&error, message);
            assert_eq!(error.operation(), Some("TransactGetItems"));
        }
        assert!(responder.requests().is_empty());
    }

    async fn a_hundred_actions_are_one_transaction(engine: Engine) {
        let db = messages(&engine).await;
        let put = |id: usize| db.put("Messages", &message(&id.to_string(), "x", 1));
        db.transact_write().actions((0..100).map(put)).send().await.unwrap();
        let get = |id: usize| db.get("Messages").key("id", id.to_string());
        let found = db.transact_get().actions((0..100).map(get)).items::<Message>().await.unwrap();
        assert!(found.iter().enumerate().all(|(id, found)| found.as_ref().unwrap().id == id.to_string()));
    }
}

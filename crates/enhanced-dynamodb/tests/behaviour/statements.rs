//! PartiQL: single statements and their pages, batches, transactions.

use enhanced_dynamodb::operation::{ReturnConsumedCapacity, Statement};
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, Replay, item};
use testkit::{Close, Engine, Fault, FaultProxy, Point};

use crate::common::{Event, Message, create_messages, event, events, message, messages, options, recorded, times};

const EVENTS_OF_A: &str = "SELECT * FROM \"Events\" WHERE stream = 'a'";

async fn read(db: &Client, id: &str) -> Option<Item> {
    db.get("Messages").key("id", id).consistent_read(true).item().await.unwrap()
}

fn insert(id: &str) -> Statement {
    Statement::new("INSERT INTO \"Messages\" VALUE {'id': ?, 'text': ?, 'stars': ?}")
        .parameters([id, "hello"])
        .parameter(1)
}

fn raise(id: &str) -> Statement {
    Statement::new("UPDATE \"Messages\" SET stars = stars + 1 WHERE id = ?").parameter(id)
}

fn select(id: &str) -> Statement {
    Statement::new("SELECT * FROM \"Messages\" WHERE id = ?").parameter(id)
}

/// A client whose answers can be lost, and a message.
async fn lossy(engine: &Engine) -> (Client, FaultProxy) {
    let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
    let db = options(engine, &proxy.endpoint()).build().await.unwrap();
    create_messages(&db).await;
    db.put("Messages", &message("m1", "hello", 1)).send().await.unwrap();
    (db, proxy)
}

#[track_caller]
fn assert_refused(error: &Error, message: &str) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
    assert!(error.message().contains(message), "{error}");
}

testkit::on_both_engines! {
    async fn what_is_inserted_is_selected_updated_and_deleted(engine: Engine) {
        let db = messages(&engine).await;
        db.execute_statement(insert("m1")).run().await.unwrap();
        let found = db.execute_statement(select("m1")).consistent_read(true).send::<Message>().await.unwrap();
        assert_eq!((found.items, found.metadata.attempts), (vec![message("m1", "hello", 1)], 1));
        db.execute_statement(raise("m1")).run().await.unwrap();
        assert_eq!(read(&db, "m1").await.unwrap().get("stars"), Some(&2.into()));
        db.execute_statement("DELETE FROM \"Messages\" WHERE id = ?").parameter("m1").run().await.unwrap();
        let found = db.execute_statement(select("m1")).items::<Message>().try_collect().await.unwrap();
        assert_eq!(found, []);
    }

    async fn errors_of_a_statement_are_the_services(engine: Engine) {
        let db = messages(&engine).await;
        db.execute_statement(insert("m1")).run().await.unwrap();
        let error = db.execute_statement(insert("m1")).run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DuplicateItem, "{error}");
        assert_eq!(error.operation(), Some("ExecuteStatement"));
        let error = db.execute_statement("SELEKT").run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        let error = db.execute_statement("SELECT * FROM Nowhere WHERE id = 'a'").run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceNotFound, "{error}");
        let update = "UPDATE \"Messages\" SET stars = 5 WHERE id = 'm1' AND stars = ?";
        let error = db.execute_statement(update).parameter(9).return_item_on_condition_failure().run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConditionalCheckFailed, "{error}");
    }

    async fn an_item_of_another_type_is_an_error_with_the_item_inside(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &item! { "id": "m1" }).send().await.unwrap();
        let error = db.execute_statement(select("m1")).send::<Message>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error}");
        assert_eq!(error.item::<Item>().unwrap(), Some(item! { "id": "m1" }));
        let mut items = db.execute_statement(select("m1")).items::<Message>();
        assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::Decode);
        assert!(items.next().await.is_none(), "the stream went on behind it");
    }

    async fn items_come_over_all_pages(engine: Engine) {
        let db = events(&engine, 10).await;
        let statement = || db.execute_statement(EVENTS_OF_A);
        let all = statement().items::<Event>().try_collect().await.unwrap();
        assert_eq!(times(&all), (1..=10).collect::<Vec<u32>>());
        let paged = statement().page_size(3).items::<Event>().try_collect().await.unwrap();
        assert_eq!(times(&paged), (1..=10).collect::<Vec<u32>>());
        let pages = statement().page_size(4).pages::<Event>().try_collect().await.unwrap();
        let sizes: Vec<usize> = pages.iter().map(|page| page.items.len()).filter(|size| *size > 0).collect();
        assert_eq!(sizes, [4, 4, 2]);
        let limited = statement().page_size(4).limit(6).items::<Event>().try_collect().await.unwrap();
        assert_eq!(times(&limited), (1..=6).collect::<Vec<u32>>());
        assert!(statement().limit(0).items::<Event>().next().await.is_none());
        assert_refused(&statement().limit(0).send::<Event>().await.unwrap_err(), "the limit is 0");
    }

    async fn a_page_ends_where_its_cursor_begins(engine: Engine) {
        let db = events(&engine, 5).await;
        let statement = || db.execute_statement(EVENTS_OF_A);
        let first = statement().limit(2).send::<Event>().await.unwrap();
        assert_eq!(times(&first.items), [1, 2]);
        let second = statement().limit(2).cursor(first.cursor().unwrap()).send::<Event>().await.unwrap();
        assert_eq!(times(&second.items), [3, 4]);
        let rest = statement().cursor(second.cursor().unwrap()).items::<Event>().try_collect().await.unwrap();
        assert_eq!(rest, [event("a", 5)]);
    }

    async fn capacity_is_told_if_asked_for(engine: Engine) {
        let db = events(&engine, 3).await;
        let statement = db.execute_statement(EVENTS_OF_A).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let capacity = statement.send::<Event>().await.unwrap().consumed_capacity;
        match engine.kind() {
            EngineKind::Dynoxide => assert!(capacity.is_some_and(|capacity| capacity.capacity_units > 0.0)),
            // It takes the parameter and tells nothing.
            EngineKind::DynamodbLocal => assert_eq!(capacity, None),
        }
    }

    async fn a_select_is_sent_again_after_a_lost_answer_and_a_write_is_not(engine: Engine) {
        let (db, proxy) = lossy(&engine).await;
        let lose = || proxy.queue([Fault::Cut { at: Point::Applied, how: Close::Reset }]);
        lose();
        let page = db.execute_statement(select("m1")).send::<Message>().await.unwrap();
        assert_eq!((page.items.len(), page.metadata.attempts), (1, 2));
        lose();
        let error = db.execute_statement(raise("m1")).run().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 1), "{error}");
        lose();
        assert!(db.execute_statement(raise("m1")).replay(Replay::Always).run().await.unwrap().replayed());
        assert_eq!(read(&db, "m1").await.unwrap().get("stars"), Some(&4.into()), "once, and twice");
        lose();
        let batch = db.batch_execute_statement().statements([select("m1")]).send().await.unwrap();
        assert_eq!(batch.metadata.attempts, 2);
        lose();
        let error = db.batch_execute_statement().statement(raise("m1")).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    }

    async fn each_statement_of_a_batch_has_its_own_answer(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "there", 3)).send().await.unwrap();
        let output = db.batch_execute_statement().statements(["m0", "m1", "m2"].map(insert)).send().await.unwrap();
        assert_eq!((output.len(), output.is_empty()), (3, false));
        assert_eq!(output.item::<Item>(0).unwrap(), None);
        let error = output.item::<Item>(1).unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::DuplicateItem, "DuplicateItemException"), "{error}");
        assert!(error.message().starts_with("statement 1 of the batch: "), "{error}");
        assert_eq!(output.failures().map(|(index, _)| index).collect::<Vec<_>>(), [1]);
        assert_eq!(output.into_result().unwrap_err().kind(), ErrorKind::DuplicateItem);
        assert!(read(&db, "m0").await.is_some() && read(&db, "m2").await.is_some());

        let read = ["m0", "nobody", "m1"].map(|id| select(id).consistent_read(true));
        let read = db.batch_execute_statement().statements(read).send().await.unwrap();
        let found: Vec<Option<Message>> = read.items().into_iter().map(Result::unwrap).collect();
        assert_eq!(found, [Some(message("m0", "hello", 1)), None, Some(message("m1", "there", 3))]);
        assert_eq!(read.table(0), Some("Messages"));
        assert!(read.item::<Message>(3).unwrap_err().message().contains("none has the number 3"));
        assert!(!format!("{read:?}").contains("hello"));
        assert_eq!(read.into_result().unwrap().len(), 3);
    }

    async fn a_transaction_of_statements_writes_all_or_none(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "there", 3)).send().await.unwrap();
        let error = db.execute_transaction().statements([insert("m0"), insert("m1")]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionCanceled, "{error}");
        let code = match engine.kind() {
            EngineKind::Dynoxide => "DuplicateItem",
            EngineKind::DynamodbLocal => "ValidationError",
        };
        assert!(error.message().starts_with(&format!("action 1 (INSERT): {code}: ")), "{error}");
        assert_eq!(error.cancellation_reasons()[1].operation, Some("INSERT"));
        assert_eq!(read(&db, "m0").await, None);

        let output = db.execute_transaction().statements([insert("m0"), raise("m1")]).send().await.unwrap();
        assert!(!output.replayed());
        assert_eq!((output.len(), output.item::<Item>(1).unwrap()), (2, None));
        let found = db.execute_transaction().statements(["m1", "nobody", "m0"].map(select)).send().await.unwrap();
        let found: Vec<Option<Message>> = found.items().unwrap();
        assert_eq!(found, [Some(message("m1", "there", 4)), None, Some(message("m0", "hello", 1))]);
    }

    async fn a_transaction_of_statements_is_applied_once_where_answers_are_lost(engine: Engine) {
        let (db, proxy) = lossy(&engine).await;
        proxy.queue([Fault::Cut { at: Point::Applied, how: Close::Reset }]);
        let output = db.execute_transaction().statement(raise("m1")).send().await.unwrap();
        assert_eq!((output.replayed(), output.metadata.attempts), (true, 2));
        for _ in 0..2 {
            db.execute_transaction().statement(raise("m1")).token("token-1").send().await.unwrap();
        }
        assert_eq!(read(&db, "m1").await.unwrap().get("stars"), Some(&3.into()));
    }

    async fn what_surely_fails_is_refused_before_it_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let long = "SELECT ".to_owned() + &"x".repeat(8192);
        for (statement, message) in [(" ", "the statement is empty"), (long.as_str(), "up to 8192 characters")] {
            assert_refused(&db.execute_statement(statement).run().await.unwrap_err(), message);
            let mut items = db.execute_statement(statement).items::<Item>();
            assert_refused(&items.next().await.unwrap().unwrap_err(), message);
            assert!(items.next().await.is_none());
        }
        let error = db.execute_statement(select("m1")).parameter(f64::NAN).run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert!(error.message().starts_with("parameter 1 of the statement: "), "{error}");

        let batches = [
            (db.batch_execute_statement(), "1 to 25 statements, this one has 0"),
            (db.batch_execute_statement().statements((0..26).map(|_| select("m1"))), "this one has 26"),
            (db.batch_execute_statement().statement(select("m1")).statement(""), "statement 1 of the batch: the statement"),
        ];
        for (batch, message) in batches {
            assert_refused(&batch.send().await.unwrap_err(), message);
        }
        let transactions = [
            (db.execute_transaction(), "1 to 100 statements, this one has 0"),
            (db.execute_transaction().statements((0..101).map(|_| select("m1"))), "this one has 101"),
            (db.execute_transaction().statement(select("m1").consistent_read(true)), "action 0 (SELECT): consistent_read()"),
            (db.execute_transaction().statement(raise("m1")).token(""), "1 to 36 characters"),
        ];
        for (transaction, message) in transactions {
            assert_refused(&transaction.send().await.unwrap_err(), message);
        }
        assert!(responder.requests().is_empty());
    }
}

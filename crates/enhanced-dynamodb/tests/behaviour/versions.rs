//! Versions that every write checks and raises, and counters.

use enhanced_dynamodb::operation::ReturnValues;
use enhanced_dynamodb::{ErrorKind, Item, Number, attr, item, path};
use serde::{Deserialize, Serialize};

use crate::common::{create_messages, messages, recorded};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Account {
    id: String,
    credit: u32,
    version: Option<u64>,
}

fn account(credit: u32, version: Option<u64>) -> Account {
    Account { id: "a1".to_owned(), credit, version }
}

testkit::on_both_engines! {
    async fn a_put_raises_the_version_and_a_stale_one_is_refused_with_what_stands_in_the_way(engine: Engine) {
        let db = messages(&engine).await;
        let put = |credit, version| db.put("Messages", &account(credit, version)).version("version").send();
        assert_eq!(put(1, None).await.unwrap().version(), Some(1));
        assert_eq!(put(2, Some(1)).await.unwrap().version(), Some(2));
        let stored: Option<Account> = db.get("Messages").key("id", "a1").item().await.unwrap();
        assert_eq!(stored, Some(account(2, Some(2))));
        for stale in [None, Some(1), Some(7)] {
            let error = put(9, stale).await.unwrap_err();
            assert_eq!((error.kind(), error.replayed()), (ErrorKind::ConditionalCheckFailed, false), "{stale:?}");
            assert_eq!(error.item().unwrap(), Some(account(2, Some(2))), "{stale:?}");
        }
        let plain = db.put("Messages", &account(3, None)).send().await.unwrap();
        assert_eq!(plain.version(), None);
    }

    async fn a_version_goes_with_conditions_of_the_callers(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &account(5, None)).version("version").send().await.unwrap();
        let put = |least: u32| {
            let put = db.put("Messages", &account(6, Some(1))).condition(attr("credit").ge(least) | attr("id").eq("x"));
            put.version("version").send()
        };
        assert_eq!(put(100).await.unwrap_err().kind(), ErrorKind::ConditionalCheckFailed);
        assert_eq!(put(5).await.unwrap().version(), Some(2));
        let once = db.put("Messages", &account(7, Some(2))).version("version").exactly_once();
        once.send().await.unwrap();
        let stale = db.put("Messages", &account(8, Some(2))).version("version").exactly_once().send().await.unwrap_err();
        assert_eq!(stale.kind(), ErrorKind::ConditionalCheckFailed);
        assert_eq!(stale.item().unwrap(), Some(account(7, Some(3))));
    }

    async fn an_update_expects_a_version_and_raises_it(engine: Engine) {
        let db = messages(&engine).await;
        let update = |version: Option<u64>| {
            db.update("Messages").key("id", "a1").set("credit", 10).expect_version("version", version).send()
        };
        assert_eq!(update(None).await.unwrap().version(), Some(1));
        assert_eq!(update(Some(1)).await.unwrap().version(), Some(2));
        for stale in [None, Some(1)] {
            let error = update(stale).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConditionalCheckFailed);
            assert_eq!(error.item().unwrap(), Some(account(10, Some(2))));
        }
        let counted = db.update("Messages").key("id", "a1").increment("credit", 5).expect_version("version", 2);
        let output = counted.return_values(ReturnValues::AllNew).send().await.unwrap();
        assert_eq!((output.version(), output.attributes().unwrap()), (Some(3), Some(account(15, Some(3)))));
    }

    async fn bad_versions_are_refused_before_anything_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let put = |version: Item| db.put("Messages", &version).version("version").send();
        for bad in [item! { "id": "a", "version": "1" }, item! { "id": "a", "version": -1 }] {
            let error = put(bad).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
            assert!(error.message().contains("version") && error.advice().contains("u64"), "{error}");
        }
        let greatest = db.put("Messages", &account(1, Some(u64::MAX))).version("version").send().await.unwrap_err();
        assert_eq!(greatest.kind(), ErrorKind::InvalidInput, "{greatest}");
        let update = db.update("Messages").key("id", "a1").expect_version("version", u64::MAX).send().await.unwrap_err();
        assert_eq!(update.kind(), ErrorKind::InvalidInput, "{update}");
        let twice = db.put("Messages", &account(1, None)).version("version").version("credit").send().await.unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::InvalidInput, "{twice}");
        assert!(responder.requests().is_empty());
    }

    async fn an_increment_gives_the_new_value(engine: Engine) {
        let db = messages(&engine).await;
        let visit = |by: i64| db.update("Messages").key("id", "p1").increment("visits", by).new_value::<i64>("visits");
        assert_eq!(visit(1).await.unwrap(), 1);
        assert_eq!(visit(41).await.unwrap(), 42);
        assert_eq!(visit(-50).await.unwrap(), -8);
        let price: Number = "0.1".parse().unwrap();
        let update = db.update("Messages").key("id", "p1").increment("price", price).set("name", "pump");
        assert_eq!(update.new_value::<Number>("price").await.unwrap(), price);
        db.update("Messages").key("id", "p1").set("stats", item! { "reads": 1 }).send().await.unwrap();
        db.update("Messages").key("id", "p1").increment(path("stats.reads"), 2).send().await.unwrap();
        let stored: Item = db.get("Messages").key("id", "p1").item().await.unwrap().unwrap();
        assert_eq!(stored["stats"], item! { "reads": 3 }.into());
    }

    async fn a_new_value_that_is_not_there_or_of_another_type_is_an_error(engine: Engine) {
        let (db, _responder) = recorded(&engine).await;
        create_messages(&db).await;
        let update = || db.update("Messages").key("id", "p1").increment("visits", 1);
        let error = update().new_value::<u64>("elsewhere").await.unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.table(), error.attempts()), (ErrorKind::Decode, Some("UpdateItem"), Some("Messages"), 1));
        assert!(error.message().contains("the update was made"), "{error}");
        let error = update().new_value::<String>("visits").await.unwrap_err();
        assert!(error.kind() == ErrorKind::Decode && error.message().contains("visits"), "{error}");
        assert_eq!(error.item().unwrap(), Some(item! { "visits": 2 }));
    }
}

//! Items that have expired and are not deleted yet: hidden on request.

use std::time::{SystemTime, UNIX_EPOCH};

use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Item, item, key};
use testkit::{Action, Responder, Rule};

use crate::common::recorded;

const YEAR: u64 = 365 * 24 * 60 * 60;

/// A table of the sessions of a user: which of them a reader sees is in their names.
async fn sessions(engine: &testkit::Engine) -> (Client, Responder) {
    let (db, responder) = recorded(engine).await;
    db.create_table("Sessions")
        .partition_key("user", AttributeType::String)
        .sort_key("name", AttributeType::String)
        .send()
        .await
        .unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let put = |name: &str, ttl: Item| {
        let mut session = item! { "user": "ada", "name": name, "device": "phone" };
        session.extend(ttl);
        db.put("Sessions", &session).send()
    };
    put("gone-1", item! { "ttl": now - 10 }).await.unwrap();
    put("gone-2", item! { "ttl": now - 4 * YEAR }).await.unwrap();
    put("seen-1", item! { "ttl": now + 1000 }).await.unwrap();
    put("seen-2", item! {}).await.unwrap();
    put("seen-3", item! { "ttl": "soon" }).await.unwrap();
    put("seen-4", item! { "ttl": 12 }).await.unwrap();
    put("seen-5", item! { "ttl": null }).await.unwrap();
    responder.forget_requests();
    (db, responder)
}

const ALL: [&str; 7] = ["gone-1", "gone-2", "seen-1", "seen-2", "seen-3", "seen-4", "seen-5"];

fn names(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.get_s("name").unwrap()).collect()
}

testkit::on_both_engines! {
    async fn queries_and_scans_leave_them_out(engine: Engine) {
        let (db, _responder) = sessions(&engine).await;
        let query = || db.query("Sessions").partition("user", "ada").hide_expired("ttl");
        let found: Vec<Item> = query().items().try_collect().await.unwrap();
        assert_eq!(names(&found), ALL[2..]);
        assert_eq!(query().count().await.unwrap(), 5);
        let limited: Vec<Item> = query().limit(2).projection(["name"]).items().try_collect().await.unwrap();
        assert_eq!(limited, [item! { "name": "seen-1" }, item! { "name": "seen-2" }]);
        let filtered = query().filter_expression("attribute_exists(device) AND device = :d").expression_value(":d", "phone");
        assert_eq!(filtered.count().await.unwrap(), 5);
        assert_eq!(db.scan("Sessions").hide_expired("ttl").count().await.unwrap(), 5);
        assert_eq!(db.scan("Sessions").hide_expired("ttl").segments(3).count().await.unwrap(), 5);
        assert_eq!(db.scan("Sessions").count().await.unwrap(), 7);
    }

    async fn a_get_finds_none_and_a_projection_stays_what_it_is(engine: Engine) {
        let (db, _responder) = sessions(&engine).await;
        let get = |name: &str| db.get("Sessions").key("user", "ada").key("name", name);
        for name in ALL {
            let hidden: Option<Item> = get(name).hide_expired("ttl").item().await.unwrap();
            assert_eq!(hidden.is_some(), name.starts_with("seen"), "{name}");
            let projected: Option<Item> = get(name).hide_expired("ttl").projection(["device"]).item().await.unwrap();
            assert_eq!(projected, hidden.map(|_| item! { "device": "phone" }), "{name}");
            assert!(get(name).item::<Item>().await.unwrap().is_some(), "{name}");
        }
        let aliased = get("gone-1").hide_expired("ttl").projection_expression("device, #t").expression_name("#t", "ttl");
        assert_eq!(aliased.item::<Item>().await.unwrap(), None);
        let aliased = get("seen-4").hide_expired("ttl").projection_expression("device, #t").expression_name("#t", "ttl");
        assert_eq!(aliased.item::<Item>().await.unwrap(), Some(item! { "device": "phone", "ttl": 12 }));
        let legacy = get("gone-1").hide_expired("ttl").parameter("AttributesToGet", ["device"]);
        assert_eq!(legacy.item::<Item>().await.unwrap(), None);
        let nobody = get("nobody").hide_expired("ttl").send::<Item>().await.unwrap();
        assert_eq!(nobody.item, None);
    }

    async fn batches_hide_them_too(engine: Engine) {
        let (db, responder) = sessions(&engine).await;
        let batch = || {
            let keys = ALL.iter().map(|name| key! { "user": "ada", "name": *name });
            keys.fold(db.batch_get(), |batch, key| batch.get("Sessions", &key)).hide_expired("Sessions", "ttl")
        };
        let mut found = batch().send().await.unwrap().items::<Item>("Sessions").unwrap();
        found.sort_by_key(|item| item.get_s("name").map(str::to_owned));
        assert_eq!(names(&found), ALL[2..]);
        let projected = batch().projection("Sessions", ["device"]).send().await.unwrap();
        assert_eq!(projected.items::<Item>("Sessions").unwrap(), vec![item! { "device": "phone" }; 5]);

        let all = batch().projection("Sessions", ["device"]).all().await.unwrap().items::<Item>("Sessions").unwrap();
        let expected: Vec<Option<Item>> =
            ALL.iter().map(|name| name.starts_with("seen").then(|| item! { "device": "phone" })).collect();
        assert_eq!(all, expected);

        // What is left unread keeps the wish.
        responder.rule(Rule::on("BatchGetItem").nth(1).then(Action::leftovers(3)));
        let first = batch().projection("Sessions", ["device"]).send().await.unwrap();
        assert_eq!((first.items::<Item>("Sessions").unwrap().len(), first.unprocessed.len()), (1, 4));
        let rest = db.batch_get().retry(first.unprocessed.clone()).send().await.unwrap();
        assert_eq!(rest.items::<Item>("Sessions").unwrap(), vec![item! { "device": "phone" }; 4]);
        let rest = db.batch_get().retry(first.unprocessed).all().await.unwrap();
        assert_eq!(rest.items::<Item>("Sessions").unwrap(), vec![Some(item! { "device": "phone" }); 4]);

        // What all() left unread too, though its projection lacks the attribute.
        responder.rule(Rule::on("BatchGetItem").nth(1).then(Action::error("AccessDeniedException", "no")));
        let denied = batch().projection("Sessions", ["device"]).all().await.unwrap_err();
        let unread = denied.batch_get().unwrap().unread();
        assert_eq!(unread.len(), ALL.len());
        let rest = db.batch_get().retry(unread.clone()).send().await.unwrap();
        assert_eq!(rest.items::<Item>("Sessions").unwrap(), vec![item! { "device": "phone" }; 5]);
        // A setting of a table without a key of its own is no second table.
        let rest = db.batch_get().projection("Sessions", ["name"]).retry(unread).all().await.unwrap();
        assert_eq!(rest.items::<Item>("Sessions").unwrap(), expected);
    }

    async fn an_item_that_does_not_decode_is_told_whole(engine: Engine) {
        let (db, _responder) = sessions(&engine).await;
        let get = db.get("Sessions").key("user", "ada").key("name", "seen-4").hide_expired("ttl").projection(["device"]);
        #[derive(Debug, serde::Deserialize)]
        struct Wrong { #[allow(dead_code, reason = "only read")] device: u32 }
        let error = get.item::<Wrong>().await.unwrap_err();
        assert_eq!(error.item().unwrap(), Some(item! { "device": "phone", "ttl": 12 }));
        assert_eq!(error.operation(), Some("GetItem"));
    }
}

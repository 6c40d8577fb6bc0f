//! Applied, and the answer lost: what each write tells then, and what it leaves behind.

use std::sync::atomic::{AtomicU32, Ordering};

use enhanced_dynamodb::operation::UpdateItem;
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, Replay, attr, item};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Close, Engine, EngineKind, Fault, FaultProxy, Point};

use crate::common::{create_messages, options};

/// A client whose answers can be lost, and an item with one star.
struct Lossy {
    db: Client,
    proxy: FaultProxy,
}

impl Lossy {
    async fn new(engine: &Engine) -> Lossy {
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        let db = options(engine, &proxy.endpoint()).build().await.unwrap();
        create_messages(&db).await;
        db.put("Messages", &item! { "id": "m1", "stars": 1 }).send().await.unwrap();
        Lossy { db, proxy }
    }

    /// Loses the answer of the next request.
    fn lose(&self) -> &Client {
        self.proxy.queue([Fault::Cut { at: Point::Applied, how: Close::Reset }]);
        &self.db
    }

    async fn read(&self, id: &str) -> Option<Item> {
        self.db.get("Messages").key("id", id).consistent_read(true).item().await.unwrap()
    }
}

fn raise(db: &Client) -> UpdateItem {
    db.update("Messages").key("id", "m1").set("stars", attr("stars") + 1)
}

/// A transaction that raises the counter by one.
fn transaction(token: Option<&str>) -> Value {
    let update = json!({
        "TableName": "Messages",
        "Key": { "id": { "S": "m1" } },
        "UpdateExpression": "ADD stars :one",
        "ExpressionAttributeValues": { ":one": { "N": "1" } },
    });
    let mut body = json!({ "TransactItems": [{ "Update": update }] });
    if let Some(token) = token {
        body["ClientRequestToken"] = json!(token);
    }
    body
}

#[track_caller]
fn assert_unknown<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.replayed()), (ErrorKind::OutcomeUnknown, 1, false), "{error}");
}

testkit::on_both_engines! {
    async fn idempotent_writes_are_sent_again_and_say_so(engine: Engine) {
        let s = Lossy::new(&engine).await;
        let put = s.lose().put("Messages", &item! { "id": "m2", "stars": 2 }).send().await.unwrap();
        assert_eq!((put.replayed(), put.metadata.attempts), (true, 2));
        assert_eq!(s.read("m2").await, Some(item! { "id": "m2", "stars": 2 }));

        let update = s.lose().update("Messages").key("id", "m2").set("stars", 3).send().await.unwrap();
        assert_eq!((update.replayed(), update.metadata.attempts), (true, 2));
        assert_eq!(s.read("m2").await, Some(item! { "id": "m2", "stars": 3 }));

        let delete = s.lose().delete("Messages").key("id", "m2").send().await.unwrap();
        assert_eq!((delete.replayed(), delete.metadata.attempts), (true, 2));
        assert_eq!(s.read("m2").await, None);

        let batch = s.lose().batch_write().put("Messages", &item! { "id": "m3" }).delete("Messages", &item! { "id": "m1" });
        let output = batch.send().await.unwrap();
        assert_eq!((output.metadata.replayed, output.metadata.attempts), (true, 2));
        assert!(output.unprocessed.is_empty());
        assert_eq!((s.read("m3").await, s.read("m1").await), (Some(item! { "id": "m3" }), None));
    }

    async fn a_counter_ends_as_an_unknown_outcome_unless_the_caller_says_otherwise(engine: Engine) {
        let s = Lossy::new(&engine).await;
        assert_unknown(raise(s.lose()).send().await);
        assert_eq!(s.read("m1").await, Some(item! { "id": "m1", "stars": 2 }));
        let again = raise(s.lose()).replay(Replay::Always).send().await.unwrap();
        assert!(again.replayed());
        assert_eq!(s.read("m1").await, Some(item! { "id": "m1", "stars": 4 }), "applied twice, as was said");
        let once = s.lose().put("Messages", &item! { "id": "m1", "stars": 0 }).replay(Replay::Never).send().await;
        assert_unknown(once);
        assert_eq!(s.read("m1").await, Some(item! { "id": "m1", "stars": 0 }));
    }

    async fn with_exactly_once_each_is_applied_once(engine: Engine) {
        let s = Lossy::new(&engine).await;
        let update = raise(s.lose()).exactly_once().send().await.unwrap();
        assert_eq!((update.replayed(), update.metadata.attempts), (true, 2));
        assert_eq!(s.read("m1").await, Some(item! { "id": "m1", "stars": 2 }));
        let put = s.lose().put("Messages", &item! { "id": "m2" }).exactly_once().send().await.unwrap();
        assert_eq!((put.replayed(), s.read("m2").await), (true, Some(item! { "id": "m2" })));
        let delete = s.lose().delete("Messages").key("id", "m2").exactly_once().send().await.unwrap();
        assert_eq!((delete.replayed(), s.read("m2").await), (true, None));
        assert_unknown(raise(s.lose()).exactly_once().replay(Replay::Never).send().await);
        assert_eq!(s.read("m1").await, Some(item! { "id": "m1", "stars": 3 }));
    }

    async fn a_transaction_is_sent_again_if_it_has_a_token(engine: Engine) {
        let s = Lossy::new(&engine).await;
        s.lose().call("TransactWriteItems", transaction(Some("t1"))).send().await.unwrap();
        assert_eq!(s.read("m1").await, Some(item! { "id": "m1", "stars": 2 }));
        assert_unknown(s.lose().call("TransactWriteItems", transaction(None)).send().await);
        assert_eq!(s.read("m1").await, Some(item! { "id": "m1", "stars": 3 }));
    }

    async fn a_table_made_or_deleted_is_an_unknown_outcome(engine: Engine) {
        let s = Lossy::new(&engine).await;
        assert_unknown(s.lose().create_table("Other").partition_key("id", AttributeType::String).send().await);
        let tables = engine.call("ListTables", json!({})).await.unwrap();
        assert_eq!(tables["TableNames"], json!(["Messages", "Other"]));
        assert_unknown(s.lose().delete_table("Other").send().await);
        let tables = engine.call("ListTables", json!({})).await.unwrap();
        assert_eq!(tables["TableNames"], json!(["Messages"]));
    }

    async fn a_counter_stands_between_the_acknowledged_and_the_unknown(engine: Engine) {
        let s = Lossy::new(&engine).await;
        lose_one_in_twenty(&s);
        let (acknowledged, unknown) = (AtomicU32::new(0), AtomicU32::new(0));
        on_all(increments(&engine), async |_| match raise(&s.db).send().await {
            Ok(output) => {
                assert!(!output.replayed());
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
                unknown.fetch_add(1, Ordering::Relaxed);
            }
        })
        .await;
        s.proxy.heal();
        let (acknowledged, unknown) = (acknowledged.into_inner(), unknown.into_inner());
        let counted = stars(&s).await - 1;
        assert_eq!(acknowledged + unknown, increments(&engine));
        assert!((acknowledged..=acknowledged + unknown).contains(&counted), "{acknowledged}, {unknown}, {counted}");
        // The faults struck: some were applied, some were not.
        assert!(unknown >= increments(&engine) / 25, "{unknown}");
        assert!(acknowledged < counted && counted < acknowledged + unknown, "{acknowledged}, {unknown}, {counted}");
    }

    async fn with_exactly_once_a_counter_equals_the_calls_made(engine: Engine) {
        let s = Lossy::new(&engine).await;
        lose_one_in_twenty(&s);
        let replayed = AtomicU32::new(0);
        on_all(increments(&engine), async |_| {
            let output = raise(&s.db).exactly_once().send().await.unwrap();
            replayed.fetch_add(u32::from(output.replayed()), Ordering::Relaxed);
        })
        .await;
        s.proxy.heal();
        assert_eq!(stars(&s).await - 1, increments(&engine));
        assert!(replayed.into_inner() >= increments(&engine) / 25);
    }
}

/// How often the counter is raised. DynamoDB Local takes its time.
fn increments(engine: &Engine) -> u32 {
    match engine.kind() {
        EngineKind::Dynoxide => 10_000,
        EngineKind::DynamodbLocal => 1_000,
    }
}

/// Loses one answer in twenty: half of them after the engine has applied the request, half before it has seen it.
fn lose_one_in_twenty(s: &Lossy) {
    s.proxy.choose(|at| match at.request % 40 {
        0 => Fault::Cut { at: Point::Applied, how: Close::Reset },
        20 => Fault::Cut { at: Point::Received, how: Close::Reset },
        _ => Fault::None,
    });
}

/// Does it so often, sixteen at a time.
async fn on_all(times: u32, act: impl AsyncFn(u32)) {
    let next = AtomicU32::new(0);
    join_all((0..16).map(|_| async {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= times {
                return;
            }
            act(number).await;
        }
    }))
    .await;
}

async fn stars(s: &Lossy) -> u32 {
    #[derive(serde::Deserialize)]
    struct Counter {
        stars: u32,
    }
    let counter = s.db.get("Messages").key("id", "m1").consistent_read(true).item::<Counter>().await.unwrap();
    counter.unwrap().stars
}

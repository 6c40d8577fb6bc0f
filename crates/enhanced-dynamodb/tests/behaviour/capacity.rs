//! Consumed capacity, of tables and of indexes.

use enhanced_dynamodb::operation::{ConsumedCapacity, GetOutput, ReturnConsumedCapacity};
use enhanced_dynamodb::{Item, key};

use crate::common::{Event, event, events};

#[track_caller]
fn total(capacity: Option<ConsumedCapacity>, units: f64) {
    let capacity = capacity.expect("there is a capacity");
    assert_eq!((capacity.table_name.as_str(), capacity.capacity_units), ("Events", units), "{capacity:?}");
    assert!(capacity.table.is_none() && capacity.global_secondary_indexes.is_empty(), "{capacity:?}");
}

testkit::on_both_engines! {
    async fn a_client_that_asks_for_capacity_knows_it_by_table(engine: Engine) {
        use enhanced_dynamodb::table::AttributeType;
        let responder = testkit::Responder::in_front_of(&engine).await.unwrap();
        let options = crate::common::options(&engine, &responder.endpoint()).return_consumed_capacity(true);
        let db = options.build().await.unwrap();
        for table in ["Orders", "Stock"] {
            db.create_table(table).partition_key("id", AttributeType::String).send().await.unwrap();
        }
        let put = db.put("Orders", &enhanced_dynamodb::item! { "id": "m1" }).send().await.unwrap();
        assert_eq!(put.consumed_capacity.unwrap().capacity_units, 1.0, "the call gives it too");
        let unasked = db.put("Stock", &enhanced_dynamodb::item! { "id": "m1" });
        unasked.return_consumed_capacity(ReturnConsumedCapacity::None).send().await.unwrap();
        db.get("Orders").key("id", "m1").consistent_read(true).item::<Item>().await.unwrap();
        db.get("Stock").key("id", "m1").return_consumed_capacity(ReturnConsumedCapacity::None).item::<Item>().await.unwrap();
        let batch = db.batch_get().get("Orders", &key! { "id": "m1" }).get("Stock", &key! { "id": "m1" });
        batch.send().await.unwrap();
        db.call("Scan", serde_json::json!({ "TableName": "Stock" })).send().await.unwrap();
        let consumed = db.stats().consumed;
        let of = |table: &str| consumed.iter().find(|capacity| capacity.table == table).unwrap();
        assert_eq!((of("Orders").read_units, of("Orders").write_units), (1.5, 1.0), "{consumed:?}");
        assert!(of("Stock").read_units >= 0.5 && of("Stock").write_units == 0.0, "{consumed:?}");
        let asked = |operation: &str| responder.requests_of(operation)[0].body["ReturnConsumedCapacity"].clone();
        assert_eq!((asked("PutItem"), asked("Scan")), ("TOTAL".into(), "TOTAL".into()));
        assert_eq!(responder.requests_of("GetItem")[1].body["ReturnConsumedCapacity"], "NONE");
        assert!(asked("CreateTable").is_null());
    }

    async fn a_call_that_asks_by_itself_is_counted_and_others_ask_for_nothing(engine: Engine) {
        let (db, responder) = crate::common::recorded(&engine).await;
        crate::common::create_messages(&db).await;
        db.get("Messages").key("id", "m1").item::<Item>().await.unwrap();
        assert!(db.stats().consumed.is_empty());
        assert!(responder.requests_of("GetItem")[0].body.get("ReturnConsumedCapacity").is_none());
        let get = db.get("Messages").key("id", "m1").return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        get.item::<Item>().await.unwrap();
        let stats = db.stats();
        assert_eq!((stats.consumed.len(), stats.consumed[0].read_units), (1, 0.5));
        let sent: u64 = responder.requests().iter().map(|seen| seen.bytes.len() as u64).sum();
        assert!(stats.bytes_sent == sent && stats.bytes_received > 0, "{stats:?}");
    }

    async fn reads_say_what_they_consume(engine: Engine) {
        let db = events(&engine, 3).await;
        let get =
            || db.get("Events").key("stream", "a").key("at", 1).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let eventual: GetOutput<Event> = get().send().await.unwrap();
        total(eventual.consumed_capacity, 0.5);
        let consistent: GetOutput<Event> = get().consistent_read(true).send().await.unwrap();
        total(consistent.consumed_capacity, 1.0);
        let query = db.query("Events").partition("stream", "a").return_consumed_capacity(ReturnConsumedCapacity::Total);
        total(query.send::<Event>().await.unwrap().consumed_capacity, 0.5);
        let scan = db.scan("Events").return_consumed_capacity(ReturnConsumedCapacity::Total);
        total(scan.send::<Event>().await.unwrap().consumed_capacity, 0.5);
        let none = db.scan("Events").return_consumed_capacity(ReturnConsumedCapacity::None);
        assert_eq!(none.send::<Event>().await.unwrap().consumed_capacity, None);
    }

    async fn writes_say_what_they_consume_in_each_index(engine: Engine) {
        let db = events(&engine, 0).await;
        let put = db.put("Events", &event("a", 1)).return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        let capacity = put.send().await.unwrap().consumed_capacity.unwrap();
        assert_eq!(capacity.table.as_ref().map(|table| table.capacity_units), Some(1.0), "{capacity:?}");
        assert_eq!(capacity.global_secondary_indexes["by-kind"].capacity_units, 1.0, "{capacity:?}");
        assert_eq!(capacity.local_secondary_indexes["by-size"].capacity_units, 1.0, "{capacity:?}");
        assert_eq!(capacity.capacity_units, 3.0, "{capacity:?}");

        let update = db.update("Events").key("stream", "a").key("at", 1).set("note", "x");
        let update = update.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        assert!(update.consumed_capacity.unwrap().capacity_units >= 1.0);
        let delete = db.delete("Events").key("stream", "a").key("at", 1);
        let delete = delete.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        assert!(delete.consumed_capacity.unwrap().capacity_units >= 1.0);
    }

    async fn a_read_of_an_index_is_told_apart_from_the_tables(engine: Engine) {
        let db = events(&engine, 3).await;
        let query = db.query("Events").index("by-kind").partition("kind", "step");
        let page = query.return_consumed_capacity(ReturnConsumedCapacity::Indexes).send::<Event>().await.unwrap();
        let capacity = page.consumed_capacity.unwrap();
        assert_eq!(capacity.global_secondary_indexes["by-kind"].capacity_units, 0.5, "{capacity:?}");
        let table = capacity.table.map(|table| table.capacity_units);
        assert!(table.is_none_or(|units| units == 0.0), "{table:?}");
    }

    async fn batches_say_what_they_consume_on_each_table(engine: Engine) {
        let db = events(&engine, 3).await;
        crate::common::create_messages(&db).await;
        let batch = db.batch_write().put("Events", &event("c", 1)).put("Messages", &key! { "id": "m1" });
        let output = batch.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        let mut tables: Vec<&str> =
            output.consumed_capacity.iter().map(|capacity| capacity.table_name.as_str()).collect();
        tables.sort_unstable();
        assert_eq!(tables, ["Events", "Messages"]);

        let batch =
            db.batch_get().get("Events", &key! { "stream": "a", "at": 1 }).get("Messages", &key! { "id": "m1" });
        let batch = batch.consistent_read("Events", true).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let output = batch.send().await.unwrap();
        assert_eq!(output.items::<Item>("Messages").unwrap().len(), 1);
        let units = |table: &str| {
            output
                .consumed_capacity
                .iter()
                .find(|capacity| capacity.table_name == table)
                .map(|capacity| capacity.capacity_units)
        };
        assert_eq!((units("Events"), units("Messages")), (Some(1.0), Some(0.5)));
    }
}

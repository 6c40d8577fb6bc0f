//! The limit of 400 KB.

use enhanced_dynamodb::{Binary, ErrorKind, Item, Number, item};

use crate::common::{create_messages, messages, recorded};

/// The largest item (DynamoDB developer guide, "Quotas").
const LARGEST: usize = 409_600;

/// An item of so many bytes: names and UTF-8 texts count as they are.
fn item_of(bytes: usize) -> Item {
    item! { "id": "m1", "text": "x".repeat(bytes - "idm1text".len()) }
}

testkit::on_both_engines! {
    async fn an_item_of_exactly_400_kb_is_stored(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &item_of(LARGEST)).send().await.unwrap();
        let found: Option<Item> = db.get("Messages").key("id", "m1").item().await.unwrap();
        assert_eq!(found, Some(item_of(LARGEST)));
    }

    async fn one_byte_more_is_refused_before_the_send(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_messages(&db).await;
        responder.forget_requests();
        let error = db.put("Messages", &item_of(LARGEST + 1)).send().await.unwrap_err();
        assert_eq!((error.kind(), error.code(), error.attempts()), (ErrorKind::ItemTooLarge, "ValidationException", 0));
        assert!(error.message().contains("409601"), "{error}");
        let error = db.put("Messages", &item_of(401 * 1024)).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ItemTooLarge);
        let batch = db.batch_write().put("Messages", &item! { "id": "ok" }).put("Messages", &item_of(LARGEST + 1));
        let error = batch.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ItemTooLarge);
        assert!(responder.requests().is_empty());
    }

    async fn what_the_client_lets_pass_the_engine_judges_by_the_same_limit(engine: Engine) {
        let db = messages(&engine).await;
        let direct = |bytes: usize| {
            let json: serde_json::Value = serde_json::from_str(&item_of(bytes).to_dynamodb_json().unwrap()).unwrap();
            serde_json::json!({ "TableName": "Messages", "Item": json })
        };
        assert!(db.call("PutItem", direct(LARGEST)).send().await.is_ok());
        let error = db.call("PutItem", direct(LARGEST + 1)).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
    }

    async fn long_json_of_a_small_item_is_stored(engine: Engine) {
        let db = messages(&engine).await;
        let escaped = "\n".repeat(300_000);
        let bytes = Binary::from(vec![7_u8; 300_000]);
        db.put("Messages", &item! { "id": "escapes", "text": escaped.as_str() }).send().await.unwrap();
        db.put("Messages", &item! { "id": "bytes", "blob": bytes.clone() }).send().await.unwrap();
        let numbers: Vec<Number> = (0..30_000).map(Number::from).collect();
        #[derive(serde::Serialize)]
        struct Many {
            id: &'static str,
            numbers: Vec<Number>,
        }
        db.put("Messages", &Many { id: "numbers", numbers }).send().await.unwrap();
        let found: Option<Item> = db.get("Messages").key("id", "escapes").item().await.unwrap();
        assert_eq!(found.unwrap().get_s("text"), Some(escaped.as_str()));
        let found: Option<Item> = db.get("Messages").key("id", "bytes").item().await.unwrap();
        assert_eq!(found.unwrap().get_b("blob"), Some(&bytes[..]));
    }
}

//! GetItem.

use enhanced_dynamodb::operation::GetOutput;
use enhanced_dynamodb::{AttributeValue, ErrorKind, Item, attr, item, key, path};
use serde::{Deserialize, Serialize};

use crate::common::{Event, Message, event, events, message, messages};

testkit::on_both_engines! {
    async fn an_item_is_read_back_as_the_type_that_was_put(engine: Engine) {
        let db = messages(&engine).await;
        let put = message("m1", "Hello", 3);
        db.put("Messages", &put).send().await.unwrap();
        let found: Option<Message> = db.get("Messages").key("id", "m1").item().await.unwrap();
        assert_eq!(found, Some(put));
    }

    async fn an_item_that_does_not_exist_is_none(engine: Engine) {
        let db = messages(&engine).await;
        let found: Option<Message> = db.get("Messages").key("id", "nobody").item().await.unwrap();
        assert_eq!(found, None);
        let output: GetOutput<Message> = db.get("Messages").key("id", "nobody").send().await.unwrap();
        assert!(output.item.is_none() && output.consumed_capacity.is_none());
        assert_eq!(output.metadata.attempts, 1);
        assert!(output.metadata.request_id.is_some(), "{:?}", output.metadata);
        assert!(!output.metadata.replayed);
    }

    async fn a_key_of_two_attributes_is_given_in_parts_or_as_a_whole(engine: Engine) {
        let db = events(&engine, 3).await;
        let expected = Some(event("a", 2));
        let in_parts: Option<Event> = db.get("Events").key("at", 2).key("stream", "a").item().await.unwrap();
        assert_eq!(in_parts, expected);
        let by_macro: Option<Event> = db.get("Events").key_item(key! { "stream": "a", "at": 2 }).item().await.unwrap();
        assert_eq!(by_macro, expected);

        #[derive(Serialize)]
        struct Key<'a> {
            stream: &'a str,
            at: u32,
        }
        let by_struct: Option<Event> = db.get("Events").key_item(Key { stream: "a", at: 2 }).item().await.unwrap();
        assert_eq!(by_struct, expected);
    }

    async fn a_consistent_read_sees_what_was_just_written(engine: Engine) {
        let db = messages(&engine).await;
        for stars in 1..5 {
            db.put("Messages", &message("m1", "x", stars)).send().await.unwrap();
            let found: Option<Message> = db.get("Messages").key("id", "m1").consistent_read(true).item().await.unwrap();
            assert_eq!(found.unwrap().stars, stars);
        }
    }

    async fn a_projection_reads_attributes_and_places_inside_them(engine: Engine) {
        let db = messages(&engine).await;
        let put = item! {
            "id": "m1",
            "size": 3,
            "author": { "name": "Ada", "mail": "ada@example.com" },
            "tags": ["a", "b"],
            "a.b": "dotted",
        };
        db.put("Messages", &put).send().await.unwrap();
        let read =
            db.get("Messages").key("id", "m1").projection(["size", "a.b"]).projection([attr("author").field("name")]);
        let found: Option<Item> = read.projection([path("tags[1]")]).item().await.unwrap();
        assert_eq!(found, Some(item! { "size": 3, "a.b": "dotted", "author": { "name": "Ada" }, "tags": ["b"] }));
    }

    async fn a_projection_may_be_the_services_own_string(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &item! { "id": "m1", "size": 3, "text": "x", "more": 1 }).send().await.unwrap();
        let raw = db.get("Messages").key("id", "m1").projection_expression("id, #s").expression_name("#s", "size");
        assert_eq!(raw.item().await.unwrap(), Some(item! { "id": "m1", "size": 3 }));
        let both = db.get("Messages").key("id", "m1").projection(["size"]).projection_expression("id");
        assert_eq!(both.item().await.unwrap(), Some(item! { "id": "m1", "size": 3 }));
    }

    async fn an_item_of_another_type_is_an_error_with_the_path_and_the_item(engine: Engine) {
        #[derive(Debug, Deserialize)]
        struct Thread {
            #[allow(dead_code, reason = "only read")]
            messages: Vec<Part>,
        }
        #[derive(Debug, Deserialize)]
        struct Part {
            #[allow(dead_code, reason = "only read")]
            stars: u8,
        }
        let db = messages(&engine).await;
        let put = item! { "id": "m1", "messages": [{ "stars": 1 }, { "stars": "many" }] };
        db.put("Messages", &put).send().await.unwrap();
        let error = db.get("Messages").key("id", "m1").item::<Thread>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().contains("messages[1].stars"), "{error}");
        assert!(error.to_string().starts_with("GetItem on table Messages: DecodeError: "), "{error}");
        assert!(!error.to_string().contains("many"), "values are not shown: {error}");
        assert_eq!(error.item::<Item>().unwrap(), Some(put));
    }

    async fn a_table_that_does_not_exist_is_named_by_the_error(engine: Engine) {
        let db = messages(&engine).await;
        let error = db.get("Nowhere").key("id", "m1").item::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::ResourceNotFound, "ResourceNotFoundException"));
        assert_eq!((error.operation(), error.table()), (Some("GetItem"), Some("Nowhere")));
        assert_eq!((error.status(), error.attempts()), (Some(400), 1));
        assert!(!error.is_retryable());
    }

    async fn a_key_that_is_not_the_tables_is_refused_by_the_service(engine: Engine) {
        let db = messages(&engine).await;
        for get in [
            db.get("Messages").key("name", "m1"),
            db.get("Messages").key("id", 1),
            db.get("Messages").key("id", "m1").key("sort", 1),
        ] {
            let error = get.item::<Item>().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        }
    }

    async fn any_key_type_finds_its_item(engine: Engine) {
        use enhanced_dynamodb::Binary;
        use enhanced_dynamodb::table::AttributeType;
        let db = crate::common::client(&engine).await;
        let create = db.create_table("Keys").partition_key("bytes", AttributeType::Binary);
        create.sort_key("number", AttributeType::Number).send().await.unwrap();
        let put = item! { "bytes": Binary::from(vec![0, 255, 7]), "number": -7, "text": "x" };
        db.put("Keys", &put).send().await.unwrap();
        let get = db
            .get("Keys")
            .key("bytes", Binary::from(vec![0, 255, 7]))
            .key("number", "-7.0".parse::<enhanced_dynamodb::Number>().unwrap());
        let found: Option<Item> = get.item().await.unwrap();
        assert_eq!(found.unwrap()["text"], AttributeValue::from("x"));
    }
}

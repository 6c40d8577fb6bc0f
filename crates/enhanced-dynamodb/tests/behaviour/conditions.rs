//! Conditions of writes.

use enhanced_dynamodb::expression::{AttributeType, Condition};
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, Number, StringSet, attr, item, path};

use crate::common::{Message, message, messages};

async fn holds(db: &Client, condition: Condition) -> bool {
    let deleted = db.update("Messages").key("id", "m1").set("seen", true).condition(condition.clone()).send().await;
    match deleted {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => false,
        Err(error) => panic!("{condition:?}: {error}"),
    }
}

fn assert_failed(error: &Error, operation: &str) {
    assert_eq!(error.kind(), ErrorKind::ConditionalCheckFailed, "{error}");
    assert_eq!(error.code(), "ConditionalCheckFailedException");
    assert_eq!((error.operation(), error.table()), (Some(operation), Some("Messages")));
    assert_eq!((error.status(), error.attempts()), (Some(400), 1));
    assert!(!error.is_retryable() && !error.is_throttling());
}

testkit::on_both_engines! {
    async fn a_condition_that_does_not_hold_stops_each_write(engine: Engine) {
        let db = messages(&engine).await;
        let before = message("m1", "x", 1);
        db.put("Messages", &before).condition(attr("id").not_exists()).send().await.unwrap();
        let again = db.put("Messages", &message("m1", "y", 2)).condition(attr("id").not_exists()).send().await;
        assert_failed(&again.unwrap_err(), "PutItem");
        let update = db.update("Messages").key("id", "m1").set("stars", 9).condition(attr("stars").gt(1)).send().await;
        assert_failed(&update.unwrap_err(), "UpdateItem");
        let delete = db.delete("Messages").key("id", "m1").condition(attr("stars").ne(1)).send().await;
        assert_failed(&delete.unwrap_err(), "DeleteItem");
        let found: Option<Message> = db.get("Messages").key("id", "m1").item().await.unwrap();
        assert_eq!(found, Some(before));
    }

    async fn the_item_in_the_way_comes_with_the_error_if_asked_for(engine: Engine) {
        let db = messages(&engine).await;
        let before = message("m1", "x", 1);
        db.put("Messages", &before).send().await.unwrap();
        let put = db.put("Messages", &message("m1", "y", 2)).condition(attr("id").not_exists());
        let error = put.return_item_on_condition_failure().send().await.unwrap_err();
        assert_failed(&error, "PutItem");
        assert_eq!(error.item().unwrap(), Some(before.clone()));
        assert_eq!(error.item::<Item>().unwrap().unwrap().get_s("text"), Some("x"));
        let delete = db.delete("Messages").key("id", "m1").condition(attr("stars").gt(1));
        let error = delete.return_item_on_condition_failure().send().await.unwrap_err();
        assert_eq!(error.item().unwrap(), Some(before.clone()));
        let update = db.update("Messages").key("id", "m1").set("a", 1).condition(attr("stars").gt(1));
        let error = update.return_item_on_condition_failure().send().await.unwrap_err();
        assert_eq!(error.item().unwrap(), Some(before));

        let unasked = db.delete("Messages").key("id", "m1").condition(attr("stars").gt(1)).send().await.unwrap_err();
        assert_eq!(unasked.item::<Item>().unwrap(), None);
        let nobody = db.delete("Messages").key("id", "m2").condition(attr("id").exists());
        let error = nobody.return_item_on_condition_failure().send().await.unwrap_err();
        assert_failed(&error, "DeleteItem");
        assert_eq!(error.item::<Item>().unwrap(), None);
    }

    async fn conditions_typed_raw_and_joined_are_evaluated(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &message("m1", "x", 5)).send().await.unwrap();
        let raw = |low: u32| {
            db.update("Messages")
                .key("id", "m1")
                .set("seen", true)
                .condition_expression("#s > :low")
                .expression_name("#s", "stars")
                .expression_value(":low", low)
        };
        raw(4).send().await.unwrap();
        assert_failed(&raw(5).send().await.unwrap_err(), "UpdateItem");
        raw(4).condition(attr("text").eq("x")).send().await.unwrap();
        assert_failed(&raw(4).condition(attr("text").eq("y")).send().await.unwrap_err(), "UpdateItem");
        // Joined by AND, so the OR inside one of them stays by itself.
        let or = attr("text").eq("y").or(attr("text").eq("x"));
        assert_failed(&raw(5).condition(or.clone()).send().await.unwrap_err(), "UpdateItem");
        raw(4).condition(or).send().await.unwrap();
        let two = db.delete("Messages").key("id", "m1").condition_expression("stars > :low OR stars < :low");
        let two = two.expression_value(":low", 1).condition_expression("attribute_not_exists(id)");
        assert_failed(&two.send().await.unwrap_err(), "DeleteItem");
    }

    async fn each_kind_of_condition_means_what_it_says(engine: Engine) {
        let db = messages(&engine).await;
        let put = item! {
            "id": "m1",
            "size": 5,
            "five": 5,
            "big": "12345678901234567890.5".parse::<Number>().unwrap(),
            "name": "Ada",
            "tags": StringSet::from(["a", "b"]),
            "list": [1, "two"],
            "a.b": { "#c": true },
            "nothing": null,
        };
        db.put("Messages", &put).send().await.unwrap();
        let hold = [
            attr("size").eq(5),
            attr("size").ne(6),
            attr("size").lt(6),
            attr("size").le(5),
            attr("size").gt(4),
            attr("size").ge(5),
            attr("size").between(5, 7),
            attr("size").is_in([1, 5]),
            attr("big").gt("12345678901234567890.4".parse::<Number>().unwrap()),
            attr("name").begins_with("A"),
            attr("name").contains("d"),
            attr("tags").contains("a"),
            attr("list").contains("two"),
            attr("name").size().eq(3),
            attr("tags").size().ge(2),
            attr("size").eq(attr("five")),
            attr("name").has_type(AttributeType::S),
            attr("nothing").exists(),
            attr("nothing").has_type(AttributeType::Null),
            attr("missing").not_exists(),
            attr("a.b").field("#c").eq(true),
            path("list[0]").eq(1),
            attr("size").eq(6).not(),
            attr("size").eq(6).or(attr("name").eq("Ada")),
            attr("size").eq(5).and(attr("name").eq("Ada")),
            (attr("size").eq(6) | attr("size").eq(5)) & !attr("name").eq("Bob"),
        ];
        for condition in hold {
            assert!(holds(&db, condition.clone()).await, "{condition:?} holds");
            assert!(!holds(&db, condition.clone().not()).await, "not {condition:?} does not hold");
        }
    }
}

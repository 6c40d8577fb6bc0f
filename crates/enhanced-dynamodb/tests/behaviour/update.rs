//! Typed updates.

use std::collections::HashSet;

use enhanced_dynamodb::expression::value;
use enhanced_dynamodb::operation::UpdateItem;
use enhanced_dynamodb::{
    Binary, BinarySet, Client, ErrorKind, Item, Number, NumberSet, StringSet, attr, item, list_append, path,
};
use serde::Serialize;

use crate::common::messages;

/// What an item is after an update.
async fn after(db: &Client, before: Item, update: impl FnOnce(UpdateItem) -> UpdateItem) -> Item {
    db.put("Messages", &before).send().await.unwrap();
    update(db.update("Messages").key("id", "m1")).send().await.unwrap();
    let mut found: Item = db.get("Messages").key("id", "m1").item().await.unwrap().unwrap();
    found.remove("id");
    found
}

testkit::on_both_engines! {
    async fn set_assigns_values_attributes_and_what_is_worked_out_of_them(engine: Engine) {
        let db = messages(&engine).await;
        let before = item! { "id": "m1", "n": 10, "m": 3, "list": [1] };
        let found = after(&db, before, |update| {
            update
                .set("text", "x")
                .set("copy", attr("n"))
                .set("up", attr("n") + 1)
                .set("down", attr("n") - attr("m"))
                .set("left", value(100) - attr("n"))
                .set("kept", attr("n").if_not_exists(0))
                .set("made", attr("missing").if_not_exists(7))
                .set("count", attr("missing").if_not_exists(0) + 1)
                .set("list", list_append(attr("list"), [2, 3]))
                .set("front", list_append(["a"], attr("missing").if_not_exists(["b"])))
        })
        .await;
        let expected = item! {
            "n": 10, "m": 3, "text": "x", "copy": 10, "up": 11, "down": 7, "left": 90, "kept": 10, "made": 7,
            "count": 1, "list": [1, 2, 3], "front": ["a", "b"],
        };
        assert_eq!(found, expected);
    }

    async fn remove_takes_out_attributes_elements_and_members(engine: Engine) {
        let db = messages(&engine).await;
        let before = item! { "id": "m1", "a": 1, "list": ["x", "y", "z"], "map": { "p": 1, "q": 2 } };
        let found = after(&db, before, |update| {
            update.remove("a").remove(path("list[1]")).remove(attr("map").field("q")).remove("never there")
        })
        .await;
        assert_eq!(found, item! { "list": ["x", "z"], "map": { "p": 1 } });
    }

    async fn add_adds_numbers_and_elements(engine: Engine) {
        let db = messages(&engine).await;
        let before = item! { "id": "m1", "n": 1, "tags": StringSet::from(["a"]) };
        let numbers = NumberSet::from_iter([1, 2].map(Number::from));
        let bytes = BinarySet::from_iter([Binary::from(vec![1_u8])]);
        let found = after(&db, before, |update| {
            update
                .add("n", -4)
                .add("new", "0.5".parse::<Number>().unwrap())
                .add("tags", StringSet::from(["a", "b"]))
                .add("numbers", &numbers)
                .add("bytes", &bytes)
        })
        .await;
        let expected = item! {
            "n": -3, "new": "0.5".parse::<Number>().unwrap(), "tags": StringSet::from(["a", "b"]),
            "numbers": numbers.clone(), "bytes": bytes.clone(),
        };
        assert_eq!(found, expected);
    }

    async fn delete_takes_elements_out_of_sets(engine: Engine) {
        let db = messages(&engine).await;
        let before = item! {
            "id": "m1",
            "tags": StringSet::from(["a", "b", "c"]),
            "numbers": NumberSet::from_iter([1, 2].map(Number::from)),
            "gone": StringSet::from(["x"]),
        };
        let found = after(&db, before, |update| {
            update
                .delete("tags", StringSet::from(["b", "never there"]))
                .delete("numbers", NumberSet::from_iter([Number::from(2)]))
                .delete("gone", StringSet::from(["x"]))
        })
        .await;
        // A set that loses its last element is no attribute any more.
        assert_eq!(
            found,
            item! { "tags": StringSet::from(["a", "c"]), "numbers": NumberSet::from_iter([Number::from(1)]) }
        );
    }

    async fn nested_paths_are_changed_in_place(engine: Engine) {
        let db = messages(&engine).await;
        let before = item! { "id": "m1", "doc": { "parts": [{ "title": "a" }, { "title": "b" }], "n": 1 } };
        let found = after(&db, before, |update| {
            update
                .set(path("doc.parts[1].title"), "c")
                .set(attr("doc").field("parts").index(0).field("done"), true)
                .set("doc.n", "a name with a dot")
                .set(attr("doc").field("n"), path("doc.n") + 1)
        })
        .await;
        let expected = item! {
            "doc": { "parts": [{ "title": "a", "done": true }, { "title": "c" }], "n": 2 },
            "doc.n": "a name with a dot",
        };
        assert_eq!(found, expected);
    }

    async fn any_name_is_safe(engine: Engine) {
        let db = messages(&engine).await;
        let names = ["size", "status", "Name", "a.b", "#c", ":d", "with space", "ünï", "a[0]", "SET", "q\"uote", "-"];
        let found = after(&db, item! { "id": "m1" }, |update| {
            names.iter().enumerate().fold(update, |update, (i, name)| update.set(*name, i))
        })
        .await;
        let expected: Item = names.iter().enumerate().map(|(i, name)| (*name, i as i64)).collect();
        assert_eq!(found, expected);
        let found = after(&db, expected.into_iter().chain([("id".to_owned(), "m1".into())]).collect(), |update| {
            names.iter().fold(update, |update, name| update.remove(*name))
        })
        .await;
        assert_eq!(found, Item::new());
    }

    async fn text_and_typed_changes_go_together(engine: Engine) {
        let db = messages(&engine).await;
        let before = item! { "id": "m1", "n": 1, "old": 1, "older": 1 };
        let found = after(&db, before, |update| {
            update
                .update_expression("SET #n = #n + :one REMOVE older")
                .expression_name("#n", "n")
                .expression_value(":one", 1)
                .set("typed", true)
                .remove("old")
                .add("count", 2)
        })
        .await;
        assert_eq!(found, item! { "n": 2, "typed": true, "count": 2 });
    }

    async fn all_values_are_read_before_any_is_written(engine: Engine) {
        let db = messages(&engine).await;
        let before = item! { "id": "m1", "a": 1, "b": 2 };
        let found = after(&db, before, |update| update.set("a", attr("b")).set("b", attr("a"))).await;
        assert_eq!(found, item! { "a": 2, "b": 1 });
    }

    async fn an_update_that_contradicts_itself_is_refused_by_the_service(engine: Engine) {
        let db = messages(&engine).await;
        db.put("Messages", &item! { "id": "m1", "a": { "b": 1 } }).send().await.unwrap();
        let updates = [
            db.update("Messages").key("id", "m1").set("a", 1).remove("a"),
            db.update("Messages").key("id", "m1").set("id", "m2"),
            db.update("Messages").key("id", "m1").set(path("missing.b"), 1),
            db.update("Messages").key("id", "m1").set("a", attr("a") + 1),
        ];
        for update in updates {
            let error = update.send().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        }
    }

    async fn structures_sets_and_options_are_assigned_as_items_are_written(engine: Engine) {
        #[derive(Serialize)]
        struct Author {
            name: &'static str,
            mail: Option<&'static str>,
            #[serde(with = "enhanced_dynamodb::item::string_set")]
            roles: HashSet<String>,
        }
        let db = messages(&engine).await;
        let author = Author { name: "Ada", mail: None, roles: HashSet::from(["admin".to_owned()]) };
        let found = after(&db, item! { "id": "m1" }, |update| update.set("author", &author)).await;
        assert_eq!(found, item! { "author": { "name": "Ada", "roles": StringSet::from(["admin"]) } });
    }
}

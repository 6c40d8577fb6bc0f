//! New nodes of a tree: roots and children.

use std::sync::Arc;

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{Tree, TreeSchema};
use enhanced_dynamodb::{AttributeValue, Client, ErrorKind, Item, Number, item};
use testkit::{Action, Rule};

use crate::common::{client, nodes, recorded};

pub(crate) async fn stored(db: &Client, table: &str, id: &str) -> Option<Item> {
    db.get(table).key("id", id).consistent_read(true).item().await.unwrap()
}

/// A table `Chats` whose partition key is the tree's id.
pub(crate) async fn chats(db: &Client) -> TreeSchema {
    db.create_table("Chats")
        .partition_key("chat", AttributeType::String)
        .sort_key("id", AttributeType::String)
        .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String))
        .send()
        .await
        .unwrap();
    TreeSchema::default().partitioned_by("chat")
}

/// A table `Nodes` whose nodes hold their tree's id, with an index on it.
pub(crate) async fn forest(db: &Client) -> TreeSchema {
    db.create_table("Nodes")
        .partition_key("id", AttributeType::String)
        .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String))
        .global_index(IndexDefinition::new("tree-index").partition_key("tree", AttributeType::String))
        .send()
        .await
        .unwrap();
    TreeSchema::default().tree_id("tree", "tree-index").ancestors("path").child_count("replies")
}

testkit::on_both_engines! {
    async fn a_root_and_its_children_are_written_and_read_as_a_tree(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        responder.forget_requests();
        let written = db.create_root("Nodes", &item! { "id": "r", "text": "root" }).send().await.unwrap();
        assert_eq!((written.nodes, written.requests), (1, 1));
        let written = db.insert_child("Nodes", "r", &item! { "id": "a", "parent": null }).send().await.unwrap();
        assert_eq!((written.transactions, written.requests), (1, 1));
        db.insert_child("Nodes", "a", &item! { "id": "b", "parent": "a" }).send().await.unwrap();
        assert_eq!(responder.requests().len(), 3, "one request a node");
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "text": "root" }));
        assert_eq!(stored(&db, "Nodes", "a").await, Some(item! { "id": "a", "parent": "r" }));
        let tree: Tree<Item> = db.read_tree("Nodes", "r").send().await.unwrap();
        let outline: Vec<_> = tree.preorder().map(|node| (node.depth(), node.value().get_s("id").unwrap())).collect();
        assert_eq!(outline, [(0, "r"), (1, "a"), (2, "b")]);
    }

    async fn a_child_of_a_parent_that_does_not_exist_is_not_written(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let error = db.insert_child("Nodes", "nobody", &item! { "id": "a" }).send().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::NodeNotFound, "NodeNotFound"), "{error}");
        assert_eq!((error.operation(), error.table()), (Some("InsertChild"), Some("Nodes")));
        assert!(!error.is_retryable());
        assert_eq!(stored(&db, "Nodes", "a").await, None);
    }

    async fn a_key_that_is_taken_is_an_error_and_nothing_is_overwritten(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        db.insert_child("Nodes", "r", &item! { "id": "a", "n": 1 }).schema(schema.clone()).send().await.unwrap();
        let again = db.insert_child("Nodes", "r", &item! { "id": "a", "n": 2 }).schema(schema.clone());
        let error = again.send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::NodeExists, Some("InsertChild")), "{error}");
        let error = db.create_root("Nodes", &item! { "id": "r" }).schema(schema).send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::NodeExists, Some("CreateRoot")), "{error}");
        let one = Some(item! { "id": "a", "parent": "r", "n": 1, "replies": 0 });
        assert_eq!(stored(&db, "Nodes", "a").await, one);
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "replies": 1 }), "counted once");
    }

    async fn an_item_that_contradicts_its_place_is_refused_before_anything_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = chats(&db).await;
        responder.forget_requests();
        let insert = |item: Item| db.insert_child("Chats", "r", &item).schema(schema.clone()).tree("c1").send();
        for (item, message) in [
            (item! { "parent": "r" }, "the item has no id, the node's key"),
            (item! { "id": "a", "parent": "other" }, "the item's parent is not the parent"),
            (item! { "id": "a", "chat": "c2" }, "the item's chat is not the tree's id"),
            (item! { "id": "a", "tree_version": 3 }, "the item has the attribute tree_version"),
        ] {
            let error = insert(item).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
            assert!(error.message().contains(message), "{error}");
        }
        let error = db.create_root("Chats", &item! { "id": "r", "parent": "x" }).send().await.unwrap_err();
        assert!(error.message().contains("a root has no parent"), "{error}");
        let error = db.insert_child("Chats", "r", &item! { "id": "a" }).schema(schema).send().await.unwrap_err();
        assert!(error.message().contains("the tree's id (chat) is part of a node's key"), "{error}");
        let error = db.insert_child("Chats", "r", &item! { "id": "a" }).tree("c1").send().await.unwrap_err();
        assert!(error.message().contains("tree() names a tree's id"), "{error}");
        assert!(responder.requests().is_empty());
    }

    async fn counts_of_children_are_raised_in_the_same_transaction(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies").sole_writer();
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        for id in ["a", "b", "c"] {
            db.insert_child("Nodes", "r", &item! { "id": id }).schema(schema.clone()).send().await.unwrap();
        }
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "replies": 3 }));
        let tree: Tree<Item> = db.read_tree("Nodes", "r").schema(schema.clone()).send().await.unwrap();
        assert_eq!(tree.len(), 4);
        // A node without a count has children that nobody counted: it stays without.
        db.put("Nodes", &item! { "id": "old" }).send().await.unwrap();
        db.insert_child("Nodes", "old", &item! { "id": "d" }).schema(schema).send().await.unwrap();
        assert_eq!(stored(&db, "Nodes", "old").await, Some(item! { "id": "old" }));
        assert_eq!(stored(&db, "Nodes", "d").await, Some(item! { "id": "d", "parent": "old", "replies": 0 }));
    }

    async fn a_tree_in_a_partition_of_its_own_is_written_there(engine: Engine) {
        let db = client(&engine).await;
        let schema = chats(&db).await;
        let root = db.create_root("Chats", &item! { "id": "r" }).schema(schema.clone()).tree("c1");
        root.send().await.unwrap();
        db.create_root("Chats", &item! { "id": "r", "chat": "c2" }).schema(schema.clone()).send().await.unwrap();
        let child = db.insert_child("Chats", "r", &item! { "id": "a" }).schema(schema.clone()).tree("c1");
        child.send().await.unwrap();
        let of_item = db.insert_child("Chats", "a", &item! { "id": "b", "chat": "c1" }).schema(schema.clone());
        of_item.send().await.unwrap();
        let other = db.insert_child("Chats", "a", &item! { "id": "b" }).schema(schema.clone()).tree("c2");
        assert_eq!(other.send().await.unwrap_err().kind(), ErrorKind::NodeNotFound);
        let found: Vec<Item> = db.query("Chats").partition("chat", "c1").items().try_collect().await.unwrap();
        let expected = [
            item! { "chat": "c1", "id": "a", "parent": "r" },
            item! { "chat": "c1", "id": "b", "parent": "a" },
            item! { "chat": "c1", "id": "r" },
        ];
        assert_eq!(found, expected);
        // Neither names the tree: it is the root's key.
        db.create_root("Chats", &item! { "id": "own" }).schema(schema).send().await.unwrap();
        let own: Option<Item> = db.get("Chats").key("chat", "own").key("id", "own").item().await.unwrap();
        assert_eq!(own, Some(item! { "chat": "own", "id": "own" }));
    }

    async fn the_trees_id_and_the_ancestors_are_filled_in_from_the_parent(engine: Engine) {
        let db = client(&engine).await;
        let schema = forest(&db).await;
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        db.insert_child("Nodes", "r", &item! { "id": "a" }).schema(schema.clone()).send().await.unwrap();
        db.insert_child("Nodes", "a", &item! { "id": "b" }).schema(schema.clone()).tree("r").send().await.unwrap();
        let none: [&str; 0] = [];
        assert_eq!(
            stored(&db, "Nodes", "r").await,
            Some(item! { "id": "r", "tree": "r", "path": none, "replies": 1 })
        );
        assert_eq!(
            stored(&db, "Nodes", "b").await,
            Some(item! { "id": "b", "parent": "a", "tree": "r", "path": ["r", "a"], "replies": 0 })
        );
        let wrong = db.insert_child("Nodes", "a", &item! { "id": "c" }).schema(schema).tree("other");
        let error = wrong.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.message().contains("in another tree"), "{error}");
    }

    async fn a_constant_sort_key_is_filled_in(engine: Engine) {
        let db = client(&engine).await;
        db.create_table("Single")
            .partition_key("pk", AttributeType::String)
            .sort_key("sk", AttributeType::String)
            .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String))
            .send()
            .await
            .unwrap();
        let schema = TreeSchema::default().key("pk").sort_key("sk", "NODE");
        db.create_root("Single", &item! { "pk": "r" }).schema(schema.clone()).send().await.unwrap();
        db.insert_child("Single", "r", &item! { "pk": "a" }).schema(schema.clone()).send().await.unwrap();
        let found: Option<Item> = db.get("Single").key("pk", "a").key("sk", "NODE").item().await.unwrap();
        assert_eq!(found, Some(item! { "pk": "a", "sk": "NODE", "parent": "r" }));
        let error = db.create_root("Single", &item! { "pk": "x", "sk": "USER" }).schema(schema).send().await.unwrap_err();
        assert!(error.message().contains("the item's sk is not what the schema says"), "{error}");
    }

    async fn two_hundred_writers_under_one_parent_all_succeed(engine: Engine) {
        let db = Arc::new(client(&engine).await);
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        db.insert_child("Nodes", "r", &item! { "id": "p" }).schema(schema.clone()).send().await.unwrap();
        for counted in [false, true] {
            let mut writers = tokio::task::JoinSet::new();
            for i in 0..200 {
                let (db, schema) = (Arc::clone(&db), schema.clone());
                writers.spawn(async move {
                    let schema = if counted { schema } else { TreeSchema::default() };
                    let item = item! { "id": format!("{counted}-{i}") };
                    db.insert_child("Nodes", "p", &item).schema(schema).send().await
                });
            }
            while let Some(written) = writers.join_next().await {
                written.unwrap().unwrap();
            }
        }
        let children = db.query("Nodes").index("parent-index").partition("parent", "p").count().await.unwrap();
        assert_eq!(children, 400);
        let parent = stored(&db, "Nodes", "p").await.unwrap();
        assert_eq!(parent.get_n("replies"), Some(Number::from(200)), "those that were counted");
        let root = stored(&db, "Nodes", "r").await.unwrap();
        assert_eq!(root, item! { "id": "r", "replies": 1 }, "nobody touched the root");
    }

    async fn a_conflict_with_another_writer_of_the_parent_is_waited_out(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        db.create_root("Nodes", &item! { "id": "r" }).send().await.unwrap();
        // More of them than the retries of one call.
        responder.rule(Rule::on("TransactWriteItems").first(7).then(Action::conflict([0])));
        let written = db.insert_child("Nodes", "r", &item! { "id": "a" }).send().await.unwrap();
        assert_eq!((written.requests, written.transactions), (8, 1));
        let bodies = responder.requests_of("TransactWriteItems");
        assert_eq!(bodies.len(), 8);
        assert!(stored(&db, "Nodes", "a").await.is_some());
    }

    async fn a_lost_answer_writes_the_node_once(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        responder.rule(Rule::on("TransactWriteItems").first(1).then(Action::internal_error().applied()));
        db.insert_child("Nodes", "r", &item! { "id": "a" }).schema(schema).send().await.unwrap();
        assert_eq!(stored(&db, "Nodes", "r").await.unwrap()["replies"], AttributeValue::from(1));
    }
}

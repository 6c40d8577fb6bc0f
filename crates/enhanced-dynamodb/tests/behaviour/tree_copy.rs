//! Copying a subtree, and moving one between partitions; cut short at each request.

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{Tree, TreeSchema};
use enhanced_dynamodb::{AttributeValue, Client, ErrorKind, Item, item};
use testkit::{Action, Rule};

use crate::common::{client, nodes, put_nodes, recorded};
use crate::tree_delete::{assert_sound, assert_unfinished_at_worst, cut, ids};
use crate::tree_insert::{chats, forest, stored};

fn prefixed(prefix: &str) -> impl Fn(&AttributeValue) -> AttributeValue + Send + Sync + 'static {
    let prefix = prefix.to_owned();
    move |id| format!("{prefix}{}", id.as_s().unwrap()).into()
}

async fn outline(db: &Client, root: &str) -> Vec<(u32, String)> {
    let tree: Tree<Item> = db.read_tree("Nodes", root).send().await.unwrap();
    tree.preorder().map(|node| (node.depth(), node.value().get_s("text").unwrap_or("?").to_owned())).collect()
}

/// A conversation of a root and two branches, in `Nodes`.
async fn conversation(db: &Client, schema: &TreeSchema) {
    db.create_root("Nodes", &item! { "id": "r", "text": "r" }).schema(schema.clone()).send().await.unwrap();
    for (id, parent) in [("a", "r"), ("b", "a"), ("c", "a"), ("d", "c")] {
        let item = item! { "id": id, "text": id };
        db.insert_child("Nodes", parent, &item).schema(schema.clone()).send().await.unwrap();
    }
}

testkit::on_both_engines! {
    async fn a_fork_has_the_same_messages_under_new_keys(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default();
        conversation(&db, &schema).await;
        let fork = db.copy_subtree("Nodes", "a").under("r").send().await.unwrap();
        assert_eq!((fork.nodes, fork.written, fork.transactions), (4, 4, 2));
        let root = fork.root.as_s().unwrap();
        assert_eq!(outline(&db, root).await.len(), 4);
        let copied = stored(&db, "Nodes", root).await.unwrap();
        assert_eq!((&copied["parent"], &copied["text"], copied.len()), (&"r".into(), &"a".into(), 3), "no mark is left");
        assert_eq!(outline(&db, "r").await.len(), 9);
        // A copy of its own, as a tree of its own; and below itself.
        let own = db.copy_subtree("Nodes", "a").as_root().new_ids(prefixed("x-")).send().await.unwrap();
        assert_eq!(own.root, "x-a".into());
        let expected = [(0, "a"), (1, "b"), (1, "c"), (2, "d")].map(|(depth, text)| (depth, text.to_owned()));
        assert_eq!(outline(&db, "x-a").await, expected);
        let below = db.copy_subtree("Nodes", "a").under("d").new_ids(prefixed("y-")).send().await.unwrap();
        assert_eq!((below.nodes, outline(&db, "a").await.len()), (4, 8));
        assert_sound(&db, "Nodes", &schema, "copied").await;
    }

    async fn a_copy_overwrites_nothing_and_says_what_is_in_its_way(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        conversation(&db, &TreeSchema::default()).await;
        let copy = || db.copy_subtree("Nodes", "a");
        let before = ids(&db, "Nodes").await;
        put_nodes(&db, &[("x-d", "")]).await;
        for (copy, kind) in [
            (copy().under("r").new_ids(prefixed("x-")), ErrorKind::NodeExists),
            (copy().under("nobody"), ErrorKind::NodeNotFound),
            (db.copy_subtree("Nodes", "nobody").under("r"), ErrorKind::NodeNotFound),
            (copy(), ErrorKind::InvalidInput),
            (copy().as_root().new_ids(|_| "same".into()), ErrorKind::InvalidInput),
            (copy().as_root().new_ids(|_| AttributeValue::Null), ErrorKind::InvalidInput),
        ] {
            let error = copy.send().await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (kind, Some("CopySubtree")), "{error}");
            assert_eq!(error.cursor(), None, "{error}");
        }
        assert_eq!(ids(&db, "Nodes").await.len(), before.len() + 1);
    }

    async fn a_copy_that_is_cut_short_is_resumed_wherever_it_was(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db).await;
        conversation(&db, &schema).await;
        for passed in 0.. {
            let copy = || {
                let copy = db.copy_subtree("Nodes", "a").schema(schema.clone());
                if passed % 3 == 0 { copy.as_root() } else { copy.under("r") }
            };
            cut(&responder, passed, passed % 2 == 0);
            let cut_short = copy().send().await;
            responder.clear_rules();
            let when = format!("cut after {passed}");
            assert_unfinished_at_worst(&db, "Nodes", &schema, &when).await;
            let done = match &cut_short {
                Ok(output) => output.clone(),
                Err(error) => match error.cursor() {
                    Some(cursor) => copy().resume(cursor).send().await.unwrap(),
                    None => copy().send().await.unwrap(),
                },
            };
            assert_sound(&db, "Nodes", &schema, &when).await;
            assert_eq!(outline(&db, done.root.as_s().unwrap()).await.len(), 4, "{when}");
            let nodes = ids(&db, "Nodes").await.len() as u64;
            assert_eq!(nodes, 5 + 4 * (passed + 1), "{when}: each copy once");
            if cut_short.is_ok() {
                assert!(passed >= 8, "{passed}");
                break;
            }
        }
    }

    async fn an_index_of_keys_alone_is_completed_from_the_table(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let index = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String);
        db.create_table("Nodes")
            .partition_key("id", AttributeType::String)
            .global_index(index.keys_only())
            .send()
            .await
            .unwrap();
        let schema = TreeSchema::default().child_count("replies").ancestors("path");
        conversation(&db, &schema).await;
        responder.rule(Rule::on("BatchGetItem").every(2).then(Action::leftovers(1)));
        let copy = db.copy_subtree("Nodes", "a").schema(schema.clone()).under("r").new_ids(prefixed("x-"));
        assert_eq!(copy.send().await.unwrap().nodes, 4);
        let d = stored(&db, "Nodes", "x-d").await;
        let path = ["r", "x-a", "x-c"];
        assert_eq!(d, Some(item! { "id": "x-d", "parent": "x-c", "text": "d", "path": path, "replies": 0 }));
        db.move_subtree("Nodes", "x-c", "b").schema(schema.clone()).send().await.unwrap();
        assert_eq!(stored(&db, "Nodes", "x-d").await.unwrap()["path"], ["r", "a", "b", "x-c"].into());
        assert_eq!(db.delete_subtree("Nodes", "a").schema(schema.clone()).send().await.unwrap().deleted.len(), 6);
        assert_sound(&db, "Nodes", &schema, "an index of keys").await;
    }

    async fn many_nodes_are_copied_in_transactions_of_a_hundred(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = chats(&db).await.child_count("replies");
        db.create_root("Chats", &item! { "id": "r" }).schema(schema.clone()).tree("c1").send().await.unwrap();
        let thread = (0..250).map(|i| item! { "id": format!("m{i}") });
        db.append("Chats", "r", thread).schema(schema.clone()).tree("c1").send().await.unwrap();
        responder.forget_requests();
        let fork = db.copy_subtree("Chats", "r").schema(schema.clone()).tree("c1").as_root().to_tree("c2");
        let fork = fork.new_ids(AttributeValue::clone).send().await.unwrap();
        assert_eq!((fork.nodes, fork.transactions, fork.tree), (251, 4, Some("c2".into())));
        assert_sound(&db, "Chats", &schema, "forked").await;
        let one = db.verify_tree("Chats").schema(schema.clone()).tree("c2").send().await.unwrap();
        assert_eq!((one.nodes, one.roots, one.to_string()), (251, 1, "251 nodes in 1 tree: nothing is wrong".into()));
    }

    async fn a_move_between_partitions_says_that_it_is_not_atomic(engine: Engine) {
        let db = client(&engine).await;
        let schema = chats(&db).await.child_count("replies");
        for chat in ["c1", "c2"] {
            let root = item! { "id": format!("r-{chat}"), "chat": chat };
            db.create_root("Chats", &root).schema(schema.clone()).send().await.unwrap();
        }
        let thread = (0..60).map(|i| item! { "id": format!("m{i}") });
        db.append("Chats", "r-c1", thread).schema(schema.clone()).tree("c1").send().await.unwrap();
        let moving = |node: &'static str| {
            db.move_subtree("Chats", node, "r-c2").schema(schema.clone()).tree("c1").to_tree("c2")
        };
        let error = moving("m0").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.message().contains("each of its 60 nodes"), "{error}");
        let moved = moving("m30").send().await.unwrap();
        assert_eq!((moved.moved, moved.atomic, moved.copied), (true, false, 30));
        assert_sound(&db, "Chats", &schema, "moved").await;
        assert!(moving("m0").allow_copy().send().await.unwrap().moved);
        assert_sound(&db, "Chats", &schema, "moved all").await;
        assert_eq!(db.query("Chats").partition("chat", "c2").count().await.unwrap(), 61);
        assert!(!moving("m0").send().await.unwrap().moved, "it is there already");
        // Inside one partition it is the one transaction.
        let within = db.move_subtree("Chats", "m30", "m29").schema(schema.clone()).tree("c2").send().await.unwrap();
        assert!(within.moved && within.atomic);
        let error = db.move_subtree("Chats", "m0", "m59").schema(schema.clone()).tree("c2").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TreeCycle);
        assert_sound(&db, "Chats", &schema, "moved within").await;
    }

    async fn a_move_between_partitions_that_is_cut_short_is_finished_by_the_same_call_or_by_repair(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = chats(&db).await.child_count("replies").ancestors("path");
        for passed in 0.. {
            let (from, to) = (format!("from {passed}"), format!("to {passed}"));
            for chat in [&from, &to] {
                let root = db.create_root("Chats", &item! { "id": "r" }).schema(schema.clone()).tree(chat);
                root.send().await.unwrap();
            }
            for (id, parent) in [("a", "r"), ("b", "a"), ("c", "b")] {
                let insert = db.insert_child("Chats", parent, &item! { "id": id }).schema(schema.clone()).tree(&from);
                insert.send().await.unwrap();
            }
            let moving =
                || db.move_subtree("Chats", "a", "r").schema(schema.clone()).tree(&from).to_tree(&to).send();
            cut(&responder, passed, passed % 2 == 0);
            let cut_short = moving().await;
            responder.clear_rules();
            let when = format!("cut after {passed}");
            assert_unfinished_at_worst(&db, "Chats", &schema, &when).await;
            if passed % 3 == 0 {
                db.repair_tree("Chats").schema(schema.clone()).send().await.unwrap();
                assert_sound(&db, "Chats", &schema, &when).await;
            }
            moving().await.unwrap();
            assert_sound(&db, "Chats", &schema, &when).await;
            let there = db.query("Chats").partition("chat", &to).count().await.unwrap();
            let left = db.query("Chats").partition("chat", &from).count().await.unwrap();
            assert_eq!((left, there), (1, 4), "{when}");
            if cut_short.is_ok() {
                assert!(passed >= 8, "{passed}");
                break;
            }
        }
    }
}

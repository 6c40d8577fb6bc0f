//! A thread of nodes, each the child of the one before it.

use enhanced_dynamodb::tree::{Tree, TreeSchema};
use enhanced_dynamodb::{AttributeValue, ErrorKind, Item, item};
use testkit::{Action, Rule};

use crate::common::{nodes, recorded};
use crate::tree_insert::{forest, stored};

fn thread(count: usize) -> Vec<Item> {
    (1..=count).map(|i| item! { "id": format!("m{i:03}") }).collect()
}

testkit::on_both_engines! {
    async fn a_thread_takes_a_transaction_for_each_ninety_nine_messages(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        db.create_root("Nodes", &item! { "id": "r" }).send().await.unwrap();
        responder.forget_requests();
        let written = db.append("Nodes", "r", thread(99)).send().await.unwrap();
        assert_eq!((written.nodes, written.transactions, written.requests), (99, 1, 1));
        assert_eq!(responder.requests().len(), 1);
        let more: Vec<Item> = (100..=300).map(|i| item! { "id": format!("m{i:03}") }).collect();
        let written = db.append("Nodes", "m099", &more).send().await.unwrap();
        assert_eq!((written.nodes, written.transactions), (201, 3));
        let tree: Tree<Item> = db.read_tree("Nodes", "r").send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().depth), (301, 300));
        let ids: Vec<&str> = tree.preorder().map(|node| node.value().get_s("id").unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| *a == "r" || a < b), "{ids:?}");
        assert_eq!(db.append("Nodes", "r", Vec::<Item>::new()).send().await.unwrap().requests, 0);
    }

    async fn a_thread_under_a_parent_that_does_not_exist_is_not_written(engine: Engine) {
        let (db, _responder) = recorded(&engine).await;
        nodes(&db).await;
        let error = db.append("Nodes", "nobody", thread(3)).send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::NodeNotFound, Some("Append")), "{error}");
        assert_eq!((stored(&db, "Nodes", "m001").await, error.cursor()), (None, None));
        db.create_root("Nodes", &item! { "id": "r" }).send().await.unwrap();
        db.create_root("Nodes", &item! { "id": "m002" }).send().await.unwrap();
        let error = db.append("Nodes", "r", thread(3)).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NodeExists, "{error}");
        assert_eq!(stored(&db, "Nodes", "m001").await, None, "all or none");
    }

    async fn two_messages_with_one_key_are_refused_before_anything_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let twice = [item! { "id": "a" }, item! { "id": "b" }, item! { "id": "a" }];
        let error = db.append("Nodes", "r", &twice).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
        assert!(error.message().contains("the items 0 and 2 have the same id"), "{error}");
        let error = db.append("Nodes", "r", [item! { "id": "a" }, item! { "text": "b" }]).send().await.unwrap_err();
        assert!(error.message().starts_with("item 1: the item has no id"), "{error}");
        assert!(responder.requests().is_empty());
    }

    async fn counts_trees_and_ancestors_of_a_long_thread_are_right(engine: Engine) {
        let (db, _responder) = recorded(&engine).await;
        let schema = forest(&db).await;
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        db.append("Nodes", "r", thread(120)).schema(schema.clone()).send().await.unwrap();
        for (id, above, replies) in [("m001", 1, 1), ("m099", 99, 1), ("m100", 100, 1), ("m120", 120, 0)] {
            let node = stored(&db, "Nodes", id).await.unwrap();
            let path = node["path"].as_l().unwrap();
            assert_eq!((path.len(), &path[0]), (above, &AttributeValue::from("r")), "{id}");
            assert_eq!((&node["replies"], &node["tree"]), (&replies.into(), &"r".into()), "{id}");
        }
    }

    async fn a_thread_that_failed_in_between_is_resumed_where_it_stopped(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        responder.rule(Rule::on("TransactWriteItems").after(1).then(Action::error("AccessDeniedException", "no")));
        let error = db.append("Nodes", "r", thread(250)).schema(schema.clone()).send().await.unwrap_err();
        assert_eq!((error.kind(), error.cursor()), (ErrorKind::AccessDenied, Some("99")), "{error}");
        assert!(error.message().starts_with("99 of 250 nodes were written: "), "{error}");
        responder.clear_rules();
        let again = db.append("Nodes", "r", thread(250)).schema(schema.clone()).resume(error.cursor().unwrap());
        let written = again.send().await.unwrap();
        assert_eq!((written.nodes, written.transactions), (151, 2));
        let tree: Tree<Item> = db.read_tree("Nodes", "r").schema(schema).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().depth), (251, 250));
        assert!(tree.preorder().all(|node| node.value()["replies"] == node.children().len().into()));
        let error = db.append("Nodes", "r", thread(3)).resume("4").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

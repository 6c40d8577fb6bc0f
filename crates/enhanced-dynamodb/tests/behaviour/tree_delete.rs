//! Deleting a subtree, by each policy, and cut short at each request.

use enhanced_dynamodb::tree::{DeletePolicy, Finding, TreeSchema};
use enhanced_dynamodb::{Client, ErrorKind, Item, item};
use testkit::{Action, Responder, Rule};

use crate::common::{client, nodes, put_nodes, recorded};
use crate::tree_insert::{chats, forest, stored};

/// The keys of all nodes of a table.
pub(crate) async fn ids(db: &Client, table: &str) -> Vec<String> {
    let items: Vec<Item> = db.scan(table).consistent_read(true).items().try_collect().await.unwrap();
    let mut ids: Vec<String> = items.iter().map(|item| item.get_s("id").unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Ends a client's calls after `passed` requests; in turn with the last of them applied, or not even that.
pub(crate) fn cut(responder: &Responder, passed: u64, applied: bool) {
    responder.clear_rules();
    if applied {
        responder.rule(Rule::any().nth(passed + 1).then(Action::internal_error().applied()));
    }
    responder.rule(Rule::any().after(passed).then(Action::error("AccessDeniedException", "the power is gone")));
}

/// That nothing is wrong but what the same call ends.
pub(crate) async fn assert_unfinished_at_worst(db: &Client, table: &str, schema: &TreeSchema, when: &str) {
    let report = db.verify_tree(table).schema(schema.clone()).send().await.unwrap();
    let unfinished = report.findings.iter().all(|finding| matches!(finding, Finding::Unfinished { .. }));
    assert!(unfinished, "{when}: {:?}", report.findings);
}

pub(crate) async fn assert_sound(db: &Client, table: &str, schema: &TreeSchema, when: &str) {
    let report = db.verify_tree(table).schema(schema.clone()).send().await.unwrap();
    assert!(report.is_sound(), "{when}: {report} {:?}", report.findings);
}

testkit::on_both_engines! {
    async fn a_subtree_is_deleted_and_nothing_else(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r"), ("a1", "a"), ("a2", "a"), ("a3", "a2"), ("b1", "b")]).await;
        let planned = db.delete_subtree("Nodes", "a").dry_run().send().await.unwrap();
        let names: Vec<&str> = planned.deleted.iter().map(|id| id.as_s().unwrap()).collect();
        assert_eq!((names[0], names[3], names.len(), planned.dry_run), ("a3", "a", 4, true));
        assert_eq!(ids(&db, "Nodes").await.len(), 7, "nothing was deleted");
        responder.forget_requests();
        let deleted = db.delete_subtree("Nodes", "a").send().await.unwrap();
        assert_eq!((deleted.deleted, deleted.transactions), (planned.deleted, 1));
        assert_eq!(ids(&db, "Nodes").await, ["b", "b1", "r"]);
        let again = db.delete_subtree("Nodes", "a").send().await.unwrap();
        assert_eq!((again.deleted.len(), again.transactions), (0, 0));
        db.delete_subtree("Nodes", "r").send().await.unwrap();
        assert!(ids(&db, "Nodes").await.is_empty());
    }

    async fn a_node_with_children_can_be_refused(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "a")]).await;
        let refuse = |id: &'static str| db.delete_subtree("Nodes", id).policy(DeletePolicy::RefuseIfChildren).send();
        let error = refuse("a").await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::HasChildren, Some("DeleteSubtree")), "{error}");
        assert_eq!(refuse("b").await.unwrap().deleted.len(), 1);
        assert_eq!(refuse("a").await.unwrap().deleted.len(), 1);
        assert_eq!(ids(&db, "Nodes").await, ["r"]);
    }

    async fn the_grandparent_adopts_the_children(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        for (id, parent) in [("a", "r"), ("b", "a"), ("c", "a"), ("d", "b")] {
            db.insert_child("Nodes", parent, &item! { "id": id }).schema(schema.clone()).send().await.unwrap();
        }
        let adopt = |id: &'static str| {
            db.delete_subtree("Nodes", id).schema(schema.clone()).policy(DeletePolicy::AdoptByGrandparent)
        };
        let planned = adopt("a").dry_run().send().await.unwrap();
        assert_eq!((planned.deleted.len(), planned.adopted.len()), (1, 2));
        responder.forget_requests();
        let done = adopt("a").send().await.unwrap();
        assert_eq!((done.deleted.len(), done.adopted.len(), done.transactions), (1, 2, 1));
        assert_eq!(responder.requests_of("TransactWriteItems").len(), 1);
        assert_sound(&db, "Nodes", &schema, "adopted").await;
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "replies": 2 }));
        assert_eq!(stored(&db, "Nodes", "c").await, Some(item! { "id": "c", "parent": "r", "replies": 0 }));
        let error = adopt("r").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        // More than one transaction holds.
        db.insert_child("Nodes", "c", &item! { "id": "w" }).schema(schema.clone()).send().await.unwrap();
        for i in 0..120 {
            let item = item! { "id": format!("w{i}") };
            db.insert_child("Nodes", "w", &item).schema(schema.clone()).send().await.unwrap();
        }
        let done = adopt("w").send().await.unwrap();
        assert_eq!((done.adopted.len(), done.transactions), (120, 2));
        assert_sound(&db, "Nodes", &schema, "adopted many").await;
    }

    async fn what_is_adopted_keeps_its_ancestors_right_wherever_it_is_cut(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db).await;
        for passed in 0.. {
            let id = |name: &str| format!("{passed}{name}");
            db.create_root("Nodes", &item! { "id": id("r") }).schema(schema.clone()).send().await.unwrap();
            for (node, parent) in [("a", "r"), ("b", "a"), ("c", "b")] {
                let node = item! { "id": id(node) };
                db.insert_child("Nodes", id(parent), &node).schema(schema.clone()).send().await.unwrap();
            }
            let adopt = || {
                let delete = db.delete_subtree("Nodes", id("a")).schema(schema.clone());
                delete.policy(DeletePolicy::AdoptByGrandparent).send()
            };
            cut(&responder, passed, passed % 2 == 0);
            let cut_short = adopt().await;
            responder.clear_rules();
            let when = format!("cut after {passed}");
            assert_unfinished_at_worst(&db, "Nodes", &schema, &when).await;
            adopt().await.unwrap();
            assert_sound(&db, "Nodes", &schema, &when).await;
            let c = stored(&db, "Nodes", &id("c")).await.unwrap();
            assert_eq!(c["path"], vec![id("r"), id("b")].into(), "{when}");
            if cut_short.is_ok() {
                break;
            }
        }
    }

    async fn a_delete_that_is_cut_short_leaves_a_tree_that_the_same_call_deletes(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = chats(&db).await.child_count("replies");
        for passed in 0.. {
            let chat = format!("chat {passed}");
            let root = db.create_root("Chats", &item! { "id": "r" }).schema(schema.clone()).tree(&chat);
            root.send().await.unwrap();
            let thread = (0..150).map(|i| item! { "id": format!("m{i}") });
            db.append("Chats", "r", thread).schema(schema.clone()).tree(&chat).send().await.unwrap();
            let delete = || db.delete_subtree("Chats", "m0").schema(schema.clone()).tree(&chat).send();
            cut(&responder, passed, passed % 2 == 0);
            let cut_short = delete().await;
            responder.clear_rules();
            let when = format!("cut after {passed}");
            assert_sound(&db, "Chats", &schema, &when).await;
            delete().await.unwrap();
            assert_sound(&db, "Chats", &schema, &when).await;
            let left = db.query("Chats").partition("chat", &chat).count().await.unwrap();
            assert_eq!(left, 1, "{when}");
            if cut_short.is_ok() {
                assert!(passed >= 5, "{passed}");
                break;
            }
        }
    }

    async fn a_message_written_meanwhile_is_deleted_too_where_children_are_counted(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        for (id, parent) in [("a", "r"), ("b", "a")] {
            db.insert_child("Nodes", parent, &item! { "id": id }).schema(schema.clone()).send().await.unwrap();
        }
        // The delete has found what there is, and waits for its transaction.
        let late = Action::pass().late(std::time::Duration::from_millis(300));
        responder.rule(Rule::on("BatchGetItem").then(late));
        let other = client(&engine).await;
        let insert = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            other.insert_child("Nodes", "b", &item! { "id": "c" }).schema(schema.clone()).send().await
        };
        let (deleted, inserted) = tokio::join!(db.delete_subtree("Nodes", "a").schema(schema.clone()).send(), insert);
        deleted.unwrap();
        // Whichever came first, nothing hangs nowhere.
        assert_sound(&db, "Nodes", &schema, "a race").await;
        assert_eq!(ids(&db, "Nodes").await, ["r"], "{inserted:?}");
    }
}

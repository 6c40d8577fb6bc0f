//! How nodes arrive: one by one in a stream, page by page, late, or not in time.

use std::time::Duration;

use enhanced_dynamodb::table::IndexDefinition;
use enhanced_dynamodb::tree::{Strategy, Tree, TreeSchema, Truncation};
use enhanced_dynamodb::{AttributeValue, ErrorKind, Item, item};
use testkit::{Action, Rule};

use crate::common::{client, nodes, put_nodes, recorded};
use crate::tree_tables::{by_chat, chats, forest, lines, outline, put_chat, put_forest};

testkit::on_both_engines! {
    async fn a_collection_of_several_pages_is_cut_by_its_deadline_between_them(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        chats(&db).await;
        let text = "x".repeat(180_000);
        for i in 0..8 {
            let mut node = item! { "chat": "c1", "id": format!("m{i}"), "text": text.as_str() };
            if i > 0 {
                node.insert("parent", format!("m{}", i - 1));
            }
            db.put("Chats", &node).send().await.unwrap();
        }
        let read = || db.read_tree("Chats", "m0").schema(by_chat()).tree("c1");
        let whole: Tree<Item> = read().send().await.unwrap();
        assert_eq!((whole.len(), whole.metadata().depth), (8, 7));
        assert!(whole.metadata().pages >= 2);
        assert_eq!(whole.metadata().requests, whole.metadata().pages);
        responder.rule(Rule::on("Query").containing("ExclusiveStartKey").then(Action::pass().late(Duration::from_secs(20))));
        let cut: Tree<Item> = read().timeout(Duration::from_secs(3)).send().await.unwrap();
        assert!((1..8).contains(&cut.len()), "{}", cut.len());
        assert_eq!((cut.metadata().truncated_by, cut.metadata().orphans), (Some(Truncation::Deadline), 0));
        responder.clear_rules();
        responder.rule(Rule::on("Query").then(Action::pass().late(Duration::from_secs(20))));
        let nothing = read().timeout(Duration::from_millis(100)).send::<Item>().await;
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    }

    async fn nodes_are_streamed_with_parents_first(engine: Engine) {
        let db = client(&engine).await;
        chats(&db).await;
        put_chat(&db, "c1", &[("m0", ""), ("b", "c"), ("c", "m0"), ("a", "b"), ("z", "a")]).await;
        for strategy in [Strategy::Adjacency, Strategy::Collection] {
            let read = db.read_tree("Chats", "m0").schema(by_chat()).tree("c1").strategy(strategy);
            let mut stream = read.stream::<Item>();
            assert!(stream.metadata().is_none());
            let mut seen: Vec<AttributeValue> = Vec::new();
            while let Some(node) = stream.next().await {
                let node = node.unwrap();
                assert!(node.parent.is_none_or(|parent| seen.contains(&parent)), "{strategy:?}");
                assert_eq!(node.depth as usize, seen.len(), "a chain");
                seen.push(node.id);
            }
            assert_eq!(seen.len(), 5);
            let metadata = stream.metadata().unwrap();
            assert_eq!((metadata.node_count, metadata.depth, metadata.truncated), (5, 4, false), "{strategy:?}");
            assert!(stream.next().await.is_none());
        }
    }

    async fn a_stream_goes_on_behind_a_node_of_another_type_and_ends_at_an_error(engine: Engine) {
        #[derive(serde::Deserialize)]
        #[allow(dead_code, reason = "only read")]
        struct Typed {
            id: String,
            stars: Option<u32>,
        }
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("b", "a")]).await;
        db.put("Nodes", &item! { "id": "a", "parent": "r", "stars": "many" }).send().await.unwrap();
        let mut stream = db.read_tree("Nodes", "r").stream::<Typed>();
        assert_eq!(stream.next().await.unwrap().unwrap().value.id, "r");
        let bad = stream.next().await.unwrap().unwrap_err();
        assert_eq!((bad.kind(), bad.item::<Item>().unwrap().unwrap().get_s("id")), (ErrorKind::Decode, Some("a")));
        assert_eq!(stream.next().await.unwrap().unwrap().value.id, "b");
        assert!(stream.next().await.is_none());
        responder.rule(Rule::on("Query").then(Action::error("AccessDeniedException", "no")));
        let mut stream = db.read_tree("Nodes", "r").stream::<Typed>();
        assert!(stream.next().await.unwrap().is_ok());
        assert_eq!(stream.next().await.unwrap().map(|node| node.depth).unwrap_err().kind(), ErrorKind::AccessDenied);
        assert!(stream.next().await.is_none());
        let mut refused = db.read_tree("Nodes", "r").max_nodes(0).stream::<Typed>();
        assert!(refused.next().await.unwrap().is_err() && refused.next().await.is_none());
    }

    async fn an_index_that_lags_behind_is_told_by_the_counts(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        db.put("Nodes", &item! { "id": "r", "replies": 2 }).send().await.unwrap();
        db.put("Nodes", &item! { "id": "a", "parent": "r", "replies": 0 }).send().await.unwrap();
        db.put("Nodes", &item! { "id": "b", "parent": "r", "replies": 0 }).send().await.unwrap();
        let schema = TreeSchema::default().child_count("replies").sole_writer();
        let late = serde_json::json!({
            "Items": [{ "id": { "S": "a" }, "parent": { "S": "r" }, "replies": { "N": "0" } }], "Count": 1, "ScannedCount": 1,
        });
        responder.rule(Rule::on("Query").first(1).then(Action::json(200, late)));
        let read = || db.read_tree("Nodes", "r").schema(schema.clone()).send::<Item>();
        let behind = read().await.unwrap();
        assert_eq!((behind.len(), behind.metadata().incomplete, behind.metadata().truncated), (2, 1, false));
        let whole = read().await.unwrap();
        assert_eq!((whole.len(), whole.metadata().incomplete), (3, 0));
    }

    async fn a_root_that_its_index_does_not_have_yet_is_read_from_the_table(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db, |index| index).await;
        let node = |id: &str| item! { "id": id, "tree": "t", "parent": "t" };
        put_forest(&db, &[item! { "id": "t", "tree": "t" }, node("a"), node("b")]).await;
        let read = || db.read_tree("Forest", "t").schema(schema.clone()).send::<Item>();
        let late = serde_json::json!({
            "Items": [{ "id": { "S": "b" }, "parent": { "S": "t" }, "tree": { "S": "t" } }], "Count": 1, "ScannedCount": 1,
        });
        responder.rule(Rule::on("Query").first(1).then(Action::json(200, late)));
        let behind = read().await.unwrap();
        assert_eq!(outline(&behind), lines(&[(0, "t"), (1, "b")]));
        assert_eq!((behind.metadata().orphans, behind.metadata().requests), (0, 2));
        assert_eq!(read().await.unwrap().len(), 3);
    }

    async fn leftovers_of_a_completion_end_with_the_deadline(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db, IndexDefinition::keys_only).await;
        put_forest(&db, &[item! { "id": "t", "tree": "t" }, item! { "id": "a", "tree": "t", "parent": "t" }]).await;
        responder.rule(Rule::on("BatchGetItem").then(Action::leftovers(0)));
        let read = db.read_tree("Forest", "t").schema(schema).strategy(Strategy::Adjacency).timeout(Duration::from_secs(1));
        let tree: Tree<Item> = read.send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().truncated_by), (1, Some(Truncation::Deadline)));
    }
}

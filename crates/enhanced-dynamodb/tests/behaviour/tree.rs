//! Reading a tree: its nodes, their order, and what is reported.

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{Tree, TreeSchema};
use enhanced_dynamodb::{AttributeValue, Client, ErrorKind, Item, Number, item};
use serde::{Deserialize, Serialize};

use crate::common::{client, create_messages, nodes, put_nodes, recorded};

/// Every node as its depth and id, each before its children.
fn outline(tree: &Tree<Item>) -> Vec<(u32, String)> {
    tree.preorder().map(|node| (node.depth(), node.value().get_s("id").unwrap_or("?").to_owned())).collect()
}

fn lines(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
    expected.iter().map(|(depth, id)| (*depth, (*id).to_owned())).collect()
}

async fn read(db: &Client, root: &str) -> Tree<Item> {
    db.read_tree("Nodes", root).send().await.unwrap()
}

testkit::on_both_engines! {
    async fn a_tree_is_read_from_its_root_down(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(
            &db,
            &[
                ("r", ""),
                ("a", "r"),
                ("b", "r"),
                ("a1", "a"),
                ("a2", "a"),
                ("a1x", "a1"),
                ("other", ""),
                ("o1", "other"),
            ],
        )
        .await;
        let tree = read(&db, "r").await;
        assert_eq!(outline(&tree), lines(&[(0, "r"), (1, "a"), (2, "a1"), (3, "a1x"), (2, "a2"), (1, "b")]));
        let metadata = tree.metadata();
        assert_eq!((metadata.node_count, metadata.depth, metadata.cycles, metadata.truncated), (6, 3, 0, false));
        assert_eq!((tree.len(), &metadata.root_id), (6, &AttributeValue::from("r")));
        // The root, and the children of each of the six.
        assert_eq!(metadata.requests, 7);
        assert!(!metadata.elapsed.is_zero());
        let below = read(&db, "a").await;
        assert_eq!(outline(&below), lines(&[(0, "a"), (1, "a1"), (2, "a1x"), (1, "a2")]));
        let leaf = read(&db, "b").await;
        assert_eq!((leaf.len(), leaf.metadata().depth), (1, 0));
    }

    async fn a_node_knows_its_parent_and_its_children(engine: Engine) {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Node {
            id: String,
            parent: Option<String>,
        }
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r"), ("a1", "a")]).await;
        let tree: Tree<Node> = db.read_tree("Nodes", "r").send().await.unwrap();
        let root = tree.root();
        assert!(root.parent().is_none() && root.value().parent.is_none());
        let children: Vec<&str> = root.children().map(|child| child.value().id.as_str()).collect();
        assert_eq!(children, ["a", "b"]);
        assert_eq!(root.children().next_back().unwrap().id(), &AttributeValue::from("b"));
        let grandchild = root.children().next().unwrap().children().next().unwrap();
        assert_eq!((grandchild.depth(), grandchild.children().len()), (2, 0));
        assert_eq!(grandchild.parent().unwrap().value().id, "a");
        assert_eq!(grandchild.value().parent.as_deref(), Some("a"));
    }

    async fn children_over_several_pages_are_all_read(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        db.put("Nodes", &item! { "id": "r" }).send().await.unwrap();
        let text = "x".repeat(300_000);
        for i in 0..8 {
            let put = item! { "id": format!("c{i}"), "parent": "r", "text": text.as_str() };
            db.put("Nodes", &put).send().await.unwrap();
        }
        responder.forget_requests();
        let tree = read(&db, "r").await;
        assert_eq!((tree.len(), tree.metadata().truncated), (9, false));
        let asked: Vec<_> = responder.requests().into_iter().filter(|seen| seen.operation != "DescribeTable").collect();
        let pages = asked.iter().filter(|seen| seen.body.get("ExclusiveStartKey").is_some()).count();
        assert!(pages >= 1, "{pages}");
        assert_eq!(tree.metadata().requests, asked.len() as u64);
        let expected: Vec<(u32, String)> =
            std::iter::once((0, "r".to_owned())).chain((0..8).map(|i| (1, format!("c{i}")))).collect();
        assert_eq!(outline(&tree), expected);
    }

    async fn a_root_that_does_not_exist_is_an_error_of_its_own(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let error = db.read_tree("Nodes", "nobody").send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::RootNotFound, "RootNotFound"));
        assert_eq!((error.operation(), error.table()), (Some("ReadTree"), Some("Nodes")));
        let error = db.read_tree("Nowhere", "r").send::<Item>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceNotFound);
        create_messages(&db).await;
        db.put("Messages", &item! { "id": "r" }).send().await.unwrap();
        let error = db.read_tree("Messages", "r").send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some("ReadTree")));
        assert!(error.message().contains("has no index parent-index on parent"), "{error}");
    }

    async fn a_node_of_another_type_is_an_error_with_the_item(engine: Engine) {
        #[derive(Debug, Deserialize)]
        struct Typed {
            #[allow(dead_code, reason = "only read")]
            id: String,
            #[allow(dead_code, reason = "only read")]
            stars: Option<u32>,
        }
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r")]).await;
        let bad = item! { "id": "b", "parent": "r", "stars": "many" };
        db.put("Nodes", &bad).send().await.unwrap();
        let error = db.read_tree("Nodes", "r").send::<Typed>().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("ReadTree")));
        assert!(error.message().contains("stars"), "{error}");
        assert_eq!(error.item().unwrap(), Some(bad));
    }

    async fn children_stand_in_the_order_of_their_key_or_of_an_attribute(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("n10", "r"), ("n9", "r"), ("N1", "r"), ("é", "r")]).await;
        let ids = |tree: &Tree<Item>| outline(tree).into_iter().skip(1).map(|(_, id)| id).collect::<Vec<_>>();
        assert_eq!(ids(&read(&db, "r").await), ["N1", "n10", "n9", "é"], "text by its bytes");
        for (id, at) in [("n10", "10"), ("n9", "9"), ("N1", "-2.5")] {
            let at: Number = at.parse().unwrap();
            db.update("Nodes").key("id", id).set("at", at).send().await.unwrap();
        }
        db.put("Nodes", &item! { "id": "text", "parent": "r", "at": "0" }).send().await.unwrap();
        let schema = TreeSchema::default().order_by("at");
        let tree: Tree<Item> = db.read_tree("Nodes", "r").schema(schema).send().await.unwrap();
        assert_eq!(ids(&tree), ["é", "N1", "n9", "n10", "text"], "without it first, then numbers, then text");
    }

    async fn numbers_can_be_ids_and_a_schema_can_name_everything(engine: Engine) {
        let db = client(&engine).await;
        let index = IndexDefinition::new("replies").partition_key("replyTo", AttributeType::Number);
        db.create_table("Posts").partition_key("no", AttributeType::Number).global_index(index).send().await.unwrap();
        for (no, reply_to) in [(1, 0), (10, 1), (9, 1), (2, 9), (100, 1)] {
            db.put("Posts", &item! { "no": no, "replyTo": reply_to }).send().await.unwrap();
        }
        let schema = TreeSchema::default().key("no").parent("replyTo").index("replies");
        let tree: Tree<Item> = db.read_tree("Posts", 1).schema(schema.clone()).send().await.unwrap();
        let numbers: Vec<Option<i64>> =
            tree.preorder().map(|node| node.value().get_n("no").and_then(Number::to_i64)).collect();
        assert_eq!(numbers, [1, 9, 2, 10, 100].map(Some), "numbers by value");
        assert_eq!(tree.metadata().root_id, AttributeValue::from(1));
        // 1 and 1.0 are one key.
        let tree: Tree<Item> = db.read_tree("Posts", 1.0).schema(schema).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().cycles), (5, 0));
    }

    async fn a_cycle_is_reported_and_ends_the_branch(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", "b"), ("a", "r"), ("b", "a"), ("self", "self"), ("s1", "self")]).await;
        let tree = read(&db, "r").await;
        assert_eq!(outline(&tree), lines(&[(0, "r"), (1, "a"), (2, "b")]));
        assert_eq!((tree.metadata().cycles, tree.metadata().truncated), (1, false));
        let tree = read(&db, "self").await;
        assert_eq!(outline(&tree), lines(&[(0, "self"), (1, "s1")]));
        assert_eq!((tree.metadata().cycles, tree.metadata().truncated), (1, false));
    }

    async fn a_root_inside_another_tree_may_name_a_parent(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("a", "nobody"), ("b", "a")]).await;
        let tree = db.read_tree("Nodes", "a").consistent_read(true).send::<Item>().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().cycles), (2, 0));
    }
}

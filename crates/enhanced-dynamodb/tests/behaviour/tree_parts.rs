//! Reads that do not need the whole tree: children, siblings, the path to the root, leaves, counts.

use std::time::Duration;

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{PathEnd, TreeSchema, Truncation};
use enhanced_dynamodb::{AttributeValue, Client, ErrorKind, Item, attr, item};
use serde::Deserialize;
use testkit::{Action, Rule};

use crate::common::{client, nodes, put_nodes, recorded};

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().filter_map(|item| item.get_s("id")).collect()
}

async fn family(db: &Client) {
    nodes(db).await;
    put_nodes(db, &[("r", ""), ("c", "r"), ("a", "r"), ("b", "r"), ("a1", "a"), ("a2", "a"), ("a1x", "a1")]).await;
}

testkit::on_both_engines! {
    async fn children_and_siblings_come_in_their_order(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        family(&db).await;
        let children: Vec<Item> = db.children("Nodes", "r").send().await.unwrap();
        assert_eq!(ids(&children), ["a", "b", "c"]);
        assert_eq!(ids(&db.siblings("Nodes", "b").send::<Item>().await.unwrap()), ["a", "c"]);
        assert!(db.siblings("Nodes", "r").send::<Item>().await.unwrap().is_empty(), "a root stands alone");
        assert!(db.children("Nodes", "nobody").send::<Item>().await.unwrap().is_empty());
        let error = db.siblings("Nodes", "nobody").send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::RootNotFound, Some("ReadSiblings")));
        let two: Vec<Item> = db.children("Nodes", "r").limit(2).filter(attr("id").ne("a")).send().await.unwrap();
        assert_eq!(ids(&two), ["b", "c"]);
        let bare: Vec<Item> = db.children("Nodes", "a").projection(["parent"]).send().await.unwrap();
        assert_eq!(bare, [item! { "parent": "a" }, item! { "parent": "a" }]);
        responder.forget_requests();
        let one: Vec<Item> = db.siblings("Nodes", "a1").limit(1).send().await.unwrap();
        assert_eq!(ids(&one), ["a2"]);
        let asked: Vec<String> = responder.requests().into_iter().map(|seen| seen.operation).collect();
        assert_eq!(asked, ["GetItem", "Query"]);
        db.create_table("Bare").partition_key("id", AttributeType::String).send().await.unwrap();
        let error = db.children("Bare", "r").send::<Item>().await.unwrap_err();
        assert!(error.message().contains("has no index parent-index"), "{error}");
    }

    async fn children_over_several_pages_are_all_read_unless_the_first_are_enough(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let index = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String);
        let index = index.sort_key("at", AttributeType::Number);
        db.create_table("Nodes").partition_key("id", AttributeType::String).global_index(index).send().await.unwrap();
        let text = "x".repeat(300_000);
        for i in 0..8 {
            let node = item! { "id": format!("n{i}"), "parent": "r", "at": 100 - i, "text": text.as_str() };
            db.put("Nodes", &node).send().await.unwrap();
        }
        let all: Vec<Item> = db.children("Nodes", "r").projection(["id"]).send().await.unwrap();
        assert_eq!(ids(&all), ["n7", "n6", "n5", "n4", "n3", "n2", "n1", "n0"], "by the index's sort key");
        responder.forget_requests();
        let first: Vec<Item> = db.children("Nodes", "r").limit(2).send().await.unwrap();
        assert_eq!((ids(&first), responder.requests_of("Query").len()), (vec!["n7", "n6"], 1));
    }

    async fn the_path_to_the_root_is_read_key_by_key_and_consistently(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        family(&db).await;
        responder.forget_requests();
        let path = db.path_to_root("Nodes", "a1x").send::<Item>().await.unwrap();
        assert_eq!((ids(&path.nodes), &path.end, path.requests), (vec!["r", "a", "a1", "a1x"], &PathEnd::Root, 4));
        let asked = responder.requests();
        assert_eq!(asked.len(), 4, "and the table is not described");
        assert!(asked.iter().all(|seen| seen.operation == "GetItem" && seen.body["ConsistentRead"] == true));
        let last = db.path_to_root("Nodes", "a1x").limit(2).send::<Item>().await.unwrap();
        assert_eq!((ids(&last.nodes), &last.end), (vec!["a1", "a1x"], &PathEnd::Limit));
        let root = db.path_to_root("Nodes", "r").limit(1).projection(["id"]).send::<Item>().await.unwrap();
        assert_eq!((ids(&root.nodes), &root.end), (vec!["r"], &PathEnd::Root));
        let error = db.path_to_root("Nodes", "nobody").send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::RootNotFound, Some("PathToRoot")));
        let error = db.path_to_root("Nodes", "r").limit(0).send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
    }

    async fn a_path_that_does_not_end_at_a_root_says_why(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("a", "c"), ("b", "a"), ("c", "b"), ("d", "c"), ("self", "self"), ("lost", "gone"), ("l1", "lost")]).await;
        let path = |id: &str| db.path_to_root("Nodes", id).send::<Item>();
        let circle = path("d").await.unwrap();
        assert_eq!((ids(&circle.nodes), circle.end), (vec!["a", "b", "c", "d"], PathEnd::Cycle(AttributeValue::from("c"))));
        let own = path("self").await.unwrap();
        assert_eq!((own.nodes.len(), own.end), (1, PathEnd::Cycle(AttributeValue::from("self"))));
        let lost = path("l1").await.unwrap();
        assert_eq!((ids(&lost.nodes), lost.end), (vec!["lost", "l1"], PathEnd::MissingParent(AttributeValue::from("gone"))));
        responder.rule(Rule::on("GetItem").containing("\"lost\"").then(Action::pass().late(Duration::from_secs(20))));
        let cut = db.path_to_root("Nodes", "l1").timeout(Duration::from_secs(1)).send::<Item>().await.unwrap();
        assert_eq!((ids(&cut.nodes), cut.end), (vec!["l1"], PathEnd::Deadline));
    }

    async fn a_list_of_ancestors_is_read_in_one_batch_and_not_trusted(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().ancestors("above");
        for (id, parent, above) in
            [("a", "r", vec!["r"]), ("b", "a", vec!["r", "a"]), ("c", "b", vec!["r", "a", "b"]), ("d", "a", vec!["old", "r"])]
        {
            db.put("Nodes", &item! { "id": id, "parent": parent, "above": above }).send().await.unwrap();
        }
        db.put("Nodes", &item! { "id": "r" }).send().await.unwrap();
        responder.forget_requests();
        let path = |id: &str| db.path_to_root("Nodes", id).schema(schema.clone());
        let kept = path("c").send::<Item>().await.unwrap();
        assert_eq!((ids(&kept.nodes), &kept.end, kept.requests), (vec!["r", "a", "b", "c"], &PathEnd::Root, 2));
        let asked: Vec<String> = responder.requests().into_iter().map(|seen| seen.operation).collect();
        assert_eq!(asked, ["GetItem", "BatchGetItem"]);
        let batch = &responder.requests_of("BatchGetItem")[0].body["RequestItems"]["Nodes"];
        assert_eq!(batch["ConsistentRead"], true);
        let mended = path("d").send::<Item>().await.unwrap();
        assert_eq!((ids(&mended.nodes), &mended.end, mended.requests), (vec!["r", "a", "d"], &PathEnd::Root, 3));
        let last = path("c").limit(2).projection(["id"]).send::<Item>().await.unwrap();
        assert_eq!((&last.nodes[..], &last.end), (&[item! { "id": "b" }, item! { "id": "c" }][..], &PathEnd::Limit));
        let keys = &responder.requests_of("BatchGetItem")[2].body["RequestItems"]["Nodes"]["Keys"];
        assert_eq!(keys.as_array().unwrap().len(), 1, "no more than the limit takes");
    }

    async fn a_path_in_a_table_partitioned_by_tree_needs_the_trees_id(engine: Engine) {
        let db = client(&engine).await;
        let table = db.create_table("Chats").partition_key("chat", AttributeType::String);
        table.sort_key("id", AttributeType::String).send().await.unwrap();
        db.put("Chats", &item! { "chat": "c", "id": "r" }).send().await.unwrap();
        db.put("Chats", &item! { "chat": "c", "id": "a", "parent": "r" }).send().await.unwrap();
        let path = || db.path_to_root("Chats", "a").schema(TreeSchema::default().partitioned_by("chat"));
        assert_eq!(ids(&path().tree("c").send::<Item>().await.unwrap().nodes), ["r", "a"]);
        let error = path().send::<Item>().await.unwrap_err();
        assert!(error.message().contains("the tree's id (chat) is part of a node's key"), "{error}");
    }

    async fn leaves_alone_must_be_of_the_type_asked_for(engine: Engine) {
        #[derive(Debug, Deserialize)]
        struct Answer {
            text: String,
        }
        let db = client(&engine).await;
        family(&db).await;
        for leaf in ["a1x", "a2", "b", "c"] {
            db.update("Nodes").key("id", leaf).set("text", format!("says {leaf}")).send().await.unwrap();
        }
        let found = db.leaves("Nodes", "r").send::<Answer>().await.unwrap();
        let texts: Vec<&str> = found.nodes.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!(texts, ["says a1x", "says a2", "says b", "says c"]);
        assert_eq!((found.metadata.node_count, found.metadata.truncated), (7, false));
        let cut = db.leaves("Nodes", "r").max_depth(2).send::<Item>().await.unwrap();
        assert_eq!((ids(&cut.nodes), cut.metadata.truncated_by), (vec!["a1", "a2", "b", "c"], Some(Truncation::Depth)));
        assert_eq!(db.leaves("Nodes", "b").send::<Answer>().await.unwrap().nodes.len(), 1);
    }

    async fn nodes_are_counted_without_being_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        family(&db).await;
        let found = db.count("Nodes", "r").send().await.unwrap();
        assert_eq!((found.node_count, found.depth, found.truncated), (7, 3, false));
        let queries = responder.requests_of("Query");
        assert!(queries.iter().all(|seen| seen.body.get("ProjectionExpression").is_some()));
        assert_eq!(db.count("Nodes", "a").max_depth(1).send().await.unwrap().node_count, 3);
        assert_eq!(db.count("Nodes", "nobody").send().await.unwrap_err().kind(), ErrorKind::RootNotFound);
    }
}

//! The ways in which a tree is read: by its edges, and as a collection in a table or an index.

use enhanced_dynamodb::operation::ReturnConsumedCapacity;
use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{Strategy, Tree, TreeSchema, Truncation};
use enhanced_dynamodb::{ErrorKind, Item, attr, item};
use testkit::{Action, Engine, Responder, Rule};

use crate::common::{client, nodes, put_nodes, recorded};
use crate::tree_tables::{by_chat, chats, forest, lines, outline, put_chat, put_forest};

/// The operations that were asked for since, and the last body.
fn operations(responder: &Responder) -> Vec<String> {
    responder.requests().into_iter().map(|seen| seen.operation).collect()
}

testkit::on_both_engines! {
    async fn a_collection_in_a_table_is_one_consistent_query(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        chats(&db).await;
        put_chat(&db, "c1", &[("c1", ""), ("b", "a"), ("a", "c1"), ("z", "c1")]).await;
        put_chat(&db, "c2", &[("c2", ""), ("a", "c2")]).await;
        responder.forget_requests();
        let read = || db.read_tree("Chats", "c1").schema(by_chat());
        let tree: Tree<Item> = read().send().await.unwrap();
        assert_eq!(outline(&tree), lines(&[(0, "c1"), (1, "a"), (2, "b"), (1, "z")]));
        assert_eq!((tree.metadata().requests, tree.metadata().pages, tree.metadata().depth), (1, 1, 2));
        let asked = responder.requests_of("Query");
        assert_eq!((asked.len(), &asked[0].body["ConsistentRead"]), (1, &serde_json::json!(true)));
        assert_eq!(tree.get("b").unwrap().value().get_s("text"), Some("c1 b"));
        responder.forget_requests();
        let cheap: Tree<Item> = read().consistent_read(false).send().await.unwrap();
        assert_eq!(outline(&cheap), outline(&tree));
        assert_eq!(operations(&responder), ["Query"], "the table is described once");
        assert!(responder.requests()[0].body.get("ConsistentRead").is_none());
    }

    async fn a_part_of_a_collection_is_read_by_the_trees_id(engine: Engine) {
        let db = client(&engine).await;
        chats(&db).await;
        put_chat(&db, "c1", &[("m0", ""), ("a", "m0"), ("b", "a"), ("z", "m0"), ("lost", "gone"), ("below", "lost")]).await;
        let read = |root: &str| db.read_tree("Chats", root).schema(by_chat()).tree("c1");
        let tree: Tree<Item> = read("a").send().await.unwrap();
        assert_eq!(outline(&tree), lines(&[(0, "a"), (1, "b")]));
        assert_eq!((tree.metadata().orphans, tree.metadata().cycles), (1, 0));
        let error = read("nobody").send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::RootNotFound, Some("ReadTree")));
    }

    async fn a_local_index_reads_edges_consistently(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        chats(&db).await;
        put_chat(&db, "c1", &[("c1", ""), ("a", "c1"), ("b", "a")]).await;
        put_chat(&db, "c2", &[("c2", ""), ("a", "c2"), ("other", "a")]).await;
        let expected = lines(&[(0, "c1"), (1, "a"), (2, "b")]);
        let read = |schema: TreeSchema| db.read_tree("Chats", "c1").schema(schema).strategy(Strategy::Adjacency);
        let tree: Tree<Item> = read(by_chat().index("replies")).consistent_read(true).send().await.unwrap();
        assert_eq!(outline(&tree), expected);
        assert!(responder.requests_of("Query").iter().all(|seen| seen.body["ConsistentRead"] == true));
        // A global index has the children of all chats: those of others are not taken in.
        let tree: Tree<Item> = read(by_chat()).send().await.unwrap();
        assert_eq!(outline(&tree), expected);
    }

    async fn a_collection_in_an_index_learns_the_trees_id_from_the_root(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db, |index| index).await;
        let node = |id: &str, parent: &str| item! { "id": id, "tree": "t", "parent": parent };
        put_forest(&db, &[item! { "id": "t", "tree": "t" }, node("a", "t"), node("b", "a"), node("c", "t")]).await;
        let whole: Tree<Item> = db.read_tree("Forest", "t").schema(schema.clone()).send().await.unwrap();
        assert_eq!(outline(&whole), lines(&[(0, "t"), (1, "a"), (2, "b"), (1, "c")]));
        assert_eq!((whole.metadata().requests, whole.metadata().orphans), (1, 0));
        responder.forget_requests();
        let part: Tree<Item> = db.read_tree("Forest", "a").schema(schema.clone()).send().await.unwrap();
        assert_eq!(outline(&part), lines(&[(0, "a"), (1, "b")]));
        assert_eq!(operations(&responder), ["Query", "GetItem", "Query"]);
        responder.forget_requests();
        let named: Tree<Item> = db.read_tree("Forest", "a").schema(schema).tree("t").send().await.unwrap();
        assert_eq!((outline(&named), operations(&responder)), (outline(&part), vec!["Query".to_owned()]));
    }

    async fn nodes_of_an_index_with_keys_alone_are_completed(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db, IndexDefinition::keys_only).await;
        let mut all = vec![item! { "id": "t", "tree": "t", "text": "root" }];
        all.extend((0..130).map(|i| item! { "id": format!("c{i:03}"), "tree": "t", "parent": "t", "text": format!("no {i}") }));
        put_forest(&db, &all).await;
        responder.rule(Rule::on("BatchGetItem").nth(1).then(Action::leftovers(60)));
        for strategy in [Strategy::Adjacency, Strategy::Collection] {
            responder.forget_requests();
            let read = db.read_tree("Forest", "t").schema(schema.clone()).strategy(strategy);
            let tree: Tree<Item> = read.send().await.unwrap();
            assert_eq!((tree.len(), tree.metadata().depth), (131, 1), "{strategy:?}");
            assert!(tree.preorder().all(|node| node.value().get_s("text").is_some()), "{strategy:?}");
            assert_eq!(tree.get("c007").unwrap().value().get_s("text"), Some("no 7"));
            let batches = responder.requests_of("BatchGetItem");
            assert!(batches.iter().all(|seen| seen.body["RequestItems"]["Forest"]["Keys"].as_array().unwrap().len() <= 100));
            let asked = responder.requests().iter().filter(|seen| seen.operation != "DescribeTable").count();
            assert_eq!(tree.metadata().requests, asked as u64, "{strategy:?}");
        }
        responder.forget_requests();
        let read = db.read_tree("Forest", "t").schema(schema.clone()).strategy(Strategy::Adjacency).projection(["id"]);
        let tree: Tree<Item> = read.send().await.unwrap();
        assert_eq!((tree.len(), responder.requests_of("BatchGetItem").len()), (131, 0), "the keys are there");
        let filtered = db.read_tree("Forest", "t").schema(schema).filter(attr("text").eq("no 7"));
        let error = filtered.send::<Item>().await.unwrap_err();
        assert!(error.message().contains("a filter sees only what the index has copies of"), "{error}");
    }

    async fn an_index_that_includes_what_is_asked_for_is_not_completed(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db, |index| index.include(["text", "at"])).await.order_by("at");
        let node = |id: &str, at: u32| item! { "id": id, "tree": "t", "parent": "t", "at": at, "text": id, "more": 1 };
        put_forest(&db, &[item! { "id": "t", "tree": "t", "text": "t", "more": 1 }, node("a", 2), node("b", 1)]).await;
        let read = || db.read_tree("Forest", "t").schema(schema.clone()).strategy(Strategy::Adjacency);
        let part: Tree<Item> = read().projection(["text"]).send().await.unwrap();
        let texts: Vec<Option<&str>> = part.preorder().map(|node| node.value().get_s("text")).collect();
        assert_eq!((texts, part.metadata().requests), (vec![Some("t"), Some("b"), Some("a")], 4));
        assert!(responder.requests_of("BatchGetItem").is_empty());
        let whole: Tree<Item> = read().send().await.unwrap();
        assert!(whole.preorder().all(|node| node.value().get_n("more").is_some()));
        assert_eq!(responder.requests_of("BatchGetItem").len(), 1);
    }

    async fn nodes_of_a_partitioned_table_are_completed_by_their_whole_key(engine: Engine) {
        let db = client(&engine).await;
        db.create_table("Chats")
            .partition_key("chat", AttributeType::String)
            .sort_key("id", AttributeType::String)
            .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String).keys_only())
            .send()
            .await
            .unwrap();
        put_chat(&db, "c1", &[("c1", ""), ("a", "c1"), ("b", "a")]).await;
        put_chat(&db, "c2", &[("c2", ""), ("a", "c2"), ("b", "a"), ("other", "a")]).await;
        let read = db.read_tree("Chats", "c1").schema(by_chat()).strategy(Strategy::Adjacency);
        let tree: Tree<Item> = read.send().await.unwrap();
        let texts: Vec<Option<&str>> = tree.preorder().map(|node| node.value().get_s("text")).collect();
        assert_eq!(texts, [Some("c1 c1"), Some("c1 a"), Some("c1 b")]);
        let children: Vec<Item> = db.children("Chats", "a").schema(by_chat()).tree("c1").send().await.unwrap();
        assert_eq!(children.iter().map(|child| child.get_s("text")).collect::<Vec<_>>(), [Some("c1 b")]);
    }

    async fn a_filter_prunes_what_lies_below_and_says_how_much(engine: Engine) {
        let db = client(&engine).await;
        let schema = forest(&db, |index| index).await;
        let node = |id: &str, parent: &str, kind: &str| item! { "id": id, "tree": "t", "parent": parent, "kind": kind };
        let root = item! { "id": "t", "tree": "t", "kind": "off" };
        put_forest(&db, &[root, node("a", "t", "on"), node("b", "a", "off"), node("c", "b", "on"), node("d", "t", "on")]).await;
        for (strategy, pruned) in [(Strategy::Adjacency, 1), (Strategy::Collection, 2)] {
            let read = db.read_tree("Forest", "t").schema(schema.clone()).strategy(strategy);
            let tree: Tree<Item> = read.filter(attr("kind").eq("on")).send().await.unwrap();
            assert_eq!(outline(&tree), lines(&[(0, "t"), (1, "a"), (1, "d")]), "{strategy:?}");
            let metadata = tree.metadata();
            assert_eq!((metadata.pruned, metadata.orphans, metadata.truncated), (pruned, 0, false), "{strategy:?}");
        }
    }

    async fn a_projection_reads_what_the_tree_needs_and_takes_it_out_again(engine: Engine) {
        let db = client(&engine).await;
        let schema = forest(&db, |index| index).await.order_by("at");
        let node = |id: &str, at: u32| item! { "id": id, "tree": "t", "parent": "t", "at": at, "text": id, "more": 1 };
        put_forest(&db, &[item! { "id": "t", "tree": "t", "text": "t", "more": 1 }, node("a", 2), node("b", 1)]).await;
        for strategy in [Strategy::Adjacency, Strategy::Collection] {
            let read = || db.read_tree("Forest", "t").schema(schema.clone()).strategy(strategy);
            let tree: Tree<Item> = read().projection(["text"]).send().await.unwrap();
            let items: Vec<&Item> = tree.preorder().map(|node| node.value()).collect();
            assert_eq!(items, [&item! { "text": "t" }, &item! { "text": "b" }, &item! { "text": "a" }], "{strategy:?}");
            let kept: Tree<Item> = read().projection(["parent", "text"]).send().await.unwrap();
            let last = kept.preorder().next_back().unwrap().value();
            assert_eq!(last, &item! { "parent": "t", "text": "a" }, "{strategy:?}");
        }
        let error = db.read_tree("Forest", "t").schema(schema).projection([attr("id").field("x")]);
        let error = error.send::<Item>().await.unwrap_err();
        assert!(error.message().contains("id.x"), "{error}");
    }

    async fn counts_of_a_sole_writer_spare_the_leaves(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        let node = |id: &str, parent: &str, replies: u32| item! { "id": id, "parent": parent, "replies": replies };
        let all = [item! { "id": "r", "replies": 2 }, node("a", "r", 1), node("b", "r", 0), node("a1", "a", 0)];
        for node in &all {
            db.put("Nodes", node).send().await.unwrap();
        }
        let counted = TreeSchema::default().child_count("replies");
        let read = |schema: &TreeSchema| db.read_tree("Nodes", "r").schema(schema.clone());
        let tree: Tree<Item> = read(&counted).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().requests, tree.metadata().incomplete), (4, 5, 0));
        let sole = counted.clone().sole_writer();
        let tree: Tree<Item> = read(&sole).send().await.unwrap();
        // The root, and the children of the two that have any.
        assert_eq!((tree.len(), tree.metadata().requests, tree.metadata().incomplete), (4, 3, 0));
        responder.forget_requests();
        let tree: Tree<Item> = read(&sole).max_depth(1).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().truncated_by), (3, Some(Truncation::Depth)));
        assert_eq!(operations(&responder), ["GetItem", "Query"], "the counts tell what lies below");
        db.update("Nodes").key("id", "a").set("replies", 3).send().await.unwrap();
        for schema in [&counted, &sole] {
            assert_eq!(read(schema).send::<Item>().await.unwrap().metadata().incomplete, 1);
        }
    }

    async fn counts_are_compared_in_a_collection_too(engine: Engine) {
        let db = client(&engine).await;
        chats(&db).await;
        let schema = by_chat().child_count("replies");
        for (id, replies) in [("c1", 2), ("a", 0), ("b", 1)] {
            let mut node = item! { "chat": "c1", "id": id, "replies": replies };
            if id != "c1" {
                node.insert("parent", "c1");
            }
            db.put("Chats", &node).send().await.unwrap();
        }
        let tree: Tree<Item> = db.read_tree("Chats", "c1").schema(schema.clone()).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().incomplete), (3, 1));
        let cut: Tree<Item> = db.read_tree("Chats", "c1").schema(schema).max_depth(0).send().await.unwrap();
        assert_eq!((cut.len(), cut.metadata().incomplete, cut.metadata().truncated), (1, 0, true));
    }

    async fn a_constant_sort_key_is_part_of_every_nodes_key(engine: Engine) {
        let db = client(&engine).await;
        db.create_table("Single")
            .partition_key("pk", AttributeType::String)
            .sort_key("sk", AttributeType::String)
            .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String).keys_only())
            .send()
            .await
            .unwrap();
        for (pk, parent) in [("r", ""), ("a", "r"), ("b", "a")] {
            let mut node = item! { "pk": pk, "sk": "NODE", "text": pk };
            if !parent.is_empty() {
                node.insert("parent", parent);
            }
            db.put("Single", &node).send().await.unwrap();
        }
        let schema = TreeSchema::default().key("pk").sort_key("sk", "NODE");
        let tree: Tree<Item> = db.read_tree("Single", "r").schema(schema).send().await.unwrap();
        let texts: Vec<Option<&str>> = tree.preorder().map(|node| node.value().get_s("text")).collect();
        assert_eq!(texts, [Some("r"), Some("a"), Some("b")]);
        let error = db.read_tree("Single", "r").schema(TreeSchema::default().key("pk")).send::<Item>().await.unwrap_err();
        assert!(error.advice().contains("sort_key(\"sk\", value)"), "{error}");
    }

    async fn limits_of_a_collection_tell_exactly_what_is_left_out(engine: Engine) {
        let db = client(&engine).await;
        chats(&db).await;
        put_chat(&db, "c1", &[("c1", ""), ("a", "c1"), ("b", "c1"), ("a1", "a"), ("b1", "b"), ("b2", "b")]).await;
        let read = || db.read_tree("Chats", "c1").schema(by_chat());
        for (depth, nodes, by) in [(0, 1, Some(Truncation::Depth)), (1, 3, Some(Truncation::Depth)), (2, 6, None)] {
            let tree: Tree<Item> = read().max_depth(depth).send().await.unwrap();
            assert_eq!((tree.len(), tree.metadata().truncated_by), (nodes, by), "max_depth {depth}");
            assert_eq!((tree.metadata().orphans, tree.metadata().cycles), (0, 0));
        }
        for (most, by) in [(1, Some(Truncation::Nodes)), (5, Some(Truncation::Nodes)), (6, None), (7, None)] {
            let tree: Tree<Item> = read().max_nodes(most).send().await.unwrap();
            assert_eq!((tree.len(), tree.metadata().truncated_by), (most.min(6), by), "max_nodes {most}");
            assert!(tree.preorder().all(|node| node.is_root() || node.parent().is_some()));
        }
    }

    async fn without_leave_to_describe_the_table_nothing_is_checked(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r")]).await;
        responder.rule(Rule::on("DescribeTable").then(Action::error("AccessDeniedException", "no DescribeTable")));
        for _ in 0..2 {
            assert_eq!(db.read_tree("Nodes", "r").send::<Item>().await.unwrap().len(), 2);
        }
        assert_eq!(responder.requests_of("DescribeTable").len(), 1, "it is not asked again");
    }

    async fn many_reads_at_once_describe_the_table_once(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r")]).await;
        let reads = (0..20).map(|_| db.read_tree("Nodes", "r").send::<Item>());
        let trees = futures_util::future::join_all(reads).await;
        assert!(trees.iter().all(|tree| tree.as_ref().unwrap().len() == 2));
        assert_eq!(responder.requests_of("DescribeTable").len(), 1);
    }

    async fn a_table_that_is_mended_is_read_by_the_same_client(engine: Engine) {
        let db = client(&engine).await;
        db.create_table("Nodes").partition_key("id", AttributeType::String).send().await.unwrap();
        let error = db.read_tree("Nodes", "r").send::<Item>().await.unwrap_err();
        assert!(error.advice().starts_with("Create it: db.update_table(\"Nodes\")"), "{error}");
        db.delete_table("Nodes").send().await.unwrap();
        db.wait_until_gone("Nodes").send().await.unwrap();
        nodes(&db).await;
        put_nodes(&db, &[("r", "")]).await;
        assert_eq!(db.read_tree("Nodes", "r").send::<Item>().await.unwrap().len(), 1);
    }

    async fn the_capacity_is_summed_up_if_it_is_asked_for(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r")]).await;
        let read = || db.read_tree("Nodes", "r");
        assert_eq!(read().send::<Item>().await.unwrap().metadata().capacity, None);
        let tree = read().return_consumed_capacity(ReturnConsumedCapacity::Total).send::<Item>().await.unwrap();
        // The root, and two queries: half a unit each.
        assert!(tree.metadata().capacity.is_some_and(|units| units >= 0.5), "{:?}", tree.metadata());
    }
}

#[tokio::test]
async fn a_collection_without_a_tree_id_is_refused_before_anything_is_sent() {
    let engine = Engine::dynoxide().await.unwrap();
    let (db, responder) = recorded(&engine).await;
    let error = db.read_tree("Nodes", "r").strategy(Strategy::Collection).send::<Item>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
    let error = db.read_tree("Nodes", "r").schema(TreeSchema::default().parent("id")).send::<Item>().await.unwrap_err();
    assert!(error.message().contains("id is both the key and the parent attribute"), "{error}");
    assert!(responder.requests().is_empty());
}

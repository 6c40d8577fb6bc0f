//! How much of a tree is read, and whether the tree says that something was left out.

use std::time::Duration;

use enhanced_dynamodb::tree::{Tree, Truncation};
use enhanced_dynamodb::{Client, ErrorKind, Item};
use testkit::{Action, Engine, Rule};

use crate::common::{client, nodes, put_nodes, recorded};

async fn three_levels(engine: &Engine) -> Client {
    let db = client(engine).await;
    nodes(&db).await;
    put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r"), ("a1", "a"), ("b1", "b"), ("b2", "b")]).await;
    db
}

async fn to_depth(db: &Client, depth: u32) -> Tree<Item> {
    db.read_tree("Nodes", "r").max_depth(depth).send().await.unwrap()
}

testkit::on_both_engines! {
    async fn max_depth_reads_the_depths_up_to_it(engine: Engine) {
        let db = three_levels(&engine).await;
        for (depth, nodes, deepest, truncated) in
            [(0, 1, 0, true), (1, 3, 1, true), (2, 6, 2, false), (3, 6, 2, false), (u32::MAX, 6, 2, false)]
        {
            let tree = to_depth(&db, depth).await;
            let metadata = tree.metadata();
            assert_eq!(
                (tree.len(), metadata.depth, metadata.truncated),
                (nodes, deepest, truncated),
                "max_depth {depth}"
            );
            assert_eq!(metadata.node_count, nodes);
        }
    }

    async fn a_cycle_below_the_greatest_depth_leaves_nothing_out(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", "b"), ("a", "r"), ("b", "a")]).await;
        assert!(to_depth(&db, 1).await.metadata().truncated);
        let tree = to_depth(&db, 2).await;
        assert_eq!((tree.len(), tree.metadata().truncated), (3, false));
        put_nodes(&db, &[("c", "b")]).await;
        assert!(to_depth(&db, 2).await.metadata().truncated);
    }

    async fn max_nodes_ends_the_tree_and_says_so_only_if_more_there_is(engine: Engine) {
        let db = three_levels(&engine).await;
        for (most, truncated) in [(1, true), (2, true), (5, true), (6, false), (7, false)] {
            let tree: Tree<Item> = db.read_tree("Nodes", "r").max_nodes(most).send().await.unwrap();
            assert_eq!((tree.len(), tree.metadata().truncated), (most.min(6), truncated), "max_nodes {most}");
            assert!(tree.preorder().all(|node| node.depth() == 0 || node.parent().is_some()));
        }
        let error = db.read_tree("Nodes", "r").max_nodes(0).send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
    }

    async fn both_limits_hold_together(engine: Engine) {
        let db = three_levels(&engine).await;
        let tree: Tree<Item> = db.read_tree("Nodes", "r").max_nodes(3).max_depth(1).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().depth, tree.metadata().truncated), (3, 1, true));
        let tree: Tree<Item> = db.read_tree("Nodes", "a").max_nodes(2).max_depth(1).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().truncated), (2, false));
    }

    async fn an_error_on_the_way_is_the_trees_error(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "a")]).await;
        responder.rule(Rule::on("Query").nth(2).then(Action::error("AccessDeniedException", "not that index")));
        let error = db.read_tree("Nodes", "r").send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.table()), (ErrorKind::AccessDenied, Some("Nodes")));
        let tree: Tree<Item> = db.read_tree("Nodes", "r").send().await.unwrap();
        assert_eq!(tree.len(), 3, "the next read is whole");
    }

    async fn throttled_requests_are_retried_and_counted(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r")]).await;
        responder.rule(Rule::on("Query").nth(1).then(Action::internal_error()));
        let tree: Tree<Item> = db.read_tree("Nodes", "r").send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().requests), (2, 4));
    }

    async fn the_time_bounds_the_whole_tree(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "a"), ("c", "b")]).await;
        responder.rule(Rule::on("Query").then(Action::pass().late(Duration::from_millis(150))));
        let started = std::time::Instant::now();
        let read = db.read_tree("Nodes", "r").timeout(Duration::from_millis(400)).include_metadata(true);
        let tree: Tree<Item> = read.send().await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        assert!((1..4).contains(&tree.len()), "the part read so far: {}", tree.len());
        assert_eq!((tree.metadata().truncated, tree.metadata().truncated_by), (true, Some(Truncation::Deadline)));
        let text: serde_json::Value = serde_json::from_str(&tree.to_json().unwrap()).unwrap();
        assert_eq!(text["metadata"]["truncatedBy"], "deadline");
    }

    async fn without_its_root_in_time_there_is_no_tree(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", "")]).await;
        responder.rule(Rule::on("GetItem").then(Action::pass().late(Duration::from_secs(20))));
        let result = db.read_tree("Nodes", "r").timeout(Duration::from_millis(100)).send::<Item>().await;
        assert_eq!(result.map(|tree| tree.len()).unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    }

    async fn a_tree_whose_last_look_the_deadline_cuts_says_so(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r")]).await;
        responder.rule(Rule::on("Query").nth(2).then(Action::pass().late(Duration::from_secs(20))));
        let read = db.with_deadline(std::time::Instant::now() + Duration::from_millis(400)).read_tree("Nodes", "r");
        let tree: Tree<Item> = read.max_depth(1).send().await.unwrap();
        assert_eq!((tree.len(), tree.metadata().truncated_by), (2, Some(Truncation::Deadline)));
    }

    async fn a_tree_says_which_limit_cut_it(engine: Engine) {
        let db = three_levels(&engine).await;
        let by = |tree: Tree<Item>| tree.metadata().truncated_by;
        assert_eq!(by(to_depth(&db, 1).await), Some(Truncation::Depth));
        assert_eq!(by(to_depth(&db, 2).await), None);
        for most in [1, 5] {
            let read = db.read_tree("Nodes", "r").max_nodes(most);
            assert_eq!(by(read.send().await.unwrap()), Some(Truncation::Nodes));
        }
    }
}

//! Moving a subtree: what holds when one moves, and when several do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use enhanced_dynamodb::tree::{Tree, TreeSchema};
use enhanced_dynamodb::{AttributeValue, Client, ErrorKind, Item, item};
use testkit::{Action, Responder, Rule};

use crate::common::{client, nodes, options, put_nodes, recorded};
use crate::gate::{Gate, NoWaits, every_order};
use crate::tree_delete::assert_sound;
use crate::tree_insert::{forest, stored};

async fn parent_of(db: &Client, id: &str) -> String {
    stored(db, "Nodes", id).await.unwrap().get_s("parent").unwrap_or_default().to_owned()
}

/// Where each node hangs, after it was made sure that no way up is a circle and that all end at a root.
async fn sound(db: &Client) -> HashMap<String, String> {
    let items: Vec<Item> = db.scan("Nodes").consistent_read(true).items().try_collect().await.unwrap();
    let above: HashMap<String, String> = items
        .iter()
        .map(|item| (item.get_s("id").unwrap().to_owned(), item.get_s("parent").unwrap_or_default().to_owned()))
        .collect();
    for id in above.keys() {
        let (mut at, mut steps) = (id, 0);
        while !above[at].is_empty() {
            at = above.get_key_value(&above[at]).unwrap_or_else(|| panic!("{at} is an orphan")).0;
            steps += 1;
            assert!(steps <= above.len(), "{id} is in a circle");
        }
    }
    above
}

testkit::on_both_engines! {
    async fn a_node_moves_with_all_that_is_below_it(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r"), ("a1", "a"), ("a2", "a1"), ("b1", "b")]).await;
        responder.forget_requests();
        let moved = db.move_subtree("Nodes", "a", "b1").send().await.unwrap();
        assert!(moved.moved && moved.atomic);
        assert_eq!((moved.rounds, moved.rewritten, moved.requests), (0, 0, responder.requests().len() as u64));
        // b1, b, r; a; both paths but for the root again; and the transaction: a, b1, r.
        let asked: Vec<String> = responder.requests().into_iter().map(|seen| seen.operation).collect();
        assert_eq!(asked, ["GetItem", "GetItem", "GetItem", "GetItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"]);
        let transaction = &responder.requests_of("TransactWriteItems")[0].body["TransactItems"];
        assert_eq!(transaction.as_array().unwrap().len(), 3);
        let tree: Tree<Item> = db.read_tree("Nodes", "r").send().await.unwrap();
        let outline: Vec<_> = tree.preorder().map(|node| (node.depth(), node.value().get_s("id").unwrap())).collect();
        assert_eq!(outline, [(0, "r"), (1, "b"), (2, "b1"), (3, "a"), (4, "a1"), (5, "a2")]);
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "tree_version": 1 }));
        let again = db.move_subtree("Nodes", "a", "b1").send().await.unwrap();
        assert!(!again.moved && again.atomic);
        db.move_subtree("Nodes", "a", "r").send().await.unwrap();
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "tree_version": 2 }));
        assert_eq!(parent_of(&db, "a").await, "r");
    }

    async fn a_move_under_itself_or_a_descendant_is_an_error(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "a"), ("c", "b")]).await;
        for (node, parent) in [("a", "a"), ("a", "b"), ("a", "c"), ("r", "c")] {
            let error = db.move_subtree("Nodes", node, parent).send().await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::TreeCycle, Some("MoveSubtree")), "{error}");
        }
        for (node, parent, message) in [("a", "nobody", "the new parent"), ("nobody", "a", "the node")] {
            let error = db.move_subtree("Nodes", node, parent).send().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NodeNotFound, "{error}");
            assert_eq!(error.message(), format!("{message} does not exist"));
        }
        let above = sound(&db).await;
        assert_eq!((&*above["a"], &*above["b"], &*above["c"]), ("r", "a", "b"));
        put_nodes(&db, &[("x", "y"), ("y", "x")]).await;
        let error = db.move_subtree("Nodes", "a", "x").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TreeCycle);
        assert!(error.message().contains("go round in a circle"), "{error}");
    }

    async fn a_move_between_trees_raises_the_versions_of_both(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("s", ""), ("t", "s")]).await;
        assert!(db.move_subtree("Nodes", "a", "t").send().await.unwrap().atomic);
        assert_eq!(parent_of(&db, "a").await, "t");
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "tree_version": 1 }));
        assert_eq!(stored(&db, "Nodes", "s").await, Some(item! { "id": "s", "tree_version": 1 }));
        // A whole tree joins another; an orphan is taken home.
        db.move_subtree("Nodes", "r", "a").send().await.unwrap();
        assert_eq!(stored(&db, "Nodes", "r").await, Some(item! { "id": "r", "parent": "a", "tree_version": 2 }));
        put_nodes(&db, &[("o", "gone"), ("p", "o")]).await;
        db.move_subtree("Nodes", "o", "r").send().await.unwrap();
        let above = sound(&db).await;
        assert_eq!((&*above["r"], &*above["o"], &*above["p"]), ("a", "r", "o"));
        // Its own version is in the way of nothing, but must be a number.
        db.update("Nodes").key("id", "s").set("tree_version", "mine").send().await.unwrap();
        let error = db.move_subtree("Nodes", "p", "t").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let named = TreeSchema::default().tree_version("moves");
        db.move_subtree("Nodes", "p", "t").schema(named).send().await.unwrap();
        assert_eq!(parent_of(&db, "p").await, "t");
    }

    async fn counts_of_both_parents_change_with_the_move(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        for (id, parent) in [("a", "r"), ("b", "r"), ("c", "a")] {
            db.insert_child("Nodes", parent, &item! { "id": id }).schema(schema.clone()).send().await.unwrap();
        }
        let counts = async || {
            let mut counts = Vec::new();
            for id in ["r", "a", "b", "c"] {
                counts.push(stored(&db, "Nodes", id).await.unwrap()["replies"].as_n().unwrap().to_i64().unwrap());
            }
            counts
        };
        assert_eq!(counts().await, [2, 1, 0, 0]);
        db.move_subtree("Nodes", "c", "b").schema(schema.clone()).send().await.unwrap();
        assert_eq!(counts().await, [2, 0, 1, 0]);
        // The new parent is the root.
        db.move_subtree("Nodes", "c", "r").schema(schema.clone()).send().await.unwrap();
        assert_eq!(counts().await, [3, 0, 0, 0]);
        // The old parent is the root.
        db.move_subtree("Nodes", "a", "c").schema(schema.clone()).send().await.unwrap();
        assert_eq!(counts().await, [2, 0, 0, 1]);
        db.move_subtree("Nodes", "a", "c").schema(schema.clone()).send().await.unwrap();
        assert_eq!(counts().await, [2, 0, 0, 1], "it was there already");
    }

    async fn ancestors_and_trees_of_all_below_follow_the_move(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db).await;
        for root in ["r", "s"] {
            db.create_root("Nodes", &item! { "id": root }).schema(schema.clone()).send().await.unwrap();
        }
        for (id, parent) in [("a", "r"), ("b", "a"), ("d", "b"), ("t", "s")] {
            db.insert_child("Nodes", parent, &item! { "id": id }).schema(schema.clone()).send().await.unwrap();
        }
        let moved = db.move_subtree("Nodes", "a", "t").schema(schema.clone()).send().await.unwrap();
        assert_eq!((moved.moved, moved.atomic, moved.rewritten), (true, false, 2));
        let expected = item! {
            "id": "d", "parent": "b", "tree": "s", "path": ["s", "t", "a", "b"], "replies": 0,
        };
        assert_eq!(stored(&db, "Nodes", "d").await, Some(expected));
        let expected = item! { "id": "a", "parent": "t", "tree": "s", "path": ["s", "t"], "replies": 1 };
        assert_eq!(stored(&db, "Nodes", "a").await, Some(expected), "the mark is gone");
        // What a call left undone, the same call does.
        let total = {
            responder.forget_requests();
            db.move_subtree("Nodes", "a", "r").schema(schema.clone()).send().await.unwrap();
            responder.requests().len()
        };
        for passed in 0..total {
            db.move_subtree("Nodes", "a", "t").schema(schema.clone()).send().await.unwrap();
            responder.clear_rules();
            responder.rule(Rule::any().after(passed as u64).then(Action::error("AccessDeniedException", "no")));
            db.move_subtree("Nodes", "a", "r").schema(schema.clone()).send().await.unwrap_err();
            responder.clear_rules();
            db.move_subtree("Nodes", "a", "r").schema(schema.clone()).send().await.unwrap();
            let d = stored(&db, "Nodes", "d").await.unwrap();
            assert_eq!((&d["tree"], &d["path"]), (&"r".into(), &["r", "a", "b"].into()), "cut after {passed}");
            let a = stored(&db, "Nodes", "a").await.unwrap();
            assert!(a["tree_journal"].is_null(), "cut after {passed}");
        }
    }

    async fn a_move_works_at_a_depth_of_a_thousand(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        db.create_root("Nodes", &item! { "id": "r" }).send().await.unwrap();
        let thread = (1..=1000).map(|i| item! { "id": format!("m{i}") });
        db.append("Nodes", "r", thread).send().await.unwrap();
        db.insert_child("Nodes", "r", &item! { "id": "x" }).send().await.unwrap();
        responder.forget_requests();
        let moved = db.move_subtree("Nodes", "x", "m1000").send().await.unwrap();
        assert!(moved.moved && moved.atomic);
        let transactions = responder.requests_of("TransactWriteItems");
        assert_eq!((transactions.len(), transactions[0].body["TransactItems"].as_array().unwrap().len()), (1, 3));
        // Each step up once, and all together ten times a hundred.
        assert!(moved.requests <= 1001 + 11 + 3, "{}", moved.requests);
        let error = db.move_subtree("Nodes", "m1", "x").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TreeCycle);
        assert_eq!(parent_of(&db, "x").await, "m1000");
    }

    async fn a_lost_answer_moves_once(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r")]).await;
        responder.rule(Rule::on("TransactWriteItems").first(1).then(Action::internal_error().applied()));
        assert!(db.move_subtree("Nodes", "a", "b").send().await.unwrap().moved);
        assert_eq!(stored(&db, "Nodes", "r").await.unwrap()["tree_version"], AttributeValue::from(1));
    }

    async fn a_move_that_others_are_always_ahead_of_gives_up(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let db = options(&engine, &responder.endpoint()).random(Arc::new(NoWaits)).build().await.unwrap();
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r")]).await;
        let lost = Action::cancel([0], "ConditionalCheckFailed", "The conditional request failed");
        responder.rule(Rule::on("TransactWriteItems").first(3).then(lost.clone()));
        let moved = db.move_subtree("Nodes", "a", "b").send().await.unwrap();
        assert_eq!((moved.moved, moved.rounds), (true, 3));
        responder.rule(Rule::on("TransactWriteItems").then(lost));
        responder.forget_requests();
        let error = db.move_subtree("Nodes", "a", "r").send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::TransactionConflict, Some("MoveSubtree")), "{error}");
        assert!(error.message().contains("during each of 40 tries"), "{error}");
        assert_eq!(responder.requests_of("TransactWriteItems").len(), 40);
        assert_eq!(parent_of(&db, "a").await, "b");
    }

    async fn what_a_batch_leaves_unread_is_asked_for_again(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "a"), ("c", "b"), ("x", "r")]).await;
        responder.rule(Rule::on("BatchGetItem").first(2).then(Action::leftovers(1)));
        db.move_subtree("Nodes", "x", "c").send().await.unwrap();
        assert!(responder.requests_of("BatchGetItem").len() >= 4);
        assert_eq!(parent_of(&db, "x").await, "c");
        let error = db.move_subtree("Nodes", "a", "x").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TreeCycle);
    }

    async fn the_deadline_bounds_the_whole_move(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r")]).await;
        let lost = Action::cancel([0], "ConditionalCheckFailed", "The conditional request failed");
        responder.rule(Rule::on("TransactWriteItems").then(lost));
        let error = db.move_subtree("Nodes", "a", "b").timeout(Duration::from_millis(200)).send().await.unwrap_err();
        let kinds = [ErrorKind::TransactionConflict, ErrorKind::DeadlineExceeded];
        assert!(kinds.contains(&error.kind()), "{error}");
        assert!(responder.requests_of("TransactWriteItems").len() < 40);
    }

    async fn eight_movers_leave_a_tree(engine: Engine) {
        let local = engine.kind() == EngineKind::DynamodbLocal;
        let db = Arc::new(options(&engine, &engine.endpoint()).max_retries(0).build().await.unwrap());
        nodes(&db).await;
        db.create_root("Nodes", &item! { "id": "n0" }).send().await.unwrap();
        let mut seed = 7_u64;
        let mut next = move |below: u64| {
            // A linear congruential generator (Knuth, MMIX): the test is the same each time.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for i in 1..200 {
            let parent = format!("n{}", next(i));
            db.insert_child("Nodes", parent, &item! { "id": format!("n{i}") }).send().await.unwrap();
        }
        // Where requests come one at a time, they only wait for each other.
        let (movers, each) = if local { (8, 250) } else { (8, 10) };
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..movers {
            let db = Arc::clone(&db);
            let moves: Vec<(u64, u64)> = (0..each).map(|_| (1 + next(199), next(200))).collect();
            tasks.spawn(async move {
                let mut moved = 0;
                for (node, parent) in moves {
                    match db.move_subtree("Nodes", format!("n{node}"), format!("n{parent}")).send().await {
                        Ok(output) => moved += u32::from(output.moved),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::TreeCycle, "{error}"),
                    }
                }
                moved
            });
        }
        let mut moved = 0;
        while let Some(of_one) = tasks.join_next().await {
            moved += of_one.unwrap();
        }
        let above = sound(&db).await;
        assert_eq!((above.len(), above.values().filter(|parent| parent.is_empty()).count()), (200, 1));
        assert_sound(&db, "Nodes", &TreeSchema::default(), "after all moves").await;
        let version = stored(&db, "Nodes", "n0").await.unwrap()["tree_version"].as_n().unwrap();
        assert_eq!(version.to_i64(), Some(i64::from(moved)), "each move raised it by one");
        assert!(moved > movers * each as u32 / 2, "{moved}");
    }
}

/// Two moves, each fine alone, that would make a circle together: in every order of their requests, one of them fails.
#[tokio::test]
async fn opposite_moves_never_make_a_cycle_in_any_order_of_their_requests() {
    for between_trees in [false, true] {
        let engine = testkit::Engine::dynoxide().await.unwrap();
        let direct = client(&engine).await;
        nodes(&direct).await;
        let gate = Gate::in_front_of(&engine.endpoint(), 2).await;
        let mut movers = Vec::new();
        for mover in 0..2 {
            let options = options(&engine, gate.endpoint(mover)).random(Arc::new(NoWaits));
            movers.push(options.build().await.unwrap());
        }
        let gate = Arc::new(tokio::sync::Mutex::new(gate));
        let runs = every_order(|prefix| {
            let (direct, movers, gate) = (direct.clone(), movers.clone(), Arc::clone(&gate));
            async move {
                let tops = if between_trees { ["r", "s"] } else { ["r", "r"] };
                put_nodes(&direct, &[("r", ""), ("s", ""), ("x", tops[0]), ("y", tops[1])]).await;
                let mut gate = gate.lock().await;
                let tasks: Vec<_> = [("x", "y"), ("y", "x")]
                    .into_iter()
                    .enumerate()
                    .map(|(mover, (node, parent))| {
                        let (db, open) = (movers[mover].clone(), gate.client(mover));
                        tokio::spawn(async move {
                            let result = db.move_subtree("Nodes", node, parent).send().await;
                            drop(open);
                            result
                        })
                    })
                    .collect();
                let options = gate.run(&prefix).await;
                let (mut done, mut refused) = (0, 0);
                for task in tasks {
                    match task.await.unwrap() {
                        Ok(output) => done += u32::from(output.moved),
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::TreeCycle, "{error}");
                            refused += 1;
                        }
                    }
                }
                assert_eq!((done, refused), (1, 1), "{prefix:?}");
                sound(&direct).await;
                options
            }
        })
        .await;
        assert!(runs > 10, "{runs}");
    }
}

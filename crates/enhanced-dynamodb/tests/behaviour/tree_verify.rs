//! What verifying finds and repairing mends.

use enhanced_dynamodb::tree::{Finding, Strays, TreeReport, TreeSchema, UnfinishedCopies};
use enhanced_dynamodb::{AttributeValue, Client, ErrorKind, Item, item};
use testkit::Action;

use crate::common::{client, nodes, put_nodes, recorded};
use crate::tree_delete::{assert_sound, ids};
use crate::tree_insert::{chats, forest, stored};

async fn verify(db: &Client, schema: &TreeSchema) -> TreeReport {
    db.verify_tree("Nodes").schema(schema.clone()).send().await.unwrap()
}

testkit::on_both_engines! {
    async fn a_sound_table_has_nothing_to_report(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let empty = verify(&db, &TreeSchema::default()).await;
        assert_eq!(empty.to_string(), "0 nodes in 0 trees: nothing is wrong");
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "a"), ("s", "")]).await;
        let report = verify(&db, &TreeSchema::default()).await;
        assert_eq!(report.to_string(), "4 nodes in 2 trees: nothing is wrong");
        assert!(report.is_sound() && report.requests == 1);
        let compared = db.verify_tree("Nodes").compare_index().send().await.unwrap();
        assert!(compared.is_sound(), "{compared}");
    }

    async fn cycles_orphans_and_wrong_counts_are_found(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("x", "z"), ("y", "x"), ("z", "y"), ("t", "z"), ("o", "gone")]).await;
        put_nodes(&db, &[("self", "self")]).await;
        db.update("Nodes").key("id", "r").set("replies", 2).send().await.unwrap();
        db.update("Nodes").key("id", "a").set("replies", 0).send().await.unwrap();
        let schema = TreeSchema::default().child_count("replies");
        let report = verify(&db, &schema).await;
        let text = "8 nodes in 1 tree: 2 cycles, 1 orphan, 1 wrong count";
        assert_eq!(report.to_string(), text, "{:?}", report.findings);
        let json = serde_json::to_value(&report).unwrap();
        let mut circles: Vec<Vec<String>> = Vec::new();
        for finding in &report.findings {
            match finding {
                Finding::Cycle { nodes } => {
                    circles.push(nodes.iter().map(|node| node.id.as_s().unwrap().to_owned()).collect());
                }
                Finding::Orphan { node, parent } => assert_eq!((&node.id, parent), (&"o".into(), &"gone".into())),
                Finding::WrongCount { node, stored, found } => {
                    assert_eq!((&node.id, stored.as_str(), *found), (&"r".into(), "2", 1));
                }
                other => panic!("{other:?}"),
            }
        }
        circles.sort();
        assert_eq!(circles, [vec!["self"], vec!["x", "z", "y"]]);
        assert_eq!(json["findings"][0]["finding"], "cycle");
    }

    async fn a_schema_that_names_the_clients_own_mark_is_refused(engine: Engine) {
        let db = client(&engine).await;
        let schema = TreeSchema::default().child_count("tree_journal");
        let error = db.verify_tree("Nodes").schema(schema).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
        let twice = TreeSchema::default().child_count("parent");
        let error = db.insert_child("Nodes", "r", &item! { "id": "a" }).schema(twice).send().await.unwrap_err();
        assert!(error.message().contains("parent is both the parent attribute and the child count"), "{error}");
    }

    async fn one_partition_can_be_verified_and_repaired_alone(engine: Engine) {
        let db = client(&engine).await;
        let schema = chats(&db).await;
        for (chat, id, parent) in [("c1", "r", ""), ("c1", "a", "gone"), ("c2", "r", ""), ("c2", "gone", "r")] {
            let item = match parent {
                "" => item! { "chat": chat, "id": id },
                _ => item! { "chat": chat, "id": id, "parent": parent },
            };
            db.put("Chats", &item).send().await.unwrap();
        }
        let report = async |chat: &'static str| {
            db.verify_tree("Chats").schema(schema.clone()).tree(chat).send().await.unwrap().to_string()
        };
        assert_eq!(report("c1").await, "2 nodes in 1 tree: 1 orphan");
        assert_eq!(report("c2").await, "2 nodes in 1 tree: nothing is wrong");
        let all = db.verify_tree("Chats").schema(schema.clone()).send().await.unwrap();
        assert_eq!(all.to_string(), "4 nodes in 2 trees: 1 orphan");
        let repair = db.repair_tree("Chats").schema(schema.clone()).tree("c1").strays(Strays::MoveUnder("r".into()));
        let done = repair.send().await.unwrap();
        assert_eq!((done.left.is_sound(), done.left.nodes), (true, 2), "{done}");
    }

    async fn repair_without_settings_corrects_counts_alone(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let schema = TreeSchema::default().child_count("replies");
        put_nodes(&db, &[("r", ""), ("a", "r"), ("x", "y"), ("y", "x"), ("o", "gone")]).await;
        db.update("Nodes").key("id", "r").set("replies", 7).send().await.unwrap();
        let planned = db.repair_tree("Nodes").schema(schema.clone()).dry_run().send().await.unwrap();
        assert!(planned.dry_run && planned.found == planned.left);
        assert_eq!(stored(&db, "Nodes", "r").await.unwrap()["replies"], 7.into());
        let done = db.repair_tree("Nodes").schema(schema.clone()).send().await.unwrap();
        assert_eq!((done.counts, done.moved.len(), done.deleted.len()), (1, 0, 0));
        assert_eq!(done.left.to_string(), "5 nodes in 1 tree: 1 cycle, 1 orphan");
        assert_eq!(stored(&db, "Nodes", "r").await.unwrap()["replies"], 1.into());
    }

    async fn strays_become_roots_or_are_moved_or_deleted(engine: Engine) {
        let db = client(&engine).await;
        let schema = forest(&db).await;
        let broken = async || {
            db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
            for (id, parent) in [("a", "r"), ("x", "a"), ("y", "x"), ("o", "r"), ("p", "o")] {
                let item = item! { "id": id };
                db.insert_child("Nodes", parent, &item).schema(schema.clone()).send().await.unwrap();
            }
            db.update("Nodes").key("id", "x").set("parent", "y").send().await.unwrap();
            db.update("Nodes").key("id", "o").set("parent", "gone").send().await.unwrap();
        };
        let repair = |strays: Strays| db.repair_tree("Nodes").schema(schema.clone()).strays(strays).send();
        broken().await;
        let done = repair(Strays::MakeRoots).await.unwrap();
        assert!(done.left.is_sound(), "{done}: {:?}", done.left.findings);
        assert_eq!((done.moved.len(), done.left.roots), (2, 3));
        db.delete_subtree("Nodes", "r").schema(schema.clone()).send().await.unwrap();
        for id in ids(&db, "Nodes").await {
            db.delete("Nodes").key("id", id).send().await.unwrap();
        }
        broken().await;
        let done = repair(Strays::MoveUnder("r".into())).await.unwrap();
        assert!(done.left.is_sound(), "{done}: {:?}", done.left.findings);
        assert_eq!((done.moved.len(), done.left.roots, done.left.nodes), (2, 1, 6));
        let p = stored(&db, "Nodes", "p").await.unwrap();
        assert_eq!(p["path"], ["r", "o"].into());
        db.delete_subtree("Nodes", "r").schema(schema.clone()).send().await.unwrap();
        assert!(ids(&db, "Nodes").await.is_empty());
        broken().await;
        let done = repair(Strays::Delete).await.unwrap();
        assert!(done.left.is_sound(), "{done}: {:?}", done.left.findings);
        assert_eq!(ids(&db, "Nodes").await, ["a", "r"]);
        assert_eq!(done.deleted.len(), 4);
    }

    async fn wrong_places_are_rewritten(engine: Engine) {
        let db = client(&engine).await;
        let schema = forest(&db).await;
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        for (id, parent) in [("a", "r"), ("b", "a"), ("c", "b"), ("d", "c")] {
            db.insert_child("Nodes", parent, &item! { "id": id }).schema(schema.clone()).send().await.unwrap();
        }
        db.update("Nodes").key("id", "r").set("path", ["who"]).send().await.unwrap();
        db.update("Nodes").key("id", "b").set("path", ["x", "y"]).send().await.unwrap();
        db.update("Nodes").key("id", "d").set("tree", "elsewhere").send().await.unwrap();
        let report = verify(&db, &schema).await;
        assert!(report.findings.iter().all(|finding| matches!(finding, Finding::WrongPlace { .. })), "{report}");
        let done = db.repair_tree("Nodes").schema(schema.clone()).send().await.unwrap();
        assert!(done.left.is_sound(), "{done}: {:?}", done.left.findings);
        let d = stored(&db, "Nodes", "d").await.unwrap();
        assert_eq!((&d["path"], &d["tree"]), (&["r", "a", "b", "c"].into(), &"r".into()));
    }

    async fn unfinished_writes_are_found_and_ended(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let schema = forest(&db).await;
        db.create_root("Nodes", &item! { "id": "r" }).schema(schema.clone()).send().await.unwrap();
        for (id, parent) in [("a", "r"), ("b", "a"), ("c", "b"), ("d", "r")] {
            db.insert_child("Nodes", parent, &item! { "id": id }).schema(schema.clone()).send().await.unwrap();
        }
        // A move whose transaction was the last that passed.
        responder.rule(testkit::Rule::on("TransactWriteItems").after(1).then(Action::error("AccessDeniedException", "")));
        db.move_subtree("Nodes", "a", "d").schema(schema.clone()).send().await.unwrap_err();
        responder.clear_rules();
        let report = verify(&db, &schema).await;
        assert_eq!(report.to_string(), "5 nodes in 1 tree: 1 unfinished write");
        let done = db.repair_tree("Nodes").schema(schema.clone()).send().await.unwrap();
        assert!(done.left.is_sound(), "{done}");
        assert_eq!((done.finished, done.places), (1, 2));
        for copies in [UnfinishedCopies::Leave, UnfinishedCopies::Keep, UnfinishedCopies::Delete] {
            let copy = || db.copy_subtree("Nodes", "a").schema(schema.clone()).under("r");
            responder.forget_requests();
            responder.clear_rules();
            // The copy's root is written, and no more.
            responder.rule(testkit::Rule::on("TransactWriteItems").after(1).then(Action::error("AccessDeniedException", "")));
            let error = copy().send().await.unwrap_err();
            responder.clear_rules();
            let before = ids(&db, "Nodes").await.len();
            let repair = db.repair_tree("Nodes").schema(schema.clone()).unfinished_copies(copies);
            let done = repair.send().await.unwrap();
            match copies {
                UnfinishedCopies::Leave => {
                    assert_eq!(done.left.findings.len(), 1, "{done}");
                    copy().resume(error.cursor().unwrap()).send().await.unwrap();
                }
                UnfinishedCopies::Keep => assert_eq!(ids(&db, "Nodes").await.len(), before),
                _ => assert_eq!(ids(&db, "Nodes").await.len(), before - 1),
            }
            assert_sound(&db, "Nodes", &schema, &format!("{copies:?}")).await;
        }
    }
}

/// What a model in memory says of each node: its parent.
type Model = std::collections::BTreeMap<String, Option<String>>;

fn below(model: &Model, top: &str) -> Vec<String> {
    let mut found = vec![top.to_owned()];
    let mut next = 0;
    while next < found.len() {
        let children = model.iter().filter(|(_, parent)| parent.as_deref() == Some(found[next].as_str()));
        let children: Vec<String> = children.map(|(id, _)| id.clone()).collect();
        found.extend(children);
        next += 1;
    }
    found
}

testkit::on_both_engines! {
    async fn random_writes_keep_the_trees_sound_and_equal_to_a_model(engine: Engine) {
        let db = client(&engine).await;
        let schema = forest(&db).await;
        for seed in 1..=6_u64 {
            let mut state = seed;
            let mut next = move |below: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as usize % below
            };
            let mut model = Model::new();
            let root = format!("{seed}-0");
            db.create_root("Nodes", &item! { "id": root.as_str() }).schema(schema.clone()).send().await.unwrap();
            model.insert(root.clone(), None);
            for step in 1..=40 {
                let nodes: Vec<String> = model.keys().cloned().collect();
                let (one, other) = (nodes[next(nodes.len())].clone(), nodes[next(nodes.len())].clone());
                match next(10) {
                    0..=4 => {
                        let id = format!("{seed}-{step}");
                        let insert = db.insert_child("Nodes", &one, &item! { "id": id.as_str() });
                        insert.schema(schema.clone()).send().await.unwrap();
                        model.insert(id, Some(one));
                    }
                    5..=7 => {
                        let result = db.move_subtree("Nodes", &one, &other).schema(schema.clone()).send().await;
                        if below(&model, &one).contains(&other) {
                            result.unwrap_err();
                        } else {
                            result.unwrap();
                            model.insert(one, Some(other));
                        }
                    }
                    8 => {
                        let prefix = format!("{seed}-{step}/");
                        let of_prefix = prefix.clone();
                        let ids = move |id: &AttributeValue| format!("{of_prefix}{}", id.as_s().unwrap()).into();
                        let copied = below(&model, &one);
                        let copy = db.copy_subtree("Nodes", &one).schema(schema.clone()).under(&other).new_ids(ids);
                        copy.send().await.unwrap();
                        for id in copied {
                            let parent = if id == one { other.clone() } else { format!("{prefix}{}", model[&id].as_ref().unwrap()) };
                            model.insert(format!("{prefix}{id}"), Some(parent));
                        }
                    }
                    _ if model[&one].is_some() => {
                        db.delete_subtree("Nodes", &one).schema(schema.clone()).send().await.unwrap();
                        for id in below(&model, &one) {
                            model.remove(&id);
                        }
                    }
                    _ => {}
                }
            }
            assert_sound(&db, "Nodes", &schema, &format!("seed {seed}")).await;
            let items: Vec<Item> = db.scan("Nodes").consistent_read(true).items().try_collect().await.unwrap();
            let found: Model = items
                .iter()
                .map(|item| (item.get_s("id").unwrap().to_owned(), item.get_s("parent").map(str::to_owned)))
                .filter(|(id, _)| id.starts_with(&format!("{seed}-")))
                .collect();
            assert_eq!(found, model, "seed {seed}");
        }
    }
}

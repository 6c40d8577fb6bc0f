//! Two writes of one tree at once, with each of them interrupted at each request: what is left is a tree, with every count
//! and list right.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use enhanced_dynamodb::tree::{DeletePolicy, Finding, TreeSchema};
use enhanced_dynamodb::{AttributeValue, Client, Error, ErrorKind, item};
use testkit::Engine;

use crate::common::{client, options};
use crate::gate::{Gate, NoWaits, every_order};
use crate::tree_insert::forest;

type Writing = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
type Write = fn(Client, TreeSchema) -> Writing;

fn insert_under_c(db: Client, schema: TreeSchema) -> Writing {
    Box::pin(async move { db.insert_child("Nodes", "c", &item! { "id": "n" }).schema(schema).send().await.map(drop) })
}

fn append_under_b(db: Client, schema: TreeSchema) -> Writing {
    let thread = [item! { "id": "n" }, item! { "id": "o" }];
    Box::pin(async move { db.append("Nodes", "b", thread).schema(schema).send().await.map(drop) })
}

fn moving(db: Client, schema: TreeSchema, node: &'static str, parent: &'static str) -> Writing {
    Box::pin(async move { db.move_subtree("Nodes", node, parent).schema(schema).send().await.map(drop) })
}

fn move_a_under_x(db: Client, schema: TreeSchema) -> Writing {
    moving(db, schema, "a", "x")
}

fn move_a_to_the_other_tree(db: Client, schema: TreeSchema) -> Writing {
    moving(db, schema, "a", "s")
}

fn move_b_under_x(db: Client, schema: TreeSchema) -> Writing {
    moving(db, schema, "b", "x")
}

fn move_x_under_c(db: Client, schema: TreeSchema) -> Writing {
    moving(db, schema, "x", "c")
}

fn delete_a(db: Client, schema: TreeSchema) -> Writing {
    Box::pin(async move { db.delete_subtree("Nodes", "a").schema(schema).send().await.map(drop) })
}

fn delete_x(db: Client, schema: TreeSchema) -> Writing {
    Box::pin(async move { db.delete_subtree("Nodes", "x").schema(schema).send().await.map(drop) })
}

fn delete_b_for_adoption(db: Client, schema: TreeSchema) -> Writing {
    let delete = db.delete_subtree("Nodes", "b").schema(schema).policy(DeletePolicy::AdoptByGrandparent);
    Box::pin(async move { delete.send().await.map(drop) })
}

fn copy_a_under_x(db: Client, schema: TreeSchema) -> Writing {
    let ids = |id: &AttributeValue| format!("copy-{}", id.as_s().unwrap()).into();
    let copy = db.copy_subtree("Nodes", "a").schema(schema).under("x").new_ids(ids);
    Box::pin(async move { copy.send().await.map(drop) })
}

/// Makes r → a → b → c, r → x and a tree s, where nothing is.
async fn plant(db: &Client, schema: &TreeSchema) {
    let keys: Vec<enhanced_dynamodb::Item> = db.scan("Nodes").projection(["id"]).items().try_collect().await.unwrap();
    for keys in keys.chunks(25) {
        keys.iter().fold(db.batch_write(), |batch, key| batch.delete("Nodes", key)).send().await.unwrap();
    }
    let node = |id: &str, parent: &str, path: &[&str], replies: u32| {
        let mut node =
            item! { "id": id, "tree": if id == "s" { "s" } else { "r" }, "path": path.to_vec(), "replies": replies };
        if !parent.is_empty() {
            node.insert("parent", parent);
        }
        node
    };
    let nodes = [
        node("r", "", &[], 2),
        node("a", "r", &["r"], 1),
        node("b", "a", &["r", "a"], 1),
        node("c", "b", &["r", "a", "b"], 0),
        node("x", "r", &["r"], 0),
        node("s", "", &[], 0),
    ];
    nodes.iter().fold(db.batch_write(), |batch, node| batch.put("Nodes", node)).send().await.unwrap();
    assert!(db.verify_tree("Nodes").schema(schema.clone()).send().await.unwrap().is_sound());
}

/// Runs two writes in every order with so many switches from one to the other before its
/// end, and gives how many orders there were.
async fn race(one: Write, other: Write, switches: usize) -> usize {
    let engine = Engine::dynoxide().await.unwrap();
    let direct = client(&engine).await;
    let schema = forest(&direct).await;
    let mut gate = Gate::in_front_of(&engine.endpoint(), 2).await;
    let mut writers = Vec::new();
    for writer in 0..2 {
        let options = options(&engine, gate.endpoint(writer)).random(Arc::new(NoWaits)).max_sockets(1);
        let db = options.build().await.unwrap();
        writers.push(db);
    }
    // They know the table already, so that each order begins alike.
    plant(&direct, &schema).await;
    for (index, db) in writers.iter().enumerate() {
        let (open, look) = (gate.client(index), db.delete_subtree("Nodes", "c").schema(schema.clone()).dry_run());
        tokio::spawn(async move {
            look.send().await.unwrap();
            drop(open);
        });
    }
    gate.run(&[]).await;
    let gate = Arc::new(tokio::sync::Mutex::new(gate));
    every_order(|choices| {
        let (direct, writers, gate, schema) = (direct.clone(), writers.clone(), Arc::clone(&gate), schema.clone());
        async move {
            plant(&direct, &schema).await;
            let mut gate = gate.lock().await;
            let tasks: Vec<_> = [one, other]
                .into_iter()
                .zip(writers)
                .enumerate()
                .map(|(index, (write, db))| {
                    let (open, schema) = (gate.client(index), schema.clone());
                    tokio::spawn(async move {
                        let result = write(db, schema).await;
                        drop(open);
                        result
                    })
                })
                .collect();
            let options = gate.run_switching(&choices, switches).await;
            let mut resumable = false;
            for task in tasks {
                if let Err(error) = task.await.unwrap() {
                    let expected = [ErrorKind::NodeNotFound, ErrorKind::TreeCycle, ErrorKind::TransactionConflict];
                    assert!(expected.contains(&error.kind()), "{choices:?}: {error}");
                    resumable |= error.cursor().is_some();
                }
            }
            let report = direct.verify_tree("Nodes").schema(schema.clone()).send().await.unwrap();
            let only_unfinished = report.findings.iter().all(|finding| matches!(finding, Finding::Unfinished { .. }));
            assert!(report.is_sound() || resumable && only_unfinished, "{choices:?}: {:?}", report.findings);
            options
        }
    })
    .await
}

macro_rules! races {
    ($($name:ident: $one:ident, $other:ident, $switches:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            let orders = race($one, $other, $switches).await;
            assert!(orders > 2, "{orders}");
        }
    )*};
}

races! {
    a_reply_to_what_is_deleted_is_deleted_or_refused: insert_under_c, delete_a, 2;
    a_reply_below_what_is_moved_says_where_it_is: insert_under_c, move_a_under_x, 2;
    a_reply_below_what_goes_to_another_tree_says_so: insert_under_c, move_a_to_the_other_tree, 2;
    a_thread_under_a_node_whose_children_are_adopted_is_adopted_or_refused: append_under_b, delete_b_for_adoption, 2;
    what_is_moved_below_a_subtree_that_is_deleted_is_deleted_or_stays: move_x_under_c, delete_a, 2;
    what_is_moved_out_of_a_subtree_that_is_deleted_is_deleted_or_stays: move_b_under_x, delete_a, 2;
    one_subtree_that_two_move_is_at_one_place: move_a_under_x, move_a_to_the_other_tree, 1;
    a_subtree_and_a_part_of_it_move_at_once: move_b_under_x, move_a_to_the_other_tree, 1;
    opposite_moves_leave_a_tree: move_a_under_x, move_x_under_c, 1;
    children_are_adopted_while_a_node_above_moves: delete_b_for_adoption, move_a_under_x, 1;
    children_are_adopted_while_something_moves_below: delete_b_for_adoption, move_x_under_c, 1;
    a_copy_below_what_is_deleted_is_deleted_or_refused: copy_a_under_x, delete_x, 2;
    what_is_copied_may_be_moved: copy_a_under_x, move_b_under_x, 2;
    what_is_copied_may_be_deleted: copy_a_under_x, delete_a, 2;
}

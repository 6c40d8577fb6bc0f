//! Trees as deep and as wide as they come take no stack: they are read, walked, written, rendered and dropped on a thread with
//! 256 KB of it.

use std::fmt::Write as _;

use enhanced_dynamodb::config::Credentials;
use enhanced_dynamodb::tree::TreeSchema;
use enhanced_dynamodb::{Client, Tree};
use serde::{Deserialize, Serialize};
use serde_json::json;
use testkit::{Action, Responder, Rule};

const NODES: usize = 100_000;

#[derive(Clone, Serialize, Deserialize)]
struct Message {
    id: String,
}

/// The parent of each node.
type Shape = fn(usize) -> usize;

const CHAIN: Shape = |node| node - 1;
const STAR: Shape = |_| 0;

fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap()
}

/// A tree of this shape, read by one query from a table that is partitioned by tree.
fn read(shape: Shape) -> Tree<Message> {
    // The server has a thread of its own; the client reads on the small stack.
    let server = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let responder = server.block_on(Responder::alone()).unwrap();
    let key = |name: &str, role: &str| json!({ "AttributeName": name, "KeyType": role });
    let table = json!({
        "TableName": "Chats", "TableStatus": "ACTIVE", "KeySchema": [key("chat", "HASH"), key("id", "RANGE")],
    });
    responder.rule(Rule::on("DescribeTable").then(Action::json(200, json!({ "Table": table }))));
    let mut page = format!(r#"{{"Count":{NODES},"ScannedCount":{NODES},"Items":[{{"id":{{"S":"n0"}}}}"#);
    for node in 1..NODES {
        let _ = write!(page, r#",{{"id":{{"S":"n{node}"}},"parent":{{"S":"n{}"}}}}"#, shape(node));
    }
    page.push_str("]}");
    responder.rule(Rule::on("Query").then(Action::raw(200, "application/x-amz-json-1.0", page)));
    let endpoint = responder.endpoint();
    on_a_small_stack(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // In boxes of their own, as without optimisation every frame has a copy of what it awaits.
        let db = runtime.block_on(Box::pin(client(endpoint)));
        let schema = TreeSchema::default().partitioned_by("chat");
        let tree = db.read_tree("Chats", "n0").schema(schema).tree("c").send();
        runtime.block_on(Box::pin(tree)).unwrap()
    })
}

async fn client(endpoint: String) -> Client {
    let credentials = Credentials::new("key", "secret");
    Client::builder().endpoint_url(endpoint).credentials(credentials).build().await.unwrap()
}

fn made(shape: Shape) -> Tree<Message> {
    let nodes = (0..NODES).map(|node| {
        let id = format!("n{node}");
        (id.clone(), (node > 0).then(|| format!("n{}", shape(node))), Message { id })
    });
    Tree::from_nodes(nodes).unwrap()
}

#[test]
fn a_chain_of_100_000_nodes_is_read_on_a_small_stack() {
    let tree = read(CHAIN);
    let metadata = tree.metadata();
    assert_eq!((tree.len(), metadata.depth as usize, metadata.truncated), (NODES, NODES - 1, false));
    on_a_small_stack(move || drop(tree));
}

#[test]
fn a_star_of_100_000_nodes_is_read_on_a_small_stack() {
    let tree = read(STAR);
    assert_eq!((tree.len(), tree.metadata().depth, tree.root().children().len()), (NODES, 1, NODES - 1));
    on_a_small_stack(move || drop(tree));
}

#[test]
fn a_chain_and_a_star_of_100_000_nodes_are_walked_on_a_small_stack() {
    for shape in [CHAIN, STAR] {
        on_a_small_stack(move || {
            let tree = made(shape);
            let last = tree.preorder().next_back().unwrap();
            assert_eq!(
                (tree.preorder().count(), tree.postorder().count(), tree.level_order().count()),
                (NODES, NODES, NODES)
            );
            assert_eq!(tree.levels().count(), tree.metadata().depth as usize + 1);
            assert_eq!(tree.leaves().count(), if shape(2) == 1 { 1 } else { NODES - 1 });
            assert_eq!(last.path().len(), last.depth() as usize + 1);
            assert_eq!(tree.root().descendants().len(), NODES - 1);
            assert_eq!(tree.root().lowest_common_ancestor(last), Some(tree.root()));
            assert_eq!(tree.get("n99999").map(|node| node.depth()), Some(tree.metadata().depth));
            drop(tree.clone());
        });
    }
}

#[test]
fn a_chain_and_a_star_of_100_000_nodes_are_written_on_a_small_stack() {
    for shape in [CHAIN, STAR] {
        on_a_small_stack(move || {
            let tree = made(shape);
            let text = tree.to_json().unwrap();
            assert_eq!(text.matches("\"children\":[").count(), NODES);
            assert_eq!(serde_json::to_string(&tree).unwrap(), text);
            let mut written = Vec::new();
            tree.write_json(&mut written).unwrap();
            assert!(written == text.as_bytes());
            assert_eq!(serde_json::to_string(&tree.flat()).unwrap().matches("\"value\":").count(), NODES);
        });
    }
}

#[test]
fn a_chain_and_a_star_of_100_000_nodes_are_rendered_on_a_small_stack() {
    for shape in [CHAIN, STAR] {
        on_a_small_stack(move || {
            let tree = made(shape);
            assert_eq!(tree.render_text(|node| node.value().id.as_str()).lines().count(), NODES);
            assert_eq!(tree.render_dot(|node| node.value().id.as_str()).matches("label=").count(), NODES);
            let page = tree.render_html("Nodes", |node| node.value().id.as_str());
            assert_eq!(page.matches("<div role=\"treeitem\"").count(), NODES);
        });
    }
}

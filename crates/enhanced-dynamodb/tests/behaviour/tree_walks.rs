//! A tree in memory: how its nodes hang together, and the walks over it.

use enhanced_dynamodb::tree::Node;
use enhanced_dynamodb::{AttributeValue, ErrorKind, Item, Number, Tree};

/// ```text
/// r ─ a ─ a1 ─ x
///   │   └ a2
///   ├ b
///   └ c ─ c1
/// ```
fn tree() -> Tree<&'static str> {
    let nodes = [("x", "a1"), ("r", ""), ("a", "r"), ("a1", "a"), ("b", "r"), ("a2", "a"), ("c", "r"), ("c1", "c")];
    Tree::from_nodes(nodes.map(|(id, parent)| (id, Some(parent).filter(|parent| !parent.is_empty()), id))).unwrap()
}

fn ids<'a>(nodes: impl Iterator<Item = Node<'a, &'static str>>) -> Vec<&'static str> {
    nodes.map(|node| *node.value()).collect()
}

#[test]
fn every_walk_has_its_order() {
    let tree = tree();
    assert_eq!(ids(tree.preorder()), ["r", "a", "a1", "x", "a2", "b", "c", "c1"]);
    assert_eq!(ids(tree.preorder().rev()), ["c1", "c", "b", "a2", "x", "a1", "a", "r"]);
    assert_eq!(ids(tree.postorder()), ["x", "a1", "a2", "a", "b", "c1", "c", "r"]);
    assert_eq!(ids(tree.level_order()), ["r", "a", "b", "c", "a1", "a2", "c1", "x"]);
    let levels: Vec<Vec<&str>> = tree.levels().map(|level| ids(level.into_iter())).collect();
    assert_eq!(levels, [vec!["r"], vec!["a", "b", "c"], vec!["a1", "a2", "c1"], vec!["x"]]);
    assert_eq!(ids(tree.leaves()), ["x", "a2", "b", "c1"]);
    assert_eq!(tree.preorder().len(), 8);
    assert_eq!(tree.into_values(), ["r", "a", "a1", "x", "a2", "b", "c", "c1"]);
}

#[test]
fn a_node_knows_what_is_around_it() {
    let tree = tree();
    let node = |id: &str| tree.get(id).unwrap();
    assert_eq!(ids(node("x").ancestors()), ["a1", "a", "r"]);
    assert_eq!(ids(node("x").path()), ["r", "a", "a1", "x"]);
    assert_eq!(ids(node("r").path()), ["r"]);
    assert_eq!(ids(node("a").descendants()), ["a1", "x", "a2"]);
    assert_eq!((node("b").descendants().len(), node("b").is_leaf(), node("a").is_leaf()), (0, true, false));
    assert_eq!(ids(node("a").leaves()), ["x", "a2"]);
    assert_eq!(ids(node("b").leaves()), ["b"]);
    assert_eq!(ids(node("b").siblings()), ["a", "c"]);
    assert_eq!(ids(node("r").siblings()), [""; 0]);
    assert_eq!(ids(node("a").children().rev()), ["a2", "a1"]);
    assert_eq!((node("x").depth(), node("r").is_root(), node("a").is_root()), (3, true, false));
    assert!(tree.get("nobody").is_none() && tree.get(7).is_none());
}

#[test]
fn the_lowest_common_ancestor_is_the_deepest_that_both_are_below_or_are() {
    let tree = tree();
    let common = |a: &str, b: &str| *tree.get(a).unwrap().lowest_common_ancestor(tree.get(b).unwrap()).unwrap().value();
    assert_eq!([common("x", "a2"), common("a2", "x"), common("x", "c1")], ["a", "a", "r"]);
    assert_eq!([common("x", "a1"), common("a1", "x"), common("b", "b"), common("r", "x")], ["a1", "a1", "b", "r"]);
    let other = self::tree();
    assert!(tree.root().lowest_common_ancestor(other.root()).is_none(), "another tree's node");
    assert!(tree.root() != other.root() && tree.root() == tree.root());
    assert!(tree.root().is_ancestor_of(tree.get("x").unwrap()) && !tree.root().is_ancestor_of(tree.root()));
}

#[test]
fn nodes_are_found_by_keys_of_every_type() {
    let keys: [AttributeValue; 3] = [AttributeValue::from("text"), AttributeValue::from(10), AttributeValue::from(9)];
    let root = keys[0].clone();
    let nodes = keys.iter().map(|key| (key.clone(), Some(root.clone()).filter(|root| root != key), ()));
    let tree = Tree::from_nodes(nodes).unwrap();
    assert_eq!(tree.get("10.0".parse::<Number>().unwrap()).unwrap().id(), &AttributeValue::from(10));
    assert!(tree.get("10").is_none(), "text is no number");
    assert!(tree.get("text").unwrap().is_root());
}

#[test]
fn nodes_that_do_not_hang_together_with_the_root_are_counted() {
    let nodes = [
        ("r", None),
        ("a", Some("r")),
        ("lost", Some("gone")),
        ("below", Some("lost")),
        ("p", Some("q")),
        ("q", Some("p")),
        ("self", Some("self")),
        ("r2", None),
    ];
    let tree = Tree::from_nodes(nodes.map(|(id, parent)| (id, parent, id))).unwrap();
    let metadata = tree.metadata();
    assert_eq!((tree.len(), metadata.node_count, metadata.depth), (2, 2, 1));
    assert_eq!((metadata.orphans, metadata.cycles, metadata.truncated), (1, 2, false));
    let circle = Tree::from_nodes([("a", Some("b"), 1), ("b", Some("a"), 2)]).unwrap();
    assert_eq!((circle.len(), circle.metadata().cycles, *circle.root().value()), (2, 1, 1));
}

#[test]
fn a_tree_needs_nodes_with_keys_of_their_own() {
    let none: [(&str, Option<&str>, ()); 0] = [];
    assert_eq!(Tree::from_nodes(none).unwrap_err().kind(), ErrorKind::RootNotFound);
    let twice = Tree::from_nodes([("r", None, 1), ("r", None, 2)]).unwrap_err();
    assert_eq!((twice.kind(), twice.message()), (ErrorKind::InvalidInput, "two nodes have the same key"));
    assert_eq!(Tree::from_nodes([(true, None, 1)]).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_read_can_be_handed_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let options = enhanced_dynamodb::Client::builder().region("eu-central-1");
    let db = runtime.block_on(options.build()).unwrap();
    is_send(&db.read_tree("T", "r").send::<Item>());
    is_send(&db.read_tree("T", "r").stream::<Item>());
    is_send(&db.path_to_root("T", "r").send::<Item>());
    is_send(&db.children("T", "r").send::<Item>());
    is_send(&db.leaves("T", "r").send::<Item>());
    is_send(&db.count("T", "r").send());
    is_send(&tree());
}

//! Any forest, with cycles and orphans in it, reads to the same tree whichever way.

use std::collections::{BTreeMap, BTreeSet};

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{Strategy as Way, Tree, TreeSchema};
use enhanced_dynamodb::{AttributeValue, Item, item};
use proptest::collection::vec;
use proptest::option;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};

use crate::common::client;

const MOST_NODES: usize = 14;
const FORESTS: usize = 60;

/// The parent of each node: another node, itself, or (beyond the last) one that does not exist.
type Parents = Vec<Option<usize>>;

/// What should be read from node 0 down.
#[derive(Debug, PartialEq)]
struct Expected {
    depths: BTreeMap<usize, u32>,
    /// Whether the root is below itself.
    root_again: usize,
    other_cycles: usize,
    orphans: usize,
}

fn expected(parents: &Parents) -> Expected {
    let count = parents.len();
    let up = |node: usize| parents[node].filter(|parent| *parent < count);
    let mut depths = BTreeMap::new();
    for node in 0..count {
        let (mut here, mut depth) = (node, 0);
        while here != 0 && depth <= count {
            depth += 1;
            match up(here) {
                Some(parent) => here = parent,
                None => break,
            }
        }
        if here == 0 && depth <= count {
            depths.insert(node, depth as u32);
        }
    }
    let mut cycles = BTreeSet::new();
    for node in (1..count).filter(|node| !depths.contains_key(node)) {
        let mut here = Some(node);
        for _ in 0..count {
            here = here.and_then(up);
        }
        // Still going after so many steps: in a circle, which is named by its smallest node.
        if let Some(start) = here {
            let (mut smallest, mut at) = (start, up(start));
            while let Some(next) = at.filter(|next| *next != start) {
                smallest = smallest.min(next);
                at = up(next);
            }
            cycles.insert(smallest);
        }
    }
    Expected {
        root_again: usize::from(up(0).is_some_and(|parent| depths.contains_key(&parent))),
        depths,
        other_cycles: cycles.len(),
        orphans: (1..count).filter(|node| parents[*node].is_some_and(|parent| parent >= count)).count(),
    }
}

testkit::on_both_engines! {
    async fn any_forest_reads_to_the_same_tree_by_its_edges_and_as_a_collection(engine: Engine) {
        let db = client(&engine).await;
        let index = |name: &str, key: &str| IndexDefinition::new(name).partition_key(key, AttributeType::String);
        db.create_table("Forest")
            .partition_key("id", AttributeType::String)
            .global_index(index("parent-index", "parent"))
            .global_index(index("tree-index", "tree"))
            .send()
            .await
            .unwrap();
        let schema = TreeSchema::default().tree_id("tree", "tree-index").order_by("no");
        let forests = vec(option::weighted(0.9, 0..MOST_NODES + 2), 1..MOST_NODES);
        let mut runner = TestRunner::new_with_rng(Config::default(), proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ));
        for forest in 0..FORESTS {
            let parents: Parents = forests.new_tree(&mut runner).unwrap().current();
            let name = |node: usize| format!("{forest}-{node}");
            let items: Vec<Item> = parents
                .iter()
                .enumerate()
                .map(|(node, parent)| {
                    let mut item = item! { "id": name(node), "no": node, "tree": format!("tree {forest}") };
                    if let Some(parent) = parent {
                        item.insert("parent", name(*parent));
                    }
                    item
                })
                .collect();
            let batch = items.iter().fold(db.batch_write(), |batch, item| batch.put("Forest", item));
            assert!(batch.send().await.unwrap().unprocessed.is_empty());
            let expected = expected(&parents);
            let depths = |tree: &Tree<Item>| -> BTreeMap<usize, u32> {
                tree.preorder()
                    .map(|node| {
                        let no = node.value().get_n("no").and_then(enhanced_dynamodb::Number::to_u64).unwrap() as usize;
                        let parent = node.parent().map(|parent| parent.id().clone());
                        let named = parents[no].map(|parent| AttributeValue::from(name(parent)));
                        assert!(node.is_root() || parent == named);
                        (no, node.depth())
                    })
                    .collect()
            };
            let read = |way: Way| db.read_tree("Forest", name(0)).schema(schema.clone()).tree(format!("tree {forest}")).strategy(way);
            let edges: Tree<Item> = read(Way::Adjacency).send().await.unwrap();
            let collection: Tree<Item> = read(Way::Collection).send().await.unwrap();
            assert_eq!(depths(&edges), expected.depths, "{parents:?}");
            assert_eq!(depths(&collection), expected.depths, "{parents:?}");
            assert_eq!(edges.to_json().unwrap(), collection.to_json().unwrap(), "{parents:?}");
            let metadata = edges.metadata();
            assert_eq!((metadata.cycles, metadata.orphans, metadata.truncated), (expected.root_again, 0, false), "{parents:?}");
            let metadata = collection.metadata();
            let cycles = expected.root_again + expected.other_cycles;
            assert_eq!((metadata.cycles, metadata.orphans), (cycles, expected.orphans), "{parents:?}");
            assert_eq!((metadata.requests, edges.metadata().requests), (1, 1 + expected.depths.len() as u64));
            if parents[0].is_none() {
                let nodes = parents.iter().enumerate().map(|(node, parent)| (node, *parent, items[node].clone()));
                let tree = Tree::from_nodes(nodes).unwrap();
                assert_eq!(tree.to_json().unwrap(), collection.to_json().unwrap(), "{parents:?}");
                assert_eq!((tree.metadata().cycles, tree.metadata().orphans), (cycles, expected.orphans), "{parents:?}");
            }
        }
    }
}

//! What is known of a tree as a whole.

use std::time::Duration;

use serde::Serialize;

use crate::item::AttributeValue;

/// What is known of a tree as a whole.
///
/// Serialised, it has the members `nodeCount`, `depth`, `rootId`, `truncated`, `cycles`, and, where there is something to
/// tell, `truncatedBy`, `orphans`, `pruned` and `incomplete`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TreeMetadata {
    /// Nodes in the tree, the root included.
    #[doc(alias = "nodeCount")]
    pub node_count: usize,
    /// The greatest depth of a node; the root has depth 0.
    pub depth: u32,
    /// The root's key.
    #[doc(alias = "rootId")]
    pub root_id: AttributeValue,
    /// Whether something was left out: below `max_depth`, beyond `max_nodes`, or after the deadline.
    pub truncated: bool,
    /// Why it was left out, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated_by: Option<Truncation>,
    /// How often a node was reached that is in the tree already; it is then left out there. In a
    /// [`Collection`](super::Strategy::Collection) that was read whole, cycles beside the tree count too, one each.
    pub cycles: usize,
    /// Nodes whose parent does not exist. Only a [`Collection`](super::Strategy::Collection) that was read whole shows them.
    #[serde(skip_serializing_if = "is_zero")]
    pub orphans: usize,
    /// Nodes that the filter kept out. What lies below them is not in the tree either: by
    /// [`Adjacency`](super::Strategy::Adjacency) it was not looked at, from a
    /// [`Collection`](super::Strategy::Collection) it is counted too.
    #[serde(skip_serializing_if = "is_zero")]
    pub pruned: usize,
    /// Nodes whose count of children (the schema's [`child_count`](super::TreeSchema::child_count)) differs from the children
    /// that were found: an index that lags behind, or a count that is wrong.
    #[serde(skip_serializing_if = "is_zero")]
    pub incomplete: usize,
    /// Pages of queries read.
    #[serde(skip)]
    pub pages: u64,
    /// Requests made for items, retries included; not the one that describes the table on its first use.
    #[serde(skip)]
    pub requests: u64,
    /// Read capacity units consumed, if they were asked for.
    #[serde(skip)]
    pub capacity: Option<f64>,
    /// Time from the first request to the last answer.
    #[serde(skip)]
    pub elapsed: Duration,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Why a tree does not have all its nodes. Serialised: `depth`, `nodes` or `deadline`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Truncation {
    /// There are nodes below `max_depth`.
    Depth,
    /// There are more nodes than `max_nodes`.
    Nodes,
    /// The deadline came before all was read, or before it was known that all was read.
    Deadline,
}

impl TreeMetadata {
    pub(super) fn of_root(root_id: AttributeValue) -> Self {
        TreeMetadata {
            node_count: 0,
            depth: 0,
            root_id,
            truncated: false,
            truncated_by: None,
            cycles: 0,
            orphans: 0,
            pruned: 0,
            incomplete: 0,
            pages: 0,
            requests: 0,
            capacity: None,
            elapsed: Duration::ZERO,
        }
    }
}

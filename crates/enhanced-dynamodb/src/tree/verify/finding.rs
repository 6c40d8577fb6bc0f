//! What is wrong with stored trees, as data and as a line.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::item::AttributeValue;

/// Which node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct NodeKey {
    /// Its key.
    pub id: AttributeValue,
    /// Its tree's id, where that is part of the key in the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<AttributeValue>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Finding {
    /// The parent of each of these is the next one, and that of the last the first.
    Cycle {
        /// The nodes in the circle, beginning with the one whose key is the least.
        nodes: Vec<NodeKey>,
    },
    /// The node's parent does not exist.
    Orphan {
        /// The node.
        node: NodeKey,
        /// The parent that it names.
        parent: AttributeValue,
    },
    /// The node says that it has another number of children than it has.
    WrongCount {
        /// The node.
        node: NodeKey,
        /// What it says.
        stored: String,
        /// What there are.
        found: usize,
    },
    /// The node's list of ancestors or its tree's id is not what its place in the tree makes it.
    WrongPlace {
        /// The node.
        node: NodeKey,
    },
    /// A write of several steps that began at this node has not ended. What it has not done yet (the counts and places of
    /// the nodes below) is not reported.
    Unfinished {
        /// The node.
        node: NodeKey,
        /// `place` (of a move), `copy`, `move` (between partitions), `delete` (of an unfinished copy), or `unknown`.
        operation: &'static str,
    },
    /// The index on the parent has the node under another parent than the table, or not.
    IndexDiffers {
        /// The node.
        node: NodeKey,
    },
}

/// What verifying found. Its `Display` form is one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TreeReport {
    /// Nodes read.
    pub nodes: usize,
    /// Nodes without a parent: trees.
    pub roots: usize,
    /// What is wrong; nothing in a sound table.
    pub findings: Vec<Finding>,
    /// Requests made, those that were retried included.
    pub requests: u64,
    /// Time from the start to the end.
    #[serde(skip)]
    pub elapsed: Duration,
}

impl TreeReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for TreeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: ", Counted(self.nodes, "node"), Counted(self.roots, "tree"))?;
        if self.is_sound() {
            return f.write_str("nothing is wrong");
        }
        let kinds = ["cycle", "orphan", "wrong count", "wrong place", "unfinished write", "index entry that differs"];
        let mut separator = "";
        for (kind, name) in kinds.into_iter().enumerate() {
            let count = self.findings.iter().filter(|finding| finding.kind() == kind).count();
            match (count, kind) {
                (0, _) => continue,
                (2.., 5) => write!(f, "{separator}{count} index entries that differ")?,
                _ => write!(f, "{separator}{}", Counted(count, name))?,
            }
            separator = ", ";
        }
        Ok(())
    }
}

impl Finding {
    fn kind(&self) -> usize {
        match self {
            Finding::Cycle { .. } => 0,
            Finding::Orphan { .. } => 1,
            Finding::WrongCount { .. } => 2,
            Finding::WrongPlace { .. } => 3,
            Finding::Unfinished { .. } => 4,
            Finding::IndexDiffers { .. } => 5,
        }
    }
}

/// `1 node`, `2 nodes`.
struct Counted(usize, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}

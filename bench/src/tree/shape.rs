//! The conversations that are read: who answers whom.

use crate::data::PROSE;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The value of the attribute that all nodes of a conversation share.
pub(crate) const CONVERSATION: &str = "conversation-1";

/// The index on that attribute.
pub(crate) const CONVERSATIONS: &str = "conversation-index";

/// Characters of a node's text, so that an item has about 400 bytes.
const TEXT: usize = 300;

/// A message and its place in the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    pub(crate) conversation: String,
    pub(crate) child_count: u64,
    pub(crate) author: String,
    pub(crate) text: String,
}

impl Node {
    /// The key of the node with this number.
    pub(crate) fn key(number: usize) -> String {
        format!("n{number}")
    }
}

/// The number in a node's key.
pub(crate) fn number(key: &str) -> Option<usize> {
    key.strip_prefix('n')?.parse().ok()
}

/// How a conversation branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// 10,000 nodes, 8 answers to each as long as there are any.
    Bushy,
    /// One thread of 2,000.
    Deep,
    /// 10,000 nodes, all but the root answer the root.
    Star,
}

impl Shape {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[Self::Bushy, Self::Deep, Self::Star];

    /// The name on the command line and in the ratios.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bushy => "bushy",
            Self::Deep => "deep",
            Self::Star => "star",
        }
    }

    /// How many nodes there are.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Bushy | Self::Star => 10_000,
            Self::Deep => 2_000,
        }
    }

    /// The parent of the node with this number; the root is 0.
    fn parent(self, number: usize) -> Option<usize> {
        let before = number.checked_sub(1)?;
        Some(match self {
            Self::Bushy => before / 8,
            Self::Deep => before,
            Self::Star => 0,
        })
    }

    /// All nodes by their numbers.
    pub(crate) fn nodes(self) -> Vec<Node> {
        let mut counts = vec![0; self.count()];
        for parent in (0..self.count()).filter_map(|number| self.parent(number)) {
            counts[parent] += 1;
        }
        let node = |(number, child_count)| Node {
            id: Node::key(number),
            parent: self.parent(number).map(Node::key),
            conversation: CONVERSATION.to_owned(),
            child_count,
            author: "user-1742".to_owned(),
            text: PROSE.chars().cycle().skip(number % 50).take(TEXT).collect(),
        };
        counts.into_iter().enumerate().map(node).collect()
    }

    /// Nodes that have children.
    pub(crate) fn inner(self) -> usize {
        self.nodes().iter().filter(|node| node.child_count > 0).count()
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|shape| shape.name() == name);
        found.ok_or_else(|| format!("no shape `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bush_has_eight_answers_to_each_inner_node() {
        let nodes = Shape::Bushy.nodes();
        assert_eq!(nodes.len(), 10_000);
        assert!(nodes.iter().filter(|node| node.child_count > 0 && node.child_count != 8).count() <= 1);
        assert_eq!(Shape::Bushy.inner(), 1_250);
        assert_eq!((Shape::Deep.inner(), Shape::Star.inner()), (1_999, 1));
    }
}

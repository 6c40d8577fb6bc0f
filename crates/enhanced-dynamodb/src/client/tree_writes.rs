//! Writes of trees.

use serde::Serialize;

use super::Client;
use crate::tree::{AppendNodes, InsertNode, MoveSubtree};

impl Client {
    /// Writes the root of a new tree.
    pub fn create_root<T: Serialize + ?Sized>(&self, table: impl Into<String>, item: &T) -> InsertNode {
        InsertNode::new(self.core(), table.into(), None::<()>, item)
    }

    /// Writes a node under a parent, which must exist.
    pub fn insert_child<T: Serialize + ?Sized>(
        &self,
        table: impl Into<String>,
        parent: impl Serialize,
        item: &T,
    ) -> InsertNode {
        InsertNode::new(self.core(), table.into(), Some(parent), item)
    }

    /// Appends a thread of nodes to a parent: each the child of the one before it.
    pub fn append<T: Serialize>(
        &self,
        table: impl Into<String>,
        parent: impl Serialize,
        items: impl IntoIterator<Item = T>,
    ) -> AppendNodes {
        AppendNodes::new(self.core(), table.into(), parent, items)
    }

    /// Moves a node with all that is below it under another parent: one transaction, and never a circle.
    pub fn move_subtree(
        &self,
        table: impl Into<String>,
        node: impl Serialize,
        new_parent: impl Serialize,
    ) -> MoveSubtree {
        MoveSubtree::new(self.core(), table.into(), node, new_parent)
    }
}

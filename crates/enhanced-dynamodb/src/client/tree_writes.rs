//! Writes of trees.

use serde::Serialize;

use super::Client;
use crate::tree::{AppendNodes, CopySubtree, DeleteSubtree, InsertNode, MoveSubtree, RepairTree, VerifyTree};

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

    /// Copies a node with all that is below it, under new keys: the fork of a conversation.
    pub fn copy_subtree(&self, table: impl Into<String>, node: impl Serialize) -> CopySubtree {
        CopySubtree::new(self.core(), table.into(), node)
    }

    /// Deletes a node with all that is below it; or only if nothing is; or lets its parent adopt the children.
    pub fn delete_subtree(&self, table: impl Into<String>, node: impl Serialize) -> DeleteSubtree {
        DeleteSubtree::new(self.core(), table.into(), node)
    }

    /// Looks whether the trees of a table are sound: no circle, no orphan, every count and list right.
    pub fn verify_tree(&self, table: impl Into<String>) -> VerifyTree {
        VerifyTree::new(self.core(), table.into())
    }

    /// Mends what [`verify_tree`](Self::verify_tree) finds, as far as it is told to.
    pub fn repair_tree(&self, table: impl Into<String>) -> RepairTree {
        RepairTree::new(self.core(), table.into())
    }
}

//! Parts of a tree: its leaves, and how many nodes it has.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::metadata::TreeMetadata;
use super::plan::Draft;
use super::read::{ReadTree, Strategy};
use super::settings::{limit_settings, tree_settings};
use crate::error::Error;
use crate::execute::Core;
use crate::item::AttributeValue;

/// Reads the nodes without children that are below a node. Made by [`Client::leaves`](crate::Client::leaves).
///
/// The whole tree is read, as [`ReadTree`] does; only its leaves must be of the type that is asked for.
#[must_use = "nothing is read until it is sent"]
pub struct ReadLeaves {
    draft: Draft,
    root: AttributeValue,
    strategy: Strategy,
}

/// What a [`ReadLeaves`] gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct LeavesOutput<T> {
    /// The leaves, in the order of [`Tree::leaves`](super::Tree::leaves). A root without children is one itself.
    pub nodes: Vec<T>,
    /// What is known of the tree as a whole. If it was truncated, a node may be among the leaves because its children were
    /// left out.
    pub metadata: TreeMetadata,
}

impl ReadLeaves {
    pub(crate) fn new(core: Arc<Core>, table: String, root: &impl Serialize) -> Self {
        let mut draft = Draft::new(core, "ReadLeaves", table);
        let root = draft.key(root);
        ReadLeaves { draft, root, strategy: Strategy::Auto }
    }

    tree_settings!();
    limit_settings!();

    /// Reads the leaves.
    ///
    /// # Errors
    /// As those of [`ReadTree::send`].
    pub async fn send<T: DeserializeOwned>(self) -> Result<LeavesOutput<T>, Error> {
        let read = ReadTree::of(self.draft, self.root, self.strategy);
        let (plan, tree) = read.read(|_, item| Ok(item.clone())).await?;
        let nodes = tree.leaves().map(|leaf| plan.decode(leaf.value())).collect::<Result<_, _>>()?;
        Ok(LeavesOutput { nodes, metadata: tree.metadata().clone() })
    }
}

/// Counts the nodes of a tree. Made by [`Client::count`](crate::Client::count).
///
/// The whole tree is read, as [`ReadTree`] does, but only what makes it comes over the network. What is charged for are
/// whole items all the same.
#[must_use = "nothing is read until it is sent"]
pub struct CountNodes {
    draft: Draft,
    root: AttributeValue,
    strategy: Strategy,
}

impl CountNodes {
    pub(crate) fn new(core: Arc<Core>, table: String, root: &impl Serialize) -> Self {
        let mut draft = Draft::new(core, "CountNodes", table);
        let root = draft.key(root);
        CountNodes { draft, root, strategy: Strategy::Auto }
    }

    tree_settings!();
    limit_settings!();

    /// Counts the nodes: [`node_count`](TreeMetadata::node_count), with what else is known of the tree.
    ///
    /// # Errors
    /// As those of [`ReadTree::send`].
    pub async fn send(mut self) -> Result<TreeMetadata, Error> {
        // Whatever was asked for besides: nobody gets to see it.
        self.draft.plan.projection.clear();
        let key = self.draft.plan.schema.key.clone();
        self.draft.select([key]);
        let read = ReadTree::of(self.draft, self.root, self.strategy);
        Ok(read.read(|_, _| Ok(())).await?.1.metadata)
    }
}

// The items are the user's and may be secret.
impl<T> std::fmt::Debug for LeavesOutput<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeavesOutput").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(ReadLeaves, table: draft.plan.table);
crate::operation::settings::debug_without_values!(CountNodes, table: draft.plan.table);

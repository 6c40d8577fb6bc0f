//! A tree in memory: an arena, so that nothing here recurses and a chain of 100,000 messages is as good as a bush.

use std::time::Duration;

use serde::Serialize;

use crate::item::AttributeValue;

/// A tree that was read from a table.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::tree::Tree;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Message { id: String, text: String }
///
/// let tree: Tree<Message> = db.read_tree("Messages", "root-id").max_depth(10).send().await?;
/// for node in tree.preorder() {
///     println!("{:indent$}{}", "", node.value().text, indent = 2 * node.depth() as usize);
/// }
/// println!("{} nodes, {} deep", tree.metadata().node_count, tree.metadata().depth);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tree<T> {
    /// The root stands first, and every node behind its parent.
    pub(super) slots: Vec<Slot<T>>,
    pub(super) metadata: TreeMetadata,
    pub(super) include_metadata: bool,
}

#[derive(Clone)]
pub(super) struct Slot<T> {
    pub(super) value: T,
    pub(super) id: AttributeValue,
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    pub(super) depth: u32,
}

/// What is known of a tree as a whole.
///
/// Serialised, it has the members `nodeCount`, `depth`, `rootId`, `truncated`, `cycles`, and, if it is truncated,
/// `truncatedBy`.
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
    /// How often a node was reached that is in the tree already; it is then left out there.
    pub cycles: usize,
    /// Requests made.
    #[serde(skip)]
    pub requests: u64,
    /// Time from the first request to the last answer.
    #[serde(skip)]
    pub elapsed: Duration,
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

impl<T> Tree<T> {
    /// The root.
    #[must_use]
    pub fn root(&self) -> Node<'_, T> {
        Node { tree: self, at: 0 }
    }

    /// What is known of the tree as a whole.
    #[must_use]
    pub fn metadata(&self) -> &TreeMetadata {
        &self.metadata
    }

    /// How many nodes there are; a tree has at least its root.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a tree is never empty")]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Every node, each before its children, children in their order.
    #[must_use]
    pub fn preorder(&self) -> Preorder<'_, T> {
        Preorder { tree: self, stack: vec![0] }
    }
}

/// A node of a [`Tree`].
pub struct Node<'a, T> {
    tree: &'a Tree<T>,
    at: usize,
}

impl<T> Clone for Node<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Node<'_, T> {}

impl<'a, T> Node<'a, T> {
    fn slot(&self) -> &'a Slot<T> {
        &self.tree.slots[self.at]
    }

    /// The item.
    #[must_use]
    pub fn value(&self) -> &'a T {
        &self.slot().value
    }

    /// The node's key.
    #[must_use]
    pub fn id(&self) -> &'a AttributeValue {
        &self.slot().id
    }

    /// Steps from the root, which has depth 0.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.slot().depth
    }

    /// The parent; the root has none.
    #[must_use]
    pub fn parent(&self) -> Option<Node<'a, T>> {
        self.slot().parent.map(|at| Node { tree: self.tree, at })
    }

    /// The children, in their order.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = Node<'a, T>> + ExactSizeIterator {
        let tree = self.tree;
        self.slot().children.iter().map(move |at| Node { tree, at: *at })
    }
}

/// Every node of a tree, each before its children. Made by [`Tree::preorder`].
pub struct Preorder<'a, T> {
    tree: &'a Tree<T>,
    stack: Vec<usize>,
}

impl<'a, T> Iterator for Preorder<'a, T> {
    type Item = Node<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.stack.pop()?;
        self.stack.extend(self.tree.slots[at].children.iter().rev());
        Some(Node { tree: self.tree, at })
    }
}

// The items are the user's and may be secret: only what is known of the tree as a whole is shown.
impl<T> std::fmt::Debug for Tree<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tree").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(Node<'_, T>);
crate::operation::settings::debug_without_values!(Preorder<'_, T>);

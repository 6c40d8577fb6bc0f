//! A tree in memory: an arena, so that nothing here recurses and a chain of 100,000 messages is as good as a bush.

use std::collections::VecDeque;
use std::sync::OnceLock;

use super::link::Linker;
use super::metadata::TreeMetadata;
use super::shape::{Arena, NONE, Shape, Slot, compare};
use super::walk::{Leaves, LevelOrder, Levels, Postorder, Preorder};
use crate::error::{Error, ErrorKind};
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
/// if let Some(answer) = tree.get("m7") {
///     let context: Vec<&str> = answer.path().map(|node| node.value().text.as_str()).collect();
///     println!("{} messages lead to it, {} follow", context.len(), answer.descendants().len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tree<T> {
    pub(super) arena: Arena<T>,
    pub(super) metadata: TreeMetadata,
    pub(super) include_metadata: bool,
    /// All places, in the order of the nodes' keys: made when a node is looked up.
    by_id: OnceLock<Vec<u32>>,
}

impl<T> Tree<T> {
    /// The shape has its root at least, and as many values as nodes.
    pub(super) fn new(shape: Shape, values: Vec<T>, metadata: TreeMetadata, sorted: bool) -> Self {
        let arena = shape.into_arena(values, sorted);
        Tree { arena, metadata, include_metadata: false, by_id: OnceLock::new() }
    }

    /// A tree of nodes that are at hand: each with its key, its parent's key and its value, in any order.
    ///
    /// The root is the first node without a parent; if all name one, it is the first node. Children stand in the order in
    /// which they come. What does not hang together with the root is left out and counted in the
    /// [`metadata`](Tree::metadata): nodes whose parent is missing as `orphans`, cycles as `cycles`.
    ///
    /// ```
    /// use enhanced_dynamodb::Tree;
    ///
    /// let nodes = [("root", None, "Hello"), ("b", Some("a"), "Fine."), ("a", Some("root"), "How are you?")];
    /// let tree = Tree::from_nodes(nodes)?;
    /// let texts: Vec<&str> = tree.preorder().map(|node| *node.value()).collect();
    /// assert_eq!(texts, ["Hello", "How are you?", "Fine."]);
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::RootNotFound`] if there is no node; [`ErrorKind::InvalidInput`] if two have the same key, or a key is no
    /// text, number or binary.
    pub fn from_nodes<K: Into<AttributeValue>>(
        nodes: impl IntoIterator<Item = (K, Option<K>, T)>,
    ) -> Result<Self, Error> {
        let mut linker = Linker::default();
        let mut first: Option<(AttributeValue, bool)> = None;
        for (id, parent, value) in nodes {
            let (id, parent) = (id.into(), parent.map(Into::into));
            if !matches!(id, AttributeValue::S(_) | AttributeValue::N(_) | AttributeValue::B(_)) {
                return Err(Error::invalid_input("the key of a node must be a text, a number or binary"));
            }
            if first.as_ref().is_none_or(|(_, is_root)| !is_root && parent.is_none()) {
                first = Some((id.clone(), parent.is_none()));
            }
            linker.park(id, parent, None, value);
        }
        let Some((root_id, _)) = first else {
            return Err(Error::new(ErrorKind::RootNotFound, "there are no nodes").with_advice("A tree has a root."));
        };
        if linker.duplicates() > 0 {
            return Err(Error::invalid_input("two nodes have the same key"));
        }
        let mut shape = Shape::default();
        let mut values = Vec::new();
        let mut ready: VecDeque<_> = linker.take(&root_id).into_iter().collect();
        while let Some(node) = ready.pop_front() {
            let parent = node.parent.as_ref().filter(|_| shape.len() > 0).and_then(|parent| shape.find(parent));
            linker.take_children(&node.id, &mut ready);
            shape.add(parent, node.id, None);
            values.push(node.value);
        }
        let survey = linker.survey(|_| false);
        let mut metadata = TreeMetadata::of_root(root_id);
        metadata.node_count = shape.len();
        metadata.depth = shape.greatest_depth();
        metadata.orphans = survey.orphans;
        metadata.cycles = survey.cycles;
        Ok(Tree::new(shape, values, metadata, false))
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Node<'_, T> {
        self.at(0)
    }

    pub(super) fn at(&self, at: u32) -> Node<'_, T> {
        Node { tree: self, at }
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
        self.arena.slots.len()
    }

    /// The node with this key.
    #[must_use]
    pub fn get(&self, id: impl Into<AttributeValue>) -> Option<Node<'_, T>> {
        let slots = &self.arena.slots;
        let by_id = self.by_id.get_or_init(|| {
            let mut places: Vec<u32> = (0..slots.len() as u32).collect();
            places.sort_by(|a, b| compare(Some(&slots[*a as usize].id), Some(&slots[*b as usize].id)));
            places
        });
        let id = id.into();
        let found = by_id.binary_search_by(|at| compare(Some(&slots[*at as usize].id), Some(&id))).ok()?;
        by_id.get(found).filter(|at| slots[**at as usize].id == id).map(|at| self.at(*at))
    }

    /// Every node, each before its children, children in their order.
    #[must_use]
    pub fn preorder(&self) -> Preorder<'_, T> {
        Preorder::new(self, 0..self.len() as u32)
    }

    /// Every node, each behind its children, children in their order: what is deleted or summed up from below.
    #[must_use]
    pub fn postorder(&self) -> Postorder<'_, T> {
        Postorder::new(self)
    }

    /// Every node, depth by depth from the root down; within a depth as in [`preorder`](Tree::preorder).
    #[must_use]
    pub fn level_order(&self) -> LevelOrder<'_, T> {
        LevelOrder::new(self)
    }

    /// The depths of the tree from the root down, each with its nodes.
    #[must_use]
    pub fn levels(&self) -> Levels<'_, T> {
        Levels::new(self)
    }

    /// The nodes without children, in the order of [`preorder`](Tree::preorder).
    #[must_use]
    pub fn leaves(&self) -> Leaves<'_, T> {
        Leaves::new(self.preorder())
    }

    /// The items, in the order of [`preorder`](Tree::preorder).
    #[must_use]
    pub fn into_values(self) -> Vec<T> {
        self.arena.slots.into_iter().map(|slot| slot.value).collect()
    }
}

/// A node of a [`Tree`].
pub struct Node<'a, T> {
    pub(super) tree: &'a Tree<T>,
    pub(super) at: u32,
}

impl<T> Clone for Node<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Node<'_, T> {}

/// The same node of the same tree, whatever it holds.
impl<T> PartialEq for Node<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.at == other.at
    }
}

impl<T> Eq for Node<'_, T> {}

impl<'a, T> Node<'a, T> {
    fn slot(&self) -> &'a Slot<T> {
        &self.tree.arena.slots[self.at as usize]
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

    /// Whether this is the tree's root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.at == 0
    }

    /// Whether there are no children in the tree (those that a limit left out are not in it).
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        self.slot().size == 1
    }

    pub(super) fn is_last_child(&self) -> bool {
        let end = |node: &Node<'_, T>| node.at + node.slot().size;
        self.parent().is_none_or(|parent| end(self) == end(&parent))
    }

    /// The parent; the root has none.
    #[must_use]
    pub fn parent(&self) -> Option<Node<'a, T>> {
        Some(self.slot().parent).filter(|parent| *parent != NONE).map(|at| self.tree.at(at))
    }

    /// The children, in their order.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = Node<'a, T>> + ExactSizeIterator + use<'a, T> {
        let tree = self.tree;
        tree.arena.children_of(self.at).iter().map(move |at| tree.at(*at))
    }

    /// The nodes above, from the parent up to the root.
    pub fn ancestors(&self) -> impl Iterator<Item = Node<'a, T>> + use<'a, T> {
        std::iter::successors(self.parent(), Node::parent)
    }

    /// The nodes from the root down to this one, both included: the context of a message in a conversation.
    pub fn path(&self) -> impl DoubleEndedIterator<Item = Node<'a, T>> + ExactSizeIterator + use<'a, T> {
        let mut path: Vec<Node<'a, T>> = std::iter::once(*self).chain(self.ancestors()).collect();
        path.reverse();
        path.into_iter()
    }

    /// The nodes below, each before its children.
    #[must_use]
    pub fn descendants(&self) -> Preorder<'a, T> {
        Preorder::new(self.tree, self.at + 1..self.at + self.slot().size)
    }

    /// The nodes without children that are below; if there are none below, this one.
    #[must_use]
    pub fn leaves(&self) -> Leaves<'a, T> {
        Leaves::new(Preorder::new(self.tree, self.at..self.at + self.slot().size))
    }

    /// The other children of the parent, in their order.
    pub fn siblings(&self) -> impl DoubleEndedIterator<Item = Node<'a, T>> + use<'a, T> {
        let (tree, at) = (self.tree, self.at);
        let all = self.parent().map_or(&[][..], |parent| tree.arena.children_of(parent.at));
        all.iter().filter(move |sibling| **sibling != at).map(move |sibling| tree.at(*sibling))
    }

    /// Whether `other` is below this node.
    #[must_use]
    pub fn is_ancestor_of(&self, other: Node<'_, T>) -> bool {
        std::ptr::eq(self.tree, other.tree) && (self.at + 1..self.at + self.slot().size).contains(&other.at)
    }

    /// The deepest node that both are below, or are; `None` for nodes of different trees.
    #[must_use]
    pub fn lowest_common_ancestor(&self, other: Node<'_, T>) -> Option<Node<'a, T>> {
        if !std::ptr::eq(self.tree, other.tree) {
            return None;
        }
        std::iter::successors(Some(*self), Node::parent).find(|node| node.at == other.at || node.is_ancestor_of(other))
    }
}

// The items are the user's and may be secret: only what is known of the tree as a whole is shown.
impl<T> std::fmt::Debug for Tree<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tree").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(Node<'_, T>);

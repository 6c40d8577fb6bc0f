//! Walks over a tree in memory, without recursion.

use std::ops::Range;

use super::node::{Node, Tree};

/// Nodes, each before its children. Made by [`Tree::preorder`] and [`Node::descendants`].
pub struct Preorder<'a, T> {
    tree: &'a Tree<T>,
    /// The arena stands in preorder.
    rest: Range<u32>,
}

impl<'a, T> Preorder<'a, T> {
    pub(super) fn new(tree: &'a Tree<T>, rest: Range<u32>) -> Self {
        Preorder { tree, rest }
    }
}

impl<'a, T> Iterator for Preorder<'a, T> {
    type Item = Node<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.next().map(|at| self.tree.at(at))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl<T> DoubleEndedIterator for Preorder<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.rest.next_back().map(|at| self.tree.at(at))
    }
}

impl<T> ExactSizeIterator for Preorder<'_, T> {}

/// Every node of a tree, each behind its children. Made by [`Tree::postorder`].
pub struct Postorder<'a, T> {
    tree: &'a Tree<T>,
    /// The next node in preorder.
    next: u32,
    /// Nodes whose children are not all out yet.
    open: Vec<u32>,
}

impl<'a, T> Postorder<'a, T> {
    pub(super) fn new(tree: &'a Tree<T>) -> Self {
        Postorder { tree, next: 0, open: Vec::new() }
    }
}

impl<'a, T> Iterator for Postorder<'a, T> {
    type Item = Node<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        let slots = &self.tree.arena.slots;
        loop {
            if let Some(&at) = self.open.last()
                && at + slots[at as usize].size == self.next
            {
                self.open.pop();
                return Some(self.tree.at(at));
            }
            if self.next as usize >= slots.len() {
                return None;
            }
            self.open.push(self.next);
            self.next += 1;
        }
    }
}

/// Every node of a tree, depth by depth. Made by [`Tree::level_order`].
pub struct LevelOrder<'a, T> {
    levels: Levels<'a, T>,
    level: std::vec::IntoIter<Node<'a, T>>,
}

impl<'a, T> LevelOrder<'a, T> {
    pub(super) fn new(tree: &'a Tree<T>) -> Self {
        LevelOrder { levels: Levels::new(tree), level: Vec::new().into_iter() }
    }
}

impl<'a, T> Iterator for LevelOrder<'a, T> {
    type Item = Node<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(node) = self.level.next() {
                return Some(node);
            }
            self.level = self.levels.next()?.into_iter();
        }
    }
}

/// The depths of a tree from the root down, each as its nodes. Made by [`Tree::levels`].
pub struct Levels<'a, T> {
    next: Vec<Node<'a, T>>,
}

impl<'a, T> Levels<'a, T> {
    pub(super) fn new(tree: &'a Tree<T>) -> Self {
        Levels { next: vec![tree.root()] }
    }
}

impl<'a, T> Iterator for Levels<'a, T> {
    type Item = Vec<Node<'a, T>>;

    fn next(&mut self) -> Option<Self::Item> {
        let below = self.next.iter().flat_map(Node::children).collect();
        Some(std::mem::replace(&mut self.next, below)).filter(|level| !level.is_empty())
    }
}

/// Nodes without children. Made by [`Tree::leaves`] and [`Node::leaves`].
pub struct Leaves<'a, T> {
    nodes: Preorder<'a, T>,
}

impl<'a, T> Leaves<'a, T> {
    pub(super) fn new(nodes: Preorder<'a, T>) -> Self {
        Leaves { nodes }
    }
}

impl<'a, T> Iterator for Leaves<'a, T> {
    type Item = Node<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.nodes.find(Node::is_leaf)
    }
}

impl<T> DoubleEndedIterator for Leaves<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.nodes.rfind(Node::is_leaf)
    }
}

crate::operation::settings::debug_without_values!(Preorder<'_, T>);
crate::operation::settings::debug_without_values!(Postorder<'_, T>);
crate::operation::settings::debug_without_values!(LevelOrder<'_, T>);
crate::operation::settings::debug_without_values!(Levels<'_, T>);
crate::operation::settings::debug_without_values!(Leaves<'_, T>);

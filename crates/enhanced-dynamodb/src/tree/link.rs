//! Nodes that wait for their parents: what comes in any order is handed on with parents first.

use std::collections::{HashMap, VecDeque};

use crate::item::AttributeValue;

/// A node that waits.
pub(super) struct Parked<V> {
    pub(super) id: AttributeValue,
    pub(super) parent: Option<AttributeValue>,
    pub(super) order: Option<AttributeValue>,
    pub(super) value: V,
}

/// Nodes that wait for their parents.
pub(super) struct Linker<V> {
    /// In the order in which they came; nothing where one was taken.
    nodes: Vec<Option<Parked<V>>>,
    by_id: HashMap<AttributeValue, u32>,
    by_parent: HashMap<AttributeValue, Vec<u32>>,
    duplicates: usize,
    /// How often a child was reached that had been taken already.
    again: usize,
}

impl<V> Default for Linker<V> {
    fn default() -> Self {
        Linker { nodes: Vec::new(), by_id: HashMap::new(), by_parent: HashMap::new(), duplicates: 0, again: 0 }
    }
}

/// What is wrong with the nodes that still wait when all have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Nodes whose parent does not exist.
    pub(super) orphans: usize,
    /// Cycles, one each.
    pub(super) cycles: usize,
    /// Orphans, and the nodes below them.
    pub(super) detached: usize,
}

impl<V> Linker<V> {
    /// Lets a node wait. One with a key that came before is dropped.
    pub(super) fn park(
        &mut self,
        id: AttributeValue,
        parent: Option<AttributeValue>,
        order: Option<AttributeValue>,
        value: V,
    ) {
        let at = self.nodes.len() as u32;
        if self.by_id.contains_key(&id) {
            self.duplicates += 1;
            return;
        }
        self.by_id.insert(id.clone(), at);
        if let Some(parent) = &parent {
            match self.by_parent.get_mut(parent) {
                Some(children) => children.push(at),
                None => {
                    self.by_parent.insert(parent.clone(), vec![at]);
                }
            }
        }
        self.nodes.push(Some(Parked { id, parent, order, value }));
    }

    /// How many nodes were dropped because their key had come before.
    pub(super) fn duplicates(&self) -> usize {
        self.duplicates
    }

    /// Takes out the node with this key.
    pub(super) fn take(&mut self, id: &AttributeValue) -> Option<Parked<V>> {
        let at = *self.by_id.get(id)?;
        self.nodes.get_mut(at as usize)?.take()
    }

    /// Takes out the nodes that wait for this parent.
    pub(super) fn take_children(&mut self, parent: &AttributeValue, ready: &mut VecDeque<Parked<V>>) {
        for at in self.by_parent.remove(parent).unwrap_or_default() {
            match self.nodes.get_mut(at as usize).and_then(Option::take) {
                Some(node) => ready.push_back(node),
                None => self.again += 1,
            }
        }
    }

    /// What is wrong with those that still wait; `exists` knows the nodes that never did.
    pub(super) fn survey(&self, exists: impl Fn(&AttributeValue) -> bool) -> Survey {
        let mut survey = Survey { cycles: self.again, ..Survey::default() };
        let mut ways: Vec<Way> = self.nodes.iter().map(|node| self.way_up(node.as_ref(), &exists)).collect();
        survey.orphans = ways.iter().filter(|way| **way == Way::Missing).count();
        let mut walked = Vec::new();
        for at in 0..ways.len() {
            let mut here = at;
            let end = loop {
                match ways[here] {
                    Way::Up(parent) => {
                        ways[here] = Way::Walked;
                        walked.push(here);
                        here = parent as usize;
                    }
                    // Everyone has one way up: a walk that meets itself has gone in a circle.
                    Way::Walked => {
                        survey.cycles += 1;
                        break Way::Elsewhere;
                    }
                    end @ (Way::Missing | Way::Elsewhere) => break end,
                }
            };
            for at in walked.drain(..) {
                ways[at] = end;
            }
        }
        survey.detached = ways.iter().filter(|way| **way == Way::Missing).count();
        survey
    }

    fn way_up(&self, node: Option<&Parked<V>>, exists: impl Fn(&AttributeValue) -> bool) -> Way {
        let Some(parent) = node.and_then(|node| node.parent.as_ref()) else { return Way::Elsewhere };
        match self.by_id.get(parent) {
            Some(place) if self.nodes[*place as usize].is_some() => Way::Up(*place),
            Some(_) => Way::Elsewhere,
            None if exists(parent) => Way::Elsewhere,
            None => Way::Missing,
        }
    }
}

/// Where the way up from a node leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To one that waits too.
    Up(u32),
    /// Being walked.
    Walked,
    /// To a parent that does not exist.
    Missing,
    /// To another root, to a node that a limit left out, or into a circle; or there is no node.
    Elsewhere,
}

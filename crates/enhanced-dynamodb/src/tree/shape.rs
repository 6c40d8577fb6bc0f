//! The shape of a tree while its nodes arrive, and the arena that it becomes.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::item::AttributeValue;

/// No node: the parent of the root.
pub(super) const NONE: u32 = u32::MAX;

/// As many nodes as a tree can have: their places are numbers below [`NONE`].
pub(super) const MOST_NODES: usize = (u32::MAX - 1) as usize;

/// Nodes in the order in which they arrived, each behind its parent; the first is the root.
#[derive(Default)]
pub(super) struct Shape {
    ids: Vec<AttributeValue>,
    parents: Vec<u32>,
    depths: Vec<u32>,
    /// By which children are ordered, node by node.
    orders: Vec<Option<AttributeValue>>,
    by_id: HashMap<AttributeValue, u32>,
}

impl Shape {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Adds a node, or nothing if it is there already.
    pub(super) fn add(
        &mut self,
        parent: Option<u32>,
        id: AttributeValue,
        order: Option<AttributeValue>,
    ) -> Option<u32> {
        let at = self.ids.len() as u32;
        match self.by_id.entry(id) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(place) => {
                self.ids.push(place.key().clone());
                place.insert(at);
            }
        }
        self.depths.push(parent.map_or(0, |parent| self.depths[parent as usize] + 1));
        self.parents.push(parent.unwrap_or(NONE));
        self.orders.push(order);
        Some(at)
    }

    pub(super) fn find(&self, id: &AttributeValue) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub(super) fn id(&self, at: u32) -> &AttributeValue {
        &self.ids[at as usize]
    }

    pub(super) fn parent(&self, at: u32) -> Option<u32> {
        Some(self.parents[at as usize]).filter(|parent| *parent != NONE)
    }

    pub(super) fn depth(&self, at: u32) -> u32 {
        self.depths[at as usize]
    }

    pub(super) fn greatest_depth(&self) -> u32 {
        self.depths.iter().copied().max().unwrap_or(0)
    }

    /// How many children each node has.
    pub(super) fn child_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.len()];
        for parent in self.parents.iter().filter(|parent| **parent != NONE) {
            counts[*parent as usize] += 1;
        }
        counts
    }

    /// The arena: nodes in preorder, children in their order (or, if they are not to be sorted, as they arrived).
    pub(super) fn into_arena<T>(self, values: Vec<T>, sorted: bool) -> Arena<T> {
        let count = self.len();
        let child_counts = self.child_counts();
        // Where each node's children begin in one list of all.
        let mut starts = Vec::with_capacity(count);
        let mut total = 0;
        for children in &child_counts {
            starts.push(total);
            total += children;
        }
        let mut children = vec![0u32; total as usize];
        let mut filled = starts.clone();
        for (at, parent) in self.parents.iter().enumerate().filter(|(_, parent)| **parent != NONE) {
            let place = &mut filled[*parent as usize];
            children[*place as usize] = at as u32;
            *place += 1;
        }
        let span = |at: u32| {
            let start = starts[at as usize] as usize;
            start..start + child_counts[at as usize] as usize
        };
        if sorted {
            for at in 0..count as u32 {
                children[span(at)].sort_by(|a, b| self.compare(*a, *b));
            }
        }
        let mut preorder = Vec::with_capacity(count);
        let mut places = vec![NONE; count];
        let mut open = if count == 0 { Vec::new() } else { vec![0u32] };
        while let Some(at) = open.pop() {
            places[at as usize] = preorder.len() as u32;
            preorder.push(at);
            open.extend(children[span(at)].iter().rev());
        }
        let mut sizes = vec![1u32; count];
        for at in preorder.iter().rev() {
            let parent = self.parents[*at as usize];
            if parent != NONE {
                sizes[parent as usize] += sizes[*at as usize];
            }
        }
        let mut parts: Vec<Option<(T, AttributeValue)>> = values.into_iter().zip(self.ids).map(Some).collect();
        let mut slots = Vec::with_capacity(count);
        let mut list = Vec::with_capacity(children.len());
        for at in preorder {
            // Every place is in the preorder once.
            let Some((value, id)) = parts.get_mut(at as usize).and_then(Option::take) else { continue };
            let first_child = list.len() as u32;
            list.extend(children[span(at)].iter().map(|child| places[*child as usize]));
            let parent = self.parents[at as usize];
            slots.push(Slot {
                value,
                id,
                parent: if parent == NONE { NONE } else { places[parent as usize] },
                depth: self.depths[at as usize],
                size: sizes[at as usize],
                first_child,
                child_count: child_counts[at as usize],
            });
        }
        Arena { slots, children: list }
    }

    fn compare(&self, a: u32, b: u32) -> Ordering {
        let (a, b) = (a as usize, b as usize);
        let by_order = compare(self.orders[a].as_ref(), self.orders[b].as_ref());
        by_order.then_with(|| compare(Some(&self.ids[a]), Some(&self.ids[b])))
    }
}

/// Nodes in preorder: the nodes below one stand right behind it.
#[derive(Clone)]
pub(super) struct Arena<T> {
    pub(super) slots: Vec<Slot<T>>,
    /// The children of every node, node by node.
    pub(super) children: Vec<u32>,
}

#[derive(Clone)]
pub(super) struct Slot<T> {
    pub(super) value: T,
    pub(super) id: AttributeValue,
    pub(super) parent: u32,
    pub(super) depth: u32,
    /// Nodes below it, and itself.
    pub(super) size: u32,
    first_child: u32,
    child_count: u32,
}

impl<T> Arena<T> {
    pub(super) fn children_of(&self, at: u32) -> &[u32] {
        let slot = &self.slots[at as usize];
        &self.children[slot.first_child as usize..][..slot.child_count as usize]
    }
}

/// As the service orders keys: numbers by value, text and binary by their bytes; nothing first, numbers before text.
pub(super) fn compare(a: Option<&AttributeValue>, b: Option<&AttributeValue>) -> Ordering {
    fn rank(value: Option<&AttributeValue>) -> u8 {
        match value {
            None | Some(AttributeValue::Null) => 0,
            Some(AttributeValue::N(_)) => 1,
            Some(AttributeValue::S(_)) => 2,
            Some(AttributeValue::B(_)) => 3,
            Some(_) => 4,
        }
    }
    match (a, b) {
        (Some(AttributeValue::N(a)), Some(AttributeValue::N(b))) => a.cmp(b),
        (Some(AttributeValue::S(a)), Some(AttributeValue::S(b))) => a.cmp(b),
        (Some(AttributeValue::B(a)), Some(AttributeValue::B(b))) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

//! What a read has found so far, whichever way it goes.

use bytes::Bytes;

use crate::item::AttributeValue;
use crate::tree::cost::Cost;
use crate::tree::metadata::{TreeMetadata, Truncation};
use crate::tree::shape::Shape;

/// A node that has arrived: its place in the shape, and its item.
pub(super) struct Arrived {
    pub(super) at: u32,
    pub(super) item: Bytes,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) shape: Shape,
    pub(super) truncated: Option<Truncation>,
    pub(super) cycles: usize,
    pub(super) orphans: usize,
    pub(super) pruned: usize,
    pub(super) incomplete: usize,
    pub(super) cost: Cost,
    /// How many children each node says that it has; empty where the schema has no count.
    pub(super) counts: Vec<Option<u64>>,
}

impl State {
    pub(super) fn metadata(&self, root_id: AttributeValue) -> TreeMetadata {
        let mut metadata = TreeMetadata::of_root(root_id);
        metadata.node_count = self.shape.len();
        metadata.depth = self.shape.greatest_depth();
        metadata.truncated = self.truncated.is_some();
        metadata.truncated_by = self.truncated;
        metadata.cycles = self.cycles;
        metadata.orphans = self.orphans;
        metadata.pruned = self.pruned;
        metadata.incomplete = self.incomplete;
        self.cost.tell(&mut metadata);
        metadata
    }
}

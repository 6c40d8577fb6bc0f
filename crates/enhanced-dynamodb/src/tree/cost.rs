//! What reading a tree has taken so far.

use super::metadata::TreeMetadata;
use crate::operation::ConsumedCapacity;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) pages: u64,
    pub(super) requests: u64,
    /// Read capacity units, as far as they were told.
    pub(super) capacity: Option<f64>,
}

impl Cost {
    pub(super) fn add<'a>(&mut self, requests: u64, capacity: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.requests += requests;
        for consumed in capacity {
            self.capacity = Some(self.capacity.unwrap_or(0.0) + consumed.capacity_units);
        }
    }

    pub(super) fn add_all(&mut self, other: Cost) {
        self.pages += other.pages;
        self.requests += other.requests;
        if let Some(units) = other.capacity {
            self.capacity = Some(self.capacity.unwrap_or(0.0) + units);
        }
    }

    pub(super) fn tell(&self, metadata: &mut TreeMetadata) {
        metadata.pages = self.pages;
        metadata.requests = self.requests;
        metadata.capacity = self.capacity;
    }
}

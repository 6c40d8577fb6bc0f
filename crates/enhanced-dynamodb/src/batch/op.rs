//! An operation on its way: what a batch holds of it between its input and its end.

use std::sync::Arc;

use bytes::Bytes;

use super::BatchOperation;
use super::identity::Digest;
use crate::operation::batch_write::{DELETE, END, PUT};

/// A put or a delete as it stands in a request's list, whatever its table.
#[derive(Clone)]
pub(super) struct Write {
    pub(super) put: bool,
    /// Empty if it could not be written.
    pub(super) request: Bytes,
}

impl Write {
    /// What stands before and behind the attributes.
    pub(super) fn frame(put: bool) -> (&'static [u8], &'static [u8]) {
        (if put { PUT } else { DELETE }, END)
    }

    /// The item of a put or the key of a delete, as JSON.
    pub(super) fn attributes(&self) -> &[u8] {
        attributes(self.put, &self.request)
    }

    /// Lets go of the memory that it shares with others: for one that outlives them.
    pub(super) fn part(&mut self) {
        self.request = Bytes::copy_from_slice(&self.request);
    }
}

fn attributes(put: bool, request: &[u8]) -> &[u8] {
    let (before, behind) = Write::frame(put);
    request.get(before.len()..request.len().saturating_sub(behind.len())).unwrap_or_default()
}

/// An operation on its way.
///
/// Small, and without anything to give back while its request is in flight: a batch has thousands of them, which have
/// left the processor's caches by the time of their answer.
pub(super) struct Op {
    /// Its place in the input.
    pub(super) index: u64,
    pub(super) table: usize,
    /// The digest of its key, if the table's key is known and the operation has one.
    pub(super) key: Option<Digest>,
    /// In how many requests it was without being done.
    pub(super) rounds: u32,
    /// How many operations had been written when it first came back.
    pub(super) written_then: u64,
    /// Without its bytes while they are lent to a request's body.
    write: Write,
    /// How many bytes it has.
    bytes: usize,
    /// Where they begin in the body.
    start: usize,
}

impl Op {
    pub(super) fn new(index: u64, table: usize, write: Write) -> Self {
        let bytes = write.request.len();
        Op { index, table, key: None, rounds: 0, written_then: 0, write, bytes, start: 0 }
    }

    pub(super) fn is_put(&self) -> bool {
        self.write.put
    }

    /// How many bytes it has in a request.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The item of a put or the key of a delete, as JSON.
    pub(super) fn attributes(&self) -> &[u8] {
        self.write.attributes()
    }

    /// Its bytes in the body of its request, and of them the attributes.
    pub(super) fn within<'a>(&self, body: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let request = body.get(self.start..self.start + self.bytes).unwrap_or_default();
        (request, attributes(self.write.put, request))
    }

    /// Appends its bytes to the body of its request, which has them from now on.
    pub(super) fn lend(&mut self, body: &mut Vec<u8>) {
        self.start = body.len();
        body.extend_from_slice(&self.write.request);
        self.write.request = Bytes::new();
    }

    /// Has its bytes again, as a part of the body.
    pub(super) fn take_back(&mut self, body: &Bytes) {
        self.write.request = body.slice(self.start..self.start + self.bytes);
    }

    /// Lets go of the memory that it shares with others.
    pub(super) fn part(&mut self) {
        self.write.part();
    }

    /// What it was in the input.
    pub(super) fn into_operation(self, table: &Arc<str>) -> BatchOperation {
        BatchOperation::again(table, self.write)
    }
}

//! The operations of one request, and its body.

use std::sync::Arc;

use bytes::Bytes;

use super::op::Op;
use crate::operation::ReturnConsumedCapacity;
use crate::operation::base::request_items;

/// Operations in one BatchWriteItem (API reference).
pub(super) const MOST_OPERATIONS: usize = 25;

/// Bytes in one BatchWriteItem: 16 MB (API reference). The service counts the items; their JSON is never shorter.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Set aside for what stands around an operation in a body: its table's name, an ARN of 1,024 characters at most (API
/// reference), and punctuation.
const AROUND: usize = 1024 + 16;

/// The operations of one request.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) ops: Vec<Op>,
    /// The tables in it, each once, in the order of their first operation.
    pub(super) tables: Vec<(usize, Arc<str>)>,
    /// The table whose requests go one after the other, if it is one of that.
    pub(super) in_order: Option<usize>,
    /// Where the operations' bytes are while it is in flight.
    body: Bytes,
}

impl Chunk {
    pub(super) fn of(ops: Vec<Op>) -> Self {
        Chunk { ops, ..Chunk::default() }
    }

    /// One of a table whose requests go one after the other.
    pub(super) fn in_order(ops: Vec<Op>, table: usize) -> Self {
        Chunk { ops, in_order: Some(table), ..Chunk::default() }
    }

    /// What the operation adds to a body, at most.
    pub(super) fn weight(op: &Op) -> usize {
        op.bytes() + AROUND
    }

    /// The body of the request, table by table: it has the operations' bytes until they are taken back.
    pub(super) fn lend(&mut self, capacity: Option<ReturnConsumedCapacity>) -> Bytes {
        let bytes: usize = self.ops.iter().map(|op| op.bytes() + 1).sum();
        let mut body = Vec::with_capacity(bytes + 64 * (self.tables.len() + 1));
        let (ops, tables) = (&mut self.ops, &self.tables);
        request_items(&mut body, tables.iter().map(|(table, name)| (&**name, *table)), capacity, |body, table| {
            let mut before = b'[';
            for op in ops.iter_mut().filter(|op| op.table == table) {
                body.push(std::mem::replace(&mut before, b','));
                op.lend(body);
            }
            body.push(b']');
        });
        body.push(b'}');
        self.body = Bytes::from(body);
        self.body.clone()
    }

    /// An operation's bytes while they are lent, and of them the attributes.
    pub(super) fn lent(&self, position: usize) -> (&[u8], &[u8]) {
        self.ops.get(position).map(|op| op.within(&self.body)).unwrap_or_default()
    }

    /// The operations have their bytes again.
    pub(super) fn take_back(&mut self) {
        let body = std::mem::take(&mut self.body);
        self.ops.iter_mut().for_each(|op| op.take_back(&body));
    }
}

//! The operations of one request, and its body.

use std::sync::Arc;

use bytes::Bytes;

use super::plan::Op;
use crate::operation::ReturnConsumedCapacity;
use crate::operation::base::request_items;

/// Operations in one BatchWriteItem (API reference).
pub(super) const MOST_OPERATIONS: usize = 25;

/// Bytes in one BatchWriteItem: 16 MB (API reference). The service counts the items; their JSON is never shorter.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Set aside for what stands around an operation in a body, beside its table's name.
const AROUND: usize = 16;

/// The operations of one request.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) ops: Vec<Op>,
    /// The table whose requests go one after the other, if it is one of that.
    pub(super) in_order: Option<usize>,
}

impl Chunk {
    pub(super) fn of(ops: Vec<Op>) -> Self {
        Chunk { ops, in_order: None }
    }

    /// What the operation adds to a body, at most.
    pub(super) fn weight(op: &Op) -> usize {
        op.operation.request.len() + op.operation.table.len() + AROUND
    }

    /// The tables in it, each once, in the order of their first operation.
    pub(super) fn tables(&self) -> Vec<usize> {
        let mut tables: Vec<usize> = Vec::with_capacity(1);
        for op in &self.ops {
            if !tables.contains(&op.table) {
                tables.push(op.table);
            }
        }
        tables
    }

    /// The names of these tables.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        let first = |table: &usize| self.ops.iter().find(|op| op.table == *table);
        self.tables().iter().filter_map(first).map(|op| Arc::clone(&op.operation.table)).collect()
    }

    /// The body of the request: the operations' own bytes, table by table, which from now on are a part of it.
    pub(super) fn body(&mut self, capacity: Option<ReturnConsumedCapacity>) -> Bytes {
        let bytes: usize = self.ops.iter().map(|op| op.operation.request.len() + 1).sum();
        let tables = self.tables();
        let mut body = Vec::with_capacity(bytes + 64 * (tables.len() + 1));
        let mut places = Vec::with_capacity(self.ops.len());
        let first = |table: usize| self.ops.iter().find(|op| op.table == table);
        let named = tables.into_iter().filter_map(|table| first(table).map(|op| (&*op.operation.table, table)));
        request_items(&mut body, named, capacity, |body, table| {
            let mut before = b'[';
            for (position, op) in self.ops.iter().enumerate().filter(|(_, op)| op.table == table) {
                body.push(std::mem::replace(&mut before, b','));
                places.push((position, body.len()));
                body.extend_from_slice(&op.operation.request);
            }
            body.push(b']');
        });
        body.push(b'}');
        let body = Bytes::from(body);
        // While the request is under way its bytes are not held twice.
        for (position, start) in places {
            let request = &mut self.ops[position].operation.request;
            *request = body.slice(start..start + request.len());
        }
        body
    }
}

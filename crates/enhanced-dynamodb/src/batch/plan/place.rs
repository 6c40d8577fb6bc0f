//! Where an operation goes that comes from the input, and where it goes on when its key is free.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{Lane, Plan, Table, Way};
use crate::batch::BatchOperation;
use crate::batch::chunk::Chunk;
use crate::batch::identity::Digest;
use crate::batch::ledger::Ledger;
use crate::batch::op::Op;
use crate::keys::KeyNames;

impl Plan {
    /// Takes an operation of the input.
    pub(in crate::batch) fn admit(&mut self, operation: BatchOperation, ledger: &mut Ledger<'_>) {
        let index = ledger.total;
        ledger.total += 1;
        if let Some(error) = operation.error.clone() {
            return ledger.failed(index, operation, &error);
        }
        if let Some(reason) = &self.stopped {
            return ledger.left_over(index, operation, reason);
        }
        let table = self.table(&operation.table);
        let mut op = Op::new(index, table, operation.write);
        match &mut self.tables[table].way {
            Way::Keyed(names) => {
                op.key = self.identity.of(table, names, op.attributes());
                self.hold(&op);
                self.place(op, ledger);
            }
            Way::InOrder(Lane { broken: Some(reason), .. }) => {
                let reason = Arc::clone(reason);
                ledger.left_over(index, self.whole(op), &reason);
            }
            way @ (Way::Asking | Way::InOrder(_)) => {
                if matches!(way, Way::Asking) {
                    self.waiting += 1;
                }
                self.hold(&op);
                self.tables[table].queue.push_back(op);
            }
        }
    }

    /// Takes an operation of a table whose key is known.
    fn place(&mut self, op: Op, ledger: &mut Ledger<'_>) {
        let Some(key) = op.key else {
            // The service will refuse it for want of its key, and should not refuse others with it.
            return self.formed.push_back(Chunk::of(vec![op]));
        };
        if let Some(reason) = self.left.get(&key) {
            let reason = Arc::clone(reason);
            return self.leave_over(op, &reason, ledger);
        }
        if self.busy.insert(key) {
            self.make_ready(op);
        } else {
            self.behind.entry(key).or_default().push_back(op);
        }
    }

    fn make_ready(&mut self, op: Op) {
        let table = &mut self.tables[op.table];
        if table.apart { &mut table.queue } else { &mut self.ready }.push_back(op);
    }

    /// The operation that held the key has ended: the next one on it may go.
    pub(super) fn release(&mut self, key: Option<Digest>) {
        let Some(key) = key else { return };
        if !self.behind.is_empty()
            && let Entry::Occupied(mut behind) = self.behind.entry(key)
        {
            let next = behind.get_mut().pop_front();
            if behind.get().is_empty() {
                behind.remove();
            }
            if let Some(next) = next {
                return self.make_ready(next);
            }
        }
        self.busy.remove(&key);
    }

    fn table(&mut self, name: &Arc<str>) -> usize {
        if self.tables.get(self.last).is_some_and(|last| last.name == *name) {
            return self.last;
        }
        self.last = match self.by_name.get(name) {
            Some(table) => *table,
            None => {
                let table = self.tables.len();
                self.tables.push(Table {
                    name: Arc::clone(name),
                    way: Way::Asking,
                    apart: false,
                    queue: VecDeque::new(),
                    written: 0,
                    denied: 0,
                });
                self.by_name.insert(Arc::clone(name), table);
                self.to_ask.push(table);
                table
            }
        };
        self.last
    }

    /// The table's key is known, or it is known that it will not be.
    pub(in crate::batch) fn set_keys(&mut self, table: usize, names: Option<KeyNames>, ledger: &mut Ledger<'_>) {
        if matches!(self.tables[table].way, Way::Asking) {
            self.waiting -= self.tables[table].queue.len();
        }
        match names {
            Some(names) => self.use_keys(table, names, ledger),
            None => {
                self.tables[table].way = Way::InOrder(Lane::default());
                self.special.push_back(table);
            }
        }
    }

    /// From now on the table's operations are kept apart by their keys. None of them is in flight.
    pub(super) fn use_keys(&mut self, table: usize, names: KeyNames, ledger: &mut Ledger<'_>) {
        self.special.retain(|special| *special != table);
        let of_table = &mut self.tables[table];
        let mut ops: Vec<Op> = Vec::new();
        match std::mem::replace(&mut of_table.way, Way::Keyed(names)) {
            Way::InOrder(lane) => ops.extend(lane.pending.into_iter().flatten()),
            Way::Asking | Way::Keyed(_) => {}
        }
        ops.extend(of_table.queue.drain(..));
        for mut op in ops {
            op.key = self.key_of(table, op.attributes());
            self.place(op, ledger);
        }
    }

    /// The table's requests are no longer mixed with others'.
    pub(super) fn set_apart(&mut self, table: usize) {
        if std::mem::replace(&mut self.tables[table].apart, true) {
            return;
        }
        self.special.push_back(table);
        for op in std::mem::take(&mut self.ready) {
            if op.table == table { &mut self.tables[table].queue } else { &mut self.ready }.push_back(op);
        }
    }

    /// The table accepts writes: its requests may be mixed again.
    pub(super) fn take_back(&mut self, table: usize) {
        if std::mem::replace(&mut self.tables[table].apart, false) {
            self.special.retain(|special| *special != table);
            self.ready.append(&mut self.tables[table].queue);
        }
    }
}

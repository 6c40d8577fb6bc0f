//! Which operations go into which request, and when: everything about a batch but time, chance and the network, which
//! are handed in.
//!
//! An operation is in one place at a time: waiting for its table's key to be known, waiting for an earlier operation on
//! its key, ready, formed into a request that is to go as it is, in flight (outside), or resting before it is sent
//! again. Its end is reported to the [`Ledger`] once.
//!
//! Operations on one key are never in one request, and none overtakes another: the first holds the key until it has
//! ended. Where a table's key is not known, its requests go one after the other, in the order of the input; two
//! operations on one key in one of them are refused by the service, and halving separates them without reordering.

mod place;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::BatchOperation;
use super::chunk::{Chunk, MOST_BYTES, MOST_OPERATIONS};
use super::identity::{ByDigest, Digest, Identity};
use super::ledger::Ledger;
use super::op::Op;
use crate::error::Error;
use crate::keys::KeyNames;

pub(super) use settle::{Rules, Settled};

/// How many operations are read on while keys are asked for: ten requests' worth.
const MOST_WAITING: usize = 10 * MOST_OPERATIONS;

/// How requests on a table are kept apart.
enum Way {
    /// Its key is being asked for.
    Asking,
    /// By their keys.
    Keyed(KeyNames),
    /// One request after the other.
    InOrder(Lane),
}

/// The requests on a table whose key is not known.
#[derive(Default)]
struct Lane {
    /// What goes next, each as one request: halves of one, and what came back.
    pending: VecDeque<Vec<Op>>,
    /// One is in flight.
    in_flight: bool,
    /// What came back rests before it goes again.
    resting: bool,
    /// An operation was left over: so are all later ones, any of which may be on the same key.
    broken: Option<Arc<Error>>,
}

struct Table {
    name: Arc<str>,
    way: Way,
    /// Its requests are not mixed with other tables': one of them failed as a whole.
    apart: bool,
    /// What waits for its key to be known, or for its turn where requests are in order or apart.
    queue: VecDeque<Op>,
    written: u64,
    denied: u64,
}

enum Resting {
    Ops(Vec<Op>),
    Lane(usize),
}

#[derive(Default)]
pub(super) struct Plan {
    tables: Vec<Table>,
    by_name: HashMap<Arc<str>, usize>,
    /// The table of the last operation, which the next one's nearly always is.
    last: usize,
    /// Tables with a queue of their own.
    special: VecDeque<usize>,
    /// Tables whose key is to be asked for.
    to_ask: Vec<usize>,
    /// Operations that wait for their table's key.
    waiting: usize,
    identity: Identity,
    ready: VecDeque<Op>,
    formed: VecDeque<Chunk>,
    /// The keys of all operations on their way.
    busy: HashSet<Digest, ByDigest>,
    /// Later operations on those keys, which wait for them.
    behind: HashMap<Digest, VecDeque<Op>, ByDigest>,
    resting: BTreeMap<(Instant, u64), Resting>,
    rests: u64,
    /// The keys of operations that were left over while others went on: later ones on them are left over too, since
    /// what is sent again must not undo what came after it.
    left: HashMap<Digest, Arc<Error>, ByDigest>,
    /// Operations on their way, and their bytes.
    held: usize,
    held_bytes: usize,
    /// Why the batch ends early.
    stopped: Option<Arc<Error>>,
}

impl Plan {
    /// Whether another operation would help to fill requests.
    pub(super) fn wants_more(&self) -> bool {
        self.ready.len() < MOST_OPERATIONS
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    pub(super) fn has_to_ask(&self) -> bool {
        !self.to_ask.is_empty()
    }

    /// Whether so many operations wait for their table's key that more are only held.
    pub(super) fn waits_for_keys(&self) -> bool {
        self.waiting >= MOST_WAITING
    }

    /// A table whose key is to be asked for.
    pub(super) fn next_to_ask(&mut self) -> Option<(usize, Arc<str>)> {
        let table = self.to_ask.pop()?;
        Some((table, Arc::clone(&self.tables[table].name)))
    }

    /// When something that rests is to go again.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.resting.first_key_value().map(|((due, _), _)| *due)
    }

    /// The digest of the key of an item in a table.
    pub(super) fn key_of(&self, table: usize, attributes: &[u8]) -> Option<Digest> {
        match &self.tables[table].way {
            Way::Keyed(names) => self.identity.of(table, names, attributes),
            Way::Asking | Way::InOrder(_) => None,
        }
    }

    /// The next request, if there is one to be sent now. Requests that are not full go only where `flush` says so: more
    /// operations could come.
    pub(super) fn next_chunk(&mut self, flush: bool, now: Instant) -> Option<Chunk> {
        self.wake(now);
        let mut chunk = self.form(flush)?;
        for op in &chunk.ops {
            if !chunk.tables.iter().any(|(table, _)| *table == op.table) {
                chunk.tables.push((op.table, Arc::clone(&self.tables[op.table].name)));
            }
        }
        Some(chunk)
    }

    fn form(&mut self, flush: bool) -> Option<Chunk> {
        if let Some(formed) = self.formed.pop_front() {
            return Some(formed);
        }
        // Round robin, so that no table waits for ever.
        for _ in 0..self.special.len() {
            self.special.rotate_left(1);
            let chunk = self.special.back().copied().and_then(|table| self.tables[table].next_chunk(table, flush));
            if chunk.is_some() {
                return chunk;
            }
        }
        is_due(&self.ready, flush).then(|| Chunk::of(take(&mut self.ready)))
    }

    /// What has rested goes again, before what is new.
    fn wake(&mut self, now: Instant) {
        while let Some(entry) = self.resting.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Resting::Ops(ops) => {
                    for op in ops.into_iter().rev() {
                        let table = &mut self.tables[op.table];
                        if table.apart { &mut table.queue } else { &mut self.ready }.push_front(op);
                    }
                }
                Resting::Lane(table) => {
                    if let Way::InOrder(lane) = &mut self.tables[table].way {
                        lane.resting = false;
                    }
                }
            }
        }
    }

    /// Ends the batch: all that is not in flight is left over for this reason, and so is what comes back.
    pub(super) fn stop(&mut self, reason: &Arc<Error>, ledger: &mut Ledger<'_>) {
        self.stopped = Some(Arc::clone(reason));
        self.waiting = 0;
        let mut ops: Vec<Op> = self.ready.drain(..).collect();
        ops.extend(self.formed.drain(..).flat_map(|chunk| chunk.ops));
        self.busy.clear();
        ops.extend(self.behind.drain().flat_map(|(_, behind)| behind));
        for (_, resting) in std::mem::take(&mut self.resting) {
            match resting {
                Resting::Ops(resting) => ops.extend(resting),
                // Its operations are the table's.
                Resting::Lane(_) => {}
            }
        }
        for table in &mut self.tables {
            ops.extend(table.queue.drain(..));
            match &mut table.way {
                Way::InOrder(lane) => ops.extend(lane.pending.drain(..).flatten()),
                Way::Asking | Way::Keyed(_) => {}
            }
        }
        for op in ops {
            self.leave_over(op, reason, ledger);
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// The operation is on its way.
    fn hold(&mut self, op: &Op) {
        self.held += 1;
        self.held_bytes += op.bytes();
    }

    /// The operation has ended.
    fn forget(&mut self, op: &Op) {
        self.held -= 1;
        self.held_bytes -= op.bytes();
    }

    /// The operation has ended: this batch does not send it again.
    fn leave_over(&mut self, op: Op, reason: &Arc<Error>, ledger: &mut Ledger<'_>) {
        self.forget(&op);
        ledger.left_over(op.index, self.whole(op), reason);
    }

    /// What the operation was in the input.
    pub(super) fn whole(&self, op: Op) -> BatchOperation {
        let table = &self.tables[op.table].name;
        op.into_operation(table)
    }
}

impl Table {
    /// The next request of a table with a queue of its own.
    fn next_chunk(&mut self, table: usize, flush: bool) -> Option<Chunk> {
        match &mut self.way {
            Way::Asking => None,
            Way::Keyed(_) => is_due(&self.queue, flush).then(|| Chunk::of(take(&mut self.queue))),
            Way::InOrder(lane) => {
                if lane.in_flight || lane.resting {
                    return None;
                }
                let ops = match lane.pending.pop_front() {
                    Some(ops) => ops,
                    None if is_due(&self.queue, flush) => take(&mut self.queue),
                    None => return None,
                };
                lane.in_flight = true;
                Some(Chunk::in_order(ops, table))
            }
        }
    }
}

/// Whether these make a request now.
fn is_due(queue: &VecDeque<Op>, flush: bool) -> bool {
    queue.len() >= MOST_OPERATIONS || flush && !queue.is_empty()
}

/// As many as one request may have.
fn take(queue: &mut VecDeque<Op>) -> Vec<Op> {
    let mut ops = Vec::with_capacity(queue.len().min(MOST_OPERATIONS));
    let mut room = MOST_BYTES;
    while ops.len() < MOST_OPERATIONS
        && let Some(next) = queue.front()
    {
        let weight = Chunk::weight(next);
        if weight > room && !ops.is_empty() {
            break;
        }
        room = room.saturating_sub(weight);
        ops.extend(queue.pop_front());
    }
    ops
}

//! What becomes of the operations of a request when it has ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Plan, Resting, Way};
use crate::batch::chunk::{Chunk, MOST_OPERATIONS};
use crate::batch::ledger::Ledger;
use crate::batch::op::Op;
use crate::batch::verdict::{Verdict, verdict};
use crate::codec::Reader;
use crate::error::{Error, ErrorKind};
use crate::execute::{BackoffBase, backoff};
use crate::keys::KeyNames;

/// When operations go again, and when they do not.
#[derive(Clone, Copy, Debug)]
pub(in crate::batch) struct Rules {
    /// In how many requests an operation may be without being done.
    pub(in crate::batch) give_up_after: Option<u32>,
    /// After this, no request is started.
    pub(in crate::batch) latest: Option<Instant>,
    pub(in crate::batch) now: Instant,
    /// In `0.0..1.0`.
    pub(in crate::batch) chance: f64,
}

/// What a request's end tells beyond its operations.
#[derive(Debug, Default)]
pub(in crate::batch) struct Settled {
    /// The share of it that was throttled; `None` if it neither succeeded nor was throttled.
    pub(in crate::batch) throttled: Option<f64>,
    /// The batch cannot go on.
    pub(in crate::batch) stop: Option<Arc<Error>>,
    /// The key of a table, from a delete that the service accepted.
    pub(in crate::batch) learnt: Option<(Arc<str>, KeyNames)>,
}

impl Plan {
    /// The service accepted the request; `left` tells which of its operations it did not do, and is empty if it did all:
    /// then nobody asks for rules.
    pub(in crate::batch) fn done(
        &mut self,
        mut chunk: Chunk,
        left: &[bool],
        rules: impl FnOnce() -> Rules,
        ledger: &mut Ledger<'_>,
    ) -> Settled {
        let (count, in_order) = (chunk.ops.len(), chunk.in_order);
        let (mut back, mut names) = (Vec::new(), None);
        if !left.is_empty() || in_order.is_some() {
            chunk.take_back();
        }
        for (position, op) in chunk.ops.into_iter().enumerate() {
            if left.get(position).copied().unwrap_or(false) {
                back.push(op);
                continue;
            }
            if in_order.is_some() && names.is_none() && !op.is_put() {
                names = key_names(op.attributes());
            }
            self.tables[op.table].written += 1;
            if self.tables[op.table].apart {
                self.take_back(op.table);
            }
            ledger.written += 1;
            self.forget(&op);
            self.release(op.key);
        }
        let mut settled = Settled { throttled: Some(back.len() as f64 / count.max(1) as f64), ..Settled::default() };
        self.land(in_order);
        if !back.is_empty() {
            let progressed = back.len() < count;
            let rounds = back.iter().map(|op| op.rounds + 1).max().unwrap_or(1);
            let reason = Arc::new(unprocessed(rounds, self.name(&back[0])));
            settled.stop = self.again(back, in_order, progressed, &reason, &rules(), ledger);
        }
        if let (Some(table), Some(names)) = (in_order, names) {
            settled.learnt = Some((Arc::clone(&self.tables[table].name), names.clone()));
            if !matches!(&self.tables[table].way, Way::InOrder(lane) if lane.broken.is_some()) {
                self.use_keys(table, names, ledger);
            }
        }
        settled
    }

    /// The request failed as a whole.
    pub(in crate::batch) fn refused(
        &mut self,
        mut chunk: Chunk,
        error: Error,
        rules: &Rules,
        ledger: &mut Ledger<'_>,
    ) -> Settled {
        let mut settled = Settled { throttled: error.is_throttling().then_some(1.0), ..Settled::default() };
        chunk.take_back();
        let (ops, in_order, several) = (&chunk.ops, chunk.in_order, chunk.tables.len() > 1);
        let verdict = verdict(&error);
        let error = Arc::new(error);
        self.land(in_order);
        match verdict {
            Verdict::Again => {
                settled.stop = self.again(chunk.ops, in_order, false, &error, rules, ledger);
            }
            Verdict::Unknown => self.leave(chunk.ops, in_order, &error, ledger),
            Verdict::Stop => {
                self.leave(chunk.ops, in_order, &error, ledger);
                settled.stop = Some(error);
            }
            Verdict::ByTable | Verdict::Denied if several => self.split_by_table(chunk, ledger),
            Verdict::ByTable => self.fail(chunk.ops, &error, ledger),
            Verdict::Halve | Verdict::Denied if ops.len() == 1 => {
                if verdict == Verdict::Denied {
                    self.tables[ops[0].table].denied += 1;
                }
                self.fail(chunk.ops, &error, ledger);
            }
            Verdict::Denied if self.is_closed_to_us(ops[0].table) => self.fail(chunk.ops, &error, ledger),
            Verdict::Halve | Verdict::Denied => self.halve(chunk, ledger),
        }
        settled
    }

    /// Whether a role may write nothing of a table, as far as can be seen: one that may write some of its items is seen
    /// to write one, or is asked item by item for a while.
    fn is_closed_to_us(&self, table: usize) -> bool {
        let table = &self.tables[table];
        table.written == 0 && table.denied >= MOST_OPERATIONS as u64
    }

    fn fail(&mut self, ops: Vec<Op>, error: &Arc<Error>, ledger: &mut Ledger<'_>) {
        for op in ops {
            self.forget(&op);
            self.release(op.key);
            ledger.failed(op.index, self.whole(op), error);
        }
    }

    /// Two requests instead of one; where order matters, the first half goes first.
    fn halve(&mut self, chunk: Chunk, ledger: &mut Ledger<'_>) {
        if let Some(reason) = self.stopped.clone() {
            return self.leave(chunk.ops, chunk.in_order, &reason, ledger);
        }
        let mut first = chunk.ops;
        let second = first.split_off(first.len() / 2);
        match chunk.in_order.map(|table| &mut self.tables[table].way) {
            Some(Way::InOrder(lane)) => {
                lane.pending.push_front(second);
                lane.pending.push_front(first);
            }
            Some(Way::Asking | Way::Keyed(_)) | None => {
                self.formed.push_back(Chunk::of(first));
                self.formed.push_back(Chunk::of(second));
            }
        }
    }

    fn split_by_table(&mut self, chunk: Chunk, ledger: &mut Ledger<'_>) {
        if let Some(reason) = self.stopped.clone() {
            return self.leave(chunk.ops, chunk.in_order, &reason, ledger);
        }
        let mut parts: Vec<Vec<Op>> = chunk.tables.iter().map(|_| Vec::new()).collect();
        for op in chunk.ops {
            if let Some(part) = chunk.tables.iter().position(|(table, _)| *table == op.table) {
                parts[part].push(op);
            }
        }
        for ((table, _), part) in chunk.tables.into_iter().zip(parts) {
            self.set_apart(table);
            self.formed.push_back(Chunk::of(part));
        }
    }

    /// The operations are not sent again by this batch.
    fn leave(&mut self, ops: Vec<Op>, in_order: Option<usize>, reason: &Arc<Error>, ledger: &mut Ledger<'_>) {
        for op in ops {
            if let Some(key) = op.key
                && self.stopped.is_none()
            {
                self.left.insert(key, Arc::clone(reason));
                self.busy.remove(&key);
                for waiting in self.behind.remove(&key).into_iter().flatten() {
                    self.leave_over(waiting, reason, ledger);
                }
            }
            self.leave_over(op, reason, ledger);
        }
        if let Some(table) = in_order {
            self.break_lane(table, reason, ledger);
        }
    }

    /// What is behind an operation that is left over may be on its key, and is left over too.
    fn break_lane(&mut self, table: usize, reason: &Arc<Error>, ledger: &mut Ledger<'_>) {
        let of_table = &mut self.tables[table];
        let Way::InOrder(lane) = &mut of_table.way else { return };
        lane.broken = Some(Arc::clone(reason));
        let behind: Vec<Op> = lane.pending.drain(..).flatten().chain(of_table.queue.drain(..)).collect();
        for op in behind {
            self.leave_over(op, reason, ledger);
        }
    }

    /// The request of a table in order has ended.
    fn land(&mut self, in_order: Option<usize>) {
        match in_order.map(|table| &mut self.tables[table].way) {
            Some(Way::InOrder(lane)) => lane.in_flight = false,
            Some(Way::Asking | Way::Keyed(_)) | None => {}
        }
    }

    /// The operations came back, and go again after a wait, unless they have come back too often or there is no time.
    /// Gives why the batch should end.
    fn again(
        &mut self,
        mut ops: Vec<Op>,
        in_order: Option<usize>,
        progressed: bool,
        reason: &Arc<Error>,
        rules: &Rules,
        ledger: &mut Ledger<'_>,
    ) -> Option<Arc<Error>> {
        if self.stopped.is_some() {
            self.leave(ops, in_order, reason, ledger);
            return None;
        }
        for op in &mut ops {
            if op.rounds == 0 {
                op.written_then = ledger.written;
            }
            op.rounds += 1;
            // It rests longer than the others of its request.
            op.part();
        }
        let tired = |op: &Op| rules.give_up_after.is_some_and(|most| op.rounds >= most);
        if in_order.is_some() && ops.iter().any(tired) {
            let stop = ops.iter().all(|op| op.written_then == ledger.written);
            self.leave(ops, in_order, reason, ledger);
            return stop.then(|| Arc::clone(reason));
        }
        let (given_up, ops): (Vec<Op>, Vec<Op>) = ops.into_iter().partition(tired);
        // Nothing at all was written since they first came back: the others would fare no better.
        let stop = given_up.iter().any(|op| op.written_then == ledger.written).then(|| Arc::clone(reason));
        self.leave(given_up, None, reason, ledger);
        let Some(rounds) = ops.iter().map(|op| op.rounds).max() else { return stop };
        let due = rules.now + wait(rounds, progressed, rules.chance);
        if rules.latest.is_some_and(|latest| due > latest) {
            let late = Arc::new(no_time(reason, self.name(&ops[0])));
            self.leave(ops, in_order, &late, ledger);
        } else {
            ledger.resent += ops.len() as u64;
            self.rest(ops, in_order, due);
        }
        stop
    }

    /// The name of the operation's table.
    fn name(&self, op: &Op) -> &str {
        &self.tables[op.table].name
    }

    fn rest(&mut self, ops: Vec<Op>, in_order: Option<usize>, due: Instant) {
        self.rests += 1;
        let resting = match in_order {
            None => Resting::Ops(ops),
            Some(table) => {
                if let Way::InOrder(lane) = &mut self.tables[table].way {
                    lane.pending.push_front(ops);
                    lane.resting = true;
                }
                Resting::Lane(table)
            }
        };
        self.resting.insert((due, self.rests), resting);
    }
}

/// The wait before operations that have come back so often go again: full jitter from 25 ms while anything of their
/// request was done, from 1 s if nothing was, up to 20 s.
fn wait(rounds: u32, progressed: bool, chance: f64) -> Duration {
    let base = if progressed { BackoffBase::Transient } else { BackoffBase::Throttled };
    backoff(base, rounds.saturating_sub(1), chance, None)
}

/// The service gave the operation back each time.
fn unprocessed(rounds: u32, table: &str) -> Error {
    let times = if rounds == 1 { "1 request".to_owned() } else { format!("{rounds} requests") };
    Error::new(ErrorKind::Throttling, format!("the service left it unprocessed in {times}"))
        .with_advice("Raise the table's capacity, spread a hot key, or send less; then send it again.")
        .with_operation("BatchWriteItem", Some(table))
}

fn no_time(reason: &Arc<Error>, table: &str) -> Error {
    Error::new(ErrorKind::DeadlineExceeded, format!("no time is left to send it again after: {}", reason.message()))
        .with_operation("BatchWriteItem", Some(table))
        .with_source(Arc::clone(reason))
}

/// The names of a key's attributes.
fn key_names(key: &[u8]) -> Option<KeyNames> {
    let mut reader = Reader::new(key).ok()?;
    let mut object = reader.object().ok()?;
    let mut names = Vec::new();
    while let Some(name) = object.next_key(&mut reader).ok()? {
        names.push(name.into_owned());
        reader.skip_value().ok()?;
    }
    KeyNames::new(names)
}

//! For any list of operations and any answers of the service: each operation ends once, its bytes are sent as they are,
//! and those on one key are done in their order.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{Plan, Rules};
use crate::batch::chunk::{Chunk, MOST_BYTES, MOST_OPERATIONS};
use crate::batch::ledger::Ledger;
use crate::batch::{BatchOperation, Unwritten};
use crate::error::{Error, ErrorKind};
use crate::item;
use crate::keys::{KeyNames, KeySchema};

/// An operation of a test: its table, its key, how long its text is, and whether the service refuses it.
#[derive(Clone, Debug)]
struct Given {
    table: u8,
    key: u8,
    put: bool,
    bytes: usize,
    bad: bool,
}

fn given() -> impl Strategy<Value = Given> {
    (0u8..3, 0u8..12, any::<bool>(), prop_oneof![60 => 0usize..40, 1 => Just(380_000)], prop::bool::weighted(0.03))
        .prop_map(|(table, key, put, bytes, bad)| Given { table, key, put, bytes, bad })
}

impl Given {
    fn operation(&self, index: usize) -> BatchOperation {
        let (table, id) = (format!("T{}", self.table), format!("k{}", self.key));
        if self.put {
            let text = "x".repeat(self.bytes);
            BatchOperation::put(table, &item! { "id": id, "index": index as u64, "text": text, "bad": self.bad })
        } else {
            BatchOperation::delete(table, &item! { "id": id, "index": index as u64, "bad": self.bad })
        }
    }
}

/// What the service does next.
#[derive(Clone, Copy, Debug)]
enum Told {
    Done,
    /// Each operation whose position this divides is left.
    Leaves(usize),
    Throttle,
    /// Everything is applied, but nobody hears of it.
    Lost,
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        5 => Just(Told::Done),
        2 => (1usize..5).prop_map(Told::Leaves),
        1 => Just(Told::Throttle),
        1 => Just(Told::Lost),
    ]
}

/// A table's operations as they were applied, and what was told to the client.
struct World<'a> {
    given: &'a [Given],
    operations: &'a [BatchOperation],
    applied: HashMap<(u8, u8), Vec<usize>>,
    ended: BTreeMap<usize, usize>,
    bytes: usize,
}

impl World<'_> {
    fn apply(&mut self, index: usize) {
        let given = &self.given[index];
        self.applied.entry((given.table, given.key)).or_default().push(index);
    }

    /// What the service says of a request, and which of its operations it leaves.
    fn answer(&mut self, chunk: &Chunk, told: Told) -> Result<Vec<bool>, ErrorKind> {
        let indexes: Vec<usize> = chunk.ops.iter().map(|op| op.index as usize).collect();
        let mut keys: Vec<(u8, u8)> =
            indexes.iter().map(|index| (self.given[*index].table, self.given[*index].key)).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() < indexes.len() || indexes.iter().any(|index| self.given[*index].bad) {
            return Err(ErrorKind::Validation);
        }
        match told {
            Told::Throttle => Err(ErrorKind::ProvisionedThroughputExceeded),
            Told::Lost => {
                indexes.iter().for_each(|index| self.apply(*index));
                Err(ErrorKind::ConnectionLost)
            }
            Told::Done | Told::Leaves(_) => {
                let every = if let Told::Leaves(every) = told { every } else { usize::MAX };
                let left: Vec<bool> = (1..=indexes.len()).map(|place| place % every == 0).collect();
                for (index, _) in indexes.iter().zip(&left).filter(|(_, left)| !**left) {
                    self.apply(*index);
                    *self.ended.entry(*index).or_default() += 1;
                }
                Ok(left)
            }
        }
    }
}

/// Plays a whole batch, with up to `in_flight` requests that end in any order; gives what was not written.
#[allow(clippy::too_many_arguments, reason = "the parts of one case")]
fn play(
    world: &mut World<'_>,
    known: bool,
    in_flight: usize,
    give_up_after: Option<u32>,
    answers: &[Told],
    picks: &[usize],
) -> Vec<Unwritten> {
    let (mut plan, mut now) = (Plan::default(), Instant::now());
    let mut unwritten = Vec::new();
    let mut ledger = Ledger::new(0, Some(Box::new(|one| unwritten.push(one))));
    let mut input = world.operations.iter().cloned();
    let mut under_way: Vec<Chunk> = Vec::new();
    let (mut answers, mut picks) = (answers.iter().cycle().copied(), picks.iter().cycle().copied());
    // Faults end at some time, as they do.
    let mut faults = 400;
    for turn in 0.. {
        assert!(turn < 100_000, "the batch does not end: {} on their way", plan.held());
        let mut ended = false;
        while plan.wants_more() && plan.held() < 200 {
            match input.next() {
                Some(operation) => plan.admit(operation, &mut ledger),
                None => {
                    ended = true;
                    break;
                }
            }
        }
        while let Some((table, _)) = plan.next_to_ask() {
            let names = known.then(|| KeyNames::of(&KeySchema::new("id")));
            plan.set_keys(table, names, &mut ledger);
        }
        let flush = ended || plan.wants_more();
        while under_way.len() < in_flight
            && let Some(chunk) = plan.next_chunk(flush, now)
        {
            under_way.push(chunk);
        }
        if under_way.is_empty() {
            match plan.next_due() {
                Some(due) => {
                    now = due;
                    continue;
                }
                None if plan.held() == 0 && ended => break,
                None => continue,
            }
        }
        let mut chunk = under_way.swap_remove(picks.next().unwrap_or(0) % under_way.len());
        assert!(!chunk.ops.is_empty() && chunk.ops.len() <= MOST_OPERATIONS);
        assert!(chunk.ops.len() == 1 || chunk.ops.iter().map(Chunk::weight).sum::<usize>() <= MOST_BYTES);
        let body = chunk.lend(None);
        for op in &chunk.ops {
            let own = &world.operations[op.index as usize].write.request;
            assert!(memchr::memmem::find(&body, own).is_some(), "an operation's bytes are in the body");
            world.bytes += own.len();
        }
        let told = if faults > 0 { answers.next().unwrap_or(Told::Done) } else { Told::Done };
        faults -= 1;
        let rules = Rules { give_up_after, latest: None, now, chance: 0.5 };
        now += Duration::from_millis(1);
        let settled = match world.answer(&chunk, told) {
            Ok(left) => plan.done(chunk, &left, || rules, &mut ledger),
            Err(kind) => plan.refused(chunk, Error::new(kind, ""), &rules, &mut ledger),
        };
        if let Some(reason) = settled.stop {
            plan.stop(&reason, &mut ledger);
        }
    }
    assert_eq!(plan.held_bytes(), 0);
    assert_eq!(ledger.total, world.operations.len() as u64);
    assert_eq!(ledger.written + ledger.failed + ledger.left_over, ledger.total);
    drop(ledger);
    for one in &unwritten {
        *world.ended.entry(one.index as usize).or_default() += 1;
    }
    unwritten
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_operation_ends_once_and_those_on_one_key_are_done_in_their_order(
        given in prop::collection::vec(given(), 0..300),
        known in any::<bool>(),
        in_flight in 1usize..6,
        give_up_after in prop_oneof![3 => Just(None), 1 => (1u32..4).prop_map(Some)],
        answers in prop::collection::vec(told(), 1..40),
        picks in prop::collection::vec(0usize..6, 1..20),
    ) {
        let operations: Vec<BatchOperation> =
            given.iter().enumerate().map(|(index, given)| given.operation(index)).collect();
        let mut world = World {
            given: &given,
            operations: &operations,
            applied: HashMap::new(),
            ended: BTreeMap::new(),
            bytes: 0,
        };
        let unwritten = play(&mut world, known, in_flight, give_up_after, &answers, &picks);
        prop_assert!(world.ended.values().all(|ends| *ends == 1), "each ends once");
        prop_assert_eq!(world.ended.len(), operations.len());
        for one in &unwritten {
            let index = one.index as usize;
            prop_assert_eq!(&one.operation.write.request, &operations[index].write.request, "it comes back as it was");
            prop_assert_eq!(one.left_over, !given[index].bad || one.error.kind() != ErrorKind::Validation);
            prop_assert!(one.left_over || given[index].bad, "only what is bad fails");
            if give_up_after.is_none() {
                prop_assert!(!one.left_over, "without a limit nothing is left over");
            }
        }
        for sequence in world.applied.values() {
            prop_assert!(sequence.is_sorted(), "no operation overtakes another on its key: {:?}", sequence);
        }
        // What is left over on a key comes after all that was written on it.
        for left in unwritten.iter().filter(|one| one.left_over) {
            let given = &given[left.index as usize];
            let after = world.applied.get(&(given.table, given.key)).into_iter().flatten();
            prop_assert!(after.max().is_none_or(|last| *last <= left.index as usize));
        }
        if give_up_after.is_none() && answers.iter().all(|told| matches!(told, Told::Done)) && given.iter().all(|one| !one.bad) && known {
            let all: usize = operations.iter().map(|operation| operation.write.request.len()).sum();
            prop_assert_eq!(world.bytes, all, "each is sent once");
        }
    }
}

#[test]
fn a_request_ends_at_16_megabytes_of_json() {
    let (mut plan, mut ledger) = (Plan::default(), Ledger::new(0, None));
    // A control character takes six bytes of JSON: 390 KB of item are 2.3 MB.
    let text = "\u{1}".repeat(390_000);
    for number in 0..20 {
        plan.admit(BatchOperation::put("T", &item! { "id": number, "text": text.as_str() }), &mut ledger);
    }
    while let Some((table, _)) = plan.next_to_ask() {
        plan.set_keys(table, Some(KeyNames::of(&KeySchema::new("id"))), &mut ledger);
    }
    let mut sizes = Vec::new();
    while let Some(mut chunk) = plan.next_chunk(true, Instant::now()) {
        assert!(chunk.lend(None).len() <= MOST_BYTES);
        sizes.push(chunk.ops.len());
    }
    assert_eq!(sizes, [7, 7, 6]);
}

#[test]
fn what_cannot_be_sent_fails_without_a_question_about_its_table() {
    let mut unwritten = Vec::new();
    let mut ledger = Ledger::new(0, Some(Box::new(|one: Unwritten| unwritten.push(one))));
    let mut plan = Plan::default();
    plan.admit(BatchOperation::put("", &item! { "id": 1 }), &mut ledger);
    plan.admit(BatchOperation::put("T", "no item"), &mut ledger);
    plan.admit(BatchOperation::delete("T", &item! {}), &mut ledger);
    assert_eq!((plan.held(), plan.next_to_ask(), ledger.failed), (0, None, 3));
    drop(ledger);
    let kinds: Vec<ErrorKind> = unwritten.iter().map(|one| one.error.kind()).collect();
    assert_eq!(kinds, [ErrorKind::InvalidInput, ErrorKind::Encode, ErrorKind::InvalidInput]);
}

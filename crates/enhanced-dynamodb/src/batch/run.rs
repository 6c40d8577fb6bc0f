//! Carries a batch out: reads its input, has its requests in flight, and waits for whatever comes first.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::FuturesUnordered;

use super::GIVE_UP_AFTER;
use super::answer;
use super::chunk::{Chunk, MOST_OPERATIONS};
use super::ledger::{Ledger, Sink};
use super::outcome::{BatchOutcome, BatchProgress};
use super::plan::{Plan, Rules, Settled};
use super::source::Source;
use super::window::Window;
use crate::error::{Error, ErrorKind};
use crate::execute::{Call, CallOptions, Core, LEAST_ATTEMPT, ReplayClass, Reply};
use crate::keys::{KeyNames, KeySchema};
use crate::operation::{BATCH_WRITE_ITEM, ReturnConsumedCapacity, response};
use crate::transport::ArnParameter;

/// Operations are read ahead until so many bytes of them are on their way, requests in flight included.
const MOST_HELD_BYTES: usize = 32 * 1024 * 1024;

/// How many operations are read without giving other tasks a turn.
const TURN: usize = 4096;

/// What a batch was told.
pub(super) struct Settings<'a> {
    pub(super) options: CallOptions,
    pub(super) concurrency: usize,
    pub(super) give_up_after: Option<u32>,
    pub(super) keep: usize,
    pub(super) capacity: Option<ReturnConsumedCapacity>,
    pub(super) keys: HashMap<String, KeySchema>,
    pub(super) progress: Option<Progress<'a>>,
    pub(super) sink: Option<Sink<'a>>,
}

/// Who is told how far a batch has come.
pub(super) type Progress<'a> = Box<dyn FnMut(&BatchProgress) + Send + 'a>;

/// How the reading of the input stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// A request can be filled.
    Enough,
    /// As much is on its way as may be.
    Full,
    /// There is nothing yet.
    Pending,
    Ended,
    /// A table has come up whose key may be known.
    NewTable,
    /// Others are to have a turn.
    Turn,
}

/// Something that was waited for.
enum Event {
    /// A request has ended.
    Request(u64, Result<Reply, Error>),
    /// A table's key is known, or will not be.
    Keys(usize, Result<Option<KeyNames>, Error>),
}

type UnderWay = FuturesUnordered<Pin<Box<dyn Future<Output = Event> + Send>>>;

/// Gives what was waited for, if it is not merely time or input.
type Woken = Option<Event>;

/// A batch under way. Dropped before its end, it hands what is not known to be written to the sink.
pub(super) struct Run<'a> {
    core: Arc<Core>,
    options: Arc<CallOptions>,
    plan: Plan,
    ledger: Ledger<'a>,
    window: Window,
    in_flight: HashMap<u64, Chunk>,
    give_up_after: Option<u32>,
    most_held: usize,
    capacity: Option<ReturnConsumedCapacity>,
    keys: HashMap<String, KeySchema>,
    progress: Option<Progress<'a>>,
    started: Instant,
    input_ended: bool,
    is_over: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(core: Arc<Core>, settings: Settings<'a>) -> Self {
        let mut options = settings.options;
        let started = core.bound_together(&mut options);
        let give_up_after = settings.give_up_after.or(options.deadline.is_none().then_some(GIVE_UP_AFTER));
        Run {
            core,
            options: Arc::new(options),
            plan: Plan::default(),
            ledger: Ledger::new(settings.keep, settings.sink),
            window: Window::new(settings.concurrency),
            in_flight: HashMap::new(),
            give_up_after,
            most_held: settings.concurrency.saturating_mul(2 * MOST_OPERATIONS).saturating_add(1000),
            capacity: settings.capacity,
            keys: settings.keys,
            progress: settings.progress,
            started,
            input_ended: false,
            is_over: false,
        }
    }

    pub(super) async fn carry_out<S: Source>(mut self, source: &mut S) -> BatchOutcome {
        let mut under_way = UnderWay::new();
        let mut sleep = Sleep::default();
        loop {
            let input = poll_fn(|cx| Poll::Ready(self.read(source, cx))).await;
            if input == Input::Turn {
                tokio::task::yield_now().await;
                continue;
            }
            self.ask_for_keys(&mut under_way);
            if input == Input::NewTable {
                continue;
            }
            self.send(&mut under_way, input);
            if input == Input::Enough && self.in_flight.len() < self.window.limit() {
                // What was read is on its way, and there is room for more.
                continue;
            }
            if under_way.is_empty() && self.plan.held() == 0 && (self.input_ended || self.gives_up_reading::<S>()) {
                break;
            }
            sleep.until(self.next_due(input), &self.core);
            let wants_input = input == Input::Pending && !self.gives_up_reading::<S>();
            let woken = poll_fn(|cx| {
                if let Poll::Ready(Some(event)) = Pin::new(&mut under_way).poll_next(cx) {
                    return Poll::Ready(Some(event));
                }
                // A stream wakes whoever has asked it last: `read` takes what has come.
                let has_input = wants_input && self.peek(source, cx);
                if has_input || sleep.poll(cx) { Poll::Ready(Woken::None) } else { Poll::Pending }
            })
            .await;
            if let Some(event) = woken {
                self.take(event);
            }
        }
        self.finish()
    }

    /// Whether nothing more is read of the input although it has not ended.
    fn gives_up_reading<S: Source>(&self) -> bool {
        self.plan.is_stopped() && !S::IS_READ_TO_ITS_END
    }

    /// Takes one operation, if there is one now.
    fn peek<S: Source>(&mut self, source: &mut S, cx: &mut Context<'_>) -> bool {
        match source.poll_next(cx) {
            Poll::Ready(Some(operation)) => self.plan.admit(operation, &mut self.ledger),
            Poll::Ready(None) => self.input_ended = true,
            Poll::Pending => return false,
        }
        true
    }

    /// Reads operations until a request can be filled, or no more may be on their way.
    fn read<S: Source>(&mut self, source: &mut S, cx: &mut Context<'_>) -> Input {
        for _ in 0..TURN {
            if self.input_ended || self.gives_up_reading::<S>() {
                return Input::Ended;
            }
            if self.plan.has_to_ask() {
                return Input::NewTable;
            }
            if !self.plan.wants_more() {
                return Input::Enough;
            }
            let held = self.plan.held() >= self.most_held || self.plan.held_bytes() >= MOST_HELD_BYTES;
            if held || self.plan.waits_for_keys() {
                return Input::Full;
            }
            if !self.peek(source, cx) {
                return Input::Pending;
            }
        }
        Input::Turn
    }

    /// Asks for the keys of tables that have come up.
    fn ask_for_keys(&mut self, under_way: &mut UnderWay) {
        while let Some((table, name)) = self.plan.next_to_ask() {
            if let Some(declared) = self.keys.get(&*name) {
                self.plan.set_keys(table, Some(KeyNames::of(declared)), &mut self.ledger);
                continue;
            }
            if let Some(known) = self.core.keys.get(&name, self.core.time().now()) {
                self.plan.set_keys(table, known.names(), &mut self.ledger);
                continue;
            }
            let (core, options) = (Arc::clone(&self.core), Arc::clone(&self.options));
            under_way.push(Box::pin(async move {
                Event::Keys(table, crate::table::keys::names_of(&core, &name, &options).await)
            }));
        }
    }

    /// Sends requests while there are any and the window allows it.
    fn send(&mut self, under_way: &mut UnderWay, input: Input) {
        let flush = match input {
            Input::Enough | Input::NewTable | Input::Turn => false,
            Input::Ended => true,
            // What there is goes at once where nothing is in flight, else with what comes until then.
            Input::Pending | Input::Full => self.in_flight.is_empty(),
        };
        while self.in_flight.len() < self.window.limit() {
            let now = self.core.time().now();
            if self.latest().is_some_and(|latest| now > latest) && !self.plan.is_stopped() {
                let passed =
                    Error::new(ErrorKind::DeadlineExceeded, "the deadline of the batch passed before it was sent")
                        .with_operation("BatchWriteItem", None);
                self.plan.stop(&Arc::new(passed), &mut self.ledger);
            }
            let Some(mut chunk) = self.plan.next_chunk(flush, now) else { return };
            let request = self.window.sent();
            let (core, options) = (Arc::clone(&self.core), Arc::clone(&self.options));
            let body = chunk.lend(self.capacity);
            let tables: Vec<Arc<str>> = chunk.tables.iter().map(|(_, name)| Arc::clone(name)).collect();
            self.in_flight.insert(request, chunk);
            under_way
                .push(Box::pin(async move { Event::Request(request, call(&core, &options, &tables, body).await) }));
        }
    }

    /// After this, no request can end in time.
    fn latest(&self) -> Option<Instant> {
        self.options.deadline.map(|deadline| deadline.checked_sub(LEAST_ATTEMPT).unwrap_or(deadline))
    }

    /// When there is something to do although nothing has come.
    fn next_due(&self, input: Input) -> Option<Instant> {
        let due = self.plan.next_due().filter(|_| self.in_flight.len() < self.window.limit());
        // A stream that has nothing yet may keep it until after the deadline.
        let deadline = self.latest().filter(|_| input == Input::Pending && !self.plan.is_stopped());
        crate::deadline::earliest(due, deadline.map(|latest| latest + Duration::from_millis(1)))
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Keys(table, names) => {
                let stop = match names {
                    Ok(names) => {
                        self.plan.set_keys(table, names, &mut self.ledger);
                        return;
                    }
                    Err(error) => Arc::new(error),
                };
                self.plan.stop(&stop, &mut self.ledger);
            }
            Event::Request(request, reply) => {
                if let Some(chunk) = self.in_flight.remove(&request) {
                    self.settle(request, chunk, reply);
                }
            }
        }
    }

    fn settle(&mut self, request: u64, chunk: Chunk, reply: Result<Reply, Error>) {
        let core = Arc::clone(&self.core);
        let (give_up_after, latest) = (self.give_up_after, self.latest());
        let rules = || Rules { give_up_after, latest, now: core.time().now(), chance: core.config.random.unit() };
        let (plan, ledger) = (&mut self.plan, &mut self.ledger);
        let read = reply.and_then(|reply| {
            let read = |body: &Bytes| answer::read(plan, &chunk, body).map_err(|error| response::malformed(&error));
            reply.read(&core, read)
        });
        let mut retried = false;
        let settled = match read {
            Ok((answer, metadata)) => {
                retried = metadata.attempts > 1;
                ledger.answered(metadata.attempts);
                ledger.consumed(answer.capacity);
                plan.done(chunk, &answer.left, rules, ledger)
            }
            Err(error) => {
                ledger.answered(error.attempts());
                plan.refused(chunk, error, &rules(), ledger)
            }
        };
        let Settled { throttled, stop, learnt } = settled;
        match throttled {
            Some(share) if share > 0.0 => self.window.throttled(request, share),
            // One that came through only after retries says nothing for more.
            Some(_) if !retried => self.window.done(),
            Some(_) | None => {}
        }
        if let Some((table, names)) = learnt {
            self.core.keys.learnt(&table, &names);
        }
        if let Some(reason) = stop
            && !self.plan.is_stopped()
        {
            self.plan.stop(&reason, &mut self.ledger);
        }
        self.tell();
    }

    fn tell(&mut self) {
        let Some(progress) = &mut self.progress else { return };
        progress(&BatchProgress {
            total: self.ledger.total,
            written: self.ledger.written,
            failed: self.ledger.failed,
            left_over: self.ledger.left_over,
            requests: self.ledger.answered,
            concurrency: self.window.limit(),
            elapsed: self.core.time().now().saturating_duration_since(self.started),
        });
    }

    fn finish(mut self) -> BatchOutcome {
        self.is_over = true;
        self.tell();
        let elapsed = self.core.time().now().saturating_duration_since(self.started);
        BatchOutcome { input_ended: self.input_ended, elapsed, ..self.ledger.close() }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if self.is_over || self.ledger.sink.is_none() {
            return;
        }
        let reason = Error::new(ErrorKind::OutcomeUnknown, "the batch was dropped before it ended")
            .with_advice("It may or may not have been written: writing it again does no harm.")
            .with_operation("BatchWriteItem", None);
        let reason = Arc::new(reason);
        self.plan.stop(&reason, &mut self.ledger);
        for (_, mut chunk) in self.in_flight.drain() {
            chunk.take_back();
            for op in chunk.ops {
                self.ledger.left_over(op.index, self.plan.whole(op), &reason);
            }
        }
    }
}

async fn call(core: &Core, options: &CallOptions, tables: &[Arc<str>], body: Bytes) -> Result<Reply, Error> {
    let arns: Vec<&str> = tables.iter().map(|table| &**table).collect();
    let call = Call {
        operation: &BATCH_WRITE_ITEM,
        table: arns.first().copied(),
        arns: ArnParameter::List(&arns),
        body,
        replay: ReplayClass::Idempotent,
        options,
    };
    core.execute(call).await
}

/// A timer that is set anew only when its end changes.
#[derive(Default)]
struct Sleep {
    due: Option<Instant>,
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Sleep {
    fn until(&mut self, due: Option<Instant>, core: &Core) {
        if self.due == due {
            return;
        }
        self.due = due;
        self.timer = due.map(|due| {
            let time = core.time().clone();
            let wait = due.saturating_duration_since(time.now());
            let timer: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move { time.sleep(wait).await });
            timer
        });
    }

    /// Whether it has ended; then it is gone.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let ended = self.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready());
        if ended {
            *self = Sleep::default();
        }
        ended
    }
}

//! Any number of items by their keys, in as many BatchGetItem requests as it takes.

mod keys;
mod output;
mod plan;
mod stream;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::rounds::{MOST_FRUITLESS_ROUNDS, Rounds};
use crate::error::{Error, ErrorKind};
use crate::execute::{Call, LEAST_ATTEMPT, Metadata, ReplayClass, Reply};
use crate::operation::batch_get::BATCH_GET_ITEM;
use crate::operation::{BatchGetItem, ConsumedCapacity};
use crate::transport::ArnParameter;

pub use output::BatchGetAllOutput;
use plan::{Answer, Asked, Found, Plan};
pub use stream::BatchGetItems;

/// An answer of this size that left keys unread was cut by its size, not by a throttle: "A single operation can retrieve
/// up to 16 MB of data" (API reference, BatchGetItem), of which one more item, 400 KB at most, did not fit. The JSON of
/// items is no shorter than what the service counts.
const CUT_BY_SIZE: usize = 16_000_000 - 409_600;

impl BatchGetItem {
    /// Reads all items, however many keys there are: in requests of up to 100 keys, as many of them under way as the
    /// client has sockets. Where the items are more than fit into memory, [`stream`](BatchGetItem::stream) reads them.
    ///
    /// A key that was asked for more than once is read once and delivered to each place. Items come in the order asked,
    /// `None` where there is none; the key attributes, by which they are told apart, need not be in a projection.
    ///
    /// What the service leaves unread is asked for again, after a wait with full jitter: of up to 25 ms × 2ⁿ while a round
    /// of requests brings anything, of up to 1 s × 2ⁿ if it brings nothing, never of more than 20 s.
    ///
    /// ```
    /// use enhanced_dynamodb::{Client, Error, Item, key};
    ///
    /// # async fn example(db: Client, ids: Vec<String>) -> Result<(), Error> {
    /// let batch = ids.iter().fold(db.batch_get(), |batch, id| batch.get("Messages", &key! { "id": id.as_str() }));
    /// let messages: Vec<Option<Item>> = batch.projection("Messages", ["text"]).all().await?.items("Messages")?;
    /// assert_eq!(messages.len(), ids.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::BatchIncomplete`] after ten rounds in a row that brought nothing,
    /// [`ErrorKind::DeadlineExceeded`] if there is no time for another one; those of the service for one of the requests.
    /// What was read until then, and what was not, is in [`Error::batch_get`]. Before anything is sent,
    /// [`ErrorKind::InvalidInput`] for keys of one table that are not made of the same attributes.
    pub async fn all(mut self) -> Result<BatchGetAllOutput, Error> {
        let started = self.started();
        let plan = Plan::new(self.into_parts()?)?;
        Run::new(&plan, started).read_all().await.finish(plan)
    }
}

impl Error {
    /// What a [`BatchGetItem::all`] that ended with this error has read all the same, and what it left unread.
    ///
    /// ```
    /// use enhanced_dynamodb::{Client, Error, Item};
    ///
    /// async fn read(db: &Client, batch: enhanced_dynamodb::operation::BatchGetItem) -> Result<Vec<Option<Item>>, Error> {
    ///     match batch.all().await {
    ///         Ok(output) => output.items("Messages"),
    ///         Err(error) => {
    ///             let Some(partial) = error.batch_get() else { return Err(error) };
    ///             println!("{} keys are unread: once more", partial.unread().len());
    ///             db.batch_get().retry(partial.unread()).all().await?.items("Messages")
    ///         }
    ///     }
    /// }
    /// # let _ = read;
    /// ```
    #[must_use]
    pub fn batch_get(&self) -> Option<&BatchGetAllOutput> {
        self.partial()
    }
}

/// A batch on its way.
struct Run<'a> {
    plan: &'a Plan,
    started: Instant,
    /// Keys to be asked for in this round.
    pending: VecDeque<Asked>,
    /// Keys to be asked for in the next one.
    left: Vec<Asked>,
    found: Vec<Vec<Found>>,
    capacity: Vec<ConsumedCapacity>,
    metadata: Metadata,
    /// Why the batch cannot go on.
    failure: Option<Error>,
    /// The last error of a whole request after which keys are unread.
    cause: Option<Error>,
}

/// What a batch came to.
struct End {
    found: Vec<Vec<Found>>,
    capacity: Vec<ConsumedCapacity>,
    metadata: Metadata,
    failure: Option<Error>,
}

/// One request, and what became of it.
type Asking = (Vec<Asked>, Result<Reply, Error>);

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, started: Instant) -> Self {
        Run {
            plan,
            started,
            pending: plan.asked().collect(),
            left: Vec::new(),
            found: plan.nothing_found(),
            capacity: Vec::new(),
            metadata: Metadata::default(),
            failure: None,
            cause: None,
        }
    }

    async fn read_all(mut self) -> End {
        let mut rounds = Rounds::default();
        while !self.pending.is_empty() {
            let before = self.unread();
            self.round().await;
            if let Some(failure) = self.failure.take() {
                self.failure = Some(self.ended_by(failure));
                break;
            }
            let progressed = self.unread() < before;
            self.pending.extend(self.left.drain(..));
            if self.pending.is_empty() {
                break;
            }
            let Some(wait) = rounds.wait(progressed, self.plan.core.config.random.unit()) else {
                self.failure = Some(self.given_up());
                break;
            };
            if !self.has_time_for(wait) {
                self.failure = Some(self.out_of_time());
                break;
            }
            tracing::warn!(
                target: "enhanced_dynamodb",
                operation = %BATCH_GET_ITEM.name,
                unread = self.pending.len(),
                after_ms = wait.as_millis() as u64,
                "asking again for what was left unread"
            );
            self.plan.core.time().sleep(wait).await;
        }
        self.metadata.elapsed = self.plan.core.time().now().saturating_duration_since(self.started);
        End { found: self.found, capacity: self.capacity, metadata: self.metadata, failure: self.failure }
    }

    /// Asks once for every pending key.
    async fn round(&mut self) {
        let plan = self.plan;
        let most = plan.core.config.max_sockets().max(1);
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < most && self.failure.is_none() {
                let Some((keys, body)) = plan.next_request(&mut self.pending) else { break };
                under_way.push(ask(plan, keys, body));
            }
            // Those under way are waited for even after a failure: what they bring is not lost.
            let Some(asking) = under_way.next().await else { break };
            self.take(asking);
        }
    }

    fn take(&mut self, (keys, reply): Asking) {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return self.refused(keys, error),
        };
        let bytes = reply.body.len();
        let read = reply.read(&self.plan.core, |body| self.plan.read(body, &keys, &mut self.found));
        match read {
            Ok((Answer { unread, capacity }, metadata)) => {
                if bytes >= CUT_BY_SIZE {
                    self.pending.extend(unread);
                } else {
                    self.left.extend(unread);
                }
                for consumed in capacity {
                    consumed.add_to(&mut self.capacity);
                }
                self.metadata.attempts += metadata.attempts;
                self.metadata.replayed |= metadata.replayed;
                self.metadata.request_id = metadata.request_id.or(self.metadata.request_id.take());
            }
            Err(error) => self.fail(error.with_operation(BATCH_GET_ITEM.name.clone(), None)),
        }
    }

    /// A whole request failed. A throttle is the service's word for "none of the keys could be read".
    fn refused(&mut self, keys: Vec<Asked>, error: Error) {
        self.metadata.attempts += error.attempts();
        if error.is_throttling() {
            self.left.extend(keys);
            self.cause = Some(error);
        } else {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    fn unread(&self) -> usize {
        self.found.iter().flatten().filter(|found| matches!(found, Found::Unread)).count()
    }

    fn has_time_for(&self, wait: Duration) -> bool {
        let Some(deadline) = self.plan.options.deadline else { return true };
        let left = deadline.saturating_duration_since(self.plan.core.time().now());
        left >= wait.saturating_add(LEAST_ATTEMPT)
    }

    fn given_up(&mut self) -> Error {
        let (unread, all) = (self.unread(), self.plan.len());
        let message = format!(
            "{unread} of {all} keys are unread: the service read nothing in {MOST_FRUITLESS_ROUNDS} rounds in a row"
        );
        self.incomplete(ErrorKind::BatchIncomplete, message)
    }

    /// The error of one request that ends the whole batch.
    fn ended_by(&mut self, failure: Error) -> Error {
        if failure.kind() != ErrorKind::DeadlineExceeded {
            return failure;
        }
        self.cause = Some(failure);
        self.out_of_time()
    }

    fn out_of_time(&mut self) -> Error {
        let (unread, all) = (self.unread(), self.plan.len());
        let message = format!("{unread} of {all} keys are unread, and the time is up");
        self.incomplete(ErrorKind::DeadlineExceeded, message)
    }

    fn incomplete(&mut self, kind: ErrorKind, message: String) -> Error {
        match self.cause.take() {
            Some(cause) => Error::caused_by(kind, &format!("{message}: "), cause),
            None => Error::new(kind, message),
        }
        .with_attempts(self.metadata.attempts, self.plan.core.time().now().saturating_duration_since(self.started))
        .with_operation(BATCH_GET_ITEM.name.clone(), self.plan.first_table())
    }
}

async fn ask(plan: &Plan, keys: Vec<Asked>, body: Vec<u8>) -> Asking {
    let tables = plan.tables_of(&keys);
    let call = Call {
        operation: &BATCH_GET_ITEM,
        table: tables.first().copied(),
        arns: ArnParameter::List(&tables),
        body: Bytes::from(body),
        replay: ReplayClass::Read,
        options: &plan.options,
    };
    let reply = plan.core.execute(call).await;
    (keys, reply)
}

impl End {
    fn finish(self, plan: Plan) -> Result<BatchGetAllOutput, Error> {
        let output = BatchGetAllOutput::new(plan, self.found, self.capacity, self.metadata);
        match self.failure {
            None => Ok(output),
            Some(error) => Err(error.with_partial(output)),
        }
    }
}

#[cfg(test)]
mod tests;

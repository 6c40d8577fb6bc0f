//! Any number of puts and deletes, over any tables, each of them accounted for; and any number of reads
//! ([`BatchGetItem::all`](crate::operation::BatchGetItem::all),
//! [`BatchGetItem::stream`](crate::operation::BatchGetItem::stream)).
//!
//! ```
//! use enhanced_dynamodb::batch::BatchOperation;
//! use enhanced_dynamodb::{Client, Error, item, key};
//!
//! async fn import(db: &Client) -> Result<(), Error> {
//!     let puts = (0..1_000).map(|i| BatchOperation::put("Messages", &item! { "id": format!("m{i}"), "number": i }));
//!     let delete = BatchOperation::delete("Messages", &key! { "id": "old" });
//!     let outcome = db.batch_operations(puts.chain([delete])).send().await?;
//!     println!("{} written, {} failed, {} left over", outcome.written, outcome.failed, outcome.left_over);
//!     for unwritten in outcome.failures.iter().chain(&outcome.leftovers) {
//!         eprintln!("operation {} on {}: {}", unwritten.index(), unwritten.operation().table(), unwritten.error());
//!     }
//!     outcome.into_result()?; // an error, if anything was not written
//!     Ok(())
//! }
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! #     let db = Client::embedded().await?;
//! #     let table = db.create_table("Messages");
//! #     table.partition_key("id", enhanced_dynamodb::table::AttributeType::String).send().await?;
//! #     import(&db).await
//! # }).unwrap();
//! # let _ = import;
//! ```
//!
//! # What becomes of an operation
//!
//! Every operation ends as exactly one of three, with its index in the input and, if it was not written, itself and the
//! reason in hand:
//!
//! - **written**;
//! - **failed**: a check before the send or the service refused this very operation. One bad operation fails alone: the
//!   24 others of its request are written. A table that does not exist, or that may not be written, fails its own
//!   operations and no other table's;
//! - **left over**: it was not done and may succeed when it is sent again. The deadline passed; the service left it
//!   unprocessed too often; or nothing that is sent will be accepted (no credentials, the client was closed).
//!
//! What was not written is in [`BatchOutcome::failures`] and [`BatchOutcome::leftovers`], 10,000 in all at most
//! ([`keep_at_most`](BatchOperations::keep_at_most); the counts stay exact), or goes to a function of yours
//! ([`on_unwritten`](BatchOperations::on_unwritten)). [`Unwritten`] turns into its operation again:
//! `db.batch_operations(outcome.leftovers)` is the next try.
//!
//! # Requests
//!
//! A request holds up to 25 operations and 16 MB, over several tables. As many requests are in flight as the client has
//! sockets ([`concurrency`](BatchOperations::concurrency) says otherwise), fewer while the service throttles, and more
//! again as it no longer does. A request that fails as a whole is retried as any call is
//! ([`execute`'s rules](crate::Options::max_retries)); what is then still undone, and what the service left unprocessed,
//! goes again after a wait with full jitter: from 25 ms while anything of its request was done, from 1 s if nothing
//! was, up to 20 s.
//!
//! Without a deadline, an operation that was in 16 requests without being done is left over
//! ([`give_up_after`](BatchOperations::give_up_after)); if nothing at all was written meanwhile, the batch ends, and the
//! rest is left over for the same reason. With a deadline ([`deadline`](BatchOperations::deadline),
//! [`timeout`](BatchOperations::timeout), the client's, a task's), operations go again until it.
//!
//! Memory is bounded, whatever the input's length: operations are read only as they are needed, and not while 32 MiB of
//! them are on their way (each is held once: in the body of its request while that is under way). Only what is left
//! over while the rest goes on takes some bytes for each key, so that later operations on it can be left over too.
//!
//! # Order
//!
//! Two operations on one key are never in one request, and the later one is not sent before the earlier one has ended.
//! Keys are compared as the service does: the numbers 1 and 1.0 are the same. If an operation is left over, later ones
//! on its key are too: what is left over, sent again in the order of its indexes, leaves behind what the batch would
//! have. Operations on different keys are written in any order.
//!
//! For that the batch must know the table's key. It is declared
//! ([`Options::table_key`](crate::Options::table_key), [`BatchOperations::table_key`]), or known because this client
//! made or described the table or read pages of it, or asked for once with DescribeTable. Where the role may not
//! describe the table, its requests go one after the other, in the order of the input, until a delete that the service
//! accepts has shown the key: declare the key, or allow `dynamodb:DescribeTable`. An operation without its table's key
//! goes in a request of its own, where it fails.
//!
//! # The input
//!
//! [`Client::batch_operations`](crate::Client::batch_operations) takes any iterator,
//! [`Client::batch_operations_stream`](crate::Client::batch_operations_stream) any stream. When a batch has to end before
//! its input, the rest of an iterator is read all the same, and left over, operation by operation. A stream is not: its
//! next operation may take its time. What was not read is still in it (hand it in as `&mut stream` to keep it), and
//! [`BatchOutcome::input_ended`] says so. Give an iterator that does not end as a stream.
//!
//! A batch whose future is dropped stops at once. What was in flight may or may not be written. A sink
//! ([`on_unwritten`](BatchOperations::on_unwritten)) is then given every operation that was read and is not known to be
//! written; without one, nobody is told.

mod answer;
mod chunk;
mod delete_all;
mod desk;
mod get;
mod identity;
mod ledger;
mod op;
mod operation;
mod outcome;
mod plan;
mod rounds;
mod run;
mod source;
mod verdict;
mod window;

use std::collections::HashMap;
use std::sync::Arc;

use futures_core::Stream;

pub use delete_all::{DeleteAll, DeleteAllOutcome};
pub use get::{BatchGetAllOutput, BatchGetItems};
pub use operation::BatchOperation;
pub use outcome::{BatchOutcome, BatchProgress, Unwritten};
use run::{Run, Settings};
pub use source::{FromIterator, FromStream};

use crate::error::Error;
use crate::execute::{CallOptions, Core};
use crate::keys::KeySchema;
use crate::operation::BATCH_WRITE_ITEM;
use crate::operation::settings::call_settings;

/// Requests that an operation may be in without being done, where there is no deadline.
const GIVE_UP_AFTER: u32 = 16;

/// Operations that an outcome keeps of those that were not written.
const KEEP_AT_MOST: usize = 10_000;

/// Puts and deletes over any tables; see [`batch`](crate::batch).
///
/// Made by [`Client::batch_operations`](crate::Client::batch_operations) and
/// [`Client::batch_operations_stream`](crate::Client::batch_operations_stream).
#[must_use = "a batch does nothing until it is sent"]
pub struct BatchOperations<'a, S> {
    core: Arc<Core>,
    source: S,
    settings: Settings<'a>,
    error: Option<Error>,
}

impl<'a, I: Iterator<Item: Into<BatchOperation>>> BatchOperations<'a, FromIterator<I>> {
    pub(crate) fn from_iterator(core: Arc<Core>, operations: I) -> Self {
        BatchOperations::new(core, FromIterator(operations))
    }
}

impl<'a, T: Stream<Item: Into<BatchOperation>>> BatchOperations<'a, FromStream<T>> {
    pub(crate) fn from_stream(core: Arc<Core>, operations: T) -> Self {
        BatchOperations::new(core, FromStream(Box::pin(operations)))
    }
}

impl<'a, S: source::Source> BatchOperations<'a, S> {
    fn new(core: Arc<Core>, source: S) -> Self {
        let settings = Settings {
            options: CallOptions::default(),
            concurrency: core.config.max_sockets,
            give_up_after: None,
            keep: KEEP_AT_MOST,
            capacity: None,
            keys: HashMap::new(),
            progress: None,
            sink: None,
        };
        BatchOperations { core, source, settings, error: None }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.settings.options
    }

    /// How many requests may be in flight at a time; the client's `max_sockets` otherwise. Those beyond `max_sockets`
    /// wait for a socket.
    pub fn concurrency(mut self, requests: usize) -> Self {
        if requests == 0 {
            self.refuse(Error::invalid_input("a concurrency of 0 requests sends nothing"));
        }
        self.settings.concurrency = requests;
        self
    }

    /// Leaves an operation over that was in so many requests without being done. Without it that is 16 where there is
    /// no deadline, and never where there is one.
    pub fn give_up_after(mut self, requests: u32) -> Self {
        if requests == 0 {
            self.refuse(Error::invalid_input("a batch that gives up after 0 requests sends nothing"));
        }
        self.settings.give_up_after = Some(requests);
        self
    }

    /// Declares the primary key of a table for this batch; [`Options::table_key`](crate::Options::table_key) does for
    /// a client.
    pub fn table_key(mut self, table: impl Into<String>, key: KeySchema) -> Self {
        let table = table.into();
        if let Err(error) = key.check_input(&table) {
            self.refuse(error);
        }
        self.settings.keys.insert(table, key);
        self
    }

    /// How many of the operations that were not written the outcome keeps, failed and left over together; 10,000
    /// otherwise. The counts are exact all the same.
    pub fn keep_at_most(mut self, operations: usize) -> Self {
        self.settings.keep = operations;
        self
    }

    /// Hands every operation that was not written to this function, as soon as its end is known and in no order, instead
    /// of keeping it. A batch that is dropped hands over what it was at.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client, operations: Vec<enhanced_dynamodb::batch::BatchOperation>) -> Result<(), enhanced_dynamodb::Error> {
    /// let mut dead_letters = Vec::new();
    /// let outcome = db.batch_operations(operations).on_unwritten(|unwritten| dead_letters.push(unwritten)).send().await?;
    /// assert_eq!(dead_letters.len() as u64, outcome.failed + outcome.left_over);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_unwritten(mut self, sink: impl FnMut(Unwritten) + Send + 'a) -> Self {
        self.settings.sink = Some(Box::new(sink));
        self
    }

    /// Tells this function how far the batch has come, after each request and at the end.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client, operations: Vec<enhanced_dynamodb::batch::BatchOperation>) -> Result<(), enhanced_dynamodb::Error> {
    /// let batch = db.batch_operations(operations);
    /// batch.on_progress(|progress| println!("{} of {}", progress.written, progress.total)).send().await?.into_result()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(mut self, progress: impl FnMut(&BatchProgress) + Send + 'a) -> Self {
        self.settings.progress = Some(Box::new(progress));
        self
    }

    crate::operation::settings::capacity_setting!(settings.capacity);

    fn refuse(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// Sends the operations, and ends when each has.
    ///
    /// That operations failed or are left over is no error here: the outcome says so, and
    /// [`into_result`](BatchOutcome::into_result) makes one of it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a setting that makes no sense. Nothing was sent
    /// and nothing was read of the input.
    pub async fn send(mut self) -> Result<BatchOutcome, Error> {
        if let Some(error) = self.error {
            return Err(self.core.refuse(BATCH_WRITE_ITEM.name.clone(), None, error));
        }
        Ok(Run::new(self.core, self.settings).carry_out(&mut self.source).await)
    }
}

impl<S> std::fmt::Debug for BatchOperations<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchOperations").field("concurrency", &self.settings.concurrency).finish_non_exhaustive()
    }
}

//! Deletes all items that a query or a scan finds.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::{BatchOperation, BatchOperations, BatchOutcome, BatchProgress, Unwritten};
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core};
use crate::item::Item;
use crate::keys::{KeyNames, KeySchema};
use crate::operation::{Items, Query, Scan};
use crate::table;

/// Deletes the items that a query or a scan finds.
///
/// Made by [`Query::delete_all`] and [`Scan::delete_all`]. Only the keys of the items are read, and deleted as they come
/// by [`batch_operations`](crate::Client::batch_operations), by whose rules each of them ends as deleted, failed or left
/// over. An item is charged for twice: for reading it whole, and for its delete.
///
/// The table's key must be known: it is declared ([`table_key`](DeleteAll::table_key),
/// [`Options::table_key`](crate::Options::table_key)), or known from earlier calls, or asked for once with DescribeTable.
///
/// The deadline and the timeout of the query or scan are those of the whole work.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::attr;
///
/// let old = || db.scan("Messages").filter(attr("year").lt(2020)).segments(8);
/// println!("{} would be deleted", old().delete_all().dry_run(true).send().await?.found);
/// let outcome = old().delete_all().send().await?.into_result()?;
/// println!("{} deleted", outcome.deleted());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is deleted until it is sent"]
pub struct DeleteAll<'a> {
    read: Read,
    dry_run: bool,
    key: Option<KeySchema>,
    #[allow(clippy::type_complexity, reason = "the form of the batches' own setting")]
    progress: Option<Box<dyn FnMut(&BatchProgress) + Send + 'a>>,
    #[allow(clippy::type_complexity, reason = "the form of the batches' own setting")]
    sink: Option<Box<dyn FnMut(Unwritten) + Send + 'a>>,
}

/// What finds the items. In a box: it is moved about as a whole.
enum Read {
    Query(Box<Query>),
    Scan(Box<Scan>),
}

/// What a [`DeleteAll`] gives.
///
/// Every item that was found is deleted, or is among the [`batch`](DeleteAllOutcome::batch)'s failures or leftovers; what
/// was not found yet, because reading ended early, lies behind the [`cursor`](DeleteAllOutcome::cursor).
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct DeleteAllOutcome {
    /// Items that the query or scan has found.
    pub found: u64,
    /// Whether nothing was to be deleted.
    pub dry_run: bool,
    /// What became of the deletes.
    pub batch: BatchOutcome,
    /// Why reading ended early, if it did.
    pub error: Option<Error>,
    /// Where reading goes on, if it ended early: give it to the same query or scan. (Beginning anew does as well: what was
    /// deleted is not found again.)
    pub cursor: Option<String>,
    /// From the start to the end.
    pub elapsed: Duration,
}

impl Query {
    /// Deletes all items that the query finds; see [`DeleteAll`].
    pub fn delete_all<'a>(self) -> DeleteAll<'a> {
        DeleteAll::new(Read::Query(Box::new(self)))
    }
}

impl Scan {
    /// Deletes all items that the scan finds; see [`DeleteAll`].
    ///
    /// To empty a whole table, deleting and making it again takes one call each, and no capacity.
    pub fn delete_all<'a>(self) -> DeleteAll<'a> {
        DeleteAll::new(Read::Scan(Box::new(self)))
    }
}

impl<'a> DeleteAll<'a> {
    fn new(read: Read) -> Self {
        DeleteAll { read, dry_run: false, key: None, progress: None, sink: None }
    }

    /// Counts what would be deleted, and deletes nothing.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Declares the table's primary key.
    pub fn table_key(mut self, key: KeySchema) -> Self {
        self.key = Some(key);
        self
    }

    /// Tells this function how far the deletes have come, after each request and at the end.
    pub fn on_progress(mut self, progress: impl FnMut(&BatchProgress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Hands every item that was found and not deleted to this function, instead of keeping it in the outcome.
    pub fn on_undeleted(mut self, sink: impl FnMut(Unwritten) + Send + 'a) -> Self {
        self.sink = Some(Box::new(sink));
        self
    }

    /// Reads and deletes.
    ///
    /// That reading ended early, or that deletes failed or are left over, is no error here: the outcome says so, and
    /// [`into_result`](DeleteAllOutcome::into_result) makes one of it.
    ///
    /// # Errors
    /// Before anything is deleted: [`ErrorKind::InvalidInput`] for a query that names its own projection, or if the
    /// table's key is not known. Of a dry run, those of reading.
    pub async fn send(mut self) -> Result<DeleteAllOutcome, Error> {
        let (core, table) = self.read.core_and_table();
        let options = self.read.options();
        let started = core.bound_together(options);
        let options = options.clone();
        let mut outcome = DeleteAllOutcome { dry_run: self.dry_run, ..DeleteAllOutcome::default() };
        if self.dry_run {
            outcome.found = self.read.count().await?;
        } else {
            let operation = self.read.operation();
            let names = key_names(&core, &table, self.key.as_ref(), &options)
                .await?
                .map_err(|error| core.refuse(operation.clone(), Some(&table), error))?;
            let items = self.read.keys(names.names()).map_err(|error| core.refuse(operation, Some(&table), error))?;
            let mut keys = Keys { items, table: Arc::from(table.as_str()), found: 0, error: None };
            let mut batch = BatchOperations::from_stream(Arc::clone(&core), &mut keys);
            batch.settings.options = options;
            if let Some(key) = self.key {
                batch = batch.table_key(table.as_str(), key);
            }
            batch.settings.progress = self.progress;
            batch.settings.sink = self.sink;
            outcome.batch = batch.send().await?;
            outcome.found = keys.found;
            outcome.cursor = match &keys.error {
                Some(error) => error.cursor().map(str::to_owned),
                None if !outcome.batch.input_ended => keys.items.cursor().await.ok().flatten(),
                None => None,
            };
            outcome.error = keys.error;
        }
        outcome.elapsed = core.time().now().saturating_duration_since(started);
        Ok(outcome)
    }
}

/// The key that was declared for this call, or what the client knows or can learn. The inner error is why nothing can be
/// sent, the outer one that of a call.
async fn key_names(
    core: &Arc<Core>,
    table: &str,
    declared: Option<&KeySchema>,
    options: &CallOptions,
) -> Result<Result<KeyNames, Error>, Error> {
    if let Some(key) = declared {
        return Ok(key.check_input(table).map(|()| KeyNames::of(key)));
    }
    // An empty name is told as any call tells it.
    if table.is_empty() {
        return Ok(Err(Error::invalid_input("the table's name is empty")));
    }
    let names = table::keys::names_of(core, table, options).await?;
    Ok(names.ok_or_else(|| {
        Error::invalid_input("the table's primary key is not known, and the service does not tell it")
            .with_advice("Declare it with table_key(), or allow dynamodb:DescribeTable.")
    }))
}

impl Read {
    fn core_and_table(&self) -> (Arc<Core>, String) {
        let (core, table) = match self {
            Read::Query(query) => query.core_and_table(),
            Read::Scan(scan) => scan.core_and_table(),
        };
        (core, table.to_owned())
    }

    /// As the API calls it.
    fn operation(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Read::Query(_) => "Query",
            Read::Scan(_) => "Scan",
        })
    }

    fn options(&mut self) -> &mut CallOptions {
        match self {
            Read::Query(query) => query.call_options(),
            Read::Scan(scan) => scan.call_options(),
        }
    }

    async fn count(self) -> Result<u64, Error> {
        match self {
            Read::Query(query) => query.count().await,
            Read::Scan(scan) => scan.count().await,
        }
    }

    fn keys(self, names: &[String]) -> Result<Items<Item>, Error> {
        Ok(match self {
            Read::Query(query) => query.of_attributes(names)?.items(),
            Read::Scan(scan) => scan.of_attributes(names)?.items(),
        })
    }
}

impl DeleteAllOutcome {
    /// Items that are deleted.
    #[must_use]
    pub fn deleted(&self) -> u64 {
        self.batch.written
    }

    /// Whether everything was found and deleted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.error.is_none() && (self.dry_run || self.batch.is_complete())
    }

    /// The outcome if everything was found and deleted, else an error that says how much was not; its kind is that of
    /// the first reason, and its [`cursor`](Error::cursor) says where reading goes on.
    ///
    /// # Errors
    /// If reading ended early, or an item that was found is not deleted.
    pub fn into_result(mut self) -> Result<DeleteAllOutcome, Error> {
        if self.is_complete() {
            return Ok(self);
        }
        let (found, deleted) = (self.found, self.deleted());
        let error = match self.error.take() {
            Some(error) => {
                let before = format!("{deleted} of {found} items found were deleted, and reading ended early: ");
                let (operation, table) = (error.operation().map(str::to_owned), error.table().map(str::to_owned));
                Error::caused_by(error.kind(), &before, error)
                    .with_attempts(0, self.elapsed)
                    .with_operation(operation.unwrap_or_else(|| "DeleteAll".to_owned()), table.as_deref())
            }
            None => match self.batch.into_result() {
                Err(error) => error,
                Ok(_) => Error::new(ErrorKind::BatchIncomplete, format!("{deleted} of {found} items were deleted")),
            },
        };
        Err(match self.cursor {
            Some(cursor) => error.with_cursor(cursor),
            None => error,
        })
    }
}

/// The deletes of the items that are found.
struct Keys {
    items: Items<Item>,
    table: Arc<str>,
    found: u64,
    error: Option<Error>,
}

impl Stream for Keys {
    type Item = BatchOperation;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<BatchOperation>> {
        let this = self.get_mut();
        loop {
            return match Pin::new(&mut this.items).poll_next(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Ready(Some(Ok(key))) => {
                    this.found += 1;
                    Poll::Ready(Some(BatchOperation::delete_read(&this.table, &key)))
                }
                Poll::Ready(Some(Err(error))) => {
                    this.error.get_or_insert(error);
                    // After one key that cannot be read there are others; after any other error there is nothing.
                    continue;
                }
            };
        }
    }
}

impl std::fmt::Debug for DeleteAll<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeleteAll").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}

//! ExecuteStatement: one statement.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Statement;
use super::page::{EXECUTE_STATEMENT, StatementItems, StatementPage, StatementPages, StatementRequest};
use crate::error::Error;
use crate::execute::{CallOptions, Core};
use crate::item::Item;
use crate::operation::ReturnConsumedCapacity;
use crate::operation::base::string_member;
use crate::operation::settings::call_settings;

/// Carries out one PartiQL statement.
///
/// Made by [`Client::execute_statement`](crate::Client::execute_statement). A `SELECT` may be sent again after a lost
/// answer; any other statement is not, and ends as
/// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), unless [`replay`](Self::replay) says otherwise.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::Item;
///
/// db.execute_statement("INSERT INTO \"Messages\" VALUE {'id': ?, 'stars': ?}").parameter("m1").parameter(5).run().await?;
///
/// let select = db.execute_statement("SELECT * FROM \"Messages\" WHERE id = ?").parameter("m1");
/// let found: Vec<Item> = select.items().try_collect().await?;
/// # let _ = found;
/// # Ok(())
/// # }
/// ```
///
/// A `SELECT` whose `WHERE` has no equality or `IN` for the partition key reads the whole table.
#[must_use = "a request does nothing until it is sent"]
pub struct ExecuteStatement {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    statement: Statement,
    page_size: Option<u32>,
    limit: Option<u64>,
    cursor: Option<String>,
}

impl ExecuteStatement {
    pub(crate) fn new(core: Arc<Core>, statement: Statement) -> Self {
        let options = CallOptions::default();
        ExecuteStatement { core, options, capacity: None, statement, page_size: None, limit: None, cursor: None }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// The value of the next `?`.
    pub fn parameter(mut self, value: impl Serialize) -> Self {
        self.statement = self.statement.parameter(value);
        self
    }

    /// The values of the next `?`s, where they are of one type.
    pub fn parameters<V: Serialize>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.statement = self.statement.parameters(values);
        self
    }

    /// Reads what the last acknowledged writes left, at twice the capacity; by default a read may be older.
    pub fn consistent_read(mut self, consistent: bool) -> Self {
        self.statement = self.statement.consistent_read(consistent);
        self
    }

    /// Asks for the item that stood in the way when the condition of a write fails; read it with
    /// [`Error::item`]. It costs no capacity.
    pub fn return_item_on_condition_failure(mut self) -> Self {
        self.statement = self.statement.return_item_on_condition_failure();
        self
    }

    crate::operation::settings::capacity_setting!(capacity);

    /// How many items are returned in all, over as many pages as it takes.
    ///
    /// No page reads more than are still missing, so that each ends where the next one begins. Where the `WHERE` leaves
    /// out most of what is read, that makes many small pages: then leave this out, and end the stream yourself.
    pub fn limit(mut self, items: u64) -> Self {
        self.limit = Some(items);
        self
    }

    /// How many items a page reads at most, before the `WHERE` on other attributes than the key; a page also ends at
    /// 1 MB. (The API's `Limit`.)
    pub fn page_size(mut self, items: u32) -> Self {
        self.page_size = Some(items);
        self
    }

    /// Begins where a page before ended: the [`cursor`](StatementPage::cursor) of it, for the same statement and
    /// parameters.
    #[doc(alias = "NextToken")]
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    /// One page.
    ///
    /// # Errors
    /// Those of the service; [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if an item is no
    /// `T`; [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) as said above.
    pub async fn send<T: DeserializeOwned>(self) -> Result<StatementPage<T>, Error> {
        let request = self.request()?;
        let (start, limit) = (request.start.clone(), request.limit);
        if limit == Some(0) {
            let error = Error::invalid_input("the limit is 0; a page returns at least one item");
            return Err(request.core.refuse(EXECUTE_STATEMENT.name.clone(), None, error));
        }
        request.page(start.as_deref(), limit).await?.typed()
    }

    /// One page, of a statement that writes: what its `RETURNING` gives, if it has one.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn run(self) -> Result<StatementPage<Item>, Error> {
        self.send().await
    }

    /// All pages, one after the other.
    pub fn pages<T: DeserializeOwned>(self) -> StatementPages<T> {
        StatementPages::new(self.request())
    }

    /// The items of all pages, one after the other.
    pub fn items<T: DeserializeOwned>(self) -> StatementItems<T> {
        StatementItems::new(self.request())
    }

    fn request(self) -> Result<StatementRequest, Error> {
        let mut prefix = Vec::with_capacity(self.statement.len() + 64);
        if let Err(error) = self.statement.write(&mut prefix) {
            return Err(self.core.refuse(EXECUTE_STATEMENT.name.clone(), None, error));
        }
        if let Some(capacity) = self.capacity {
            string_member(&mut prefix, "ReturnConsumedCapacity", capacity.as_str());
        }
        Ok(StatementRequest {
            core: self.core,
            class: super::class_of(std::slice::from_ref(&self.statement)),
            prefix,
            options: self.options,
            page_size: self.page_size,
            limit: self.limit,
            start: self.cursor,
        })
    }
}

crate::operation::settings::debug_without_values!(ExecuteStatement);

//! TransactGetItems: up to 100 items as they stood at one moment.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::action::{refuse_call_settings, refuse_parameters};
use super::responses::{Responses, no_such_action};
use super::same_item::{Subject, two_on_one_item};
use super::write::MOST_ACTIONS;
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass};
use crate::operation::base::{member, string_member};
use crate::operation::settings::{call_settings, hedge_setting};
use crate::operation::{ConsumedCapacity, GetItem, ReturnConsumedCapacity};
use crate::transport::ArnParameter;

static TRANSACT_GET_ITEMS: Operation = Operation::data("TransactGetItems", "DynamoDB_20120810.TransactGetItems");

/// One read of a [`TransactGet`]: made of a [`GetItem`], with its projection.
#[must_use = "a read does nothing until its transaction is sent"]
pub struct TransactGetAction {
    table: String,
    /// As it stands in the request, and where the key stands in it; or why it cannot be sent.
    json: Result<(Vec<u8>, Range<usize>), Error>,
}

impl From<GetItem> for TransactGetAction {
    fn from(mut get: GetItem) -> Self {
        let json = action(&mut get);
        TransactGetAction { table: get.base.table, json }
    }
}

fn action(get: &mut GetItem) -> Result<(Vec<u8>, Range<usize>), Error> {
    get.base.check()?;
    refuse_call_settings(&get.base, "transact_get()")?;
    refuse_parameters(&get.base)?;
    if !get.view.is_plain() {
        return Err(Error::invalid_input("hide_expired() has no place in a transaction")
            .with_advice("Leave it out, and look at the attribute of what was read."));
    }
    if get.consistent_read.is_some() {
        return Err(Error::invalid_input("consistent_read() has no place in a transaction")
            .with_advice("Leave it out: a transaction reads what was last written, all items at one moment."));
    }
    let mut json = Vec::with_capacity(64 + get.base.table.len() + get.key.len());
    json.extend_from_slice(b"{\"Get\":");
    get.base.open(&mut json);
    member(&mut json, "Key");
    let start = json.len();
    get.key.write(&mut json)?;
    let key = start..json.len();
    get.base.expressions.write(&mut json)?;
    json.extend_from_slice(b"}}");
    Ok((json, key))
}

/// Reads up to 100 items by their keys, from any tables, as they all stood at one moment.
///
/// Made by [`Client::transact_get`](crate::Client::transact_get). It takes twice the capacity of strongly consistent
/// reads. A conflict with a transaction that writes one of the items is retried.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::{Item, key};
///
/// let found = db
///     .transact_get()
///     .get("Sessions", &key! { "id": "session-1" })
///     .action(db.get("Users").key("id", "user-1").projection(["id", "sessionCount"]))
///     .send()
///     .await?;
/// let session: Option<Item> = found.item(0)?;
/// let user: Option<Item> = found.item(1)?;
/// # let _ = (session, user);
/// # Ok(())
/// # }
/// ```
#[must_use = "a transaction does nothing until it is sent"]
pub struct TransactGet {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    actions: Vec<TransactGetAction>,
}

/// What a [`TransactGet`] gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransactGetOutput {
    responses: Responses,
    tables: Vec<String>,
    /// What the transaction consumed on each table, if asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
}

impl TransactGet {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        TransactGet { core, options: CallOptions::default(), capacity: None, actions: Vec::new() }
    }

    call_settings!();
    hedge_setting!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// Adds a read: what [`Client::get`](crate::Client::get) made, not sent.
    pub fn action(mut self, get: impl Into<TransactGetAction>) -> Self {
        self.actions.push(get.into());
        self
    }

    /// Adds reads; see [`action`](Self::action).
    pub fn actions<A: Into<TransactGetAction>>(mut self, gets: impl IntoIterator<Item = A>) -> Self {
        self.actions.extend(gets.into_iter().map(Into::into));
        self
    }

    /// Adds a read of the whole item with this key: a struct, or what [`key!`](crate::key) makes.
    pub fn get<K: Serialize + ?Sized>(self, table: impl Into<String>, key: &K) -> Self {
        let get = GetItem::new(Arc::clone(&self.core), table.into()).key_item(key);
        self.action(get)
    }

    crate::operation::settings::capacity_setting!(capacity);

    /// How many reads the transaction has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether the transaction has no read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Sends the request and gives the items in the order asked; one that does not exist is `None`.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if one is not a
    /// `T`.
    pub async fn items<T: DeserializeOwned>(self) -> Result<Vec<Option<T>>, Error> {
        self.send().await?.items()
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::TransactionCanceled`](crate::ErrorKind::TransactionCanceled) if writers were
    /// in the way to the last. [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) before anything is sent, for
    /// no read or more than 100, for two of one item, and for one that says what a transaction has no place for.
    pub async fn send(mut self) -> Result<TransactGetOutput, Error> {
        let core = Arc::clone(&self.core);
        let body = match self.body() {
            Ok(body) => Bytes::from(body),
            Err(error) => return Err(core.refuse(TRANSACT_GET_ITEMS.name.clone(), self.first_table(), error)),
        };
        let arns: Vec<&str> = self.actions.iter().map(|action| action.table.as_str()).collect();
        let call = Call {
            operation: &TRANSACT_GET_ITEMS,
            table: self.first_table(),
            arns: ArnParameter::List(&arns),
            body,
            replay: ReplayClass::Read,
            options: &self.options,
        };
        let asked = arns.len();
        let read = |body: &Bytes| {
            let (responses, capacity) = Responses::read(body)?;
            responses.check_count(asked)?;
            Ok((responses, capacity))
        };
        let answer = core.answer(call, read).await;
        let ((responses, consumed_capacity), metadata) =
            answer.map_err(|error| error.naming_actions(arns.iter().map(|table| ("Get", Some(*table)))))?;
        let tables = self.actions.into_iter().map(|action| action.table).collect();
        Ok(TransactGetOutput { responses, tables, consumed_capacity, metadata })
    }

    fn first_table(&self) -> Option<&str> {
        self.actions.first().map(|action| action.table.as_str())
    }

    fn body(&mut self) -> Result<Vec<u8>, Error> {
        let count = self.len();
        if count == 0 || count > MOST_ACTIONS {
            return Err(Error::invalid_input(format!(
                "a transaction has 1 to {MOST_ACTIONS} reads, this one has {count}"
            ))
            .with_advice("What need not be of one moment is read by batch_get()."));
        }
        let mut body = Vec::with_capacity(128 * count + 64);
        body.extend_from_slice(b"{\"TransactItems\":");
        let mut subjects = Vec::with_capacity(count);
        for (index, action) in self.actions.iter_mut().enumerate() {
            body.push(if index == 0 { b'[' } else { b',' });
            match &mut action.json {
                Ok((json, key)) => {
                    body.extend_from_slice(json);
                    subjects.push(Subject { table: &action.table, json: &json[key.clone()], is_put: false });
                }
                Err(error) => {
                    let error = std::mem::replace(error, Error::invalid_input("the read cannot be sent"));
                    return Err(error.of_action(index, "Get", Some(&action.table)));
                }
            }
        }
        if let Some((first, second)) = two_on_one_item(&subjects) {
            return Err(Error::invalid_input(format!(
                "the reads {first} and {second} are of the same item of {}, and a transaction has one for each item",
                subjects[first].table
            ))
            .with_advice("Read it once; output.item(index) can be called twice."));
        }
        body.push(b']');
        if let Some(capacity) = self.capacity {
            string_member(&mut body, "ReturnConsumedCapacity", capacity.as_str());
        }
        body.push(b'}');
        Ok(body)
    }
}

impl TransactGetOutput {
    /// The item of the read number `index`, counted from 0; nothing if it does not exist.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if it is not a `T`;
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the transaction had no such read.
    pub fn item<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Error> {
        let item = match self.tables.get(index) {
            Some(table) => self.responses.item(index, "Get", Some(table)),
            None => Err(no_such_action("reads", self.tables.len(), index)),
        };
        let table = self.tables.get(index).map(String::as_str);
        item.map_err(|error| error.with_operation(TRANSACT_GET_ITEMS.name.clone(), table))
    }

    /// All items in the order asked, where they are of one type; one that does not exist is `None`.
    ///
    /// # Errors
    /// As [`item`](Self::item).
    pub fn items<T: DeserializeOwned>(&self) -> Result<Vec<Option<T>>, Error> {
        (0..self.tables.len()).map(|index| self.item(index)).collect()
    }

    /// How many reads the transaction had.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// Whether the transaction had no read: never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }
}

// Item values do not belong in logs: only which items there are is shown.
impl std::fmt::Debug for TransactGetOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let found: Vec<bool> = self.responses.items.iter().map(Option::is_some).collect();
        f.debug_struct("TransactGetOutput")
            .field("tables", &self.tables)
            .field("found", &found)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(TransactGetAction, table: table);
crate::operation::settings::debug_without_values!(TransactGet, actions: actions);

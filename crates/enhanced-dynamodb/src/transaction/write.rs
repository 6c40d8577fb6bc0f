//! TransactWriteItems: up to 100 actions, all of them or none.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::action::TransactAction;
use super::same_item::{Subject, two_on_one_item};
use super::token::{check_token, new_token};
use crate::codec::{DecodeError, Reader};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass, Token};
use crate::operation::base::string_member;
use crate::operation::settings::call_settings;
use crate::operation::size::least_bytes;
use crate::operation::{
    ConsumedCapacity, DeleteItem, ItemCollectionMetrics, PutItem, ReturnConsumedCapacity, response,
};
use crate::transport::ArnParameter;

pub(super) static TRANSACT_WRITE_ITEMS: Operation =
    Operation::data("TransactWriteItems", "DynamoDB_20120810.TransactWriteItems");

/// Actions in one transaction (API reference of TransactWriteItems and TransactGetItems).
pub(super) const MOST_ACTIONS: usize = 100;

/// All items of a transaction, in bytes (API reference of TransactWriteItems: 4 MB).
const LARGEST_TRANSACTION: usize = 4 * 1024 * 1024;

/// Up to 100 puts, updates, deletes and condition checks, over any tables: all are applied, or none is.
///
/// Made by [`Client::transact_write`](crate::Client::transact_write). [The module](super) has an example and the terms.
#[must_use = "a transaction does nothing until it is sent"]
pub struct TransactWrite {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    collection_metrics: bool,
    token: Option<String>,
    actions: Vec<TransactAction>,
}

/// What a [`TransactWrite`] gives.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TransactWriteOutput {
    /// What the transaction consumed on each table, if asked for: write units; read units where the service answered a
    /// request that it had applied before.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// The sizes of the item collections by table, if asked for (tables with local secondary indexes only).
    pub item_collection_metrics: Vec<(String, Vec<ItemCollectionMetrics>)>,
    /// How the call went.
    pub metadata: Metadata,
}

impl TransactWrite {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        TransactWrite {
            core,
            options: CallOptions::default(),
            capacity: None,
            collection_metrics: false,
            token: None,
            actions: Vec::new(),
        }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    pub(crate) fn call_options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// Adds an action: what [`Client::put`](crate::Client::put), [`update`](crate::Client::update),
    /// [`delete`](crate::Client::delete) or [`condition_check`](crate::Client::condition_check) made, not sent.
    pub fn action(mut self, action: impl Into<TransactAction>) -> Self {
        self.actions.push(action.into());
        self
    }

    /// Adds actions of one kind; see [`action`](Self::action).
    pub fn actions<A: Into<TransactAction>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// Adds a put without a condition.
    pub fn put<T: Serialize + ?Sized>(self, table: impl Into<String>, item: &T) -> Self {
        let put = PutItem::new(Arc::clone(&self.core), table.into(), item);
        self.action(put)
    }

    /// Adds a delete without a condition. The key is a struct, or what [`key!`](crate::key) makes.
    pub fn delete<K: Serialize + ?Sized>(self, table: impl Into<String>, key: &K) -> Self {
        let delete = DeleteItem::new(Arc::clone(&self.core), table.into()).key_item(key);
        self.action(delete)
    }

    /// A token of 1 to 36 characters by which the service knows the transaction, for ten minutes: sent again with it,
    /// also by another process, it is not applied a second time. Without it each call makes one of its own.
    ///
    /// The same token with other actions is refused, as
    /// [`ErrorKind::IdempotentParameterMismatch`](crate::ErrorKind::IdempotentParameterMismatch).
    #[doc(alias = "ClientRequestToken")]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    crate::operation::settings::capacity_setting!(capacity);

    /// Asks for the sizes of the item collections (tables with local secondary indexes only).
    pub fn return_item_collection_metrics(mut self) -> Self {
        self.collection_metrics = true;
        self
    }

    /// How many actions the transaction has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether the transaction has no action.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Sends the request.
    ///
    /// # Errors
    /// [`ErrorKind::TransactionCanceled`](crate::ErrorKind::TransactionCanceled) if it was not applied: the message
    /// names the first action that was refused and why, and
    /// [`cancellation_reasons`](Error::cancellation_reasons) has all, one for each action, with the item that stood in
    /// the way if it was asked for. [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the last answer
    /// that the call could wait for was lost too. [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) before
    /// anything is sent: for no action or more than 100, for two on one item, and for an action that says what a
    /// transaction has no place for; [`ErrorKind::ItemTooLarge`](crate::ErrorKind::ItemTooLarge) for an item above
    /// 400 KB.
    pub async fn send(mut self) -> Result<TransactWriteOutput, Error> {
        let core = Arc::clone(&self.core);
        let body = match self.body() {
            Ok(body) => Bytes::from(body),
            Err(error) => return Err(core.refuse(TRANSACT_WRITE_ITEMS.name.clone(), self.first_table(), error)),
        };
        let arns: Vec<&str> = self.actions.iter().map(|action| action.table.as_str()).collect();
        let call = Call {
            operation: &TRANSACT_WRITE_ITEMS,
            table: self.first_table(),
            arns: ArnParameter::List(&arns),
            body,
            replay: ReplayClass::Idempotent,
            options: &self.options,
        };
        let answer = core.answer(call, TransactWriteOutput::read).await;
        let (output, metadata) = answer.map_err(|error| {
            error.naming_actions(self.actions.iter().map(|action| (action.name, Some(action.table.as_str()))))
        })?;
        Ok(TransactWriteOutput { metadata, ..output })
    }

    fn first_table(&self) -> Option<&str> {
        self.actions.first().map(|action| action.table.as_str())
    }

    /// The body is made once a call, and the token with it: all attempts have the same.
    fn body(&mut self) -> Result<Vec<u8>, Error> {
        let count = self.len();
        if count == 0 || count > MOST_ACTIONS {
            return Err(Error::invalid_input(format!(
                "a transaction has 1 to {MOST_ACTIONS} actions, this one has {count}"
            ))
            .with_advice("What need not agree with each other goes into transactions of its own."));
        }
        let mut bytes = 192;
        for (index, action) in self.actions.iter_mut().enumerate() {
            match &mut action.json {
                Ok((json, _)) => bytes += json.len() + 1,
                Err(error) => {
                    let error = std::mem::replace(error, Error::invalid_input("the action cannot be sent"));
                    return Err(error.of_action(index, action.name, Some(&action.table)));
                }
            }
        }
        self.check_items()?;
        self.check_size()?;
        let mut body = Vec::with_capacity(bytes);
        body.extend_from_slice(b"{\"TransactItems\":");
        let mut separator = b'[';
        for (json, _) in self.actions.iter().filter_map(|action| action.json.as_ref().ok()) {
            body.push(separator);
            body.extend_from_slice(json);
            separator = b',';
        }
        body.push(b']');
        match &self.token {
            Some(token) => {
                check_token(token)?;
                string_member(&mut body, "ClientRequestToken", token);
                self.options.token = Token::Callers;
            }
            None => {
                string_member(&mut body, "ClientRequestToken", &new_token()?);
                self.options.token = Token::OfTheCall;
            }
        }
        if let Some(capacity) = self.capacity {
            string_member(&mut body, "ReturnConsumedCapacity", capacity.as_str());
        }
        if self.collection_metrics {
            string_member(&mut body, "ReturnItemCollectionMetrics", "SIZE");
        }
        body.push(b'}');
        Ok(body)
    }

    fn check_items(&self) -> Result<(), Error> {
        let subjects: Vec<Subject<'_>> = self
            .actions
            .iter()
            .map(|action| Subject { table: &action.table, json: action.subject(), is_put: action.is_put() })
            .collect();
        let Some((first, second)) = two_on_one_item(&subjects) else { return Ok(()) };
        Err(Error::invalid_input(format!(
            "actions {first} ({}) and {second} ({}) are on the same item of {}, and a transaction has one for each item",
            self.actions[first].name, self.actions[second].name, self.actions[first].table
        ))
        .with_advice("Make them one: an update can have a condition and change several attributes."))
    }

    fn check_size(&self) -> Result<(), Error> {
        let items = || self.actions.iter().filter(|action| action.is_put()).map(TransactAction::subject);
        // The JSON of an item is never shorter than the item, so that most need no look inside.
        if items().map(<[u8]>::len).sum::<usize>() <= LARGEST_TRANSACTION {
            return Ok(());
        }
        let bytes = items().map(least_bytes).sum::<Result<usize, Error>>()?;
        if bytes <= LARGEST_TRANSACTION {
            return Ok(());
        }
        Err(Error::invalid_input(format!(
            "the items have at least {bytes} bytes; a transaction may have 4194304 (4 MB), and nothing was sent"
        ))
        .with_advice("Keep large attributes elsewhere, or write what need not agree in transactions of its own."))
    }
}

impl TransactWriteOutput {
    /// Whether the request was sent again after an attempt of which nobody knows whether it was applied. It was applied
    /// once all the same.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.metadata.replayed
    }

    pub(super) fn read(body: &Bytes) -> Result<Self, Error> {
        let mut output = TransactWriteOutput::default();
        // The usual answer.
        if &body[..] != b"{}" {
            output.take(body).map_err(|error| response::malformed(&error))?;
        }
        Ok(output)
    }

    fn take(&mut self, body: &Bytes) -> Result<(), DecodeError> {
        let mut reader = Reader::new(body)?;
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(&mut reader)? {
            match &*key {
                "ConsumedCapacity" => self.consumed_capacity = response::capacities(&mut reader, body)?,
                "ItemCollectionMetrics" if reader.null() => {}
                "ItemCollectionMetrics" => {
                    let mut tables = reader.object()?;
                    while let Some(table) = tables.next_key(&mut reader)? {
                        let mut metrics = Vec::new();
                        let Some(mut actions) = reader.optional_array()? else { continue };
                        while actions.next_element(&mut reader)? {
                            metrics.extend(response::collection_metrics(&mut reader, body)?);
                        }
                        self.item_collection_metrics.push((table.into_owned(), metrics));
                    }
                }
                _ => reader.skip_value()?,
            }
        }
        Ok(())
    }
}

crate::operation::settings::debug_without_values!(TransactWrite, actions: actions);

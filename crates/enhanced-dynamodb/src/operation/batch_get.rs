//! BatchGetItem, one request: up to 100 keys; what the service did not read is given back.

mod output;
mod parts;

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::base::{Parameters, request_items};
use super::capacity::ReturnConsumedCapacity;
use super::response;
use super::settings::{call_settings, hedge_setting};
use super::view::View;
use crate::codec::{EncodeOptions, encode_item};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Operation, ReplayClass};
use crate::expression::{IntoPath, Projection, RequestExpressions};
use crate::transport::ArnParameter;

pub(crate) use output::Leftover;
pub use output::{BatchGetOutput, UnprocessedKeys};
pub(crate) use parts::{BatchGetParts, TableParts};

pub(crate) static BATCH_GET_ITEM: Operation = Operation::data("BatchGetItem", "DynamoDB_20120810.BatchGetItem");

/// Keys in one BatchGetItem (API reference).
pub(crate) const MOST_KEYS: usize = 100;

/// Parameters of a table's keys that have methods of their own.
const OWN: [&str; 4] = ["Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"];

/// Reads up to 100 items by their keys in one request, from any tables.
///
/// Made by [`Client::batch_get`](crate::Client::batch_get). The service may leave some unread, and says so in the answer
/// to [`send`](BatchGetItem::send): look at [`BatchGetOutput::unprocessed`]. [`all`](BatchGetItem::all) takes any number
/// of keys, in as many requests as it needs, and reads until nothing is left.
#[must_use = "a request does nothing until it is sent"]
pub struct BatchGetItem {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    tables: Vec<TableReads>,
    /// The table of each key, by its place in `tables`, in the order asked.
    asked: Vec<u32>,
    /// Tables that an earlier batch left unread.
    leftovers: Vec<Leftover>,
    error: Option<Error>,
}

struct TableReads {
    table: String,
    keys: Vec<u8>,
    count: usize,
    consistent_read: bool,
    expressions: RequestExpressions,
    parameters: Parameters,
    view: View,
}

impl BatchGetItem {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        BatchGetItem {
            core,
            options: CallOptions::default(),
            capacity: None,
            tables: Vec::new(),
            asked: Vec::new(),
            leftovers: Vec::new(),
            error: None,
        }
    }

    call_settings!();
    hedge_setting!();

    pub(crate) fn call_options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    pub(crate) fn encode_options(&self) -> EncodeOptions {
        EncodeOptions { keep_nulls: self.core.config.keep_nulls }
    }

    /// Adds a key: a struct, or what [`key!`](crate::key) makes.
    pub fn get<K: Serialize + ?Sized>(self, table: impl AsRef<str>, key: &K) -> Self {
        let options = self.encode_options();
        self.get_written(table.as_ref(), |out| encode_item(out, key, options).map_err(Error::from))
    }

    /// Adds a key that `write` appends as the service's JSON.
    pub(crate) fn get_written(mut self, table: &str, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>) -> Self {
        let index = self.len();
        let at = self.table_at(table);
        let reads = &mut self.tables[at];
        if !reads.keys.is_empty() {
            reads.keys.push(b',');
        }
        match write(&mut reads.keys) {
            Ok(()) => {
                reads.count += 1;
                // No request of 2^32 tables can be built.
                self.asked.push(at as u32);
            }
            Err(error) => {
                let error = error.at_index(index).with_operation(BATCH_GET_ITEM.name.clone(), Some(table));
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// Reads what the last acknowledged writes left in this table, at twice the capacity.
    pub fn consistent_read(mut self, table: impl AsRef<str>, consistent: bool) -> Self {
        self.table(table.as_ref()).consistent_read = consistent;
        self
    }

    /// Reads only these attributes from this table.
    pub fn projection<P: IntoPath>(mut self, table: impl AsRef<str>, paths: impl IntoIterator<Item = P>) -> Self {
        let add = |projection: Projection| paths.into_iter().fold(projection, Projection::and);
        self.table(table.as_ref()).expressions.projection(add);
        self
    }

    /// A projection for this table as the service's string.
    pub fn projection_expression(mut self, table: impl AsRef<str>, expression: impl AsRef<str>) -> Self {
        self.table(table.as_ref()).expressions.projection(|projection| projection.and_expression(expression));
        self
    }

    /// Defines a `#name` of a table's projection given as a string.
    pub fn expression_name(mut self, table: impl AsRef<str>, placeholder: &str, name: &str) -> Self {
        self.table(table.as_ref()).expressions.name(placeholder, name);
        self
    }

    /// Sets a parameter for this table by its own name and JSON: for the legacy `AttributesToGet`, which has no method.
    pub fn parameter(mut self, table: impl AsRef<str>, name: &str, value: impl Serialize) -> Self {
        if let Err(error) = self.table(table.as_ref()).parameters.add(name, &value) {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Takes items of this table for absent once the time in this attribute has come, although the service has not
    /// deleted them yet.
    ///
    /// The time is a number of seconds since 1970, as for Time to Live; DynamoDB deletes what has expired within a few
    /// days. An item without the attribute, or with something else in it, does not expire, nor does one that would have
    /// more than five years ago: the service does not delete it either. A projection need not have the attribute.
    pub fn hide_expired(mut self, table: impl AsRef<str>, attribute: impl Into<String>) -> Self {
        self.table(table.as_ref()).view.expiry = Some(attribute.into());
        self
    }

    /// Adds what an earlier batch left unread.
    pub fn retry(mut self, unprocessed: UnprocessedKeys) -> Self {
        self.leftovers.extend(unprocessed.tables);
        self
    }

    crate::operation::settings::capacity_setting!(capacity);

    /// How many keys the batch has.
    #[must_use]
    pub fn len(&self) -> usize {
        let new: usize = self.tables.iter().map(|table| table.count).sum();
        new + self.leftovers.iter().map(|left| left.count).sum::<usize>()
    }

    /// Whether the batch has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&mut self, table: &str) -> &mut TableReads {
        let at = self.table_at(table);
        &mut self.tables[at]
    }

    fn table_at(&mut self, table: &str) -> usize {
        match self.tables.iter().position(|reads| reads.table == table) {
            Some(at) => at,
            None => {
                self.tables.push(TableReads {
                    table: table.to_owned(),
                    keys: Vec::with_capacity(512),
                    count: 0,
                    consistent_read: false,
                    expressions: RequestExpressions::default(),
                    parameters: Parameters::default(),
                    view: View::default(),
                });
                self.tables.len() - 1
            }
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service, for the whole batch; before anything is sent,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a batch of none or of more than 100 keys.
    pub async fn send(self) -> Result<BatchGetOutput, Error> {
        let BatchGetParts { core, options, capacity, tables, .. } = self.taken_apart(Self::for_one_request)?;
        let arns: Vec<&str> = tables.iter().map(|parts| parts.table.as_str()).collect();
        let call = Call {
            operation: &BATCH_GET_ITEM,
            table: arns.first().copied(),
            arns: ArnParameter::List(&arns),
            body: Bytes::from(body(&tables, capacity)),
            replay: ReplayClass::Read,
            options: &options,
        };
        let read = |body: &Bytes| output::read(body).map_err(|error| response::malformed(&error));
        let (mut output, metadata) = core.answer(call, read).await?;
        output.metadata = metadata;
        let views = tables.into_iter().filter(|parts| !parts.view.is_plain());
        let views: Vec<(String, View)> = views.map(|parts| (parts.table, parts.view)).collect();
        if !views.is_empty() {
            output.look_at(views, core.time().wall());
        }
        Ok(output)
    }

    /// When a call that begins now has begun. The limits of the call become those of all requests together.
    pub(crate) fn started(&mut self) -> std::time::Instant {
        self.core.bound_together(&mut self.options)
    }

    fn first_table(&self) -> Option<String> {
        let new = self.tables.first().map(|reads| &reads.table);
        new.or_else(|| self.leftovers.first().map(|left| &left.table)).cloned()
    }
}

fn body(tables: &[TableParts], capacity: Option<ReturnConsumedCapacity>) -> Vec<u8> {
    let bytes: usize = tables.iter().map(|parts| parts.keys.len() + parts.settings.len() + parts.table.len()).sum();
    let mut body = Vec::with_capacity(bytes + 64 * tables.len() + 64);
    let tables = tables.iter().map(|parts| (parts.table.as_str(), parts));
    request_items(&mut body, tables, capacity, |body, parts| {
        body.extend_from_slice(b"{\"Keys\":[");
        body.extend_from_slice(&parts.keys);
        body.push(b']');
        body.extend_from_slice(&parts.settings);
        body.push(b'}');
    });
    body.push(b'}');
    body
}

crate::operation::settings::debug_without_values!(BatchGetItem);

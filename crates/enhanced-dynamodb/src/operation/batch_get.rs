//! BatchGetItem, one request: up to 100 keys; what the service did not read is given back.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::base::{Parameters, bool_member, string_member};
use super::capacity::{ConsumedCapacity, ReturnConsumedCapacity};
use super::response;
use super::settings::{call_settings, hedge_setting};
use crate::codec::{DecodeError, EncodeOptions, Reader, encode_item, json_string};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass};
use crate::expression::{IntoPath, Projection, RequestExpressions};
use crate::transport::ArnParameter;

static BATCH_GET_ITEM: Operation = Operation::data("BatchGetItem", "DynamoDB_20120810.BatchGetItem");

/// Keys in one BatchGetItem (API reference).
const MOST_KEYS: usize = 100;

/// Parameters of a table's keys that have methods of their own.
const OWN: [&str; 4] = ["Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"];

/// Reads up to 100 items by their keys in one request, from any tables.
///
/// Made by [`Client::batch_get`](crate::Client::batch_get). The service may leave some unread, and says so in its
/// answer: look at [`BatchGetOutput::unprocessed`].
#[must_use = "a request does nothing until it is sent"]
pub struct BatchGetItem {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    tables: Vec<TableReads>,
    /// Tables that an earlier batch left unread: `"T":{"Keys":[…],…}`.
    leftovers: Vec<(String, Bytes, usize)>,
    error: Option<Error>,
}

struct TableReads {
    table: String,
    keys: Vec<u8>,
    count: usize,
    consistent_read: bool,
    expressions: RequestExpressions,
    parameters: Parameters,
}

/// What the service left unread of a batch.
#[derive(Clone, Default)]
pub struct UnprocessedKeys {
    tables: Vec<(String, Bytes, usize)>,
}

/// What a [`BatchGetItem`] gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct BatchGetOutput {
    body: Bytes,
    /// Where the items of each table stand in the body.
    responses: Vec<(String, Range<usize>)>,
    /// What the service left unread; hand it to [`BatchGetItem::retry`] after a pause.
    pub unprocessed: UnprocessedKeys,
    /// What the batch consumed on each table, if asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
}

impl BatchGetItem {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        BatchGetItem {
            core,
            options: CallOptions::default(),
            capacity: None,
            tables: Vec::new(),
            leftovers: Vec::new(),
            error: None,
        }
    }

    call_settings!();
    hedge_setting!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// Adds a key: a struct, or what [`key!`](crate::key) makes.
    pub fn get<K: Serialize + ?Sized>(mut self, table: impl AsRef<str>, key: &K) -> Self {
        let index = self.len();
        let options = EncodeOptions { keep_nulls: self.core.config.keep_nulls };
        let reads = self.table(table.as_ref());
        if !reads.keys.is_empty() {
            reads.keys.push(b',');
        }
        match encode_item(&mut reads.keys, key, options) {
            Ok(()) => reads.count += 1,
            Err(error) => {
                let error = Error::from(error)
                    .at_index(index)
                    .with_operation(BATCH_GET_ITEM.name.clone(), Some(table.as_ref()));
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

    /// Adds what an earlier batch left unread.
    pub fn retry(mut self, unprocessed: UnprocessedKeys) -> Self {
        self.leftovers.extend(unprocessed.tables);
        self
    }

    /// Asks for the capacity units that the batch consumes.
    pub fn return_consumed_capacity(mut self, capacity: ReturnConsumedCapacity) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// How many keys the batch has.
    #[must_use]
    pub fn len(&self) -> usize {
        let new: usize = self.tables.iter().map(|table| table.count).sum();
        new + self.leftovers.iter().map(|(_, _, count)| count).sum::<usize>()
    }

    /// Whether the batch has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&mut self, table: &str) -> &mut TableReads {
        let at = match self.tables.iter().position(|reads| reads.table == table) {
            Some(at) => at,
            None => {
                self.tables.push(TableReads {
                    table: table.to_owned(),
                    keys: Vec::with_capacity(512),
                    count: 0,
                    consistent_read: false,
                    expressions: RequestExpressions::default(),
                    parameters: Parameters::default(),
                });
                self.tables.len() - 1
            }
        };
        &mut self.tables[at]
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service, for the whole batch; before anything is sent,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a batch of none or of more than 100 keys.
    pub async fn send(mut self) -> Result<BatchGetOutput, Error> {
        let table = self.first_table();
        let core = Arc::clone(&self.core);
        let body = self.body().map_err(|error| core.refuse(BATCH_GET_ITEM.name.clone(), table.as_deref(), error))?;
        let new = self.tables.iter().map(|reads| reads.table.as_str());
        let arns: Vec<&str> = new.chain(self.leftovers.iter().map(|(table, _, _)| table.as_str())).collect();
        let call = Call {
            operation: &BATCH_GET_ITEM,
            table: table.as_deref(),
            arns: ArnParameter::List(&arns),
            body: Bytes::from(body),
            replay: ReplayClass::Read,
            options: &self.options,
        };
        let read = |body: &Bytes| read(body).map_err(|error| response::malformed(&error));
        let (mut output, metadata) = core.answer(call, read).await?;
        output.metadata = metadata;
        Ok(output)
    }

    fn first_table(&self) -> Option<String> {
        let new = self.tables.first().map(|reads| &reads.table);
        new.or_else(|| self.leftovers.first().map(|(table, _, _)| table)).cloned()
    }

    fn body(&mut self) -> Result<Vec<u8>, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let count = self.len();
        if count == 0 || count > MOST_KEYS {
            return Err(Error::invalid_input(format!("a batch has 1 to {MOST_KEYS} keys, this one has {count}"))
                .with_advice("Read more than 100 in several batches."));
        }
        let twice = self.leftovers.iter().map(|(table, _, _)| table).find(|left| {
            self.tables.iter().any(|reads| reads.count > 0 && reads.table == **left)
                || self.leftovers.iter().filter(|(table, _, _)| table == *left).count() > 1
        });
        if let Some(table) = twice {
            return Err(Error::invalid_input(format!(
                "table {table} has keys left over from another batch, which bring their own projection; send those alone"
            )));
        }
        let mut body = Vec::with_capacity(4096);
        body.extend_from_slice(b"{\"RequestItems\":{");
        let mut first = true;
        for reads in self.tables.iter_mut().filter(|reads| reads.count > 0) {
            separate(&mut body, &mut first);
            json_string(&mut body, &reads.table);
            body.extend_from_slice(b":{\"Keys\":[");
            body.extend_from_slice(&reads.keys);
            body.push(b']');
            if reads.consistent_read {
                bool_member(&mut body, "ConsistentRead", true);
            }
            reads.expressions.write(&mut body)?;
            reads.parameters.check(|name| OWN.contains(&name))?;
            reads.parameters.write(&mut body);
            body.push(b'}');
        }
        for (table, json, _) in &self.leftovers {
            separate(&mut body, &mut first);
            json_string(&mut body, table);
            body.push(b':');
            body.extend_from_slice(json);
        }
        body.push(b'}');
        if let Some(capacity) = self.capacity {
            string_member(&mut body, "ReturnConsumedCapacity", capacity.as_str());
        }
        body.push(b'}');
        Ok(body)
    }
}

fn separate(body: &mut Vec<u8>, first: &mut bool) {
    if !*first {
        body.push(b',');
    }
    *first = false;
}

fn read(body: &Bytes) -> Result<BatchGetOutput, DecodeError> {
    let mut responses = Vec::new();
    let mut unprocessed = UnprocessedKeys::default();
    let mut consumed_capacity = Vec::new();
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "Responses" => {
                let mut tables = reader.object()?;
                while let Some(table) = tables.next_key(&mut reader)? {
                    responses.push((table.into_owned(), reader.raw_value()?));
                }
            }
            "UnprocessedKeys" => unprocessed.read(&mut reader, body)?,
            "ConsumedCapacity" => consumed_capacity = response::json(&mut reader, body)?,
            _ => reader.skip_value()?,
        }
    }
    let body = body.clone();
    Ok(BatchGetOutput { responses, unprocessed, consumed_capacity, metadata: Metadata::default(), body })
}

/// The items of one table. The outer error is a response that is no JSON, the inner an item that is no `T`.
fn read_items<T: DeserializeOwned>(body: &Bytes) -> Result<Result<Vec<T>, Error>, DecodeError> {
    let mut items = Vec::new();
    let mut reader = Reader::new(body)?;
    let mut array = reader.array()?;
    while array.next_element(&mut reader)? {
        match response::item(&mut reader, body)? {
            Ok(item) => items.push(item),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(items))
}

impl BatchGetOutput {
    /// The items read from this table, in no particular order; items that do not exist are not among them.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if one is not a `T`.
    pub fn items<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<T>, Error> {
        let located = |error: Error| error.with_operation(BATCH_GET_ITEM.name.clone(), Some(table));
        let mut items = Vec::new();
        for (_, at) in self.responses.iter().filter(|(name, _)| name == table) {
            let body = self.body.slice(at.clone());
            let read = read_items::<T>(&body).map_err(|error| located(response::malformed(&error)))?;
            items.extend(read.map_err(located)?);
        }
        Ok(items)
    }

    /// The tables that items were read from.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.responses.iter().map(|(table, _)| table.as_str())
    }
}

impl UnprocessedKeys {
    fn read(&mut self, reader: &mut Reader<'_>, body: &Bytes) -> Result<(), DecodeError> {
        if reader.null() {
            return Ok(());
        }
        let mut tables = reader.object()?;
        while let Some(table) = tables.next_key(reader)? {
            let start = reader.position();
            let mut count = 0;
            let mut request = reader.object()?;
            while let Some(key) = request.next_key(reader)? {
                if &*key == "Keys" {
                    let mut array = reader.array()?;
                    while array.next_element(reader)? {
                        reader.skip_value()?;
                        count += 1;
                    }
                } else {
                    reader.skip_value()?;
                }
            }
            if count > 0 {
                self.tables.push((table.into_owned(), body.slice(start..reader.position()), count));
            }
        }
        Ok(())
    }

    /// How many keys were left unread.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|(_, _, count)| count).sum()
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }
}

// Keys and items do not belong in logs: only how many there are is shown.
impl std::fmt::Debug for UnprocessedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.tables.iter().map(|(table, _, count)| (table, count))).finish()
    }
}

impl std::fmt::Debug for BatchGetOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchGetOutput")
            .field("tables", &self.tables().collect::<Vec<_>>())
            .field("unprocessed", &self.unprocessed)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(BatchGetItem);

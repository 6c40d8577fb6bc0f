//! BatchWriteItem, one request: up to 25 puts and deletes; what the service did not do is given back.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::base::{request_items, string_member};
use super::capacity::{ConsumedCapacity, ItemCollectionMetrics, ReturnConsumedCapacity};
use super::response;
use super::settings::call_settings;
use super::size::check_item;
use crate::codec::{DecodeError, EncodeOptions, Reader, encode_item};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass};
use crate::item::Item;
use crate::transport::ArnParameter;

pub(crate) static BATCH_WRITE_ITEM: Operation = Operation::data("BatchWriteItem", "DynamoDB_20120810.BatchWriteItem");

/// Requests in one BatchWriteItem (API reference).
const MOST_REQUESTS: usize = 25;

/// Up to 25 puts and deletes in one request, over any tables.
///
/// Made by [`Client::batch_write`](crate::Client::batch_write). The service may leave some undone, and says so in its
/// answer: look at [`BatchWriteOutput::unprocessed`].
#[must_use = "a request does nothing until it is sent"]
pub struct BatchWriteItem {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    collection_metrics: bool,
    tables: Vec<TableWrites>,
    error: Option<Error>,
}

/// What stands before the item of a put.
pub(crate) const PUT: &[u8] = b"{\"PutRequest\":{\"Item\":";

/// What stands before the key of a delete.
pub(crate) const DELETE: &[u8] = b"{\"DeleteRequest\":{\"Key\":";

/// What stands behind either.
pub(crate) const END: &[u8] = b"}}";

/// The requests on one table: `{"PutRequest":…},{"DeleteRequest":…}`.
struct TableWrites {
    table: String,
    json: Vec<u8>,
    count: usize,
}

/// A put or a delete that the service left undone.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum WriteRequest {
    /// The item to be put.
    Put(Item),
    /// The key of the item to be deleted.
    Delete(Item),
}

/// What the service left undone of a batch.
#[derive(Clone, Default)]
pub struct UnprocessedItems {
    /// Table by table, as the service gave them back.
    tables: Vec<(String, Bytes, usize)>,
}

/// What a [`BatchWriteItem`] gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BatchWriteOutput {
    /// What the service left undone; hand it to [`BatchWriteItem::retry`] after a pause.
    pub unprocessed: UnprocessedItems,
    /// What the batch consumed on each table, if asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// The sizes of the item collections by table, if asked for.
    pub item_collection_metrics: Vec<(String, Vec<ItemCollectionMetrics>)>,
    /// How the call went.
    pub metadata: Metadata,
}

impl BatchWriteItem {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        BatchWriteItem {
            core,
            options: CallOptions::default(),
            capacity: None,
            collection_metrics: false,
            tables: Vec::new(),
            error: None,
        }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// Adds a put of this item.
    pub fn put<T: Serialize + ?Sized>(mut self, table: impl AsRef<str>, item: &T) -> Self {
        self.push(table.as_ref(), PUT, item, check_item);
        self
    }

    /// Adds a delete of the item with this key: a struct, or what [`key!`](crate::key) makes.
    pub fn delete<K: Serialize + ?Sized>(mut self, table: impl AsRef<str>, key: &K) -> Self {
        self.push(table.as_ref(), DELETE, key, |_| Ok(()));
        self
    }

    /// Adds what an earlier batch left undone.
    pub fn retry(mut self, unprocessed: UnprocessedItems) -> Self {
        for (table, json, count) in unprocessed.tables {
            let writes = self.table(&table);
            if !writes.json.is_empty() {
                writes.json.push(b',');
            }
            writes.json.extend_from_slice(&json);
            writes.count += count;
        }
        self
    }

    crate::operation::settings::capacity_setting!(capacity);

    /// Asks for the sizes of the item collections (tables with local secondary indexes only).
    pub fn return_item_collection_metrics(mut self) -> Self {
        self.collection_metrics = true;
        self
    }

    /// How many requests the batch has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|table| table.count).sum()
    }

    /// Whether the batch has no request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&mut self, table: &str) -> &mut TableWrites {
        let at = match self.tables.iter().position(|writes| writes.table == table) {
            Some(at) => at,
            None => {
                self.tables.push(TableWrites { table: table.to_owned(), json: Vec::with_capacity(4096), count: 0 });
                self.tables.len() - 1
            }
        };
        &mut self.tables[at]
    }

    fn push<T: Serialize + ?Sized>(
        &mut self,
        table: &str,
        open: &[u8],
        item: &T,
        check: impl FnOnce(&[u8]) -> Result<(), Error>,
    ) {
        let index = self.len();
        let options = EncodeOptions { keep_nulls: self.core.config.keep_nulls };
        let writes = self.table(table);
        let before = writes.json.len();
        if before > 0 {
            writes.json.push(b',');
        }
        writes.json.extend_from_slice(open);
        let start = writes.json.len();
        let result = encode_item(&mut writes.json, item, options)
            .map_err(Error::from)
            .and_then(|()| check(&writes.json[start..]))
            .map_err(|error| error.at_index(index));
        match result {
            Ok(()) => {
                writes.json.extend_from_slice(END);
                writes.count += 1;
            }
            Err(error) => {
                writes.json.truncate(before);
                let error = error.with_operation(BATCH_WRITE_ITEM.name.clone(), Some(table));
                self.error.get_or_insert(error);
            }
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service, for the whole batch; before anything is sent,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a batch of none or of more than 25 requests, and
    /// the error of an item that cannot be written.
    pub async fn send(mut self) -> Result<BatchWriteOutput, Error> {
        let table = self.tables.first().map(|writes| writes.table.clone());
        let core = Arc::clone(&self.core);
        let body = self.body().map_err(|error| core.refuse(BATCH_WRITE_ITEM.name.clone(), table.as_deref(), error))?;
        let arns: Vec<&str> = self.tables.iter().map(|writes| writes.table.as_str()).collect();
        let call = Call {
            operation: &BATCH_WRITE_ITEM,
            table: table.as_deref(),
            arns: ArnParameter::List(&arns),
            body: Bytes::from(body),
            replay: ReplayClass::Idempotent,
            options: &self.options,
        };
        let read = |body: &Bytes| read(body).map_err(|error| response::malformed(&error));
        let (mut output, metadata) = core.answer(call, read).await?;
        output.metadata = metadata;
        Ok(output)
    }

    fn body(&mut self) -> Result<Vec<u8>, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let count = self.len();
        if count == 0 || count > MOST_REQUESTS {
            return Err(Error::invalid_input(format!(
                "a batch has 1 to {MOST_REQUESTS} requests, this one has {count}"
            ))
            .with_advice("Send more than 25 in several batches."));
        }
        let bytes: usize = self.tables.iter().map(|writes| writes.json.len() + writes.table.len() + 8).sum();
        let mut body = Vec::with_capacity(bytes + 64);
        let tables = self.tables.iter().filter(|writes| writes.count > 0);
        let tables = tables.map(|writes| (writes.table.as_str(), &writes.json));
        request_items(&mut body, tables, self.capacity, |body, json| {
            body.push(b'[');
            body.extend_from_slice(json);
            body.push(b']');
        });
        if self.collection_metrics {
            string_member(&mut body, "ReturnItemCollectionMetrics", "SIZE");
        }
        body.push(b'}');
        Ok(body)
    }
}

fn read(body: &Bytes) -> Result<BatchWriteOutput, DecodeError> {
    let mut output = BatchWriteOutput {
        unprocessed: UnprocessedItems::default(),
        consumed_capacity: Vec::new(),
        item_collection_metrics: Vec::new(),
        metadata: Metadata::default(),
    };
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "UnprocessedItems" => output.unprocessed.read(&mut reader, body)?,
            "ConsumedCapacity" => output.consumed_capacity = response::json(&mut reader, body)?,
            "ItemCollectionMetrics" => {
                let mut tables = reader.object()?;
                while let Some(table) = tables.next_key(&mut reader)? {
                    let mut metrics = Vec::new();
                    let mut array = reader.array()?;
                    while array.next_element(&mut reader)? {
                        metrics.extend(response::collection_metrics(&mut reader, body)?);
                    }
                    output.item_collection_metrics.push((table.into_owned(), metrics));
                }
            }
            _ => reader.skip_value()?,
        }
    }
    Ok(output)
}

impl UnprocessedItems {
    fn read(&mut self, reader: &mut Reader<'_>, body: &Bytes) -> Result<(), DecodeError> {
        if reader.null() {
            return Ok(());
        }
        let mut tables = reader.object()?;
        while let Some(table) = tables.next_key(reader)? {
            let mut array = reader.array()?;
            let (start, mut end, mut count) = (reader.position(), reader.position(), 0);
            while array.next_element(reader)? {
                reader.skip_value()?;
                end = reader.position();
                count += 1;
            }
            if count > 0 {
                self.tables.push((table.into_owned(), body.slice(start..end), count));
            }
        }
        Ok(())
    }

    /// How many requests were left undone.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|(_, _, count)| count).sum()
    }

    /// Whether everything was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The requests with their tables.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the service gave back something else than requests.
    pub fn requests(&self) -> Result<Vec<(String, WriteRequest)>, Error> {
        let mut requests = Vec::with_capacity(self.len());
        for (table, json, _) in &self.tables {
            let array = [b"[", &json[..], b"]"].concat();
            read_requests(table, &array, &mut requests).map_err(|error| {
                response::malformed(&error).with_operation(BATCH_WRITE_ITEM.name.clone(), Some(table))
            })?;
        }
        Ok(requests)
    }
}

fn read_requests(table: &str, json: &[u8], requests: &mut Vec<(String, WriteRequest)>) -> Result<(), DecodeError> {
    let mut reader = Reader::new(json)?;
    let mut array = reader.array()?;
    while array.next_element(&mut reader)? {
        let mut request = reader.object()?;
        while let Some(kind) = request.next_key(&mut reader)? {
            let is_put = &*kind == "PutRequest";
            let mut inner = reader.object()?;
            while inner.next_key(&mut reader)?.is_some() {
                let item = reader.item::<Item>()?;
                let request = if is_put { WriteRequest::Put(item) } else { WriteRequest::Delete(item) };
                requests.push((table.to_owned(), request));
            }
        }
    }
    Ok(())
}

// Item values do not belong in logs: only how many there are is shown.
impl std::fmt::Debug for UnprocessedItems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.tables.iter().map(|(table, _, count)| (table, count))).finish()
    }
}

crate::operation::settings::debug_without_values!(BatchWriteItem);

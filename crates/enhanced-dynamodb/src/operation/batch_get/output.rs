//! What a BatchGetItem gives: items by table, and what the service left unread.

use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::BATCH_GET_ITEM;
use crate::codec::{DecodeError, Reader};
use crate::error::Error;
use crate::execute::Metadata;
use crate::operation::capacity::ConsumedCapacity;
use crate::operation::response;
use crate::operation::view::View;

/// What the service left unread of a batch.
#[derive(Clone, Default)]
pub struct UnprocessedKeys {
    pub(crate) tables: Vec<Leftover>,
}

/// What was left unread of one table.
#[derive(Clone)]
pub(crate) struct Leftover {
    pub(crate) table: String,
    /// `{"Keys":[…],…}`.
    pub(crate) json: Bytes,
    /// How many keys that are.
    pub(crate) count: usize,
    /// How the items are looked at.
    pub(crate) view: View,
}

/// What [`BatchGetItem::send`](crate::operation::BatchGetItem::send) gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct BatchGetOutput {
    body: Bytes,
    /// Where the items of each table stand in the body.
    responses: Vec<(String, Range<usize>)>,
    /// How the items of tables are looked at that are not looked at as they are.
    views: Vec<(String, View)>,
    /// When the answer came.
    at: SystemTime,
    /// What the service left unread; hand it to
    /// [`BatchGetItem::retry`](crate::operation::BatchGetItem::retry) after a pause.
    pub unprocessed: UnprocessedKeys,
    /// What the batch consumed on each table, if asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
}

pub(super) fn read(body: &Bytes) -> Result<BatchGetOutput, DecodeError> {
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
    Ok(BatchGetOutput {
        responses,
        views: Vec::new(),
        at: SystemTime::UNIX_EPOCH,
        unprocessed,
        consumed_capacity,
        metadata: Metadata::default(),
        body,
    })
}

/// The items of one table. The outer error is a response that is no JSON, the inner an item that is no `T`.
fn read_items<T: DeserializeOwned>(
    body: &Bytes,
    view: Option<&View>,
    now: SystemTime,
) -> Result<Result<Vec<T>, Error>, DecodeError> {
    let mut items = Vec::new();
    let mut reader = Reader::new(body)?;
    let mut array = reader.array()?;
    while array.next_element(&mut reader)? {
        let item = match view {
            None => response::item(&mut reader, body)?,
            Some(view) => {
                let item = body.slice(reader.raw_value()?);
                if view.hides(&item, now)? {
                    continue;
                }
                view.decode(&item)
            }
        };
        match item {
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
            let view = self.views.iter().find(|(name, _)| name == table).map(|(_, view)| view);
            let read = read_items::<T>(&body, view, self.at).map_err(|error| located(response::malformed(&error)))?;
            items.extend(read.map_err(located)?);
        }
        Ok(items)
    }

    /// How each table's items are to be looked at, also those that were left unread.
    pub(super) fn look_at(&mut self, views: Vec<(String, View)>, now: SystemTime) {
        for left in &mut self.unprocessed.tables {
            if let Some((_, view)) = views.iter().find(|(table, _)| *table == left.table) {
                left.view = view.clone();
            }
        }
        self.views = views;
        self.at = now;
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
                let json = body.slice(start..reader.position());
                self.tables.push(Leftover { table: table.into_owned(), json, count, view: View::default() });
            }
        }
        Ok(())
    }

    /// How many keys were left unread.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|left| left.count).sum()
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
        f.debug_map().entries(self.tables.iter().map(|left| (&left.table, left.count))).finish()
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

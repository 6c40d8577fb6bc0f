//! One page of a query or a scan: the request that asks for it and the response that brings it.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::base::{member, number_member};
use super::capacity::ConsumedCapacity;
use super::response;
use super::segments::Division;
use super::walk::Paged;
use crate::codec::{self, DecodeError, Reader, decode_item};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass, Reply};
use crate::expression::{CursorBinding, CursorKey, encode_cursor};
use crate::item::Item;
use crate::keys::KeyNames;
use crate::transport::ArnParameter;

/// The model's `Limit` is a signed integer of 32 bits; DynamoDB Local 1.25.1 fails inside at a larger one.
const LARGEST_LIMIT: u32 = i32::MAX as u32;

/// One page of a query or a scan.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of the page, in the order of the sort key (queries). There may be none although more pages follow:
    /// a filter works after the page was read.
    pub items: Vec<T>,
    /// How many items passed the filter.
    pub count: u64,
    /// How many items were read before the filter: what the capacity is charged for.
    pub scanned_count: u64,
    /// The key at which the next page begins; `None` at the end.
    pub last_evaluated_key: Option<Item>,
    /// What the page consumed, if asked for.
    pub consumed_capacity: Option<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
    /// See [`cursor`](Page::cursor).
    cursor: Option<String>,
}

impl<T> Page<T> {
    /// Where the next page begins, as an opaque string for the URL or body of a web API; `None` at the end.
    ///
    /// Give it back with `.cursor(…)` on a request for the same table, index and key condition.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    pub(super) fn stand_at(&mut self, cursor: Option<String>) {
        self.cursor = cursor;
    }
}

/// The requests for all pages of one query or scan: everything but where a page begins and how long it is.
pub(crate) struct PageRequest {
    pub(crate) core: Arc<Core>,
    pub(crate) operation: &'static Operation,
    pub(crate) table: String,
    /// Whether it reads the table itself and no index, whose positions have more attributes than the table's key.
    pub(crate) of_table: bool,
    /// The body, still open.
    pub(crate) prefix: Vec<u8>,
    pub(crate) options: CallOptions,
    /// Where the first page begins.
    pub(crate) start: Option<Bytes>,
    /// Items read (not: returned) a page.
    pub(crate) page_size: Option<u32>,
    /// Items returned in all.
    pub(crate) limit: Option<u64>,
    /// Whether a filter works after the read, so that a page may return fewer items than it reads.
    pub(crate) filtered: bool,
    pub(crate) binding: CursorBinding,
    pub(crate) cursor_key: Option<CursorKey>,
    /// For a scan that is read in segments, or at a rate.
    pub(super) division: Option<Division>,
    /// The attributes that make a position in this table or index, once a page has told them.
    pub(crate) key_names: Mutex<Option<Vec<String>>>,
}

impl Paged for PageRequest {
    type Position = Bytes;

    fn start(&self) -> Option<Bytes> {
        self.start.clone()
    }

    fn limit(&self) -> Option<u64> {
        self.limit
    }

    fn begin(&mut self) {
        self.core.bound_together(&mut self.options);
    }

    fn cursor_at(&self, key: &Bytes) -> String {
        PageRequest::cursor_at(self, key)
    }
}

/// The parts of a page's response around the items.
#[derive(Default)]
pub(crate) struct PageFrame {
    pub(crate) count: u64,
    pub(crate) scanned_count: u64,
    pub(crate) last_evaluated_key: Option<Bytes>,
    pub(crate) consumed_capacity: Option<ConsumedCapacity>,
}

impl PageRequest {
    /// How many items the next page should read, when `remaining` may still be returned.
    pub(crate) fn read_limit(&self, remaining: Option<u64>) -> Option<u32> {
        let size = self.page_size.map(|size| size.min(LARGEST_LIMIT));
        match remaining {
            // With a filter, how many are read says nothing of how many are returned.
            Some(remaining) if !self.filtered => {
                let remaining = u32::try_from(remaining).unwrap_or(u32::MAX).min(LARGEST_LIMIT);
                Some(size.map_or(remaining, |size| size.min(remaining)))
            }
            _ => size,
        }
    }

    /// Asks for a page.
    pub(crate) async fn fetch(&self, start: Option<&Bytes>, limit: Option<u32>) -> Result<Reply, Error> {
        self.fetch_of(None, start, limit).await
    }

    /// Asks for a page of one of the segments that a scan is cut into.
    pub(super) async fn fetch_of(
        &self,
        segment: Option<u32>,
        start: Option<&Bytes>,
        limit: Option<u32>,
    ) -> Result<Reply, Error> {
        let mut body = Vec::with_capacity(self.prefix.len() + 64 + start.map_or(0, |key| key.len() + 24));
        body.extend_from_slice(&self.prefix);
        if let (Some(segment), Some(division)) = (segment, &self.division) {
            number_member(&mut body, "Segment", segment);
            number_member(&mut body, "TotalSegments", division.segments.unwrap_or(1));
        }
        if let Some(limit) = limit {
            number_member(&mut body, "Limit", limit);
        }
        if let Some(start) = start {
            member(&mut body, "ExclusiveStartKey");
            body.extend_from_slice(start);
        }
        body.push(b'}');
        let call = Call {
            operation: self.operation,
            table: Some(&self.table),
            arns: ArnParameter::Single(&self.table),
            body: Bytes::from(body),
            replay: ReplayClass::Read,
            options: &self.options,
        };
        self.core.execute(call).await
    }

    /// Reads a response; `each` gets every item, or why it is none, and where it stands in the body.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        body: &Bytes,
        mut each: impl FnMut(Result<T, Error>, Range<usize>) -> Result<(), Error>,
    ) -> Result<PageFrame, Error> {
        let located = |error: Error| error.with_operation(self.operation.name.clone(), Some(&self.table));
        let malformed = |error: DecodeError| located(response::malformed(&error));
        let mut frame = PageFrame::default();
        let mut reader = Reader::new(body).map_err(malformed)?;
        let mut object = reader.object().map_err(malformed)?;
        while let Some(key) = object.next_key(&mut reader).map_err(malformed)? {
            match &*key {
                "Items" => {
                    let mut array = reader.array().map_err(malformed)?;
                    while array.next_element(&mut reader).map_err(malformed)? {
                        let start = reader.position();
                        let item = response::item(&mut reader, body).map_err(malformed)?.map_err(located);
                        each(item, start..reader.position())?;
                    }
                }
                "Count" => frame.count = reader.number().map_err(malformed)?,
                "ScannedCount" => frame.scanned_count = reader.number().map_err(malformed)?,
                "LastEvaluatedKey" => {
                    let at = reader.raw_value().map_err(malformed)?;
                    frame.last_evaluated_key = Some(response::slice(body, at)).filter(|key| is_key(key));
                }
                "ConsumedCapacity" => {
                    frame.consumed_capacity = response::capacity(&mut reader, body).map_err(malformed)?;
                }
                _ => reader.skip_value().map_err(malformed)?,
            }
        }
        if let Some(key) = &frame.last_evaluated_key {
            self.learn_key_names(key).map_err(malformed)?;
        }
        Ok(frame)
    }

    /// The first page alone.
    pub(crate) async fn first_page<T: DeserializeOwned>(&self) -> Result<Page<T>, Error> {
        if self.limit == Some(0) {
            let error = Error::invalid_input("the limit is 0; a page returns at least one item");
            return Err(self.core.refuse(self.operation.name.clone(), Some(&self.table), error));
        }
        if self.division.is_some() {
            let error = Error::invalid_input("a scan in segments, or at a rate, has more than one page")
                .with_advice("Use pages() or items(); one segment alone is read with segment(n, total).");
            return Err(self.core.refuse(self.operation.name.clone(), Some(&self.table), error));
        }
        Ok(self.page(self.start.as_ref(), self.limit).await?.0)
    }

    /// One page, up to where `remaining` items of it are reached.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        start: Option<&Bytes>,
        remaining: Option<u64>,
    ) -> Result<(Page<T>, Option<Bytes>), Error> {
        let reply = self.fetch(start, self.read_limit(remaining)).await?;
        self.page_of(reply, remaining).await
    }

    /// What one answer brings, up to where `remaining` items of it are reached.
    pub(super) async fn page_of<T: DeserializeOwned>(
        &self,
        reply: Reply,
        remaining: Option<u64>,
    ) -> Result<(Page<T>, Option<Bytes>), Error> {
        let cut = self.cut(&reply.body, remaining).await?;
        let most = cut.as_ref().map_or(usize::MAX, |(items, _)| *items);
        let mut items = Vec::new();
        let (mut frame, metadata) = reply.read(&self.core, |body| {
            self.read(body, |item, _| {
                if items.len() < most {
                    items.push(item?);
                }
                Ok(())
            })
        })?;
        if let Some((count, key)) = cut {
            frame.count = count as u64;
            frame.last_evaluated_key = Some(key);
        }
        let last_evaluated_key = frame
            .last_evaluated_key
            .as_deref()
            .map(decode_item)
            .transpose()
            .map_err(|error| response::malformed(&error))?;
        let cursor = frame.last_evaluated_key.as_ref().map(|key| self.cursor_at(key));
        let page = Page {
            items,
            count: frame.count,
            scanned_count: frame.scanned_count,
            last_evaluated_key,
            consumed_capacity: frame.consumed_capacity,
            metadata,
            cursor,
        };
        Ok((page, frame.last_evaluated_key))
    }

    /// How many items of a page are given out, and the key that the next page begins behind, where there are more than
    /// `remaining`: a filter let them pass, or other segments were read meanwhile.
    async fn cut(&self, body: &Bytes, remaining: Option<u64>) -> Result<Option<(usize, Bytes)>, Error> {
        let may_be_cut = self.filtered || self.division.is_some();
        let Some(remaining) = remaining.filter(|_| may_be_cut).and_then(|items| usize::try_from(items).ok()) else {
            return Ok(None);
        };
        let mut items = Vec::new();
        self.read::<serde::de::IgnoredAny>(body, |_, at| {
            items.push(at);
            Ok(())
        })?;
        if items.len() <= remaining {
            return Ok(None);
        }
        let Some(last) = remaining.checked_sub(1).and_then(|last| items.get(last)) else { return Ok(None) };
        let key = self.key_of(&body.slice(last.clone())).await?;
        Ok(Some((remaining, key)))
    }

    /// The cursor for what follows this key.
    pub(crate) fn cursor_at(&self, key: &[u8]) -> String {
        encode_cursor(key, self.binding, self.cursor_key.as_ref())
    }

    fn learn_key_names(&self, key: &[u8]) -> Result<(), DecodeError> {
        let mut known = self.key_names.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            let names: Vec<String> = codec::members(key)?.into_iter().map(|(name, _)| name).collect();
            if self.of_table
                && let Some(names) = KeyNames::new(names.clone())
            {
                self.core.keys.learnt(&self.table, &names);
            }
            *known = Some(names);
        }
        Ok(())
    }

    /// The position of an item, as an `ExclusiveStartKey`. Which attributes make it is known from an earlier page, or
    /// asked for with a page of one item.
    pub(crate) async fn key_of(&self, item: &Bytes) -> Result<Bytes, Error> {
        if self.known_key_names().is_none() {
            let reply = self.fetch(self.start.as_ref(), Some(1)).await?;
            reply.read(&self.core, |body| self.read::<serde::de::IgnoredAny>(body, |_, _| Ok(())))?;
        }
        let Some(names) = self.known_key_names() else {
            return Err(Error::new(
                crate::ErrorKind::InvalidCursor,
                "the service did not tell the key of this position",
            )
            .with_operation(self.operation.name.clone(), Some(&self.table)));
        };
        let malformed = |error: DecodeError| response::malformed(&error);
        let attributes = codec::members(item).map_err(malformed)?;
        let mut key = Vec::with_capacity(128);
        for name in &names {
            let Some((_, value)) = attributes.iter().find(|(attribute, _)| attribute == name) else {
                return Err(Error::new(
                    crate::ErrorKind::InvalidCursor,
                    format!("the item lacks the key attribute {name}, which a cursor needs"),
                )
                .with_advice("Add the table's and index's key attributes to the projection.")
                .with_operation(self.operation.name.clone(), Some(&self.table)));
            };
            key.push(if key.is_empty() { b'{' } else { b',' });
            crate::codec::json_name(&mut key, name);
            key.extend_from_slice(&item[value.clone()]);
        }
        key.push(b'}');
        Ok(Bytes::from(key))
    }

    /// How many capacity units a page consumed: as the service says, or else by the size of what it sent. A unit reads 4 KB,
    /// or twice as much if the read is eventually consistent (developer guide, "Read and write operations").
    pub(super) fn units_of(&self, body: &Bytes) -> Option<f64> {
        let told = || -> Result<Option<f64>, DecodeError> {
            let Some(at) = codec::member(body, "ConsumedCapacity")? else { return Ok(None) };
            let told = body.slice(at);
            let consumed = response::capacity(&mut Reader::new(&told)?, &told)?;
            Ok(consumed.map(|consumed| consumed.capacity_units))
        };
        // One that cannot be read is told when its items are.
        told().ok().map(|units| units.unwrap_or(body.len() as f64 / 8192.0))
    }

    fn known_key_names(&self) -> Option<Vec<String>> {
        self.key_names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether this is a key at all: the service may also spell "no more pages" as `null` or `{}`.
fn is_key(json: &[u8]) -> bool {
    json.first() == Some(&b'{') && json.contains(&b'"')
}

//! Any number of items by their keys as a stream, of which no more is in memory than is on its way.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures_core::Stream;
use futures_util::stream::FuturesOrdered;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Run;
use super::plan::Plan;
use crate::codec::encode_item;
use crate::error::{Error, ErrorKind};
use crate::operation::batch_get::{BATCH_GET_ITEM, BatchGetParts, MOST_KEYS};
use crate::operation::{BatchGetItem, ConsumedCapacity};

impl BatchGetItem {
    /// Reads the items of any number of keys of one table, as a stream in the order of the keys: `None` where there is no
    /// item. Keys are taken from the iterator as they are needed, so millions of items pass through the memory of a few
    /// thousand: as many requests of 100 keys are under way as the client has sockets.
    ///
    /// Consistency, projection, [`hide_expired`](BatchGetItem::hide_expired) and the like are those that the batch has
    /// for this table. What the service leaves unread is asked for again, as [`all`](BatchGetItem::all) does. A key that
    /// is given more than once may be read more than once.
    ///
    /// ```
    /// use enhanced_dynamodb::{Client, Error, Item, key};
    ///
    /// # async fn example(db: Client, ids: Vec<String>) -> Result<(), Error> {
    /// let keys = ids.iter().map(|id| key! { "id": id.as_str() });
    /// let mut messages = db.batch_get().consistent_read("Messages", true).stream::<Item, _>("Messages", keys);
    /// for id in &ids {
    ///     let Some(message) = messages.next().await else { break };
    ///     println!("{id}: {}", if message?.is_some() { "there" } else { "missing" });
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<'a, T, K>(
        self,
        table: impl AsRef<str>,
        keys: impl IntoIterator<Item = K, IntoIter: Send + 'a>,
    ) -> BatchGetItems<'a, T>
    where
        T: DeserializeOwned + Send + 'static,
        K: Serialize,
    {
        let options = self.encode_options();
        let mut keys = keys.into_iter();
        BatchGetItems {
            source: self.for_keys_to_come(table.as_ref()).map_or_else(Source::Failed, Source::Open),
            next_key: Box::new(move |out| keys.next().map(|key| encode_item(out, &key, options).map_err(Error::from))),
            started: None,
            asked: 0,
            under_way: FuturesOrdered::new(),
            ready: VecDeque::new(),
            consumed_capacity: Vec::new(),
        }
    }
}

/// The items of any number of keys: see [`BatchGetItem::stream`].
///
/// A [`Stream`], with [`next`](BatchGetItems::next) and [`try_collect`](BatchGetItems::try_collect) of its own. An item
/// that is no `T` is one `Err`, with the item inside ([`Error::item`]); the stream goes on behind it. Any other error
/// ends the stream, after the items before the first key that was not read; what else was read in the same request is in
/// [`Error::batch_get`]. A timeout or deadline of the batch bounds the whole stream, from its first poll.
#[must_use = "a stream does nothing until it is polled"]
pub struct BatchGetItems<'a, T> {
    source: Source,
    next_key: NextKey<'a>,
    /// When the first request was made.
    started: Option<Instant>,
    /// How many keys were asked for.
    asked: usize,
    under_way: FuturesOrdered<Pin<Box<dyn Future<Output = Part<T>> + Send>>>,
    ready: VecDeque<Result<Option<T>, Error>>,
    consumed_capacity: Vec<ConsumedCapacity>,
}

/// Appends the next key as the service's JSON.
type NextKey<'a> = Box<dyn FnMut(&mut Vec<u8>) -> Option<Result<(), Error>> + Send + 'a>;

/// What further requests are made from.
enum Source {
    /// A batch without keys.
    Open(BatchGetParts),
    /// There are none, and this is told once everything before it was.
    Failed(Error),
    Ended,
}

/// What one request's worth of keys came to.
struct Part<T> {
    items: Vec<Result<Option<T>, Error>>,
    consumed_capacity: Vec<ConsumedCapacity>,
    failure: Option<Error>,
}

// No `T` is ever pinned: items are moved out whole.
impl<T> Unpin for BatchGetItems<'_, T> {}

impl<T: DeserializeOwned + Send + 'static> BatchGetItems<'_, T> {
    /// The next key's item; nothing after the last one.
    pub async fn next(&mut self) -> Option<Result<Option<T>, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All items.
    ///
    /// # Errors
    /// The first that the stream has.
    pub async fn try_collect(mut self) -> Result<Vec<Option<T>>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    /// What the requests consumed until now, if asked for.
    #[must_use]
    pub fn consumed_capacity(&self) -> &[ConsumedCapacity] {
        &self.consumed_capacity
    }

    /// Asks for as many keys as may be under way.
    fn ask(&mut self) {
        while let Source::Open(batch) = &mut self.source
            && self.under_way.len() < batch.core.config.max_sockets().max(1)
        {
            let started = *self.started.get_or_insert_with(|| batch.core.bound_together(&mut batch.options));
            let (mut keys, mut count) = (Vec::with_capacity(MOST_KEYS * 24), 0);
            let end = loop {
                if count == MOST_KEYS {
                    break None;
                }
                let behind = keys.len();
                keys.extend_from_slice(if count > 0 { b"," } else { b"" });
                match (self.next_key)(&mut keys) {
                    Some(Ok(())) => count += 1,
                    end => {
                        keys.truncate(behind);
                        break Some(end.and_then(Result::err));
                    }
                }
            };
            if count > 0 {
                self.under_way.push_back(Box::pin(read(batch.with_keys(keys, count, self.asked), started)));
                self.asked += count;
            }
            match end {
                None => {}
                Some(None) => self.source = Source::Ended,
                Some(Some(error)) => {
                    let table = batch.tables.first().map(|parts| parts.table.as_str());
                    let error = error.at_index(self.asked).with_advice(
                        "Give each key the attributes of the table's primary key; those before it were read.",
                    );
                    self.source = Source::Failed(batch.core.refuse(BATCH_GET_ITEM.name.clone(), table, error));
                }
            }
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> Stream for BatchGetItems<'_, T> {
    type Item = Result<Option<T>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            this.ask();
            let Some(part) = ready!(Pin::new(&mut this.under_way).poll_next(cx)) else {
                return Poll::Ready(match std::mem::replace(&mut this.source, Source::Ended) {
                    Source::Failed(error) => Some(Err(error)),
                    Source::Open(_) | Source::Ended => None,
                });
            };
            this.ready.extend(part.items);
            part.consumed_capacity.into_iter().for_each(|consumed| consumed.add_to(&mut this.consumed_capacity));
            if let Some(failure) = part.failure {
                this.source = Source::Failed(failure);
                this.under_way = FuturesOrdered::new();
            }
        }
    }
}

/// Reads one request's worth of keys. Items are made here, so that the bytes of an answer are not kept.
async fn read<T: DeserializeOwned>(batch: BatchGetParts, started: Instant) -> Part<T> {
    let read = match Plan::new(batch) {
        Ok(plan) => Run::new(&plan, started).read_all().await.finish(plan),
        Err(error) => Err(error),
    };
    match read {
        Ok(output) => {
            Part { items: output.all_results().collect(), consumed_capacity: output.consumed_capacity, failure: None }
        }
        Err(failure) => {
            let partial = failure.batch_get();
            let is_read = |item: &Result<Option<T>, Error>| {
                !item.as_ref().is_err_and(|error| error.kind() == ErrorKind::BatchIncomplete)
            };
            Part {
                items: partial.into_iter().flat_map(|partial| partial.all_results().take_while(is_read)).collect(),
                consumed_capacity: partial.map(|partial| partial.consumed_capacity.clone()).unwrap_or_default(),
                failure: Some(failure),
            }
        }
    }
}

impl<T> std::fmt::Debug for BatchGetItems<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchGetItems")
            .field("asked", &self.asked)
            .field("under_way", &self.under_way.len())
            .finish_non_exhaustive()
    }
}

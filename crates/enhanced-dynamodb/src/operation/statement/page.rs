//! The pages of a statement: one, or all of them as a stream of pages or of items.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::codec::{DecodeError, Reader};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass};
use crate::item::Item;
use crate::operation::base::{number_member, string_member};
use crate::operation::walk::{Paged, Walk};
use crate::operation::{ConsumedCapacity, response};
use crate::transport::ArnParameter;

pub(super) static EXECUTE_STATEMENT: Operation =
    Operation::data("ExecuteStatement", "DynamoDB_20120810.ExecuteStatement");

/// The model's `Limit` is a signed integer of 32 bits.
const LARGEST_LIMIT: u32 = i32::MAX as u32;

/// One page of what a statement gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementPage<T> {
    /// The items. There may be none although more pages follow: a `WHERE` on other attributes than the key works after
    /// the page was read.
    pub items: Vec<T>,
    /// The key of the last item read, where the service tells it; the next page begins at [`cursor`](Self::cursor).
    pub last_evaluated_key: Option<Item>,
    /// What the page consumed, if asked for.
    pub consumed_capacity: Option<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
    next: Option<String>,
}

impl<T> StatementPage<T> {
    /// Where the next page begins, as the service's opaque token; `None` at the end. Give it back with
    /// [`cursor`](super::ExecuteStatement::cursor) on the same statement with the same parameters.
    #[must_use]
    #[doc(alias = "next_token")]
    pub fn cursor(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Whether the write was sent again after an attempt of which nobody knows whether it was applied.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.metadata.replayed
    }
}

impl<T> StatementPage<Result<T, Error>> {
    /// # Errors
    /// That of the first item that is no `T`.
    pub(super) fn typed(self) -> Result<StatementPage<T>, Error> {
        Ok(StatementPage {
            items: self.items.into_iter().collect::<Result<_, _>>()?,
            last_evaluated_key: self.last_evaluated_key,
            consumed_capacity: self.consumed_capacity,
            metadata: self.metadata,
            next: self.next,
        })
    }
}

/// The requests for all pages of a statement: everything but where a page begins and how long it is.
pub(super) struct StatementRequest {
    pub(super) core: Arc<Core>,
    pub(super) class: ReplayClass,
    /// The body, still open.
    pub(super) prefix: Vec<u8>,
    pub(super) options: CallOptions,
    /// Items read a page.
    pub(super) page_size: Option<u32>,
    /// Items returned in all.
    pub(super) limit: Option<u64>,
    /// Where the first page begins.
    pub(super) start: Option<String>,
}

impl StatementRequest {
    /// One page, of `remaining` items at most.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        start: Option<&str>,
        remaining: Option<u64>,
    ) -> Result<StatementPage<Result<T, Error>>, Error> {
        let mut body = Vec::with_capacity(self.prefix.len() + 48 + start.map_or(0, str::len));
        body.extend_from_slice(&self.prefix);
        let remaining = remaining.map(|items| u32::try_from(items).unwrap_or(u32::MAX));
        if let Some(limit) = self.page_size.into_iter().chain(remaining).min() {
            number_member(&mut body, "Limit", limit.min(LARGEST_LIMIT));
        }
        if let Some(start) = start {
            string_member(&mut body, "NextToken", start);
        }
        body.push(b'}');
        let call = Call {
            operation: &EXECUTE_STATEMENT,
            table: None,
            arns: ArnParameter::None,
            body: Bytes::from(body),
            replay: self.class,
            options: &self.options,
        };
        let read = |body: &Bytes| read(body).map_err(|error| response::malformed(&error));
        let (mut page, metadata) = self.core.answer(call, read).await?;
        let located = |error: Error| metadata.tell(error).with_operation(EXECUTE_STATEMENT.name.clone(), None);
        page.items = page.items.into_iter().map(|item| item.map_err(located)).collect();
        page.metadata = metadata;
        Ok(page)
    }
}

/// An item that is no `T` is an error in its place.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<StatementPage<Result<T, Error>>, DecodeError> {
    let mut page = StatementPage {
        items: Vec::new(),
        last_evaluated_key: None,
        consumed_capacity: None,
        metadata: Metadata::default(),
        next: None,
    };
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "Items" => {
                let Some(mut array) = reader.optional_array()? else { continue };
                while array.next_element(&mut reader)? {
                    page.items.push(response::item(&mut reader, body)?);
                }
            }
            "NextToken" => page.next = reader.optional_string()?.filter(|token| !token.is_empty()),
            "LastEvaluatedKey" if reader.null() => {}
            "LastEvaluatedKey" => page.last_evaluated_key = Some(reader.item()?),
            "ConsumedCapacity" => page.consumed_capacity = response::capacity(&mut reader, body)?,
            _ => reader.skip_value()?,
        }
    }
    Ok(page)
}

impl Paged for StatementRequest {
    type Position = String;

    fn start(&self) -> Option<String> {
        self.start.clone()
    }

    fn limit(&self) -> Option<u64> {
        self.limit
    }

    fn begin(&mut self) {
        self.core.bound_together(&mut self.options);
    }

    /// The service's own token.
    fn cursor_at(&self, token: &String) -> String {
        token.clone()
    }
}

type StatementWalk<I> = Walk<StatementRequest, StatementPage<I>>;

/// The walk goes on behind the page that it has come to.
fn behind<I>(walk: &mut StatementWalk<I>, page: StatementPage<I>) -> StatementPage<I> {
    walk.advance(page.next.clone());
    walk.returned(page.items.len() as u64);
    page
}

/// The pages of a statement, fetched one after the other as they are asked for.
///
/// A [`Stream`], with [`next`](StatementPages::next) and [`try_collect`](StatementPages::try_collect) of its own. An
/// error ends it, and [`Error::cursor`] tells where another one goes on. A timeout or deadline of the request bounds the
/// whole stream, from its first poll.
#[must_use = "a stream does nothing until it is polled"]
pub struct StatementPages<T> {
    walk: StatementWalk<T>,
}

impl<T: DeserializeOwned> StatementPages<T> {
    pub(super) fn new(request: Result<StatementRequest, Error>) -> Self {
        StatementPages { walk: Walk::new(request) }
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<StatementPage<T>, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All pages.
    ///
    /// # Errors
    /// The first that a page ends with.
    pub async fn try_collect(mut self) -> Result<Vec<StatementPage<T>>, Error> {
        let mut pages = Vec::new();
        while let Some(page) = self.next().await {
            pages.push(page?);
        }
        Ok(pages)
    }
}

// No `T` is ever pinned: pages are moved out whole.
impl<T> Unpin for StatementPages<T> {}

impl<T: DeserializeOwned> Stream for StatementPages<T> {
    type Item = Result<StatementPage<T>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let walk = &mut self.get_mut().walk;
        let page = ready!(walk.poll_fetch(cx, |request, next, remaining| {
            Box::pin(async move { request.page(next.as_deref(), remaining).await?.typed() })
        }));
        Poll::Ready(page.map(|page| Ok(behind(walk, page?))))
    }
}

/// The items of a statement over all its pages.
///
/// A [`Stream`], with [`next`](StatementItems::next) and [`try_collect`](StatementItems::try_collect) of its own. An
/// item that is no `T` is one `Err`, with the item inside ([`Error::item`]); the stream goes on behind it. Any other error
/// ends the stream, and [`Error::cursor`] tells where another one goes on. A timeout or deadline of the request bounds
/// the whole stream, from its first poll.
#[must_use = "a stream does nothing until it is polled"]
pub struct StatementItems<T> {
    walk: StatementWalk<Result<T, Error>>,
    /// Items of the current page that were not yet given out.
    ready: VecDeque<Result<T, Error>>,
}

impl<T: DeserializeOwned> StatementItems<T> {
    pub(super) fn new(request: Result<StatementRequest, Error>) -> Self {
        StatementItems { walk: Walk::new(request), ready: VecDeque::new() }
    }

    /// The next item; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All items.
    ///
    /// # Errors
    /// The first that there is: of a page, or of an item that is no `T`.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }
}

// No `T` is ever pinned: they lie in a queue and are moved out of it.
impl<T> Unpin for StatementItems<T> {}

impl<T: DeserializeOwned> Stream for StatementItems<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            let page = ready!(this.walk.poll_fetch(cx, |request, next, remaining| {
                Box::pin(async move { request.page(next.as_deref(), remaining).await })
            }));
            match page {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => this.ready.extend(behind(&mut this.walk, page).items),
            }
        }
    }
}

crate::operation::settings::debug_without_values!(StatementPages<T>);
crate::operation::settings::debug_without_values!(StatementItems<T>);

//! All pages of a query or scan, as a stream of pages or of items.

use std::collections::VecDeque;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::page::{Page, PageRequest};
use super::segments::{SegmentItems, SegmentPages, cursor_of};
use super::walk::Walk;
use crate::error::Error;
use crate::execute::Reply;
use crate::expression::Position;

/// The pages of a query or scan, fetched one after the other as they are asked for.
///
/// A [`Stream`], with [`next`](Pages::next) and [`try_collect`](Pages::try_collect) of its own. An error ends it, and
/// [`Error::cursor`] tells where another one goes on. A timeout or deadline of the request bounds the whole stream, from
/// its first poll.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T> {
    walk: Walk<PageRequest, (Page<T>, Option<Bytes>)>,
    /// Instead of the walk, where a scan is read in segments or at a rate.
    segments: Option<Box<SegmentPages<T>>>,
}

impl<T: DeserializeOwned> Pages<T> {
    pub(crate) fn new(request: Result<PageRequest, Error>) -> Self {
        match request {
            Ok(request) if request.division.is_some() => {
                Pages { walk: Walk::nothing(), segments: Some(Box::new(SegmentPages::new(request))) }
            }
            request => Pages { walk: Walk::new(request), segments: None },
        }
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All pages.
    ///
    /// # Errors
    /// The first that a page ends with.
    pub async fn try_collect(mut self) -> Result<Vec<Page<T>>, Error> {
        let mut pages = Vec::new();
        while let Some(page) = self.next().await {
            pages.push(page?);
        }
        Ok(pages)
    }
}

// No `T` is ever pinned: pages are moved out whole.
impl<T> Unpin for Pages<T> {}

impl<T: DeserializeOwned> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(segments) = &mut this.segments {
            return segments.poll_page(cx);
        }
        let walk = &mut this.walk;
        let fetched = ready!(walk.poll_fetch(cx, |request, next, remaining| {
            Box::pin(async move { request.page(next.as_ref(), remaining).await })
        }));
        Poll::Ready(fetched.map(|fetched| {
            let (page, next) = fetched?;
            walk.advance(next);
            // Not the items there are: a page that only counts has none.
            walk.returned(page.count);
            Ok(page)
        }))
    }
}

/// Where a stream of items stands.
pub(super) enum Standing {
    At(Option<String>),
    /// Behind an item in the middle of a page: of this segment, where there are several.
    Behind {
        request: Arc<PageRequest>,
        item: Bytes,
        segments: Option<(Vec<Position>, usize)>,
    },
}

impl Standing {
    async fn cursor(self) -> Result<Option<String>, Error> {
        let (request, item, segments) = match self {
            Standing::At(cursor) => return Ok(cursor),
            Standing::Behind { request, item, segments } => (request, item, segments),
        };
        let key = request.key_of(&item).await?;
        Ok(match segments {
            None => Some(request.cursor_at(&key)),
            Some((mut positions, current)) => {
                positions[current] = Position::Behind(key);
                cursor_of(&request, &positions)
            }
        })
    }
}

/// The items of a query or scan over all its pages.
///
/// A [`Stream`], with [`next`](Items::next) and [`try_collect`](Items::try_collect) of its own. An item that is no `T`
/// is one `Err`, with the item inside ([`Error::item`]); the stream goes on behind it. Any other error ends the stream,
/// and [`Error::cursor`] tells where another one goes on. A timeout or deadline of the request bounds the whole stream,
/// from its first poll.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T> {
    walk: Walk<PageRequest, Reply>,
    /// Items of the current page that were not yet given out.
    ready: VecDeque<(Result<T, Error>, Range<usize>)>,
    /// The body of the current page: the ranges above lie in it.
    body: Bytes,
    /// The last item given out, if the page goes on behind it.
    last: Option<Bytes>,
    /// Instead of all that, where a scan is read in segments or at a rate.
    segments: Option<Box<SegmentItems<T>>>,
    _items: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Items<T> {
    pub(crate) fn new(request: Result<PageRequest, Error>) -> Self {
        let (walk, segments) = match request {
            Ok(request) if request.division.is_some() => (Walk::nothing(), Some(Box::new(SegmentItems::new(request)))),
            request => (Walk::new(request), None),
        };
        Items { walk, ready: VecDeque::new(), body: Bytes::new(), last: None, segments, _items: PhantomData }
    }

    /// The next item; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        std::future::poll_fn(|cx| self.poll_item(cx)).await
    }

    /// All items.
    ///
    /// # Errors
    /// The first that there is: of a page, or of an item that is no `T`.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = std::future::poll_fn(|cx| self.poll_item(cx)).await {
            items.push(item?);
        }
        Ok(items)
    }

    /// Where the stream stands: behind the last item given out, as an opaque string for the URL or body of a web API;
    /// `None` at the end. Give it back with `.cursor(…)` on a request for the same table, index and key condition.
    ///
    /// In the middle of a page, before any page has told which attributes make a position, this asks the service for
    /// one more item to learn them.
    ///
    /// # Errors
    /// Those of that request; [`ErrorKind::InvalidCursor`](crate::ErrorKind::InvalidCursor) if a projection left out
    /// the key.
    // The future holds nothing of the stream, which is not `Sync`: so it can be awaited in a task that moves.
    pub fn cursor(&self) -> impl Future<Output = Result<Option<String>, Error>> + Send + use<T> {
        let standing = match &self.segments {
            Some(segments) => segments.standing(),
            None => self.standing(),
        };
        standing.cursor()
    }

    fn standing(&self) -> Standing {
        match (&self.walk.request, &self.last, &self.walk.next) {
            (Ok(request), Some(item), _) => {
                Standing::Behind { request: Arc::clone(request), item: item.clone(), segments: None }
            }
            (Ok(request), None, Some(next)) => Standing::At(Some(request.cursor_at(next))),
            (Ok(_), None, None) | (Err(_), _, _) => Standing::At(None),
        }
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        if let Some(segments) = &mut self.segments {
            return segments.poll_item(cx);
        }
        loop {
            if let Some((item, at)) = self.ready.pop_front() {
                self.last = if self.ready.is_empty() { None } else { Some(self.body.slice(at.clone())) };
                self.walk.returned(1);
                if self.walk.remaining == Some(0) && !self.ready.is_empty() {
                    // The page brought more than was asked for: they are not given out, and the cursor begins there.
                    self.ready.clear();
                }
                return Poll::Ready(Some(item));
            }
            let fetched = ready!(self.walk.poll_fetch(cx, |request, next, remaining| {
                Box::pin(async move { request.fetch(next.as_ref(), request.read_limit(remaining)).await })
            }));
            let reply = match fetched {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(reply)) => reply,
            };
            if let Err(error) = self.take_page(reply) {
                self.walk.done = true;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn take_page(&mut self, reply: Reply) -> Result<(), Error> {
        let Ok(request) = self.walk.request.as_ref().map(Arc::clone) else { return Ok(()) };
        self.body = reply.body.clone();
        let ready = &mut self.ready;
        let metadata = reply.metadata.clone();
        let (frame, _) = reply.read(&request.core, |body| {
            request.read(body, |item: Result<T, Error>, at| {
                ready.push_back((item.map_err(|error| metadata.tell(error)), at));
                Ok(())
            })
        })?;
        self.walk.advance(frame.last_evaluated_key);
        Ok(())
    }
}

// No `T` is ever pinned: they lie in a queue and are moved out of it.
impl<T> Unpin for Items<T> {}

impl<T: DeserializeOwned> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

crate::operation::settings::debug_without_values!(Pages<T>);
crate::operation::settings::debug_without_values!(Items<T>);

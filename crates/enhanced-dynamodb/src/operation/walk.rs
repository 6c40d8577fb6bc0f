//! A walk over pages, fetched one after the other as they are asked for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::error::Error;

pub(super) type Fetch<P> = Pin<Box<dyn Future<Output = Result<P, Error>> + Send>>;

/// The requests for all pages of something: everything but where a page begins and how long it is.
pub(super) trait Paged {
    /// Where a page begins.
    type Position: Clone;

    /// Where the first page begins; it may be nowhere in particular.
    fn start(&self) -> Option<Self::Position>;

    /// Items returned in all.
    fn limit(&self) -> Option<u64>;

    /// The walk begins: the limits of the request become those of all its pages together.
    fn begin(&mut self);

    /// The cursor for what begins there.
    fn cursor_at(&self, position: &Self::Position) -> String;
}

/// Where a walk over pages `P` stands.
pub(super) struct Walk<R: Paged, P> {
    /// The error of a request that could not be built comes out as the stream's first and last item.
    pub(super) request: Result<Arc<R>, Option<Error>>,
    /// Where the next page begins; where the first one does, it may be nowhere in particular.
    pub(super) next: Option<R::Position>,
    pub(super) remaining: Option<u64>,
    started: bool,
    pub(super) done: bool,
    fetch: Option<Fetch<P>>,
}

impl<R: Paged, P> Walk<R, P> {
    pub(super) fn new(request: Result<R, Error>) -> Self {
        let (next, remaining) = match &request {
            Ok(request) => (request.start(), request.limit()),
            Err(_) => (None, None),
        };
        Walk {
            request: request.map(Arc::new).map_err(Some),
            next,
            remaining,
            started: false,
            done: remaining == Some(0),
            fetch: None,
        }
    }

    /// Nowhere to go.
    pub(super) fn nothing() -> Self {
        Walk { request: Err(None), next: None, remaining: None, started: true, done: true, fetch: None }
    }

    /// The next page, as `fetch` gets it.
    pub(super) fn poll_fetch(
        &mut self,
        cx: &mut Context<'_>,
        fetch: impl FnOnce(Arc<R>, Option<R::Position>, Option<u64>) -> Fetch<P>,
    ) -> Poll<Option<Result<P, Error>>> {
        if self.done {
            return Poll::Ready(None);
        }
        let request = match &mut self.request {
            Ok(request) => request,
            Err(error) => {
                self.done = true;
                return Poll::Ready(error.take().map(Err));
            }
        };
        if !self.started {
            self.started = true;
            if let Some(request) = Arc::get_mut(request) {
                request.begin();
            }
        }
        let (next, remaining) = (&self.next, self.remaining);
        let under_way = self.fetch.get_or_insert_with(|| fetch(Arc::clone(request), next.clone(), remaining));
        let fetched = ready!(under_way.as_mut().poll(cx));
        self.fetch = None;
        self.done = fetched.is_err();
        Poll::Ready(Some(fetched.map_err(|error| match &self.next {
            Some(next) => error.with_cursor(request.cursor_at(next)),
            None => error,
        })))
    }

    /// A page was read: the next one begins here, if there is one.
    pub(super) fn advance(&mut self, next: Option<R::Position>) {
        self.done = next.is_none();
        self.next = next;
    }

    pub(super) fn returned(&mut self, items: u64) {
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.saturating_sub(items);
            self.done |= *remaining == 0;
        }
    }
}

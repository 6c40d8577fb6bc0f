//! A scan whose segments are read together, as one stream; or one that keeps to a rate.

mod items;
mod pace;
mod pages;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream as _;
use futures_util::stream::FuturesUnordered;

use super::page::PageRequest;
use crate::error::{Error, ErrorKind};
use crate::execute::{LEAST_ATTEMPT, Reply};
use crate::expression::{Position, encode_checkpoint};

pub(super) use items::SegmentItems;
use pace::Pace;
pub(super) use pages::SegmentPages;

/// Segments that a table can be cut into (API reference, Scan: 1 to 1,000,000).
pub(super) const MOST_SEGMENTS: u32 = 1_000_000;

/// How a scan is cut, and how fast it may be.
pub(crate) struct Division {
    /// Into how many segments; a scan that only keeps to a rate is not cut.
    pub(super) segments: Option<u32>,
    /// Read units a second.
    pub(super) rate: Option<f64>,
    /// Where each segment begins.
    pub(super) start: Vec<Position>,
}

/// One segment.
struct Lane {
    /// What was given out of it, and a stream that goes on need not read again.
    position: Position,
    /// Where its next page begins.
    next: Option<Bytes>,
}

/// A request under way: its segment, what it was expected to consume, and what became of it.
type Asking = (usize, f64, Result<Reply, Error>);

/// All segments of a scan.
///
/// Everything goes on while the stream is polled, and only then. There are never more pages under way or waiting to be
/// given out than the client has sockets.
struct Lanes {
    request: Arc<PageRequest>,
    lanes: Vec<Lane>,
    /// Those that a page may be asked of.
    idle: VecDeque<usize>,
    under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Asking> + Send>>>,
    /// Pages that were not given out yet.
    arrived: VecDeque<(usize, Reply)>,
    pace: Option<Pace>,
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Why the stream ends, once what has arrived was given out.
    failure: Option<Error>,
    /// How many items may still be given out.
    remaining: Option<u64>,
    started: bool,
    done: bool,
}

impl Lanes {
    fn new(mut request: PageRequest) -> Self {
        let (start, rate) = match &mut request.division {
            Some(division) => (std::mem::take(&mut division.start), division.rate),
            None => (Vec::new(), None),
        };
        let lanes: Vec<Lane> = start
            .into_iter()
            .map(|position| Lane {
                next: match &position {
                    Position::Behind(key) => Some(key.clone()),
                    Position::Beginning | Position::Done => None,
                },
                position,
            })
            .collect();
        let unread = lanes.iter().enumerate().filter(|(_, lane)| !matches!(lane.position, Position::Done));
        let pace = rate.map(|rate| Pace::new(rate, request.core.time().now()));
        Lanes {
            idle: unread.map(|(lane, _)| lane).collect(),
            remaining: request.limit,
            done: request.limit == Some(0),
            request: Arc::new(request),
            lanes,
            under_way: FuturesUnordered::new(),
            arrived: VecDeque::new(),
            pace,
            pause: None,
            failure: None,
            started: false,
        }
    }

    /// The next page that arrived, and of which segment it is.
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(usize, Reply), Error>>> {
        self.drive(cx);
        if self.done {
            return Poll::Ready(None);
        }
        if let Some(page) = self.arrived.pop_front() {
            return Poll::Ready(Some(Ok(page)));
        }
        if let Some(error) = self.failure.take() {
            return Poll::Ready(Some(Err(self.fail(error))));
        }
        if self.under_way.is_empty() && self.idle.is_empty() {
            self.done = true;
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    /// Asks for pages as far as there is room, and takes in those that have come.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if self.done {
            return;
        }
        if !self.started {
            self.started = true;
            // The limits of a call are those of the whole stream: not of each page anew.
            if let Some(request) = Arc::get_mut(&mut self.request) {
                let core = Arc::clone(&request.core);
                core.bound_together(&mut request.options);
            }
        }
        loop {
            self.start(cx);
            match Pin::new(&mut self.under_way).poll_next(cx) {
                Poll::Ready(Some(asking)) => self.arrive(asking),
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
    }

    fn start(&mut self, cx: &mut Context<'_>) {
        let most = self.request.core.config.max_sockets().max(1);
        while self.failure.is_none() && self.under_way.len() + self.arrived.len() < most {
            if let Some(pause) = &mut self.pause {
                if pause.as_mut().poll(cx).is_pending() {
                    return;
                }
                self.pause = None;
            }
            if self.idle.is_empty() {
                return;
            }
            let mut expected = 0.0;
            if let Some(pace) = &mut self.pace {
                let now = self.request.core.time().now();
                match pace.start(now) {
                    pace::Start::Now(units) => expected = units,
                    pace::Start::AfterAnAnswer => return,
                    pace::Start::After(wait) => {
                        if self.request.options.deadline.is_some_and(|deadline| {
                            deadline.saturating_duration_since(now) < wait.saturating_add(LEAST_ATTEMPT)
                        }) {
                            self.failure = Some(self.out_of_time());
                            return;
                        }
                        let core = Arc::clone(&self.request.core);
                        self.pause = Some(Box::pin(async move { core.time().sleep(wait).await }));
                        continue;
                    }
                }
            }
            let Some(lane) = self.idle.pop_front() else { return };
            let (request, start) = (Arc::clone(&self.request), self.lanes[lane].next.clone());
            let limit = self.request.read_limit(self.remaining);
            let segment = self.request.division.as_ref().and_then(|division| division.segments).map(|_| lane as u32);
            self.under_way.push(Box::pin(async move {
                (lane, expected, request.fetch_of(segment, start.as_ref(), limit).await)
            }));
        }
    }

    fn arrive(&mut self, (lane, expected, reply): Asking) {
        let consumed = match (&reply, &self.pace) {
            (Ok(reply), Some(_)) => self.request.units_of(&reply.body),
            (Ok(_) | Err(_), _) => None,
        };
        if let Some(pace) = &mut self.pace {
            pace.answered(expected, consumed);
        }
        match reply {
            Ok(reply) => self.arrived.push_back((lane, reply)),
            Err(error) => {
                self.failure.get_or_insert(error);
            }
        }
    }

    /// A page was looked into: the next one of its segment begins here, if there is one.
    fn goes_on_at(&mut self, lane: usize, next: Option<&Bytes>) {
        self.lanes[lane].next = next.cloned();
        if next.is_some() {
            self.idle.push_back(lane);
        }
    }

    /// All of a segment that lies before this was given out; all of it, if there is no more.
    fn gave_out(&mut self, lane: usize, until: Option<Bytes>) {
        self.lanes[lane].position = until.map_or(Position::Done, Position::Behind);
    }

    fn returned(&mut self, items: u64) {
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.saturating_sub(items);
            self.done |= *remaining == 0;
        }
    }

    /// Ends the stream with an error that tells where another one goes on.
    fn fail(&mut self, error: Error) -> Error {
        self.done = true;
        match self.checkpoint() {
            Some(cursor) => error.with_cursor(cursor),
            None => error,
        }
    }

    fn out_of_time(&self) -> Error {
        let message = "the deadline comes before the rate allows another page";
        Error::new(ErrorKind::DeadlineExceeded, message)
            .with_operation(self.request.operation.name.clone(), Some(&self.request.table))
    }

    /// Where each segment stands.
    fn positions(&self) -> Vec<Position> {
        self.lanes.iter().map(|lane| lane.position.clone()).collect()
    }

    /// Where the stream stands, as a cursor. Nothing at the end.
    fn checkpoint(&self) -> Option<String> {
        cursor_of(&self.request, &self.positions())
    }
}

/// The cursor for these positions. Nothing at the end.
pub(super) fn cursor_of(request: &PageRequest, positions: &[Position]) -> Option<String> {
    if positions.iter().all(|position| matches!(position, Position::Done)) {
        return None;
    }
    match request.division.as_ref().and_then(|division| division.segments) {
        Some(_) => Some(encode_checkpoint(positions, request.binding, request.cursor_key.as_ref())),
        None => match positions.first() {
            Some(Position::Behind(key)) => Some(request.cursor_at(key)),
            Some(Position::Beginning | Position::Done) | None => None,
        },
    }
}

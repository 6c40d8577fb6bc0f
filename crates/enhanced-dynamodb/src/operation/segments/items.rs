//! The items of all segments, as they come.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Lanes;
use crate::error::Error;
use crate::execute::Reply;
use crate::operation::page::PageRequest;
use crate::operation::stream::Standing;

pub(crate) struct SegmentItems<T> {
    lanes: Lanes,
    /// Items of the current page that were not yet given out.
    ready: VecDeque<(Result<T, Error>, Range<usize>)>,
    /// The segment of the current page.
    current: usize,
    /// The body of the current page: the ranges above lie in it.
    body: Bytes,
    /// Where the page behind the current one begins.
    next: Option<Bytes>,
    /// The last item given out, if the page goes on behind it.
    last: Option<Bytes>,
}

impl<T: DeserializeOwned> SegmentItems<T> {
    pub(crate) fn new(request: PageRequest) -> Self {
        let lanes = Lanes::new(request);
        SegmentItems { lanes, ready: VecDeque::new(), current: 0, body: Bytes::new(), next: None, last: None }
    }

    pub(crate) fn standing(&self) -> Standing {
        match &self.last {
            Some(item) => Standing::Behind {
                request: Arc::clone(&self.lanes.request),
                item: item.clone(),
                segments: Some((self.lanes.positions(), self.current)),
            },
            None => Standing::At(self.lanes.checkpoint()),
        }
    }

    pub(crate) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        // Pages are fetched while items are taken.
        self.lanes.drive(cx);
        loop {
            if let Some((item, at)) = self.ready.pop_front() {
                if self.ready.is_empty() {
                    self.last = None;
                    self.lanes.gave_out(self.current, self.next.take());
                } else {
                    self.last = Some(self.body.slice(at));
                }
                self.lanes.returned(1);
                if self.lanes.done {
                    // The page brought more than was asked for: they are not given out, and the cursor begins there.
                    self.ready.clear();
                }
                return Poll::Ready(Some(item));
            }
            match ready!(self.lanes.poll_page(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok((lane, reply))) => {
                    if let Err(error) = self.take_page(lane, reply) {
                        return Poll::Ready(Some(Err(self.lanes.fail(error))));
                    }
                }
            }
        }
    }

    fn take_page(&mut self, lane: usize, reply: Reply) -> Result<(), Error> {
        let request = Arc::clone(&self.lanes.request);
        self.body = reply.body.clone();
        let ready = &mut self.ready;
        let metadata = reply.metadata.clone();
        let read = reply.read(&request.core, |body| {
            request.read(body, |item: Result<T, Error>, at| {
                ready.push_back((item.map_err(|error| metadata.tell(error)), at));
                Ok(())
            })
        });
        let (frame, _) = read.inspect_err(|_| self.ready.clear())?;
        self.current = lane;
        self.lanes.goes_on_at(lane, frame.last_evaluated_key.as_ref());
        if self.ready.is_empty() {
            self.lanes.gave_out(lane, frame.last_evaluated_key);
        } else {
            self.next = frame.last_evaluated_key;
        }
        Ok(())
    }
}

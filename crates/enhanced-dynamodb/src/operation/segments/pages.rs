//! The pages of all segments, as they come.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Lanes;
use crate::error::Error;
use crate::operation::page::{Page, PageRequest};

type Making<T> = Pin<Box<dyn Future<Output = Result<(Page<T>, Option<Bytes>), Error>> + Send>>;

pub(crate) struct SegmentPages<T> {
    lanes: Lanes,
    /// The page that is being read, and of which segment it is.
    making: Option<(usize, Making<T>)>,
}

impl<T: DeserializeOwned> SegmentPages<T> {
    pub(crate) fn new(request: PageRequest) -> Self {
        SegmentPages { lanes: Lanes::new(request), making: None }
    }

    pub(crate) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page<T>, Error>>> {
        self.lanes.drive(cx);
        loop {
            if let Some((lane, page)) = &mut self.making {
                let (lane, made) = (*lane, ready!(page.as_mut().poll(cx)));
                self.making = None;
                let (mut page, next) = match made {
                    Ok(made) => made,
                    Err(error) => return Poll::Ready(Some(Err(self.lanes.fail(error)))),
                };
                self.lanes.goes_on_at(lane, next.as_ref());
                self.lanes.gave_out(lane, next);
                // Not the items there are: a page that only counts has none.
                self.lanes.returned(page.count);
                page.stand_at(self.lanes.checkpoint());
                return Poll::Ready(Some(Ok(page)));
            }
            match ready!(self.lanes.poll_page(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok((lane, reply))) => {
                    let (request, remaining) = (Arc::clone(&self.lanes.request), self.lanes.remaining);
                    self.making = Some((lane, Box::pin(async move { request.page_of(reply, remaining).await })));
                }
            }
        }
    }
}

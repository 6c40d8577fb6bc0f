//! Where the operations of a batch come from: an iterator, which always has its next one, or a stream, which may not
//! yet.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::BatchOperation;

/// The input of a batch.
pub trait Source {
    /// The next operation, or nothing at the end.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<BatchOperation>>;

    /// Whether the rest is read when the batch ends early: it takes no waiting.
    const IS_READ_TO_ITS_END: bool;
}

/// An iterator's operations.
#[derive(Debug)]
pub struct FromIterator<I>(pub(super) I);

impl<I: Iterator<Item: Into<BatchOperation>>> Source for FromIterator<I> {
    fn poll_next(&mut self, _cx: &mut Context<'_>) -> Poll<Option<BatchOperation>> {
        Poll::Ready(self.0.next().map(Into::into))
    }

    const IS_READ_TO_ITS_END: bool = true;
}

/// A stream's operations.
#[derive(Debug)]
pub struct FromStream<S>(pub(super) Pin<Box<S>>);

impl<S: Stream<Item: Into<BatchOperation>>> Source for FromStream<S> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<BatchOperation>> {
        self.0.as_mut().poll_next(cx).map(|next| next.map(Into::into))
    }

    const IS_READ_TO_ITS_END: bool = false;
}

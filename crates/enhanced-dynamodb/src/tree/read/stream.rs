//! The nodes of a tree as they arrive.

use std::collections::VecDeque;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::Walk;
use super::state::Arrived;
use crate::error::Error;
use crate::item::AttributeValue;
use crate::tree::metadata::TreeMetadata;

/// A node that has arrived.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct TreeNode<T> {
    /// The item.
    pub value: T,
    /// The node's key.
    pub id: AttributeValue,
    /// The parent's key: of a node that came before. The root has none, whatever its item names.
    pub parent: Option<AttributeValue>,
    /// Steps from the root, which has depth 0.
    pub depth: u32,
}

type Stepped = (Box<Walk>, Vec<Arrived>, Result<bool, Error>);

/// The nodes of a tree as they arrive. Made by [`ReadTree::stream`](super::ReadTree::stream).
///
/// A [`Stream`], with [`next`](TreeStream::next) of its own. A node that is no `T` is one `Err`, with the item inside
/// ([`Error::item`]); the stream goes on behind it. Any other error ends it. If the deadline comes first the stream ends,
/// and its [`metadata`](TreeStream::metadata) says so.
#[must_use = "a stream does nothing until it is polled"]
pub struct TreeStream<T> {
    /// What could not even begin.
    error: Option<Error>,
    /// Away while a step is under way.
    walk: Option<Box<Walk>>,
    step: Option<Pin<Box<dyn Future<Output = Stepped> + Send>>>,
    ready: VecDeque<Arrived>,
    done: bool,
    _nodes: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> TreeStream<T> {
    pub(super) fn new(walk: Result<Walk, Error>) -> Self {
        let (walk, error) = match walk {
            Ok(walk) => (Some(Box::new(walk)), None),
            Err(error) => (None, Some(error)),
        };
        TreeStream { error, walk, step: None, ready: VecDeque::new(), done: false, _nodes: PhantomData }
    }

    /// The next node; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<TreeNode<T>, Error>> {
        std::future::poll_fn(|cx| self.poll_node(cx)).await
    }

    /// What is known of the tree so far, and of the whole once the stream has ended. `None` before the first node, and
    /// after an error that ended the stream.
    #[must_use]
    pub fn metadata(&self) -> Option<TreeMetadata> {
        self.walk.as_ref().filter(|walk| walk.state().is_some()).map(|walk| walk.metadata())
    }

    fn poll_node(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<TreeNode<T>, Error>>> {
        loop {
            if let Some(error) = self.error.take() {
                self.done = true;
                return Poll::Ready(Some(Err(error)));
            }
            if let (Some(walk), Some(arrived)) = (&self.walk, self.ready.pop_front()) {
                return Poll::Ready(Some(node(walk, &arrived)));
            }
            if self.done {
                return Poll::Ready(None);
            }
            if let Some(mut walk) = self.walk.take() {
                self.step = Some(Box::pin(async move {
                    let mut out = Vec::new();
                    let more = walk.next(&mut out).await;
                    (walk, out, more)
                }));
            }
            let Some(step) = &mut self.step else {
                self.done = true;
                continue;
            };
            let (walk, out, more) = ready!(step.as_mut().poll(cx));
            self.step = None;
            self.ready = out.into();
            match more {
                Ok(more) => {
                    self.walk = Some(walk);
                    self.done = !more;
                }
                Err(error) => self.error = Some(error),
            }
        }
    }
}

fn node<T: DeserializeOwned>(walk: &Walk, arrived: &Arrived) -> Result<TreeNode<T>, Error> {
    let value = walk.plan().decode(&arrived.item)?;
    let Some(shape) = walk.state().map(|state| &state.shape) else {
        return Err(Error::invalid_input("a node of a tree that was not begun"));
    };
    let parent = shape.parent(arrived.at).map(|parent| shape.id(parent).clone());
    Ok(TreeNode { value, id: shape.id(arrived.at).clone(), parent, depth: shape.depth(arrived.at) })
}

// No `T` is ever pinned.
impl<T> Unpin for TreeStream<T> {}

impl<T: DeserializeOwned> Stream for TreeStream<T> {
    type Item = Result<TreeNode<T>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_node(cx)
    }
}

// The items are the user's and may be secret.
impl<T> std::fmt::Debug for TreeNode<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TreeNode").field("depth", &self.depth).finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(TreeStream<T>);

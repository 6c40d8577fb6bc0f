//! Stores: what the canned server finds by keys, where one answer to everything would not do.

mod bulk;
mod tree;

use super::answers::Request;
use crate::error::Result;
use std::{fmt::Debug, sync::Arc};

/// Something that answers are found in.
pub(crate) trait Store: Debug + Send + Sync {
    /// The body of the answer to a request, if this store has one.
    fn answer(&self, request: &Request<'_>) -> Option<Vec<u8>>;
}

/// The store of this name: `bulk:ITEMS`, or `tree:SHAPE`.
///
/// # Errors
///
/// There is none of this name.
pub(crate) fn named(name: &str) -> Result<Arc<dyn Store>> {
    match name.split_once(':') {
        Some(("bulk", items)) => Ok(Arc::new(bulk::Bulk::of(items.parse()?)?)),
        Some(("tree", shape)) => Ok(Arc::new(tree::Tree::of(shape.parse()?)?)),
        _ => Err(format!("no store `{name}`").into()),
    }
}

/// The texts that stand between `before` and the next quotation mark, one after the other.
fn texts<'a>(body: &'a [u8], before: &'a [u8]) -> impl Iterator<Item = &'a str> {
    memchr::memmem::find_iter(body, before).filter_map(move |at| {
        let rest = body.get(at + before.len()..)?;
        std::str::from_utf8(rest.get(..memchr::memchr(b'"', rest)?)?).ok()
    })
}

//! What each route does.

pub(crate) mod items;
pub(crate) mod trees;

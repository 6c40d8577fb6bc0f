//! What each route does.

pub(crate) mod batch;
pub(crate) mod health;
pub(crate) mod items;
mod table;
pub(crate) mod transactions;
pub(crate) mod trees;

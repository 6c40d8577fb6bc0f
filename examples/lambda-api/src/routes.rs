//! What each route does.

pub(crate) mod batch;
pub(crate) mod health;
pub(crate) mod items;
pub(crate) mod keys;
pub(crate) mod transactions;
pub(crate) mod trees;

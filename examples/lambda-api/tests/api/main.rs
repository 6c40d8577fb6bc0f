//! The function, called with events as API Gateway and function URLs send them, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod batch;
mod common;
mod cors;
mod documents;
mod failures;
mod health;
mod items;
mod readme;
mod transactions;
mod trees;

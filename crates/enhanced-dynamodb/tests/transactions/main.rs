//! Transactions against a service that answers as no engine does: cancelled for other reasons, busy, forgetful.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod conflicts;
mod exactly_once;

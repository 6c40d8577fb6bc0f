//! Tests of what only the operations see: whole requests, replay classes, cursors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cursor;
mod replay;
mod request;

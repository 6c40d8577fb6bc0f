//! The transport against real servers on loopback, each written for the misbehaviour that it shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod addresses;
mod exchange;
mod pool;
mod support;
mod tls;

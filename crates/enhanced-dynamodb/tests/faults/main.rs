//! Every fault of the network, of what stands before the service and of the service itself, through the public API: how the
//! call ends, after how many attempts, and how long it took. Each for a read, for a put (which may be replayed) and for a
//! counter (which may not).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod batch;
mod batch_get;
mod calls;
mod cancellation;
mod health;
mod identity;
mod reach;
mod segments;
mod service;
mod size;
mod time;
mod wire;

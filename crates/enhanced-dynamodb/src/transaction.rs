//! Transactions: today the one-item one, which makes a single write happen exactly once.

mod exactly_once;

pub use exactly_once::{ExactlyOnce, ExactlyOnceOutput};

//! What the client does, made visible: counters and log lines.

mod counters;
mod log;

pub(crate) use counters::Counters;
pub use counters::{PoolStats, Stats};
pub(crate) use log::{Outcome, is_logged, log_call};

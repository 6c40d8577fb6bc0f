//! What the client does, made visible: counters and log lines.

mod counters;
#[cfg(feature = "lambda")]
pub(crate) mod invocation;
mod log;
mod throttles;

pub(crate) use counters::Counters;
pub use counters::{PoolStats, Retries, Stats};
pub(crate) use log::{Outcome, Report, is_logged, log_call};
pub use throttles::Throttles;
pub(crate) use throttles::{add as add_throttles, table_name, throttles_of};

//! What the client does, made visible: counters and log lines.

mod answer;
mod consumed;
mod counters;
#[cfg(feature = "lambda")]
pub(crate) mod invocation;
mod log;
mod span;
mod throttles;

pub(crate) use answer::{items_in, key_of};
pub use consumed::TableCapacity;
pub(crate) use consumed::{asking as asking_for_capacity, consumed_of};
pub(crate) use counters::Counters;
pub use counters::{PoolStats, Retries, Stats};
pub(crate) use log::{Log, Outcome, Report, log_call};
pub(crate) use span::{EndOfCall, SpanOfCall, answered, end_of_call, failed as span_failed, of_attempt, of_call};
pub use throttles::Throttles;
pub(crate) use throttles::{add as add_throttles, table_name, throttles_of};

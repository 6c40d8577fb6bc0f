//! Options and environment: plain data.

mod clock;

pub(crate) use clock::Time;
pub use clock::{Clock, Random};

//! How a client retries.

use std::fmt;

/// How a client retries.
///
/// ```
/// use enhanced_dynamodb::config::{Options, RetryMode};
///
/// let options = Options::default().retry_mode(RetryMode::Adaptive);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryMode {
    /// With full jitter, up to [`max_retries`](super::Options::max_retries), as far as the quota goes.
    #[default]
    Standard,
    /// Not at all: [`max_retries`](super::Options::max_retries) of the client counts as 0.
    None,
    /// As `Standard`; and calls of a table that the service throttled wait beforehand, so that they are no faster than
    /// the table takes them. For work that has time, such as imports: a call may wait for as long as its deadline lets
    /// it. Calls of other tables are not delayed.
    Adaptive,
}

impl RetryMode {
    pub(crate) const ALL: [RetryMode; 3] = [RetryMode::Standard, RetryMode::None, RetryMode::Adaptive];
}

impl fmt::Display for RetryMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RetryMode::Standard => "standard",
            RetryMode::None => "none",
            RetryMode::Adaptive => "adaptive",
        })
    }
}

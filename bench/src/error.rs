//! The one error of this program: a sentence for whoever started it.

/// Whatever went wrong, ready to be printed.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// What every part of this program returns.
pub(crate) type Result<T> = std::result::Result<T, Error>;

//! The token by which the service knows a transaction that is sent again.

use std::fmt::Write;

use crate::crypto;
use crate::error::{Error, ErrorKind};

/// The longest token, in characters (API reference of TransactWriteItems, `ClientRequestToken`: 1 to 36).
const LONGEST_TOKEN: usize = 36;

/// A token that no other call has: 128 bits in 32 digits; the service takes up to 36 characters.
///
/// # Errors
/// If the operating system has no randomness to give. A token that might be another's must not be sent: the service
/// would answer it with that one's success, and the write would be lost.
pub(crate) fn new_token() -> Result<String, Error> {
    let bytes = crypto::random_bytes::<16>().map_err(|error| {
        let message = "the operating system gave no randomness for the request's token; nothing was sent";
        Error::new(ErrorKind::InvalidConfiguration, message)
            .with_advice("Let the process call getrandom, or read /dev/urandom.")
            .with_source(error)
    })?;
    let mut token = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(token, "{byte:02x}");
    }
    Ok(token)
}

/// # Errors
/// If the service would not take this token of the caller's.
pub(super) fn check_token(token: &str) -> Result<(), Error> {
    match token.chars().count() {
        1..=LONGEST_TOKEN => Ok(()),
        length => {
            Err(Error::invalid_input(format!("a token has 1 to {LONGEST_TOKEN} characters, this one has {length}"))
                .with_advice("A UUID fits. Without token(), each call makes one of its own."))
        }
    }
}

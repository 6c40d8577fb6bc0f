//! Digests and the TLS provider: one cryptographic library, chosen by feature and passed explicitly.

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
mod provider;

use std::io;
use std::sync::Arc;

#[cfg(feature = "aws-lc-rs")]
use aws_lc_rs::{digest, hmac};
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use ring::{digest, hmac};

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("enhanced-dynamodb needs one of the features `ring` (default), `aws-lc-rs` or `fips`");

/// A SHA-256 digest.
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    to_array(digest::digest(&digest::SHA256, message).as_ref())
}

/// A SHA-256 digest under way: a message's beginning, which any number of messages may go on from.
#[derive(Clone)]
pub(crate) struct Digest(digest::Context);

impl Digest {
    /// Begins with parts, which are never joined in memory.
    pub(crate) fn begin(parts: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(part);
        }
        Digest(context)
    }

    /// The digest of the message that goes on, and ends, with these parts.
    pub(crate) fn end(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = self.0.clone();
        for part in parts {
            context.update(part);
        }
        to_array(context.finish().as_ref())
    }
}

/// A key of HMAC-SHA256, set up once for any number of messages.
pub(crate) struct HmacKey(hmac::Key);

impl HmacKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        HmacKey(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 32] {
        to_array(hmac::sign(&self.0, message).as_ref())
    }

    /// Whether `tag` is the message's, found out in the same time wherever they differ.
    pub(crate) fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }

    /// Begins with a message's first parts, which are never joined in memory.
    pub(crate) fn begin(&self, parts: &[&[u8]]) -> Mac {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        Mac(context)
    }
}

/// An HMAC-SHA256 under way: a message's beginning, which any number of messages may go on from.
#[derive(Clone)]
pub(crate) struct Mac(hmac::Context);

impl Mac {
    /// The tag of the message that goes on, and ends, with this part.
    pub(crate) fn end(&self, part: &[u8]) -> [u8; 32] {
        let mut context = self.0.clone();
        context.update(part);
        to_array(context.sign().as_ref())
    }
}

/// Bytes that nobody can foretell, and that come from the operating system each time.
///
/// Never from a generator in this process's memory, as the cryptographic libraries may keep one (AWS-LC does): a process
/// that is forked, or restored from a snapshot more than once, would go on with the same numbers each time.
///
/// # Errors
/// If the operating system has none to give.
pub(crate) fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    fill_random(&mut bytes).map(|()| bytes)
}

/// As [`random_bytes`], into memory that is there.
///
/// # Errors
/// If the operating system has none to give.
fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::getrandom(bytes).map_err(|error| match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::other(error.to_string()),
    })
}

fn to_array(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(bytes);
    array
}

/// The TLS provider of the chosen library.
pub(crate) fn tls_provider() -> Arc<rustls::crypto::CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    return Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Arc::new(provider::provider());
}

/// The same for the servers of tests, which have certificates of their own.
#[cfg(test)]
pub(crate) fn server_tls_provider() -> Arc<rustls::crypto::CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    return tls_provider();
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Arc::new(rustls::crypto::ring::default_provider());
}

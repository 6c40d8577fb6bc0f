//! What options hold that is more than a number, a switch or a text.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Credentials, ProvideCredentials};
use crate::error::{Error, ErrorKind};

/// Whether requests go to the endpoint of the account (`https://<account>.ddb.<region>.amazonaws.com`) instead of
/// the Region's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountIdEndpointMode {
    /// Where the account is known, from the credentials or a table's ARN.
    #[default]
    Preferred,
    /// Never.
    Disabled,
    /// Always; an unknown account is an error.
    Required,
}

impl fmt::Display for AccountIdEndpointMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AccountIdEndpointMode::Preferred => "preferred",
            AccountIdEndpointMode::Disabled => "disabled",
            AccountIdEndpointMode::Required => "required",
        })
    }
}

/// Certificates to trust instead of the built-in ones.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum CaBundle {
    File { path: PathBuf, named_by: &'static str },
    Pem(Arc<[u8]>),
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CaBundle::File { path, named_by: _ } => write!(f, "File({path:?})"),
            CaBundle::Pem(pem) => write!(f, "Pem({} bytes)", pem.len()),
        }
    }
}

impl CaBundle {
    /// The PEM text.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(crate) fn read(&self) -> Result<std::borrow::Cow<'_, [u8]>, Error> {
        match self {
            CaBundle::Pem(pem) => Ok(std::borrow::Cow::Borrowed(pem)),
            CaBundle::File { path, named_by } => std::fs::read(path).map(std::borrow::Cow::Owned).map_err(|error| {
                Error::new(
                    ErrorKind::InvalidConfiguration,
                    format!("{named_by} names {}, which cannot be read: {error}", path.display()),
                )
                .with_advice("Name a readable file of certificates in PEM form.")
                .with_source(error)
            }),
        }
    }
}

/// Credentials as an option.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum GivenCredentials {
    Fixed(Credentials),
    Provider(Shared<dyn ProvideCredentials>),
}

/// Something injected; the same as another only if it is that very one.
pub(crate) struct Shared<T: ?Sized>(pub(crate) Arc<T>);

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ?Sized> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

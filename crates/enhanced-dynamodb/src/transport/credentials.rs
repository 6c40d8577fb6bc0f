//! What requests are signed with: found where the AWS SDKs look, kept while it lasts, renewed ahead of its end.
//!
//! Without the feature `aws-config`: credentials given as an option, the environment, the shared profile files, the
//! container endpoint. What needs more (roles, SSO, processes, web identity, instance metadata) is an error that
//! names the feature, never skipped.

mod cache;
mod chain;
mod container;
mod http_get;
mod profile;
#[cfg(feature = "aws-config")]
mod sdk;
mod timestamp;

use std::sync::Arc;

use tokio_rustls::TlsConnector;

pub(crate) use cache::CredentialsCache;

use crate::error::Error;

/// Sets TLS up when an `https` endpoint of credentials is to be asked, and only then: most programs never need it here,
/// and loading roots costs start-up time.
pub(crate) type TlsSource = Arc<dyn Fn() -> Result<TlsConnector, Error> + Send + Sync>;

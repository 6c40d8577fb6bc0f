//! The feature `aws-config`: any credentials provider of the AWS SDK for Rust serves here too.

use std::future::Future;
use std::pin::Pin;

use aws_credential_types::provider::ProvideCredentials as SdkProvider;
use aws_credential_types::provider::error::CredentialsError;

use super::{Credentials, Options, ProvideCredentials};
use crate::error::Error;

impl Options {
    /// Signs with the credentials of a provider of the AWS SDK for Rust. Replaces credentials given before.
    ///
    /// ```
    /// use aws_credential_types::Credentials;
    /// use enhanced_dynamodb::config::Options;
    ///
    /// let provider = Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
    /// let options = Options::default().sdk_credentials_provider(provider);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn sdk_credentials_provider(self, provider: impl SdkProvider + 'static) -> Self {
        self.credentials_provider(Adapted(provider))
    }
}

#[derive(Debug)]
struct Adapted<P>(P);

impl<P: SdkProvider> ProvideCredentials for Adapted<P> {
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
        Box::pin(async {
            match self.0.provide_credentials().await {
                Ok(credentials) => Ok(from_sdk(&credentials)),
                Err(error) => Err(Error::credentials(sdk_error_text(&error)).with_source(error)),
            }
        })
    }
}

/// The SDK's credentials as this client's.
pub(crate) fn from_sdk(sdk: &aws_credential_types::Credentials) -> Credentials {
    let mut credentials = Credentials::new(sdk.access_key_id(), sdk.secret_access_key());
    if let Some(token) = sdk.session_token() {
        credentials = credentials.with_session_token(token);
    }
    if let Some(account) = sdk.account_id() {
        credentials = credentials.with_account_id(account.as_str());
    }
    if let Some(expiry) = sdk.expiry() {
        credentials = credentials.with_expiry(expiry);
    }
    credentials
}

/// The error with its causes: the SDK's first line says little.
pub(crate) fn sdk_error_text(error: &CredentialsError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

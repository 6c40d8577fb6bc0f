//! AWS credentials, and the trait of those who provide them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::parse::{is_header_word, is_host_label};
use crate::error::Error;

/// What requests are signed with.
///
/// Secret key and session token are wiped from memory when the value is dropped, and `Debug` never shows them.
///
/// ```
/// use enhanced_dynamodb::config::Credentials;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI").with_session_token("IQoJb3JpZ2lu");
/// assert!(!format!("{credentials:?}").contains("wJalr"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
    account_id: Option<String>,
    expiry: Option<SystemTime>,
}

impl Credentials {
    /// Credentials that do not expire and have no session token.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Credentials {
            access_key_id: access_key_id.into(),
            secret_access_key: Zeroizing::new(secret_access_key.into()),
            session_token: None,
            account_id: None,
            expiry: None,
        }
    }

    /// The token that temporary credentials come with.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(Zeroizing::new(token.into()));
        self
    }

    /// The account that the credentials belong to; with it, requests go to the account's own endpoint (see
    /// [`account_id_endpoint_mode`](super::Options::account_id_endpoint_mode)).
    #[must_use]
    pub fn with_account_id(mut self, account_id: impl Into<String>) -> Self {
        self.account_id = Some(account_id.into());
        self
    }

    /// When the credentials expire, by wall clock.
    #[must_use]
    pub fn with_expiry(mut self, expiry: SystemTime) -> Self {
        self.expiry = Some(expiry);
        self
    }

    /// The access key, which names the credentials and is no secret.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret key.
    #[must_use]
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// The session token, a secret.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| token.as_str())
    }

    /// The account that the credentials belong to, where it is known.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// When the credentials expire; `None` for never.
    #[must_use]
    pub fn expiry(&self) -> Option<SystemTime> {
        self.expiry
    }

    /// Whether a request can be signed with them at all: what is wrong otherwise, without any secret in it.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.access_key_id.is_empty() {
            Err("the access key is empty")
        } else if !is_header_word(&self.access_key_id) || self.access_key_id.contains([',', '/', '=']) {
            // The `Authorization` header is `Credential=<access key>/<scope>, …`.
            Err("the access key has characters that no access key has (a space or a line break, perhaps)")
        } else if self.secret_access_key.is_empty() {
            Err("the secret key is empty")
        } else if self.session_token().is_some_and(|token| token.is_empty() || !is_header_word(token)) {
            Err("the session token is empty or has characters that no token has (a space or a line break, perhaps)")
        } else if self.account_id().is_some_and(|account| !is_host_label(account)) {
            Err("the account id cannot stand in a host name")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &format_args!("******"))
            .field("session_token", &self.session_token.as_ref().map(|_| format_args!("******")))
            .field("account_id", &self.account_id)
            .field("expiry", &self.expiry)
            .finish()
    }
}

/// Someone who provides credentials: asked on first use, and again ahead of each expiry, by one task at a time.
///
/// ```
/// use std::future::Future;
/// use std::pin::Pin;
/// use enhanced_dynamodb::Error;
/// use enhanced_dynamodb::config::{Credentials, Options, ProvideCredentials};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// impl ProvideCredentials for Vault {
///     fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
///         Box::pin(async {
///             let secret = std::fs::read_to_string("/run/secrets/dynamodb")
///                 .map_err(|error| Error::credentials(format!("the vault is closed: {error}")))?;
///             Ok(Credentials::new("AKIDEXAMPLE", secret.trim_end()))
///         })
///     }
/// }
///
/// let options = Options::default().credentials_provider(Vault);
/// # let _ = options;
/// ```
pub trait ProvideCredentials: fmt::Debug + Send + Sync {
    /// The credentials to sign with from now on.
    ///
    /// # Errors
    /// [`Error::credentials`] with what went wrong; the client keeps the credentials that it has while they last.
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>>;
}

//! What can happen to one attempt, short of a response.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::fmt;

use crate::error::{Error, ErrorKind};

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why an attempt brought no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// There are no credentials.
    Credentials,
    /// Credentials did not come in time.
    CredentialsTimeout,
    /// The configuration leads to no request: an endpoint, certificate file or header that cannot be.
    Configuration,
    /// All sockets stayed busy.
    PoolTimeout,
    /// The endpoint's name does not resolve.
    Resolve,
    /// No address of the endpoint could be connected to.
    Connect,
    /// No connection was made in time.
    ConnectTimeout,
    /// The proxy gives no tunnel to the endpoint.
    Proxy,
    /// The server's certificate or TLS itself is not acceptable.
    Tls,
    /// The connection ended before the first byte of a response.
    Closed,
    /// The connection ended in the middle of a response.
    Broken,
    /// No (whole) response came in time.
    Timeout,
    /// The body is not the one that its CRC-32 was computed over.
    ChecksumMismatch,
    /// The body is shorter or longer than its `Content-Length`.
    LengthMismatch,
    /// The response is larger than [`MAX_RESPONSE`](super::body::MAX_RESPONSE).
    TooLarge,
    /// What came back is not HTTP.
    Protocol,
    /// The client was closed.
    ClientClosed,
}

/// How much of the request was handed to the operating system, which tells whether the server can have it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Not one byte: the server cannot know of the request.
    Nothing,
    /// At least one byte is missing: the server cannot have applied the request.
    Part,
    /// All of it: nobody on this side knows whether the server applied it.
    All,
}

/// An attempt without a response.
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) flushed: Flushed,
    /// Whether the socket had rested in the pool before.
    pub(crate) reused: bool,
    /// Whether at least one byte of a response came.
    pub(crate) response_started: bool,
    /// Where the request went or was to go: `host:port`; empty as long as that was not known.
    pub(crate) address: String,
    /// What happened, in words.
    pub(crate) message: String,
    pub(crate) source: Option<Source>,
}

impl Failure {
    /// A failure before anything was sent.
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure {
            kind,
            flushed: Flushed::Nothing,
            reused: false,
            response_started: false,
            address: String::new(),
            message: message.into(),
            source: None,
        }
    }

    /// A failure that was an error with message and advice of its own.
    pub(crate) fn from_error(kind: FailureKind, error: Error) -> Self {
        Failure::new(kind, error.message()).with_source(error)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn at(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// The error that a caller reads, with what to do.
    pub(crate) fn into_error(self) -> Error {
        let mut source = self.source;
        if let Some(boxed) = source.take() {
            match boxed.downcast::<Error>() {
                Ok(error) => return *error,
                Err(other) => source = Some(other),
            }
        }
        let mut error = Error::new(self.kind.error_kind(), self.message);
        if let Some(advice) = self.kind.advice() {
            error = error.with_advice(advice);
        }
        match source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

impl FailureKind {
    /// The kind of error that a caller sees.
    pub(crate) fn error_kind(self) -> ErrorKind {
        match self {
            FailureKind::Credentials | FailureKind::CredentialsTimeout => ErrorKind::Credentials,
            FailureKind::Configuration => ErrorKind::InvalidConfiguration,
            FailureKind::PoolTimeout => ErrorKind::PoolExhausted,
            FailureKind::Resolve | FailureKind::Connect | FailureKind::Proxy | FailureKind::Tls => ErrorKind::Connect,
            FailureKind::ConnectTimeout => ErrorKind::ConnectTimeout,
            FailureKind::Closed | FailureKind::Broken => ErrorKind::ConnectionLost,
            FailureKind::Timeout => ErrorKind::Timeout,
            FailureKind::ChecksumMismatch | FailureKind::LengthMismatch | FailureKind::Protocol => {
                ErrorKind::CorruptResponse
            }
            FailureKind::TooLarge => ErrorKind::ResponseTooLarge,
            FailureKind::ClientClosed => ErrorKind::Closed,
        }
    }

    /// What to do, where the error's kind does not say it already.
    fn advice(self) -> Option<&'static str> {
        match self {
            FailureKind::Resolve => {
                Some("Check the Region and the endpoint, and that the network's name servers can be reached.")
            }
            FailureKind::Connect => Some("Check that the endpoint is right and that it runs."),
            FailureKind::Proxy => Some(
                "Check the proxy (option proxy, HTTPS_PROXY) and what it allows, or exempt the endpoint with no_proxy \
                 (NO_PROXY).",
            ),
            FailureKind::Tls => Some(
                "If the server's certificate comes from an authority of your own, name its file as ca_bundle or in \
                 AWS_CA_BUNDLE.",
            ),
            FailureKind::Closed | FailureKind::Broken => {
                Some("Check what stands between the client and the endpoint: it ended the connection.")
            }
            FailureKind::ChecksumMismatch | FailureKind::LengthMismatch => {
                Some("Check what stands between the client and the endpoint: it changed the response.")
            }
            FailureKind::Protocol => {
                Some("Check that the endpoint is DynamoDB's, and its scheme (http or https) right.")
            }
            FailureKind::Credentials
            | FailureKind::CredentialsTimeout
            | FailureKind::Configuration
            | FailureKind::PoolTimeout
            | FailureKind::ConnectTimeout
            | FailureKind::Timeout
            | FailureKind::TooLarge
            | FailureKind::ClientClosed => None,
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("kind", &self.kind)
            .field("flushed", &self.flushed)
            .field("reused", &self.reused)
            .field("response_started", &self.response_started)
            .field("address", &self.address)
            .field("message", &self.message)
            .field("source", &self.source.as_ref().map(ToString::to_string))
            .finish()
    }
}

//! One error type: what happened, to which operation and table, why, and what to do.

mod class;
mod display;
mod kind;
#[cfg(test)]
mod page;
mod reasons;
pub(crate) mod service;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

pub(crate) use class::{Class, classify};
pub use kind::ErrorKind;
pub use reasons::{CancellationReason, ThrottledAccess, ThrottledResource, ThrottlingLimit, ThrottlingReason};

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The error of every call.
///
/// Its `Display` form is one line for a person on call: operation, table, what happened, how often and how long it
/// was tried, and what to do.
///
/// ```
/// use enhanced_dynamodb::{Error, ErrorKind};
///
/// fn status(error: &Error) -> u16 {
///     match error.code() {
///         "ConditionalCheckFailedException" => 409,
///         "ResourceNotFoundException" => 404,
///         _ if error.is_throttling() => 429,
///         _ => 500,
///     }
/// }
/// # let _ = status;
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    code: Cow<'static, str>,
    message: String,
    advice: Cow<'static, str>,
    operation: Option<Cow<'static, str>>,
    table: Option<String>,
    attempts: u32,
    elapsed: Duration,
    status: Option<u16>,
    request_id: Option<String>,
    throttling: Vec<ThrottlingReason>,
    cancellation: Vec<CancellationReason>,
    item: Option<Bytes>,
    cursor: Option<String>,
    control_plane: bool,
    replayed: bool,
    partial: Option<Partial>,
    source: Option<Source>,
}

/// What a call that did not come to its end has done until then; of the type that the call gives.
type Partial = std::sync::Arc<dyn std::any::Any + Send + Sync>;

impl Error {
    /// An error of this kind that says `message`.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            code: Cow::Borrowed(kind.code()),
            message: message.into(),
            advice: Cow::Borrowed(kind.advice()),
            operation: None,
            table: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            status: None,
            request_id: None,
            throttling: Vec::new(),
            cancellation: Vec::new(),
            item: None,
            cursor: None,
            control_plane: false,
            replayed: false,
            partial: None,
            source: None,
        }))
    }

    /// The error of a [`ProvideCredentials`](crate::config::ProvideCredentials) that has no credentials to give.
    /// `message` says why, without any secret in it.
    ///
    /// ```
    /// use enhanced_dynamodb::{Error, ErrorKind};
    ///
    /// let error = Error::credentials("the vault is closed");
    /// assert_eq!(error.kind(), ErrorKind::Credentials);
    /// ```
    pub fn credentials(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Credentials, message)
    }

    /// The error that another one led to. It says `before` and what the cause says, keeps the facts of the answer, and
    /// has the cause as its source; what the cause advises does not hold any more.
    pub(crate) fn caused_by(kind: ErrorKind, before: &str, mut cause: Error) -> Self {
        cause.0.advice = Cow::Borrowed("");
        let throttling = std::mem::take(&mut cause.0.throttling);
        let mut error = Error::new(kind, format!("{before}{cause}")).with_throttling(throttling.clone());
        cause.0.throttling = throttling;
        error.0.status = cause.0.status;
        error.0.request_id.clone_from(&cause.0.request_id);
        error.with_source(cause)
    }

    /// Shorthand for a request that the service would surely reject.
    pub(crate) fn invalid_input(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = code.into();
        self
    }

    pub(crate) fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = advice.into();
        self
    }

    /// Says it in other words.
    pub(crate) fn with_message(mut self, words: impl FnOnce(&str) -> String) -> Self {
        self.0.message = words(&self.0.message);
        self
    }

    /// Names the operation and the table, where they are not named yet.
    pub(crate) fn with_operation(mut self, operation: impl Into<Cow<'static, str>>, table: Option<&str>) -> Self {
        if self.0.operation.is_none() {
            self.0.operation = Some(operation.into());
        }
        if self.0.table.is_none() {
            self.0.table = table.map(str::to_owned);
        }
        self
    }

    /// Names the request of a batch that the error is about, counted from 0.
    pub(crate) fn at_index(mut self, index: usize) -> Self {
        self.0.message = format!("request {index} of the batch: {}", self.0.message);
        self
    }

    /// Names what the error is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    pub(crate) fn with_response(mut self, status: u16, request_id: Option<String>) -> Self {
        self.0.status = Some(status);
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn with_throttling(mut self, reasons: Vec<ThrottlingReason>) -> Self {
        self.0.throttling = reasons;
        self
    }

    pub(crate) fn with_cancellation(mut self, reasons: Vec<CancellationReason>) -> Self {
        self.0.cancellation = reasons;
        self
    }

    pub(crate) fn with_item(mut self, item: Option<Bytes>) -> Self {
        self.0.item = item;
        self
    }

    /// The item as the service's JSON.
    pub(crate) fn raw_item(&self) -> Option<&Bytes> {
        self.0.item.as_ref()
    }

    /// Where a walk over pages that ended with this error can go on.
    pub(crate) fn with_cursor(mut self, cursor: String) -> Self {
        self.0.cursor = Some(cursor);
        self
    }

    /// Adds what the call has done all the same.
    pub(crate) fn with_partial(mut self, partial: impl std::any::Any + Send + Sync) -> Self {
        self.0.partial = Some(std::sync::Arc::new(partial));
        self
    }

    /// What the call has done all the same, if it is a `P`.
    pub(crate) fn partial<P: 'static>(&self) -> Option<&P> {
        self.0.partial.as_ref()?.downcast_ref()
    }

    /// Marks an operation on tables rather than items: there, `LimitExceededException` is a throttle.
    pub(crate) fn on_control_plane(mut self, control_plane: bool) -> Self {
        self.0.control_plane = control_plane;
        self
    }

    /// Marks a call that was sent again after an attempt that may have been applied.
    pub(crate) fn after_replay(mut self, replayed: bool) -> Self {
        self.0.replayed = replayed;
        if replayed && self.0.kind == ErrorKind::ConditionalCheckFailed {
            self.0.advice = Cow::Borrowed(
                "The request was sent again after a lost answer: the first time may itself have changed the item. Read \
                 it and decide again.",
            );
        }
        self
    }

    /// Adds that an attempt before the one that failed may have been applied, where nothing says so yet.
    pub(crate) fn after_unknown_outcome(mut self, maybe_applied: bool) -> Self {
        let says_so = self.0.kind == ErrorKind::OutcomeUnknown
            || self.0.replayed && self.0.kind == ErrorKind::ConditionalCheckFailed;
        if maybe_applied && !says_so {
            let advice = format!("{} An earlier attempt may have been applied.", self.0.advice);
            self.0.advice = Cow::Owned(advice.trim_start().to_owned());
        }
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The error's name: the service's own (`ConditionalCheckFailedException`) where the service answered, also when
    /// this client has no [`ErrorKind`] for it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What happened: the service's sentence, or the client's.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it; empty where the message says it all.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

    /// The API operation, such as `GetItem`.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The table that the call was about; the first one where there were several.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// How many attempts were made; 0 if it did not come to one, for want of credentials for example.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, from its start to this error.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Whether the request was sent again after an attempt of which nobody knows whether it was applied; then a failed
    /// condition may be the work of that first attempt.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.0.replayed
    }

    /// The HTTP status, if the service answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's id of the request, which AWS support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether the service asked for fewer requests.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        self.class() == Class::Throttle
    }

    /// Whether the same call may succeed later without a change: a throttle, a failure of the service or the
    /// network. An [`ErrorKind::OutcomeUnknown`] is not: it may already have been applied.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.class() {
            Class::Throttle | Class::NotApplied | Class::Unknown | Class::Expired => true,
            Class::Skewed | Class::Final => false,
        }
    }

    pub(crate) fn class(&self) -> Class {
        classify(self.0.kind, self.0.status, self.0.control_plane, &self.0.cancellation)
    }

    /// Why the service throttled: which limit, of which table or index.
    #[must_use]
    pub fn throttling_reasons(&self) -> &[ThrottlingReason] {
        &self.0.throttling
    }

    /// Why a transaction was cancelled: one reason for each action, in the order given.
    #[must_use]
    pub fn cancellation_reasons(&self) -> &[CancellationReason] {
        &self.0.cancellation
    }

    /// Where a stream of pages or items that ended with this error can go on: give it back with `.cursor(…)` on the same
    /// request. `None` if not even the first page was read, so that there is nothing to leave out.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.0.cursor.as_deref()
    }

    /// The item that stood in the way of a condition, if the call asked for it
    /// (`return_item_on_condition_failure`); for an [`ErrorKind::Decode`], the item that could not be read.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] if the item is not a `T`.
    pub fn item<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        decode_item(self.0.item.as_ref())
    }
}

/// Reads an item that came with an error.
fn decode_item<T: DeserializeOwned>(item: Option<&Bytes>) -> Result<Option<T>, Error> {
    item.map(|bytes| crate::codec::decode_item(bytes)).transpose().map_err(Error::from)
}

// `Debug` is what `unwrap` and `?` in `main` print: the same line, and the cause below it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            write!(f, "\n  caused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

impl From<crate::codec::EncodeError> for Error {
    fn from(error: crate::codec::EncodeError) -> Self {
        Error::new(ErrorKind::Encode, error.to_string())
    }
}

impl From<crate::codec::DecodeError> for Error {
    fn from(error: crate::codec::DecodeError) -> Self {
        Error::new(ErrorKind::Decode, error.to_string())
    }
}

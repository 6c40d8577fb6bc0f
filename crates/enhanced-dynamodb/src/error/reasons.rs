//! Why the service throttled a request, and why it cancelled a transaction: as data.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::{Class, Error, ErrorKind, classify};

/// What had no throughput left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThrottledResource {
    /// The table itself.
    Table,
    /// A secondary index.
    Index,
    /// Something that this client does not know; [`ThrottlingReason::reason`] has the service's words.
    Unknown,
}

/// Which side of it was throttled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThrottledAccess {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Not named.
    Unknown,
}

/// Which limit was reached.
///
/// Source: the DynamoDB developer guide, "Throttling reasons" (2025).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThrottlingLimit {
    /// The capacity provisioned for the table or index.
    ProvisionedThroughputExceeded,
    /// The account's limit in the Region.
    AccountLimitExceeded,
    /// The limit of one partition: 3,000 read or 1,000 write units a second.
    KeyRangeThroughputExceeded,
    /// The maximum that the user set for an on-demand table or index.
    MaxOnDemandThroughputExceeded,
    /// A limit that this client does not know; [`ThrottlingReason::reason`] has the service's words.
    Unknown,
}

/// One reason for a throttled request: which limit, of which table or index, reading or writing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThrottlingReason {
    /// The service's own words, such as `TableWriteKeyRangeThroughputExceeded`.
    pub reason: String,
    /// The ARN of the table or index.
    pub resource_arn: Option<String>,
    /// Table or index.
    pub resource: ThrottledResource,
    /// Read or write.
    pub access: ThrottledAccess,
    /// The limit that was reached.
    pub limit: ThrottlingLimit,
}

impl ThrottlingReason {
    /// Reads the service's words; what is new in them becomes `Unknown`, never an error.
    #[must_use]
    pub fn parse(reason: &str, resource_arn: Option<String>) -> Self {
        let (resource, rest) = match (reason.strip_prefix("Table"), reason.strip_prefix("Index")) {
            (Some(rest), _) => (ThrottledResource::Table, rest),
            (None, Some(rest)) => (ThrottledResource::Index, rest),
            (None, None) => (ThrottledResource::Unknown, reason),
        };
        let (access, rest) = match (rest.strip_prefix("Read"), rest.strip_prefix("Write")) {
            (Some(rest), _) => (ThrottledAccess::Read, rest),
            (None, Some(rest)) => (ThrottledAccess::Write, rest),
            (None, None) => (ThrottledAccess::Unknown, rest),
        };
        let limit = match rest {
            "ProvisionedThroughputExceeded" => ThrottlingLimit::ProvisionedThroughputExceeded,
            "AccountLimitExceeded" => ThrottlingLimit::AccountLimitExceeded,
            "KeyRangeThroughputExceeded" => ThrottlingLimit::KeyRangeThroughputExceeded,
            "MaxOnDemandThroughputExceeded" => ThrottlingLimit::MaxOnDemandThroughputExceeded,
            _ => ThrottlingLimit::Unknown,
        };
        ThrottlingReason { reason: reason.to_owned(), resource_arn, resource, access, limit }
    }
}

/// Why one action of a transaction was refused; one for each action, in the order given.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CancellationReason {
    /// Which action it is about, counted from 0.
    pub index: usize,
    /// What the action was to do, as the API calls it, such as `Update`; nothing where the request was given as JSON.
    pub operation: Option<&'static str>,
    /// The action's table; nothing where the client does not know it.
    pub table: Option<String>,
    /// `None` (as the service spells it) for an action that was not the cause, else for example
    /// `ConditionalCheckFailed`.
    pub code: String,
    /// The service's sentence, where it gave one.
    pub message: Option<String>,
    /// The item that stood in the way, as the service's JSON.
    pub(crate) item: Option<Bytes>,
}

impl CancellationReason {
    /// The reason for this action, before it is known.
    pub(crate) fn of_action(index: usize) -> Self {
        CancellationReason { index, operation: None, table: None, code: String::new(), message: None, item: None }
    }

    /// Whether this action was (part of) the cause.
    #[must_use]
    pub fn is_cause(&self) -> bool {
        !self.code.is_empty() && self.code != "None"
    }

    /// The item that stood in the way, if the action asked for it
    /// (`ReturnValuesOnConditionCheckFailure`).
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the item is not a `T`.
    pub fn item<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        super::decode_item(self.item.as_ref())
    }
}

impl Error {
    /// Names the action of a transaction that the error is about, counted from 0.
    pub(crate) fn of_action(mut self, index: usize, operation: &str, table: Option<&str>) -> Self {
        let of = ActionName { index, operation: Some(operation), table };
        self.0.message = format!("{of}: {}", self.0.message);
        self
    }

    /// Ties each reason of a cancelled transaction to its action (what it was to do, and on which table), and tells the
    /// first cause instead of the service's list of codes. Anything else stays as it is.
    pub(crate) fn naming_actions<'a>(mut self, actions: impl Iterator<Item = (&'static str, Option<&'a str>)>) -> Self {
        let inner = &mut *self.0;
        for (reason, (operation, table)) in inner.cancellation.iter_mut().zip(actions) {
            reason.operation = Some(operation);
            reason.table = table.map(str::to_owned);
        }
        if inner.kind != ErrorKind::TransactionCanceled {
            return self;
        }
        let mut causes = inner.cancellation.iter().filter(|reason| reason.is_cause());
        let Some(first) = causes.next() else { return self };
        let of = ActionName { index: first.index, operation: first.operation, table: first.table.as_deref() };
        let mut message = format!("{of}: {}", first.code);
        if let Some(words) = first.message.as_deref().filter(|words| !words.is_empty()) {
            let words = words.trim_end();
            message = format!("{message}: {}", words.strip_suffix('.').unwrap_or(words));
        }
        match causes.count() {
            0 => {}
            1 => message.push_str("; and 1 more action was refused"),
            more => message.push_str(&format!("; and {more} more actions were refused")),
        }
        inner.message = message;
        self
    }

    /// Tells a cancelled transaction of one action as what befell that action. Anything else stays as it is.
    pub(crate) fn told_by_its_only_reason(mut self) -> Self {
        let inner = &mut *self.0;
        let (ErrorKind::TransactionCanceled, [reason]) = (inner.kind, &inner.cancellation[..]) else { return self };
        // The reasons of the API reference of TransactWriteItems.
        let kind = match reason.code.as_str() {
            "ConditionalCheckFailed" => ErrorKind::ConditionalCheckFailed,
            "ItemCollectionSizeLimitExceeded" => ErrorKind::ItemCollectionSizeLimitExceeded,
            "ValidationError" => ErrorKind::Validation,
            "TransactionConflict" => ErrorKind::TransactionConflict,
            "ProvisionedThroughputExceeded" => ErrorKind::ProvisionedThroughputExceeded,
            "ThrottlingError" => ErrorKind::Throttling,
            _ => return self,
        };
        if let Some(message) = &reason.message {
            inner.message.clone_from(message);
        }
        inner.item.clone_from(&reason.item);
        // What was added to the advice still holds where nothing is decided: that the retry quota is empty.
        let added = match inner.advice.strip_prefix(inner.kind.advice()) {
            Some(added) if classify(kind, inner.status, false, &[]) != Class::Final => added,
            Some(_) | None => "",
        };
        inner.advice = format!("{}{added}", kind.advice()).into();
        inner.code = kind.code().into();
        inner.kind = kind;
        self
    }
}

/// An action of a transaction as a message names it: `action 1 (Update on Users)`.
struct ActionName<'a> {
    index: usize,
    operation: Option<&'a str>,
    table: Option<&'a str>,
}

impl std::fmt::Display for ActionName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "action {}", self.index)?;
        match (self.operation, self.table) {
            (Some(operation), Some(table)) => write!(f, " ({operation} on {table})"),
            (Some(name), None) | (None, Some(name)) => write!(f, " ({name})"),
            (None, None) => Ok(()),
        }
    }
}

// Item values do not belong in logs: only whether there is one is shown.
impl std::fmt::Debug for CancellationReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancellationReason")
            .field("index", &self.index)
            .field("operation", &self.operation)
            .field("table", &self.table)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("has_item", &self.item.is_some())
            .finish()
    }
}

//! Who is measured, and on what.

use crate::{data::Message, error::Result};
use std::str::FromStr;

/// One of those that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contestant {
    /// The bare socket: prebuilt bytes out, bytes in; no client can be cheaper.
    Floor,
    /// The enhanced client.
    Ours,
    /// `aws-sdk-dynamodb` with `serde_dynamo`.
    Sdk,
}

impl Contestant {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[Self::Floor, Self::Ours, Self::Sdk];

    /// Those of [`Self::ALL`] that are clients.
    pub(crate) fn clients() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|contestant| *contestant != Self::Floor)
    }

    /// The name on the command line and in the lines that programs read.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Ours => "ours",
            Self::Sdk => "sdk",
        }
    }

    /// The head of its column.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Floor => "bare socket",
            Self::Ours => "this client",
            Self::Sdk => "AWS SDK",
        }
    }
}

impl FromStr for Contestant {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|contestant| contestant.name() == name);
        found.ok_or_else(|| format!("no contestant `{name}`"))
    }
}

/// A call that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    /// One item of 1 KiB into a struct.
    GetItem,
    /// One item of 1 KiB from a struct.
    PutItem,
    /// A page of 100 items of 400 B into structs.
    Query,
    /// 25 puts of 400 B from structs.
    BatchWriteItem,
}

impl Operation {
    /// All of them, in the order of the table.
    pub(crate) const ALL: &[Self] = &[Self::GetItem, Self::PutItem, Self::Query, Self::BatchWriteItem];

    /// The first word of its ratios' names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GetItem => "get",
            Self::PutItem => "put",
            Self::Query => "query",
            Self::BatchWriteItem => "batch",
        }
    }

    /// The row's title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::GetItem => "GetItem 1 KiB",
            Self::PutItem => "PutItem 1 KiB",
            Self::Query => "Query 100 x 400 B",
            Self::BatchWriteItem => "BatchWriteItem 25 x 400 B",
        }
    }

    /// The value of `X-Amz-Target`.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::GetItem => "DynamoDB_20120810.GetItem",
            Self::PutItem => "DynamoDB_20120810.PutItem",
            Self::Query => "DynamoDB_20120810.Query",
            Self::BatchWriteItem => "DynamoDB_20120810.BatchWriteItem",
        }
    }

    /// Requests that make a measurement of about a second with the AWS SDK.
    pub(crate) fn requests_a_round(self) -> usize {
        match self {
            Self::GetItem | Self::PutItem => 20_000,
            Self::Query => 2_500,
            Self::BatchWriteItem => 10_000,
        }
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|operation| operation.name() == name);
        found.ok_or_else(|| format!("no operation `{name}`"))
    }
}

/// What a call brought back.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The item that was asked for.
    Item(Option<Message>),
    /// A page.
    Page(Vec<Message>),
    /// All was written, nothing left over.
    Written,
    /// A 200 with this many bytes of body, which nobody looked into.
    Bytes(usize),
}

/// A client, connected to the canned server.
pub(crate) trait Calls {
    /// Makes the call once and reads its answer to the end.
    async fn call(&mut self, operation: Operation) -> Result<Answer>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_and_operation_is_found_by_its_name() {
        for contestant in Contestant::ALL {
            assert_eq!(contestant.name().parse(), Ok(*contestant));
        }
        for operation in Operation::ALL {
            assert_eq!(operation.name().parse(), Ok(*operation));
        }
        assert!("curl".parse::<Contestant>().is_err());
        assert!("scan".parse::<Operation>().is_err());
    }
}

//! Query.

use std::sync::Arc;

use serde::Serialize;

use super::base::{Base, bool_member};
use super::page::PageRequest;
use super::read::ReadSettings;
use super::settings::read_settings;
use crate::error::Error;
use crate::execute::{Core, Operation};
use crate::expression::{Condition, CursorBinding};

static QUERY: Operation = Operation::data("Query", "DynamoDB_20120810.Query");

/// Reads the items of one partition, in the order of their sort key.
///
/// Made by [`Client::query`](crate::Client::query). [`items`](Query::items) and [`pages`](Query::pages) read all pages,
/// [`send`](Query::send) one.
#[must_use = "a request does nothing until it is sent"]
pub struct Query {
    base: Base,
    read: ReadSettings,
    forward: Option<bool>,
}

impl Query {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        Query { base: Base::new(core, table), read: ReadSettings::default(), forward: None }
    }

    read_settings!();

    /// The partition: the key attribute and its value. An index with several partition attributes takes one call for
    /// each.
    pub fn partition(mut self, name: impl AsRef<str>, value: impl Serialize) -> Self {
        self.base.expressions.key(|key| key.and_partition(name, value));
        self
    }

    /// Restricts the sort key: a comparison, `between` or `begins_with` on it.
    pub fn sort(mut self, condition: Condition) -> Self {
        self.base.expressions.key(|key| key.sort(condition));
        self
    }

    /// The key condition as the service's string.
    pub fn key_condition_expression(mut self, expression: impl AsRef<str>) -> Self {
        self.base.expressions.key(|key| key.and_expression(expression));
        self
    }

    /// The order of the sort key: ascending (`true`, the default) or descending.
    #[doc(alias = "ScanIndexForward")]
    pub fn forward(mut self, forward: bool) -> Self {
        self.forward = Some(forward);
        self
    }

    pub(crate) fn pages_of(self) -> Result<PageRequest, Error> {
        let Query { base, read, forward } = self;
        let more = |body: &mut Vec<u8>| {
            if let Some(forward) = forward {
                bool_member(body, "ScanIndexForward", forward);
            }
        };
        read.into_pages(base, &QUERY, more, |base, index| {
            let key = base.expressions.bound_key_condition()?;
            if key.is_empty() && !base.has_parameter("KeyConditions") {
                return Err(Error::invalid_input("the query names no partition")
                    .with_advice("Call .partition(name, value); to read a whole table, use scan."));
            }
            Ok(CursorBinding::query(&base.table, index, &key))
        })
    }
}

crate::operation::settings::debug_without_values!(Query, table: base.table);

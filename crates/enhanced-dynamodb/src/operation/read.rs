//! What queries and scans are made of beside their expressions.

use std::sync::Mutex;

use bytes::Bytes;

use super::base::{Base, bool_member, string_member};
use super::capacity::Select;
use super::page::PageRequest;
use crate::error::Error;
use crate::execute::Operation;
use crate::expression::{CursorBinding, CursorKey, decode_cursor};

/// Where the first page begins.
#[derive(Default)]
pub(crate) enum Start {
    #[default]
    Beginning,
    Key(Bytes),
    Cursor(String),
}

#[derive(Default)]
pub(crate) struct ReadSettings {
    pub(crate) index: Option<String>,
    pub(crate) consistent_read: Option<bool>,
    pub(crate) filtered: bool,
    pub(crate) select: Option<Select>,
    pub(crate) limit: Option<u64>,
    pub(crate) page_size: Option<u32>,
    pub(crate) start: Start,
    pub(crate) cursor_key: Option<CursorKey>,
}

/// The parameters of queries and scans that have methods.
const PARAMETERS: [&str; 12] = [
    "IndexName",
    "Select",
    "Limit",
    "ConsistentRead",
    "ScanIndexForward",
    "ExclusiveStartKey",
    "ProjectionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "TotalSegments",
    "Segment",
    "ReturnConsumedCapacity",
];

impl ReadSettings {
    /// The requests for all pages. `more` appends the parameters that only one of both operations has; the binding is
    /// what cursors belong to.
    pub(super) fn into_pages(
        self,
        mut base: Base,
        operation: &'static Operation,
        more: impl FnOnce(&mut Vec<u8>),
        binding: impl FnOnce(&Base, Option<&str>) -> Result<CursorBinding, Error>,
    ) -> Result<PageRequest, Error> {
        let made = self.prepare(&mut base, more, binding);
        let (prefix, start, binding, filtered) = made.map_err(|error| base.refuse(operation, error))?;
        Ok(PageRequest {
            core: base.core,
            operation,
            table: base.table,
            of_table: self.index.is_none(),
            prefix,
            options: base.options,
            start,
            page_size: self.page_size,
            limit: self.limit,
            filtered,
            binding,
            cursor_key: self.cursor_key,
            division: None,
            key_names: Mutex::new(None),
        })
    }

    #[allow(clippy::type_complexity, reason = "four parts of one request, named where they are taken apart")]
    fn prepare(
        &self,
        base: &mut Base,
        more: impl FnOnce(&mut Vec<u8>),
        binding: impl FnOnce(&Base, Option<&str>) -> Result<CursorBinding, Error>,
    ) -> Result<(Vec<u8>, Option<Bytes>, CursorBinding, bool), Error> {
        if self.page_size == Some(0) {
            return Err(Error::invalid_input("the page size is 0; a page reads at least one item"));
        }
        let mut body = base.begin(256, &PARAMETERS)?;
        if let Some(index) = &self.index {
            string_member(&mut body, "IndexName", index);
        }
        if let Some(consistent) = self.consistent_read {
            bool_member(&mut body, "ConsistentRead", consistent);
        }
        if let Some(select) = self.select {
            string_member(&mut body, "Select", select.as_str());
        }
        more(&mut body);
        let binding = binding(base, self.index.as_deref())?;
        base.end(&mut body)?;
        // The pages' own parameters come behind.
        body.pop();
        let start = match &self.start {
            Start::Beginning => None,
            Start::Key(key) => Some(key.clone()),
            Start::Cursor(text) => Some(decode_cursor(text, binding, self.cursor_key.as_ref())?.into()),
        };
        let filtered = self.filtered || base.has_parameter("QueryFilter") || base.has_parameter("ScanFilter");
        Ok((body, start, binding, filtered))
    }
}

//! TagResource, UntagResource and ListTagsOfResource, for tables.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::definition::tags;
use super::manage::TableCall;
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core, Operation, ReplayClass};
use crate::operation::settings::call_settings;

static TAG_RESOURCE: Operation = Operation::control("TagResource", "DynamoDB_20120810.TagResource");
static UNTAG_RESOURCE: Operation = Operation::control("UntagResource", "DynamoDB_20120810.UntagResource");
static LIST_TAGS: Operation = Operation::control("ListTagsOfResource", "DynamoDB_20120810.ListTagsOfResource");

/// A tag of a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// The ARN of the call's table, which the service is asked for where the call has its name.
async fn arn(call: &TableCall) -> Result<String, Error> {
    if call.table.starts_with("arn:") {
        return Ok(call.table.clone());
    }
    call.describe().await?.table_arn.ok_or_else(|| {
        Error::new(ErrorKind::Decode, "the response has no TableArn")
            .with_advice("Give the table's ARN instead of its name.")
            .with_operation("DescribeTable", Some(&call.table))
    })
}

/// Adds tags. Made by [`Client::tag_table`](crate::Client::tag_table).
#[must_use = "a request does nothing until it is sent"]
pub struct TagTable {
    call: TableCall,
    tags: Vec<(String, String)>,
}

impl TagTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        TagTable { call: TableCall::new(core, table), tags: Vec::new() }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Adds a tag: a key of 1 to 128 characters, and a value of up to 256.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceNotFound`] if there is no such table.
    /// [`ErrorKind::InvalidInput`] without a tag.
    pub async fn send(self) -> Result<(), Error> {
        if self.tags.is_empty() || self.tags.iter().any(|(key, _)| key.is_empty()) {
            let what = if self.tags.is_empty() { "there is no tag to add" } else { "a tag has no key" };
            let error = Error::invalid_input(what).with_advice("Call .tag(key, value).");
            return Err(self.call.refuse(&TAG_RESOURCE, error));
        }
        let parameters = json!({ "ResourceArn": arn(&self.call).await?, "Tags": tags(&self.tags) });
        empty(&self.call, &TAG_RESOURCE, &parameters).await
    }
}

/// Takes tags off. Made by [`Client::untag_table`](crate::Client::untag_table).
#[must_use = "a request does nothing until it is sent"]
pub struct UntagTable {
    call: TableCall,
    keys: Vec<String>,
}

impl UntagTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        UntagTable { call: TableCall::new(core, table), keys: Vec::new() }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Takes the tag with this key off, if there is one.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceNotFound`] if there is no such table.
    /// [`ErrorKind::InvalidInput`] without a key.
    pub async fn send(self) -> Result<(), Error> {
        if self.keys.is_empty() {
            let error = Error::invalid_input("there is no tag to take off").with_advice("Call .key(key).");
            return Err(self.call.refuse(&UNTAG_RESOURCE, error));
        }
        let parameters = json!({ "ResourceArn": arn(&self.call).await?, "TagKeys": self.keys });
        empty(&self.call, &UNTAG_RESOURCE, &parameters).await
    }
}

/// A request that leaves the same behind, sent once or twice, and that is answered with nothing.
async fn empty(call: &TableCall, operation: &Operation, parameters: &Value) -> Result<(), Error> {
    call.answer(operation, parameters, ReplayClass::Idempotent, |_: IgnoredAny| Ok(())).await
}

/// The tags of a table. Made by [`Client::list_tags`](crate::Client::list_tags).
#[must_use = "a request does nothing until it is sent"]
pub struct ListTags {
    call: TableCall,
}

impl ListTags {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        ListTags { call: TableCall::new(core, table) }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// All tags, over all pages. (A table has 50 at most.)
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceNotFound`] if there is no such table.
    pub async fn all(self) -> Result<Vec<Tag>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Page {
            #[serde(default)]
            tags: Vec<Tag>,
            next_token: Option<String>,
        }
        let mut parameters = json!({ "ResourceArn": arn(&self.call).await? });
        let mut tags = Vec::new();
        loop {
            let page: Page = self.call.answer(&LIST_TAGS, &parameters, ReplayClass::Read, Ok).await?;
            tags.extend(page.tags);
            match page.next_token {
                Some(token) => parameters["NextToken"] = json!(token),
                None => return Ok(tags),
            }
        }
    }
}

crate::operation::settings::debug_without_values!(TagTable, table: call.table);
crate::operation::settings::debug_without_values!(UntagTable, table: call.table);
crate::operation::settings::debug_without_values!(ListTags, table: call.table);

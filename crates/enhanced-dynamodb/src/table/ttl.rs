//! UpdateTimeToLive and DescribeTimeToLive.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::manage::TableCall;
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core, Operation, ReplayClass};
use crate::operation::settings::call_settings;

static UPDATE_TIME_TO_LIVE: Operation = Operation::control("UpdateTimeToLive", "DynamoDB_20120810.UpdateTimeToLive");
static DESCRIBE_TIME_TO_LIVE: Operation =
    Operation::control("DescribeTimeToLive", "DynamoDB_20120810.DescribeTimeToLive");

/// Whether items expire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeToLiveStatus {
    /// They do.
    Enabled,
    /// They soon will: it takes up to an hour, in which it cannot be changed again.
    Enabling,
    /// They do not.
    #[default]
    Disabled,
    /// They soon will not: it takes up to an hour, in which it cannot be changed again.
    Disabling,
    /// A state that this client does not know, in the service's words.
    Other(String),
}

impl<'de> Deserialize<'de> for TimeToLiveStatus {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.as_str() {
            "ENABLED" => TimeToLiveStatus::Enabled,
            "ENABLING" => TimeToLiveStatus::Enabling,
            "DISABLED" => TimeToLiveStatus::Disabled,
            "DISABLING" => TimeToLiveStatus::Disabling,
            _ => TimeToLiveStatus::Other(text),
        })
    }
}

/// The time to live of a table's items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TimeToLive {
    /// Whether items expire.
    #[serde(rename = "TimeToLiveStatus")]
    pub status: TimeToLiveStatus,
    /// The attribute that names the moment, in seconds since 1970; a number.
    #[serde(rename = "AttributeName")]
    pub attribute_name: Option<String>,
}

impl TimeToLive {
    /// Whether items expire, now or soon.
    #[must_use]
    pub fn is_on(&self) -> bool {
        match self.status {
            TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling => true,
            TimeToLiveStatus::Disabled | TimeToLiveStatus::Disabling | TimeToLiveStatus::Other(_) => false,
        }
    }
}

/// Turns time to live on or off. Made by [`Client::update_time_to_live`](crate::Client::update_time_to_live).
///
/// The table must be active.
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateTimeToLive {
    call: TableCall,
    change: Option<(String, bool)>,
}

impl UpdateTimeToLive {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        UpdateTimeToLive { call: TableCall::new(core, table), change: None }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Items expire at the moment that this attribute names: a number, in seconds since 1970. An item without it, or
    /// with another type in it, does not expire.
    pub fn enable(mut self, attribute: impl Into<String>) -> Self {
        self.change = Some((attribute.into(), true));
        self
    }

    /// Items expire no longer by this attribute, which is the one that time to live was enabled with.
    pub fn disable(mut self, attribute: impl Into<String>) -> Self {
        self.change = Some((attribute.into(), false));
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::Validation`] if time to live is so already, or on with another attribute;
    /// [`ErrorKind::ResourceInUse`] while the table is made. [`ErrorKind::InvalidInput`] if nothing was asked for.
    pub async fn send(self) -> Result<(), Error> {
        let Some((attribute, enabled)) = self.change.as_ref().filter(|(attribute, _)| !attribute.is_empty()) else {
            let error = Error::invalid_input("no attribute is named").with_advice("Call .enable(…) or .disable(…).");
            return Err(self.call.refuse(&UPDATE_TIME_TO_LIVE, error));
        };
        update(&self.call, attribute, *enabled).await
    }
}

pub(super) async fn update(call: &TableCall, attribute: &str, enabled: bool) -> Result<(), Error> {
    let parameters = json!({
        "TableName": call.table,
        "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": enabled },
    });
    // The same twice is refused the second time.
    call.answer(&UPDATE_TIME_TO_LIVE, &parameters, ReplayClass::NonIdempotent, |_: IgnoredAny| Ok(())).await
}

/// Tells of time to live. Made by [`Client::describe_time_to_live`](crate::Client::describe_time_to_live).
#[must_use = "a request does nothing until it is sent"]
pub struct DescribeTimeToLive {
    call: TableCall,
}

impl DescribeTimeToLive {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        DescribeTimeToLive { call: TableCall::new(core, table) }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceNotFound`] if there is no such table.
    pub async fn send(self) -> Result<TimeToLive, Error> {
        describe(&self.call).await
    }
}

pub(super) async fn describe(call: &TableCall) -> Result<TimeToLive, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        time_to_live_description: Option<TimeToLive>,
    }
    let parameters = json!({ "TableName": call.table });
    let read = |answer: Answer| {
        answer
            .time_to_live_description
            .ok_or_else(|| Error::new(ErrorKind::Decode, "the response has no TimeToLiveDescription"))
    };
    call.answer(&DESCRIBE_TIME_TO_LIVE, &parameters, ReplayClass::Read, read).await
}

crate::operation::settings::debug_without_values!(UpdateTimeToLive, table: call.table);
crate::operation::settings::debug_without_values!(DescribeTimeToLive, table: call.table);

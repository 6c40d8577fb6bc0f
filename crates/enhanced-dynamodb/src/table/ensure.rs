//! A table that is there afterwards, whoever made it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::create::CREATE_TABLE;
use super::definition::{Definition, definition_settings};
use super::describe::TableDescription;
use super::difference::{differences, time_to_live_difference};
use super::manage::TableCall;
use super::ttl::{self, TimeToLive};
use super::wait::{DEFAULT_LIMIT, Patience, seen};
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core, Replay, ReplayClass};
use crate::operation::settings::call_settings;

/// A table that is there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EnsuredTable {
    /// The table as the service describes it: active.
    pub table: TableDescription,
    /// Whether this call made it.
    pub created: bool,
}

/// Makes a table if there is none, waits until it is active, and turns on its time to live. Made by
/// [`Client::ensure_table`](crate::Client::ensure_table).
///
/// A table that is there is compared with the description: its key with the types, billing mode, stream, the key and the
/// projection of each index, and time to live. It is not changed, but for one thing: time to live that is off and shall be
/// on is turned on, for the service does not make it with the table, and whoever made the table may not have come so far.
/// Capacity, tags, class and protection are set when the table is made, and not compared.
///
/// Any number of processes may do so at a time: one makes the table, all wait for it. The role needs the actions
/// `DescribeTable`, `CreateTable`, `DescribeTimeToLive` and, with a time to live, `UpdateTimeToLive`.
#[must_use = "nothing is done until it is sent"]
pub struct EnsureTable {
    call: TableCall,
    definition: Definition,
    time_to_live: Option<String>,
    limit: Duration,
}

impl EnsureTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        EnsureTable {
            call: TableCall::new(core, table),
            definition: Definition::default(),
            time_to_live: None,
            limit: DEFAULT_LIMIT,
        }
    }

    call_settings!();
    definition_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Items expire at the moment that this attribute names: a number, in seconds since 1970.
    pub fn time_to_live(mut self, attribute: impl Into<String>) -> Self {
        self.time_to_live = Some(attribute.into());
        self
    }

    /// How long to wait at most until the table is active; 5 minutes by default.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Does it.
    ///
    /// # Errors
    /// [`ErrorKind::TableDiffers`] names each difference of a table that exists otherwise.
    /// [`ErrorKind::WaitTimeout`] if the table is not active in time; [`ErrorKind::DeadlineExceeded`] if the call's
    /// deadline comes first. [`ErrorKind::InvalidInput`] as for [`CreateTable`](super::CreateTable). Those of the service.
    pub async fn send(mut self) -> Result<EnsuredTable, Error> {
        let request = match self.time_to_live.as_deref() {
            Some("") => Err(Error::invalid_input("the attribute of time to live has no name")),
            Some(_) | None => self.definition.request(&self.call.table),
        };
        let request = request.map_err(|error| self.call.refuse(&CREATE_TABLE, error))?;
        // One end for all the calls that this takes.
        self.call.core.bound_together(&mut self.call.options);

        let (table, created) = self.active(&request).await?;
        let time_to_live = if created { TimeToLive::default() } else { self.compare(&table).await? };
        if let Some(attribute) = self.time_to_live.as_deref().filter(|_| !time_to_live.is_on()) {
            self.turn_on(attribute).await?;
        }
        Ok(EnsuredTable { table, created })
    }

    /// The time to live of a table that is there, if nothing of the table is otherwise than described.
    async fn compare(&self, table: &TableDescription) -> Result<TimeToLive, Error> {
        let mut found = differences(&self.definition, table)?;
        let time_to_live = ttl::describe(&self.call).await?;
        found.extend(time_to_live_difference(self.time_to_live.as_deref(), &time_to_live));
        if found.is_empty() { Ok(time_to_live) } else { Err(self.differs(&found)) }
    }

    /// The table as soon as it is active, and whether this call made it.
    async fn active(&self, request: &Value) -> Result<(TableDescription, bool), Error> {
        let mut created = false;
        let mut patience = Patience::new(&self.call, self.limit, "active");
        loop {
            let seen = match self.call.describe().await {
                Ok(table) if table.is_active() => return Ok((table, created)),
                Ok(table) => seen(&table),
                Err(error) if error.kind() == ErrorKind::ResourceNotFound => {
                    if !created {
                        created = self.create(request).await?;
                    }
                    "not there".to_owned()
                }
                Err(error) => return Err(error),
            };
            patience.pause(&self.call, &seen).await?;
        }
    }

    /// Makes the table, and tells whether this call did; another may have been first.
    async fn create(&self, request: &Value) -> Result<bool, Error> {
        let options = CallOptions {
            // A second creation is refused, which is as good as the first: only `created` may then say too little.
            replay: Replay::Always,
            ..self.call.options.clone()
        };
        let call = TableCall { core: Arc::clone(&self.call.core), table: self.call.table.clone(), options };
        match call.send(&CREATE_TABLE, request, ReplayClass::NonIdempotent, "TableDescription").await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::ResourceInUse => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn turn_on(&self, attribute: &str) -> Result<(), Error> {
        let Err(error) = ttl::update(&self.call, attribute, true).await else { return Ok(()) };
        // Refused because another process was first? Or was the answer lost?
        let now = ttl::describe(&self.call).await?;
        match time_to_live_difference(Some(attribute), &now) {
            None if now.is_on() => Ok(()),
            None => Err(error),
            Some(difference) => Err(self.differs(&[difference])),
        }
    }

    fn differs(&self, found: &[String]) -> Error {
        let message = format!("the table exists, but otherwise: {}", found.join("; "));
        let error = Error::new(ErrorKind::TableDiffers, message);
        error.with_operation("DescribeTable", Some(&self.call.table))
    }
}

crate::operation::settings::debug_without_values!(EnsureTable, table: call.table);

//! CreateTable.

use std::sync::Arc;

use super::definition::{Definition, definition_settings};
use super::describe::TableDescription;
use super::manage::TableCall;
use crate::error::Error;
use crate::execute::{CallOptions, Core, Operation, ReplayClass};
use crate::operation::settings::call_settings;

pub(super) static CREATE_TABLE: Operation = Operation::control("CreateTable", "DynamoDB_20120810.CreateTable");

/// Makes a table: on demand, unless [`provisioned`](CreateTable::provisioned) says otherwise.
///
/// Made by [`Client::create_table`](crate::Client::create_table). The answer comes before the table can be used: wait
/// with [`Client::wait_until_active`](crate::Client::wait_until_active). Only then can its items get a time to live, by
/// [`Client::update_time_to_live`](crate::Client::update_time_to_live).
/// [`Client::ensure_table`](crate::Client::ensure_table) does all of it.
#[must_use = "a request does nothing until it is sent"]
pub struct CreateTable {
    call: TableCall,
    definition: Definition,
}

impl CreateTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        CreateTable { call: TableCall::new(core, table), definition: Definition::default() }
    }

    call_settings!();
    definition_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceInUse`](crate::ErrorKind::ResourceInUse) if the table exists.
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if keys and indexes cannot be: a key of too many
    /// attributes, an attribute of two types, a local index without the table's partition key.
    pub async fn send(mut self) -> Result<TableDescription, Error> {
        let request = self.definition.request(&self.call.table);
        let request = request.map_err(|error| self.call.refuse(&CREATE_TABLE, error))?;
        self.call.send(&CREATE_TABLE, &request, ReplayClass::NonIdempotent, "TableDescription").await
    }
}

crate::operation::settings::debug_without_values!(CreateTable, table: call.table);

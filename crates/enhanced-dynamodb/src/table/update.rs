//! UpdateTable.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::definition::{Parameters, StreamView, TableClass, add, throughput};
use super::describe::TableDescription;
use super::index::IndexDefinition;
use super::manage::TableCall;
use super::schema::{attribute_definitions, attribute_types};
use crate::error::Error;
use crate::execute::{CallOptions, Core, Operation, ReplayClass};
use crate::operation::settings::call_settings;

static UPDATE_TABLE: Operation = Operation::control("UpdateTable", "DynamoDB_20120810.UpdateTable");

/// A change of a global index.
enum IndexChange {
    Create(IndexDefinition),
    Provision(String, (u64, u64)),
    Delete(String),
}

/// Changes a table. Made by [`Client::update_table`](crate::Client::update_table).
///
/// The service makes one change at a time: capacity, or one index made, or one index deleted. The answer comes before the
/// change is done: wait with [`Client::wait_until_active`](crate::Client::wait_until_active).
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateTable {
    call: TableCall,
    billing: Option<Option<(u64, u64)>>,
    indexes: Vec<IndexChange>,
    stream: Option<Option<StreamView>>,
    parameters: Parameters,
}

impl UpdateTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        UpdateTable {
            call: TableCall::new(core, table),
            billing: None,
            indexes: Vec::new(),
            stream: None,
            parameters: Parameters::default(),
        }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Pays for each request, instead of capacity provisioned.
    pub fn on_demand(mut self) -> Self {
        self.billing = Some(None);
        self
    }

    /// Provisioned capacity, in read and write units a second. A table that was on demand needs capacity for each of its
    /// global indexes too: [`provision_index`](UpdateTable::provision_index).
    pub fn provisioned(mut self, read_units: u64, write_units: u64) -> Self {
        self.billing = Some(Some((read_units, write_units)));
        self
    }

    /// Makes a global secondary index, and fills it from the items that are there.
    pub fn create_index(mut self, index: IndexDefinition) -> Self {
        self.indexes.push(IndexChange::Create(index));
        self
    }

    /// Changes the provisioned capacity of a global index, in read and write units a second.
    pub fn provision_index(mut self, index: impl Into<String>, read_units: u64, write_units: u64) -> Self {
        self.indexes.push(IndexChange::Provision(index.into(), (read_units, write_units)));
        self
    }

    /// Deletes a global secondary index.
    pub fn delete_index(mut self, index: impl Into<String>) -> Self {
        self.indexes.push(IndexChange::Delete(index.into()));
        self
    }

    /// Records changes in a stream. A stream that is on has to be turned off before it can show something else.
    pub fn stream(mut self, view: StreamView) -> Self {
        self.stream = Some(Some(view));
        self
    }

    /// Records changes no longer.
    pub fn no_stream(mut self) -> Self {
        self.stream = Some(None);
        self
    }

    /// Refuses to delete the table until this is taken back, or takes it back.
    pub fn deletion_protection(self, protected: bool) -> Self {
        self.parameter("DeletionProtectionEnabled", protected)
    }

    /// What storage and requests cost.
    pub fn table_class(self, class: TableClass) -> Self {
        self.parameter("TableClass", class.as_str())
    }

    /// Sets a parameter of the API by its own name and JSON, such as `SSESpecification` or `ReplicaUpdates`.
    pub fn parameter(mut self, name: &str, value: impl Serialize) -> Self {
        self.parameters.set(name, &value);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceNotFound`](crate::ErrorKind::ResourceNotFound) if there is no such
    /// table, [`ErrorKind::ResourceInUse`](crate::ErrorKind::ResourceInUse) while another change is made.
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if nothing is to be changed, or more than one index
    /// made or deleted.
    pub async fn send(mut self) -> Result<TableDescription, Error> {
        let request = self.request().map_err(|error| self.call.refuse(&UPDATE_TABLE, error))?;
        self.call.send(&UPDATE_TABLE, &request, ReplayClass::NonIdempotent, "TableDescription").await
    }

    fn request(&mut self) -> Result<Value, Error> {
        let mut request = self.parameters.take()?;
        self.changes(&mut request)?;
        if request.is_empty() {
            return Err(Error::invalid_input("nothing is to be changed")
                .with_advice("Call .on_demand(), .provisioned(…), .create_index(…) or another method before send()."));
        }
        add(&mut request, "TableName", json!(self.call.table))?;
        Ok(Value::Object(request))
    }

    fn changes(&self, request: &mut Map<String, Value>) -> Result<(), Error> {
        match self.billing {
            Some(Some(units)) => {
                add(request, "BillingMode", json!("PROVISIONED"))?;
                add(request, "ProvisionedThroughput", throughput(units))?;
            }
            Some(None) => add(request, "BillingMode", json!("PAY_PER_REQUEST"))?,
            None => {}
        }
        match self.stream {
            Some(Some(view)) => add(request, "StreamSpecification", view.to_json())?,
            Some(None) => add(request, "StreamSpecification", json!({ "StreamEnabled": false }))?,
            None => {}
        }
        if self.indexes.is_empty() {
            return Ok(());
        }
        let made_or_deleted = self.indexes.iter().filter(|change| !matches!(change, IndexChange::Provision(..)));
        if made_or_deleted.count() > 1 {
            return Err(Error::invalid_input("more than one index is to be made or deleted")
                .with_advice("The service makes or deletes one in a call: wait_until_active() between two."));
        }
        let mut updates = Vec::with_capacity(self.indexes.len());
        for change in &self.indexes {
            updates.push(match change {
                IndexChange::Create(index) => {
                    index.check_global()?;
                    let types = attribute_types(index.keys.types.iter())?;
                    add(request, "AttributeDefinitions", attribute_definitions(&types))?;
                    json!({ "Create": index.to_json() })
                }
                IndexChange::Provision(name, units) => {
                    json!({ "Update": { "IndexName": name, "ProvisionedThroughput": throughput(*units) } })
                }
                IndexChange::Delete(name) => json!({ "Delete": { "IndexName": name } }),
            });
        }
        add(request, "GlobalSecondaryIndexUpdates", Value::Array(updates))
    }
}

crate::operation::settings::debug_without_values!(UpdateTable, table: call.table);

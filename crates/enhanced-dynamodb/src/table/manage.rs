//! DescribeTable, DeleteTable and ListTables, and what all requests on tables are made of.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::describe::TableDescription;
use crate::error::{Error, ErrorKind};
use crate::execute::{Call, CallOptions, Core, Operation, ReplayClass};
use crate::keys::KeyNames;
use crate::operation::settings::call_settings;
use crate::transport::ArnParameter;

static DESCRIBE_TABLE: Operation = Operation::control("DescribeTable", "DynamoDB_20120810.DescribeTable");
static DELETE_TABLE: Operation = Operation::control("DeleteTable", "DynamoDB_20120810.DeleteTable");
static LIST_TABLES: Operation = Operation::control("ListTables", "DynamoDB_20120810.ListTables");

/// A request on one table.
pub(super) struct TableCall {
    pub(super) core: Arc<Core>,
    pub(super) table: String,
    pub(super) options: CallOptions,
}

impl TableCall {
    pub(super) fn new(core: Arc<Core>, table: String) -> Self {
        TableCall { core, table, options: CallOptions::default() }
    }

    pub(super) fn refuse(&self, operation: &Operation, error: Error) -> Error {
        self.core.refuse(operation.name.clone(), Some(&self.table), error)
    }

    /// Sends the request, and reads its answer.
    pub(super) async fn answer<A: DeserializeOwned, T>(
        &self,
        operation: &Operation,
        parameters: &Value,
        replay: ReplayClass,
        read: impl FnOnce(A) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.table.is_empty() {
            return Err(self.refuse(operation, Error::invalid_input("the table's name is empty")));
        }
        let call = Call {
            operation,
            table: Some(&self.table),
            arns: ArnParameter::Single(&self.table),
            body: Bytes::from(parameters.to_string()),
            replay,
            options: &self.options,
        };
        Ok(self.core.answer(call, |body| read(parse(body)?)).await?.0)
    }

    /// Sends the request, and gives the description that the answer holds under the name `member`.
    pub(super) async fn send(
        &self,
        operation: &Operation,
        parameters: &Value,
        replay: ReplayClass,
        member: &str,
    ) -> Result<TableDescription, Error> {
        let table = self.answer(operation, parameters, replay, |answer| description(answer, member)).await?;
        if let Some(schema) = table.primary_key() {
            self.core.keys.learnt(&self.table, &KeyNames::of(&schema));
        }
        Ok(table)
    }

    pub(super) async fn describe(&self) -> Result<TableDescription, Error> {
        self.send(&DESCRIBE_TABLE, &json!({ "TableName": self.table }), ReplayClass::Read, "Table").await
    }
}

/// The description that an answer holds under this name.
fn description(mut answer: Map<String, Value>, member: &str) -> Result<TableDescription, Error> {
    answer
        .remove(member)
        .ok_or_else(|| Error::new(ErrorKind::Decode, format!("the response has no {member}")))
        .and_then(|table| {
            serde_json::from_value(table).map_err(|error| Error::new(ErrorKind::Decode, error.to_string()))
        })
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::new(ErrorKind::Decode, format!("the response is not of the operation's form: {error}")))
}

/// Describes a table. Made by [`Client::describe_table`](crate::Client::describe_table).
#[must_use = "a request does nothing until it is sent"]
pub struct DescribeTable {
    call: TableCall,
}

impl DescribeTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        DescribeTable { call: TableCall::new(core, table) }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceNotFound`] if there is no such table.
    pub async fn send(self) -> Result<TableDescription, Error> {
        self.call.describe().await
    }
}

/// Deletes a table with all its items. Made by [`Client::delete_table`](crate::Client::delete_table).
///
/// The answer comes before the table is gone: wait with
/// [`Client::wait_until_gone`](crate::Client::wait_until_gone).
#[must_use = "a request does nothing until it is sent"]
pub struct DeleteTable {
    call: TableCall,
}

impl DeleteTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        DeleteTable { call: TableCall::new(core, table) }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.call.options
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceNotFound`] if there is no such table,
    /// [`ErrorKind::ResourceInUse`] if it is being made or changed.
    pub async fn send(self) -> Result<TableDescription, Error> {
        let parameters = json!({ "TableName": self.call.table });
        let table = self.call.send(&DELETE_TABLE, &parameters, ReplayClass::NonIdempotent, "TableDescription").await?;
        self.call.core.keys.forget(&self.call.table);
        Ok(table)
    }
}

/// Lists the tables of the account in the Region. Made by [`Client::list_tables`](crate::Client::list_tables).
#[must_use = "a request does nothing until it is sent"]
pub struct ListTables {
    core: Arc<Core>,
    options: CallOptions,
    start: Option<String>,
    page_size: Option<u32>,
}

/// One page of table names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TableNames {
    /// The names, in order.
    #[serde(default)]
    pub table_names: Vec<String>,
    /// Where the next page begins; `None` at the end.
    pub last_evaluated_table_name: Option<String>,
}

impl ListTables {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        ListTables { core, options: CallOptions::default(), start: None, page_size: None }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// Begins behind this table.
    pub fn start_table(mut self, name: impl Into<String>) -> Self {
        self.start = Some(name.into());
        self
    }

    /// Names a page: 1 to 100, which is the default.
    pub fn page_size(mut self, names: u32) -> Self {
        self.page_size = Some(names);
        self
    }

    /// One page.
    ///
    /// # Errors
    /// Those of the service.
    pub async fn send(self) -> Result<TableNames, Error> {
        self.page(self.start.as_deref()).await
    }

    /// The names of all tables, over all pages.
    ///
    /// # Errors
    /// Those of the service.
    pub async fn all(self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        let mut start = self.start.clone();
        loop {
            let page = self.page(start.as_deref()).await?;
            names.extend(page.table_names);
            match page.last_evaluated_table_name {
                Some(last) => start = Some(last),
                None => return Ok(names),
            }
        }
    }

    async fn page(&self, start: Option<&str>) -> Result<TableNames, Error> {
        let mut parameters = json!({});
        if let Some(start) = start {
            parameters["ExclusiveStartTableName"] = json!(start);
        }
        if let Some(size) = self.page_size {
            parameters["Limit"] = json!(size);
        }
        let call = Call {
            operation: &LIST_TABLES,
            table: None,
            arns: ArnParameter::None,
            body: Bytes::from(parameters.to_string()),
            replay: ReplayClass::Read,
            options: &self.options,
        };
        Ok(self.core.answer(call, parse).await?.0)
    }
}

crate::operation::settings::debug_without_values!(DescribeTable, table: call.table);
crate::operation::settings::debug_without_values!(DeleteTable, table: call.table);
crate::operation::settings::debug_without_values!(ListTables);

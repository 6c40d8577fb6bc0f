//! CreateTable.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::describe::{KeyRole, KeySchemaElement, Projection, TableDescription};
use super::manage::TableCall;
use crate::error::Error;
use crate::execute::{Core, Operation, ReplayClass};
use crate::operation::settings::call_settings;

static CREATE_TABLE: Operation = Operation::control("CreateTable", "DynamoDB_20120810.CreateTable");

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttributeType {
    /// `S`
    String,
    /// `N`
    Number,
    /// `B`
    Binary,
}

impl AttributeType {
    const fn as_str(self) -> &'static str {
        match self {
            AttributeType::String => "S",
            AttributeType::Number => "N",
            AttributeType::Binary => "B",
        }
    }
}

/// What a stream record holds of a changed item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamView {
    /// The key.
    KeysOnly,
    /// The item as it is now.
    NewImage,
    /// The item as it was.
    OldImage,
    /// Both.
    NewAndOldImages,
}

impl StreamView {
    const fn as_str(self) -> &'static str {
        match self {
            StreamView::KeysOnly => "KEYS_ONLY",
            StreamView::NewImage => "NEW_IMAGE",
            StreamView::OldImage => "OLD_IMAGE",
            StreamView::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }
}

/// A secondary index to be made with a table.
///
/// ```
/// use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
///
/// let index = IndexDefinition::new("parent-index")
///     .partition_key("parent", AttributeType::String)
///     .sort_key("createdAt", AttributeType::Number);
/// # let _ = index;
/// ```
#[derive(Clone, Debug)]
pub struct IndexDefinition {
    name: String,
    keys: Keys,
    projection: Projection,
    provisioned: Option<(u64, u64)>,
}

impl IndexDefinition {
    /// An index of this name that has copies of all attributes.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let projection = Projection { projection_type: "ALL".to_owned(), ..Projection::default() };
        IndexDefinition { name: name.into(), keys: Keys::default(), projection, provisioned: None }
    }

    /// Adds an attribute of the partition key; a global index may have up to four.
    #[must_use]
    pub fn partition_key(mut self, name: impl Into<String>, attribute_type: AttributeType) -> Self {
        self.keys.push(name.into(), attribute_type, KeyRole::Partition);
        self
    }

    /// Adds an attribute of the sort key; a global index may have up to four.
    #[must_use]
    pub fn sort_key(mut self, name: impl Into<String>, attribute_type: AttributeType) -> Self {
        self.keys.push(name.into(), attribute_type, KeyRole::Sort);
        self
    }

    /// The index has copies of the keys alone.
    #[must_use]
    pub fn keys_only(mut self) -> Self {
        self.projection = Projection { projection_type: "KEYS_ONLY".to_owned(), ..Projection::default() };
        self
    }

    /// The index has copies of the keys and of these attributes.
    #[must_use]
    pub fn include<S: Into<String>>(mut self, attributes: impl IntoIterator<Item = S>) -> Self {
        self.projection = Projection {
            projection_type: "INCLUDE".to_owned(),
            non_key_attributes: attributes.into_iter().map(Into::into).collect(),
        };
        self
    }

    /// Read and write units a second of a global index, for a table with provisioned capacity.
    #[must_use]
    pub fn provisioned(mut self, read_units: u64, write_units: u64) -> Self {
        self.provisioned = Some((read_units, write_units));
        self
    }

    fn to_json(&self) -> Value {
        let mut index = json!({
            "IndexName": self.name,
            "KeySchema": self.keys.schema,
            "Projection": self.projection,
        });
        if let Some(units) = self.provisioned {
            index["ProvisionedThroughput"] = throughput(units);
        }
        index
    }
}

/// Key attributes and their types.
#[derive(Clone, Debug, Default)]
struct Keys {
    schema: Vec<KeySchemaElement>,
    types: Vec<(String, AttributeType)>,
}

impl Keys {
    fn push(&mut self, name: String, attribute_type: AttributeType, role: KeyRole) {
        self.schema.push(KeySchemaElement { attribute_name: name.clone(), key_type: role });
        self.types.push((name, attribute_type));
    }
}

/// Makes a table: on demand, unless [`provisioned`](CreateTable::provisioned) says otherwise.
///
/// Made by [`Client::create_table`](crate::Client::create_table). The answer comes before the table can be used: wait
/// with [`Client::wait_until_active`](crate::Client::wait_until_active).
#[must_use = "a request does nothing until it is sent"]
pub struct CreateTable {
    call: TableCall,
    keys: Keys,
    global: Vec<IndexDefinition>,
    local: Vec<IndexDefinition>,
    provisioned: Option<(u64, u64)>,
    stream: Option<StreamView>,
    tags: Vec<(String, String)>,
    parameters: Map<String, Value>,
    error: Option<Error>,
}

impl CreateTable {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        CreateTable {
            call: TableCall::new(core, table),
            keys: Keys::default(),
            global: Vec::new(),
            local: Vec::new(),
            provisioned: None,
            stream: None,
            tags: Vec::new(),
            parameters: Map::new(),
            error: None,
        }
    }

    call_settings!();

    fn options(&mut self) -> &mut crate::execute::CallOptions {
        &mut self.call.options
    }

    /// The partition key.
    pub fn partition_key(mut self, name: impl Into<String>, attribute_type: AttributeType) -> Self {
        self.keys.push(name.into(), attribute_type, KeyRole::Partition);
        self
    }

    /// The sort key.
    pub fn sort_key(mut self, name: impl Into<String>, attribute_type: AttributeType) -> Self {
        self.keys.push(name.into(), attribute_type, KeyRole::Sort);
        self
    }

    /// Adds a global secondary index.
    pub fn global_index(mut self, index: IndexDefinition) -> Self {
        self.global.push(index);
        self
    }

    /// Adds a local secondary index: the table's partition key with another sort key.
    pub fn local_index(mut self, index: IndexDefinition) -> Self {
        self.local.push(index);
        self
    }

    /// Provisioned capacity, in read and write units a second, instead of on demand.
    pub fn provisioned(mut self, read_units: u64, write_units: u64) -> Self {
        self.provisioned = Some((read_units, write_units));
        self
    }

    /// Records changes in a stream.
    pub fn stream(mut self, view: StreamView) -> Self {
        self.stream = Some(view);
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Refuses to delete the table until this is taken back.
    pub fn deletion_protection(self, protected: bool) -> Self {
        self.parameter("DeletionProtectionEnabled", protected)
    }

    /// Sets a parameter of the API by its own name and JSON, such as `SSESpecification` or `TableClass`.
    pub fn parameter(mut self, name: &str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => drop(self.parameters.insert(name.to_owned(), value)),
            Err(error) => {
                let error = Error::invalid_input(format!("the parameter {name} cannot be written as JSON: {error}"));
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service: [`ErrorKind::ResourceInUse`](crate::ErrorKind::ResourceInUse) if the table exists.
    pub async fn send(mut self) -> Result<TableDescription, Error> {
        if let Some(error) = self.error.take() {
            return Err(self.call.refuse(&CREATE_TABLE, error));
        }
        let parameters = self.take_parameters().map_err(|error| self.call.refuse(&CREATE_TABLE, error))?;
        self.call.send(&CREATE_TABLE, &parameters, ReplayClass::NonIdempotent, "TableDescription").await
    }

    fn take_parameters(&mut self) -> Result<Value, Error> {
        if self.keys.schema.is_empty() {
            return Err(Error::invalid_input("the table has no key").with_advice("Call .partition_key(name, type)."));
        }
        let mut types: Vec<(String, AttributeType)> = Vec::new();
        let indexes = self.global.iter().chain(&self.local);
        for (name, attribute_type) in self.keys.types.iter().chain(indexes.flat_map(|index| &index.keys.types)) {
            match types.iter().find(|(known, _)| known == name) {
                None => types.push((name.clone(), *attribute_type)),
                Some((_, known)) if known == attribute_type => {}
                Some((_, known)) => {
                    return Err(Error::invalid_input(format!(
                        "the attribute {name} is {} in one key and {} in another",
                        known.as_str(),
                        attribute_type.as_str()
                    )));
                }
            }
        }
        let definitions: Vec<Value> = types
            .iter()
            .map(|(name, attribute_type)| json!({ "AttributeName": name, "AttributeType": attribute_type.as_str() }))
            .collect();
        let mut request = std::mem::take(&mut self.parameters);
        let mut set = |name: &str, value: Value| match request.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(Error::invalid_input(format!("the parameter {name} has a method of its own; use that"))),
        };
        set("TableName", json!(self.call.table))?;
        set("AttributeDefinitions", json!(definitions))?;
        set("KeySchema", json!(self.keys.schema))?;
        match self.provisioned {
            Some(units) => {
                set("BillingMode", json!("PROVISIONED"))?;
                set("ProvisionedThroughput", throughput(units))?;
            }
            None => set("BillingMode", json!("PAY_PER_REQUEST"))?,
        }
        for (name, indexes) in [("GlobalSecondaryIndexes", &self.global), ("LocalSecondaryIndexes", &self.local)] {
            if !indexes.is_empty() {
                set(name, Value::Array(indexes.iter().map(IndexDefinition::to_json).collect()))?;
            }
        }
        if let Some(view) = self.stream {
            set("StreamSpecification", json!({ "StreamEnabled": true, "StreamViewType": view.as_str() }))?;
        }
        if !self.tags.is_empty() {
            set("Tags", self.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect())?;
        }
        Ok(Value::Object(request))
    }
}

fn throughput((read, write): (u64, u64)) -> Value {
    json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write })
}

crate::operation::settings::debug_without_values!(CreateTable, table: call.table);

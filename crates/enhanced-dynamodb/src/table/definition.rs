//! What a table shall be: keys, indexes, capacity, stream, tags. It is checked before anything is sent.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::describe::KeyRole;
use super::index::IndexDefinition;
use super::schema::{AttributeType, Keys, attribute_definitions, attribute_types};
use crate::error::Error;

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
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            StreamView::KeysOnly => "KEYS_ONLY",
            StreamView::NewImage => "NEW_IMAGE",
            StreamView::OldImage => "OLD_IMAGE",
            StreamView::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }

    pub(super) fn to_json(self) -> Value {
        json!({ "StreamEnabled": true, "StreamViewType": self.as_str() })
    }
}

/// What a table's storage and requests cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableClass {
    /// The default.
    Standard,
    /// Cheaper storage and dearer requests, for what is seldom read.
    StandardInfrequentAccess,
}

impl TableClass {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            TableClass::Standard => "STANDARD",
            TableClass::StandardInfrequentAccess => "STANDARD_INFREQUENT_ACCESS",
        }
    }
}

/// What a table shall be.
#[derive(Default)]
pub(super) struct Definition {
    pub(super) keys: Keys,
    pub(super) global: Vec<IndexDefinition>,
    pub(super) local: Vec<IndexDefinition>,
    pub(super) provisioned: Option<(u64, u64)>,
    pub(super) stream: Option<StreamView>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) parameters: Parameters,
}

/// Parameters of the API by their own names.
#[derive(Default)]
pub(super) struct Parameters {
    members: Map<String, Value>,
    error: Option<Error>,
}

impl Parameters {
    pub(super) fn set(&mut self, name: &str, value: &impl Serialize) {
        match serde_json::to_value(value) {
            Ok(value) => drop(self.members.insert(name.to_owned(), value)),
            Err(error) => {
                let error = Error::invalid_input(format!("the parameter {name} cannot be written as JSON: {error}"));
                self.error.get_or_insert(error);
            }
        }
    }

    /// # Errors
    /// What was wrong with a parameter.
    pub(super) fn take(&mut self) -> Result<Map<String, Value>, Error> {
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut self.members)),
        }
    }
}

/// Adds a member that has a method of its own.
///
/// # Errors
/// If it was given as a parameter too.
pub(super) fn add(request: &mut Map<String, Value>, name: &str, value: Value) -> Result<(), Error> {
    match request.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(Error::invalid_input(format!("the parameter {name} has a method of its own; use that"))),
    }
}

impl Definition {
    pub(super) fn partition_key(&mut self, name: String, attribute_type: AttributeType) {
        self.keys.push(name, attribute_type, KeyRole::Partition);
    }

    pub(super) fn sort_key(&mut self, name: String, attribute_type: AttributeType) {
        self.keys.push(name, attribute_type, KeyRole::Sort);
    }

    pub(super) const fn billing_mode(&self) -> &'static str {
        match self.provisioned {
            Some(_) => "PROVISIONED",
            None => "PAY_PER_REQUEST",
        }
    }

    /// The type of each attribute that is part of a key.
    ///
    /// # Errors
    /// If an attribute has two types.
    pub(super) fn attribute_types(&self) -> Result<Vec<(String, AttributeType)>, Error> {
        let indexes = self.global.iter().chain(&self.local);
        attribute_types(self.keys.types.iter().chain(indexes.flat_map(|index| &index.keys.types)))
    }

    fn check(&self) -> Result<(), Error> {
        self.keys.check_table()?;
        let mut names: Vec<&str> = Vec::new();
        for index in self.global.iter().chain(&self.local) {
            if names.contains(&index.name.as_str()) {
                return Err(Error::invalid_input(format!("there are two indexes of the name {}", index.name)));
            }
            names.push(&index.name);
        }
        for index in &self.global {
            index.check_global()?;
            let name = &index.name;
            match (self.provisioned, index.provisioned) {
                (Some(_), None) => {
                    return Err(Error::invalid_input(format!(
                        "the table's capacity is provisioned, but the index {name} has none"
                    ))
                    .with_advice("Call .provisioned(read_units, write_units) on the index too."));
                }
                (None, Some(_)) => {
                    return Err(Error::invalid_input(format!(
                        "the index {name} has provisioned capacity, but the table is on demand"
                    ))
                    .with_advice("Call .provisioned(read_units, write_units) on the table too, or on neither."));
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        self.local.iter().try_for_each(|index| index.check_local(&self.keys))?;
        match self.tags.iter().any(|(key, _)| key.is_empty()) {
            true => Err(Error::invalid_input("a tag has no key")),
            false => Ok(()),
        }
    }

    /// The request that makes the table.
    ///
    /// # Errors
    /// What the service would surely refuse.
    pub(super) fn request(&mut self, table: &str) -> Result<Value, Error> {
        let mut request = self.parameters.take()?;
        self.check()?;
        let types = self.attribute_types()?;
        let mut set = |name: &str, value: Value| add(&mut request, name, value);
        set("TableName", json!(table))?;
        set("AttributeDefinitions", attribute_definitions(&types))?;
        set("KeySchema", json!(self.keys.schema))?;
        set("BillingMode", json!(self.billing_mode()))?;
        if let Some(units) = self.provisioned {
            set("ProvisionedThroughput", throughput(units))?;
        }
        for (name, indexes) in [("GlobalSecondaryIndexes", &self.global), ("LocalSecondaryIndexes", &self.local)] {
            if !indexes.is_empty() {
                set(name, Value::Array(indexes.iter().map(IndexDefinition::to_json).collect()))?;
            }
        }
        if let Some(view) = self.stream {
            set("StreamSpecification", view.to_json())?;
        }
        if !self.tags.is_empty() {
            set("Tags", tags(&self.tags))?;
        }
        Ok(Value::Object(request))
    }
}

pub(super) fn throughput((read, write): (u64, u64)) -> Value {
    json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write })
}

pub(super) fn tags(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// What a table is described by. The builder has a field `definition: Definition`.
macro_rules! definition_settings {
    () => {
        /// The partition key.
        pub fn partition_key(mut self, name: impl Into<String>, attribute_type: crate::table::AttributeType) -> Self {
            self.definition.partition_key(name.into(), attribute_type);
            self
        }

        /// The sort key.
        pub fn sort_key(mut self, name: impl Into<String>, attribute_type: crate::table::AttributeType) -> Self {
            self.definition.sort_key(name.into(), attribute_type);
            self
        }

        /// Adds a global secondary index.
        pub fn global_index(mut self, index: crate::table::IndexDefinition) -> Self {
            self.definition.global.push(index);
            self
        }

        /// Adds a local secondary index: the table's partition key with another sort key.
        pub fn local_index(mut self, index: crate::table::IndexDefinition) -> Self {
            self.definition.local.push(index);
            self
        }

        /// Provisioned capacity, in read and write units a second, instead of on demand.
        pub fn provisioned(mut self, read_units: u64, write_units: u64) -> Self {
            self.definition.provisioned = Some((read_units, write_units));
            self
        }

        /// Records changes in a stream.
        pub fn stream(mut self, view: crate::table::StreamView) -> Self {
            self.definition.stream = Some(view);
            self
        }

        /// Adds a tag.
        pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
            self.definition.tags.push((key.into(), value.into()));
            self
        }

        /// What storage and requests cost.
        pub fn table_class(self, class: crate::table::TableClass) -> Self {
            self.parameter("TableClass", class.as_str())
        }

        /// Refuses to delete the table until this is taken back.
        pub fn deletion_protection(self, protected: bool) -> Self {
            self.parameter("DeletionProtectionEnabled", protected)
        }

        /// Sets a parameter of the API by its own name and JSON, such as `SSESpecification` or `OnDemandThroughput`.
        pub fn parameter(mut self, name: &str, value: impl serde::Serialize) -> Self {
            self.definition.parameters.set(name, &value);
            self
        }
    };
}
pub(super) use definition_settings;

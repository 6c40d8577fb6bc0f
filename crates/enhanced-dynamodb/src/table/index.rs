//! A secondary index to be made.

use serde_json::{Value, json};

use super::definition::throughput;
use super::describe::{KeyRole, Projection};
use super::schema::{AttributeType, Keys};
use crate::error::Error;

/// How many attributes the partition key of a global index may have, and how many its sort key.
/// Source: "Multi-attribute keys pattern" in the Amazon DynamoDB Developer Guide.
const MOST_KEY_ATTRIBUTES: usize = 4;

/// A secondary index to be made.
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
    pub(super) name: String,
    pub(super) keys: Keys,
    pub(super) projection: Projection,
    pub(super) provisioned: Option<(u64, u64)>,
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

    /// Adds an attribute of the sort key; a global index may have up to four, which sort in the order given.
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

    pub(super) fn to_json(&self) -> Value {
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

    /// What can be said of a global index by itself.
    pub(super) fn check_global(&self) -> Result<(), Error> {
        let name = &self.name;
        for (role, what, method) in
            [(KeyRole::Partition, "partition", "partition_key"), (KeyRole::Sort, "sort", "sort_key")]
        {
            let count = self.keys.count(role);
            if count > MOST_KEY_ATTRIBUTES {
                return Err(Error::invalid_input(format!("the {what} key of the index {name} has {count} attributes"))
                    .with_advice(format!("A global index takes up to four: call .{method}(…) four times at most.")));
            }
        }
        self.check()
    }

    pub(super) fn check_local(&self, table: &Keys) -> Result<(), Error> {
        let name = &self.name;
        if table.count(KeyRole::Sort) == 0 {
            return Err(Error::invalid_input(format!("the local index {name} needs a table with a sort key"))
                .with_advice("Give the table a sort key, or make the index global."));
        }
        let partition = |keys: &Keys| keys.names(KeyRole::Partition).map(str::to_owned).collect::<Vec<_>>();
        if partition(&self.keys) != partition(table) || self.keys.count(KeyRole::Sort) != 1 {
            return Err(Error::invalid_input(format!(
                "the key of the local index {name} is not the table's partition key and one sort key"
            ))
            .with_advice("Give it the table's own partition key and another sort key, or make it global."));
        }
        if self.provisioned.is_some() {
            return Err(Error::invalid_input(format!("the local index {name} has capacity of its own"))
                .with_advice("A local index uses the table's: leave .provisioned(…) out."));
        }
        self.check()
    }

    fn check(&self) -> Result<(), Error> {
        let name = &self.name;
        if name.is_empty() {
            return Err(Error::invalid_input("an index has no name"));
        }
        if self.keys.count(KeyRole::Partition) == 0 {
            return Err(Error::invalid_input(format!("the index {name} has no partition key"))
                .with_advice("Call .partition_key(name, type) on its definition."));
        }
        if self.projection.projection_type == "INCLUDE" && self.projection.non_key_attributes.is_empty() {
            return Err(Error::invalid_input(format!("the index {name} includes no attributes"))
                .with_advice("Name them in .include([…]), or call .keys_only()."));
        }
        self.keys.check_names(&format!("the key of the index {name}"))
    }
}

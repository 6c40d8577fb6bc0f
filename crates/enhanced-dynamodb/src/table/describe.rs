//! A table as the service describes it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::keys::KeySchema;

/// The state of a table or a global secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableStatus {
    /// Being made; not usable yet.
    Creating,
    /// Being changed; usable.
    Updating,
    /// Being deleted.
    Deleting,
    /// Usable.
    Active,
    /// Its KMS key cannot be used.
    InaccessibleEncryptionCredentials,
    /// Being archived.
    Archiving,
    /// Archived; not usable.
    Archived,
    /// A replica whose replication is not authorised.
    ReplicationNotAuthorized,
    /// A state that this client does not know, in the service's words.
    Other(String),
}

impl<'de> Deserialize<'de> for TableStatus {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.as_str() {
            "CREATING" => TableStatus::Creating,
            "UPDATING" => TableStatus::Updating,
            "DELETING" => TableStatus::Deleting,
            "ACTIVE" => TableStatus::Active,
            "INACCESSIBLE_ENCRYPTION_CREDENTIALS" => TableStatus::InaccessibleEncryptionCredentials,
            "ARCHIVING" => TableStatus::Archiving,
            "ARCHIVED" => TableStatus::Archived,
            "REPLICATION_NOT_AUTHORIZED" => TableStatus::ReplicationNotAuthorized,
            _ => TableStatus::Other(text),
        })
    }
}

/// What a key attribute is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KeyRole {
    /// Chooses the partition.
    #[serde(rename = "HASH")]
    Partition,
    /// Orders the items of a partition.
    #[serde(rename = "RANGE")]
    Sort,
}

/// One attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct KeySchemaElement {
    /// The attribute.
    pub attribute_name: String,
    /// What it is for.
    pub key_type: KeyRole,
}

/// The type of an attribute that is part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct AttributeDefinition {
    /// The attribute.
    pub attribute_name: String,
    /// `S`, `N` or `B`.
    pub attribute_type: String,
}

/// Which attributes an index has copies of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct Projection {
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection_type: String,
    /// With `INCLUDE`: the attributes beside the keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub non_key_attributes: Vec<String>,
}

/// A secondary index as the service describes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct IndexDescription {
    /// The index's name.
    pub index_name: String,
    /// Its key.
    #[serde(default)]
    pub key_schema: Vec<KeySchemaElement>,
    /// What it has copies of.
    #[serde(default)]
    pub projection: Projection,
    /// Its state; local indexes have none.
    pub index_status: Option<TableStatus>,
    /// Everything else, as JSON.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A table as the service describes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TableDescription {
    /// The table's name.
    pub table_name: String,
    /// Its state.
    pub table_status: TableStatus,
    /// Its primary key.
    #[serde(default)]
    pub key_schema: Vec<KeySchemaElement>,
    /// The types of the attributes in keys.
    #[serde(default)]
    pub attribute_definitions: Vec<AttributeDefinition>,
    /// Its global secondary indexes.
    #[serde(default)]
    pub global_secondary_indexes: Vec<IndexDescription>,
    /// Its local secondary indexes.
    #[serde(default)]
    pub local_secondary_indexes: Vec<IndexDescription>,
    /// Items in it, as of some hours ago.
    #[serde(default)]
    pub item_count: u64,
    /// Its size in bytes, as of some hours ago.
    #[serde(default)]
    pub table_size_bytes: u64,
    /// Its ARN.
    pub table_arn: Option<String>,
    /// Everything else, as JSON.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl TableDescription {
    /// The partition key's attribute.
    #[must_use]
    pub fn partition_key(&self) -> Option<&str> {
        key_attribute(&self.key_schema, KeyRole::Partition)
    }

    /// The sort key's attribute, if there is one.
    #[must_use]
    pub fn sort_key(&self) -> Option<&str> {
        key_attribute(&self.key_schema, KeyRole::Sort)
    }

    /// The primary key's attributes.
    #[must_use]
    pub fn primary_key(&self) -> Option<KeySchema> {
        let schema = KeySchema::new(self.partition_key()?);
        Some(match self.sort_key() {
            Some(sort) => schema.with_sort(sort),
            None => schema,
        })
    }

    /// The secondary index of this name, global or local.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&IndexDescription> {
        self.global_secondary_indexes.iter().chain(&self.local_secondary_indexes).find(|index| index.index_name == name)
    }

    /// How the table's capacity is paid for: `PAY_PER_REQUEST` or `PROVISIONED`.
    #[must_use]
    pub fn billing_mode(&self) -> &str {
        // The service says nothing of a table that has had provisioned capacity all along.
        let summary = self.other.get("BillingModeSummary");
        summary.and_then(|summary| summary.get("BillingMode")?.as_str()).unwrap_or("PROVISIONED")
    }

    /// What the table's stream holds of a change, such as `NEW_AND_OLD_IMAGES`; `None` without a stream.
    #[must_use]
    pub fn stream_view(&self) -> Option<&str> {
        let stream = self.other.get("StreamSpecification")?;
        stream.get("StreamEnabled").and_then(Value::as_bool).filter(|enabled| *enabled)?;
        stream.get("StreamViewType").and_then(Value::as_str)
    }

    /// The type of an attribute that is part of a key: `S`, `N` or `B`.
    #[must_use]
    pub fn attribute_type(&self, name: &str) -> Option<&str> {
        let mut definitions = self.attribute_definitions.iter();
        definitions.find(|known| known.attribute_name == name).map(|known| known.attribute_type.as_str())
    }

    /// Whether the table and all its indexes can be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.table_status == TableStatus::Active
            && self
                .global_secondary_indexes
                .iter()
                .all(|index| index.index_status.as_ref().is_none_or(|status| *status == TableStatus::Active))
    }
}

fn key_attribute(schema: &[KeySchemaElement], role: KeyRole) -> Option<&str> {
    schema.iter().find(|element| element.key_type == role).map(|element| element.attribute_name.as_str())
}

//! Keys: their attributes, types and order.

use serde_json::{Value, json};

use super::describe::{KeyRole, KeySchemaElement};
use crate::error::Error;

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
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            AttributeType::String => "S",
            AttributeType::Number => "N",
            AttributeType::Binary => "B",
        }
    }
}

/// Key attributes and their types, the partition key's first.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    pub(super) schema: Vec<KeySchemaElement>,
    pub(super) types: Vec<(String, AttributeType)>,
}

impl Keys {
    pub(super) fn push(&mut self, name: String, attribute_type: AttributeType, role: KeyRole) {
        let element = KeySchemaElement { attribute_name: name.clone(), key_type: role };
        match role {
            // The service asks for the partition key first, whatever the order of the calls.
            KeyRole::Partition => self.schema.insert(self.count(KeyRole::Partition), element),
            KeyRole::Sort => self.schema.push(element),
        }
        self.types.push((name, attribute_type));
    }

    pub(super) fn names(&self, role: KeyRole) -> impl Iterator<Item = &str> {
        self.schema
            .iter()
            .filter(move |element| element.key_type == role)
            .map(|element| element.attribute_name.as_str())
    }

    pub(super) fn count(&self, role: KeyRole) -> usize {
        self.names(role).count()
    }

    pub(super) fn check_names(&self, whose: &str) -> Result<(), Error> {
        for (index, element) in self.schema.iter().enumerate() {
            let name = &element.attribute_name;
            if name.is_empty() {
                return Err(Error::invalid_input(format!("{whose} has an attribute without a name")));
            }
            if self.schema.iter().take(index).any(|before| before.attribute_name == *name) {
                return Err(Error::invalid_input(format!("{whose} has the attribute {name} twice")));
            }
        }
        Ok(())
    }

    pub(super) fn check_table(&self) -> Result<(), Error> {
        let (partition, sort) = (self.count(KeyRole::Partition), self.count(KeyRole::Sort));
        if partition == 0 {
            let what = if sort == 0 { "no key" } else { "no partition key" };
            return Err(
                Error::invalid_input(format!("the table has {what}")).with_advice("Call .partition_key(name, type).")
            );
        }
        if partition > 1 || sort > 1 {
            let what = if partition > 1 { "partition" } else { "sort" };
            return Err(Error::invalid_input(format!("the table's {what} key has more than one attribute"))
                .with_advice(
                    "Only global indexes have keys of several attributes: join the values in one for a table.",
                ));
        }
        self.check_names("the table's key")
    }
}

/// # Errors
/// If an attribute has two types.
pub(super) fn attribute_types<'a>(
    all: impl Iterator<Item = &'a (String, AttributeType)>,
) -> Result<Vec<(String, AttributeType)>, Error> {
    let mut types: Vec<(String, AttributeType)> = Vec::new();
    for (name, attribute_type) in all {
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
    Ok(types)
}

pub(super) fn attribute_definitions(types: &[(String, AttributeType)]) -> Value {
    types.iter().map(|(name, ty)| json!({ "AttributeName": name, "AttributeType": ty.as_str() })).collect()
}

//! What a stored node says of its place in the tree.

use bytes::Bytes;

use crate::codec::{DecodeError, Reader, decode_value};
use crate::item::{AttributeValue, Number};
use crate::tree::TreeSchema;

/// The attribute that marks a node whose write of several steps has not ended: see [the module](crate::tree).
pub(in crate::tree) const JOURNAL: &str = "tree_journal";

/// A node as it was read: the attributes that a schema names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::tree) struct Facts {
    pub(in crate::tree) id: AttributeValue,
    pub(in crate::tree) parent: Option<AttributeValue>,
    /// The tree's id, where nodes have one.
    pub(in crate::tree) tree: Option<AttributeValue>,
    pub(in crate::tree) version: Option<AttributeValue>,
    pub(in crate::tree) count: Option<Number>,
    pub(in crate::tree) ancestors: Option<AttributeValue>,
    pub(in crate::tree) sort: Option<AttributeValue>,
    pub(in crate::tree) journal: Option<AttributeValue>,
}

impl Facts {
    /// Reads them from an item as the service's JSON. What is NULL is not there.
    pub(in crate::tree) fn read(item: &[u8], schema: &TreeSchema) -> Result<Self, DecodeError> {
        let mut facts = Facts::default();
        let count = schema.child_count.as_ref().map(|count| count.attribute.as_str());
        let mut reader = Reader::new(item)?;
        let mut object = reader.object()?;
        while let Some(name) = object.next_key(&mut reader)? {
            let at = reader.raw_value()?;
            let name = Some(&*name);
            let wanted = name == Some(&schema.key)
                || name == Some(&schema.parent)
                || name == Some(&schema.tree_version)
                || name == schema.tree_attribute()
                || name == count
                || name == schema.ancestors.as_deref()
                || name == schema.sort.as_ref().map(|(sort, _)| sort.as_str())
                || name == Some(JOURNAL);
            if !wanted {
                continue;
            }
            let value: AttributeValue = decode_value(&item[at])?;
            if value.is_null() {
                continue;
            }
            if name == Some(&schema.key) {
                facts.id = value;
            } else if name == Some(&schema.parent) {
                facts.parent = Some(value);
            } else if name == Some(&schema.tree_version) {
                facts.version = Some(value);
            } else if name == schema.tree_attribute() {
                facts.tree = Some(value);
            } else if name == count {
                facts.count = value.as_n();
            } else if name == schema.ancestors.as_deref() {
                facts.ancestors = Some(value);
            } else if name == Some(JOURNAL) {
                facts.journal = Some(value);
            } else {
                facts.sort = Some(value);
            }
        }
        Ok(facts)
    }

    /// Whether its place is the same.
    pub(in crate::tree) fn stands_as(&self, other: &Facts) -> bool {
        (&self.parent, &self.ancestors, &self.tree) == (&other.parent, &other.ancestors, &other.tree)
    }

    /// The ancestors of this node's children, where they are kept: this node's own and itself.
    pub(in crate::tree) fn ancestors_of_children(&self) -> AttributeValue {
        let mut list = match &self.ancestors {
            Some(AttributeValue::L(list)) => list.clone(),
            Some(_) | None => Vec::new(),
        };
        list.push(self.id.clone());
        AttributeValue::L(list)
    }
}

/// A node as it was read, with all of its item.
#[derive(Clone)]
pub(in crate::tree) struct Stored {
    pub(in crate::tree) facts: Facts,
    pub(in crate::tree) item: Bytes,
}

//! The item of a node that is written: the user's, with the attributes that make it part of the tree.

use super::facts::{Facts, JOURNAL};
use crate::codec::{DecodeError, EncodeOptions, Reader, encode_value, json_name};
use crate::error::{Error, ErrorKind};
use crate::item::AttributeValue;
use crate::operation::response;
use crate::tree::TreeSchema;

/// An item of the user's, encoded once.
pub(in crate::tree) struct NodeItem {
    json: Vec<u8>,
    pub(in crate::tree) facts: Facts,
}

/// Where in the tree an item is written.
pub(in crate::tree) struct Placed<'a> {
    pub(in crate::tree) id: &'a AttributeValue,
    pub(in crate::tree) parent: Option<&'a AttributeValue>,
    pub(in crate::tree) tree: Option<&'a AttributeValue>,
    pub(in crate::tree) ancestors: AttributeValue,
    pub(in crate::tree) children: usize,
    pub(in crate::tree) journal: Option<&'a AttributeValue>,
}

impl NodeItem {
    /// An item of the user's.
    ///
    /// # Errors
    /// If it has no key.
    pub(in crate::tree) fn of_user(json: Vec<u8>, schema: &TreeSchema) -> Result<Self, Error> {
        let node = NodeItem::of_json(json, schema)?;
        match &node.facts.id {
            AttributeValue::Null => {
                Err(Error::invalid_input(format!("the item has no {}, the node's key", schema.key))
                    .with_advice("Give it one, or name another key attribute with TreeSchema::key()."))
            }
            _ => Ok(node),
        }
    }

    /// An item as it is stored.
    pub(in crate::tree) fn of_json(json: Vec<u8>, schema: &TreeSchema) -> Result<Self, Error> {
        let facts = Facts::read(&json, schema).map_err(|error| response::malformed(&error))?;
        Ok(NodeItem { json, facts })
    }

    /// # Errors
    /// If the item says of its place what the call does not.
    pub(in crate::tree) fn check(
        &self,
        parent: Option<&AttributeValue>,
        tree: Option<&AttributeValue>,
        schema: &TreeSchema,
    ) -> Result<(), Error> {
        let contradicts = |attribute: &str, what: &str| {
            Err(Error::invalid_input(format!("the item's {attribute} is not {what}"))
                .with_advice(format!("Leave {attribute} out of the item: the client fills it in.")))
        };
        for (given, attribute) in [(&self.facts.version, &*schema.tree_version), (&self.facts.journal, JOURNAL)] {
            if given.is_some() {
                return Err(Error::invalid_input(format!(
                    "the item has the attribute {attribute}, in which the client keeps what it knows of the tree"
                ))
                .with_advice("Leave it out; TreeSchema::tree_version() gives the number of moves another name."));
            }
        }
        match (&self.facts.parent, parent) {
            (Some(own), Some(parent)) if own != parent => {
                return contradicts(&schema.parent, "the parent under which it is written");
            }
            (Some(_), None) => {
                return Err(Error::invalid_input(format!(
                    "the item has a {}, and a root has no parent",
                    schema.parent
                ))
                .with_advice("Write it with insert_child(), or leave the attribute out."));
            }
            (Some(_) | None, _) => {}
        }
        if let (Some(own), Some(tree)) = (&self.facts.tree, tree)
            && own != tree
        {
            return contradicts(schema.tree_attribute().unwrap_or_default(), "the tree's id");
        }
        if let (Some(own), Some((name, value))) = (&self.facts.sort, &schema.sort)
            && own != value
        {
            return contradicts(name, "what the schema says that all nodes have");
        }
        Ok(())
    }

    pub(in crate::tree) fn len(&self) -> usize {
        self.json.len()
    }

    /// The item as it is stored at this place.
    pub(in crate::tree) fn at(&self, place: Placed<'_>, schema: &TreeSchema) -> Result<Vec<u8>, Error> {
        let zero = AttributeValue::from(place.children);
        let mut set: Vec<(&str, Option<&AttributeValue>)> = vec![
            (&schema.key, Some(place.id)),
            (&schema.parent, place.parent),
            (&schema.tree_version, None),
            (JOURNAL, place.journal),
        ];
        if let Some(tree) = schema.tree_attribute() {
            set.push((tree, place.tree));
        }
        if let Some((sort, value)) = &schema.sort {
            set.push((sort, Some(value)));
        }
        if let Some(count) = &schema.child_count {
            set.push((&count.attribute, Some(&zero)));
        }
        if let Some(ancestors) = &schema.ancestors {
            set.push((ancestors, Some(&place.ancestors)));
        }
        self.with(&set).map_err(|error| Error::new(ErrorKind::Encode, error.to_string()))
    }

    /// The item with these attributes in place of its own; one that is nothing is left out.
    fn with(&self, set: &[(&str, Option<&AttributeValue>)]) -> Result<Vec<u8>, DecodeError> {
        let mut out = Vec::with_capacity(self.json.len() + 128);
        let separate = |out: &mut Vec<u8>| out.push(if out.is_empty() { b'{' } else { b',' });
        let mut reader = Reader::new(&self.json)?;
        let mut object = reader.object()?;
        while let Some(name) = object.next_key(&mut reader)? {
            let at = reader.raw_value()?;
            if !set.iter().any(|(replaced, _)| *replaced == name) {
                separate(&mut out);
                json_name(&mut out, &name);
                out.extend_from_slice(&self.json[at]);
            }
        }
        for (name, value) in set.iter().filter_map(|(name, value)| value.map(|value| (name, value))) {
            separate(&mut out);
            json_name(&mut out, name);
            encode_value(&mut out, value, EncodeOptions { keep_nulls: true })
                .map_err(|error| DecodeError::new(error.to_string()))?;
        }
        out.push(b'}');
        Ok(out)
    }
}

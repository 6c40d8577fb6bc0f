//! What one transaction does with the nodes that it touches: merged, since it may touch each once.

use super::facts::Facts;
use super::site::Site;
use crate::error::Error;
use crate::expression::{Condition, attr};
use crate::item::{AttributeValue, Item, Number};
use crate::transaction::TransactAction;

/// What is done with one node.
#[derive(Clone)]
struct Edit {
    key: Item,
    condition: Condition,
    set: Vec<(String, AttributeValue)>,
    /// Added to the count of its children.
    children: i64,
    delete: bool,
}

/// What is done with several nodes.
#[derive(Clone, Default)]
pub(in crate::tree) struct Edits(Vec<Edit>);

impl Edits {
    /// The edit of the node with this key, which must exist.
    fn of(&mut self, site: &Site, key: &Item) -> &mut Edit {
        let at = match self.0.iter().position(|edit| edit.key == *key) {
            Some(at) => at,
            None => {
                let (set, delete) = (Vec::new(), false);
                self.0.push(Edit { key: key.clone(), condition: site.exists(), set, children: 0, delete });
                self.0.len() - 1
            }
        };
        &mut self.0[at]
    }

    /// The node exists.
    pub(in crate::tree) fn exists(&mut self, site: &Site, key: &Item) {
        self.of(site, key);
    }

    pub(in crate::tree) fn require(&mut self, site: &Site, key: &Item, condition: Condition) {
        let edit = self.of(site, key);
        edit.condition = edit.condition.clone() & condition;
    }

    pub(in crate::tree) fn set(&mut self, site: &Site, key: &Item, attribute: &str, value: AttributeValue) {
        self.of(site, key).set.push((attribute.to_owned(), value));
    }

    /// The node is deleted. Its condition is what was required of it.
    pub(in crate::tree) fn delete(&mut self, site: &Site, key: &Item) {
        self.of(site, key).delete = true;
    }

    /// So many children more (or fewer), if the schema and the node count them.
    pub(in crate::tree) fn children(&mut self, site: &Site, key: &Item, node: &Facts, more: i64) {
        if let Some(count) = &site.schema.child_count {
            let count = attr(&count.attribute);
            let counted = node.count.is_some();
            self.require(site, key, if counted { count.exists() } else { count.not_exists() });
            self.of(site, key).children += if counted { more } else { 0 };
        }
    }

    /// The node's parent is what was read.
    pub(in crate::tree) fn parent_is(&mut self, site: &Site, key: &Item, parent: Option<&AttributeValue>) {
        self.require(site, key, is(&site.schema.parent, parent));
    }

    /// Raises the version of a root that was read.
    ///
    /// # Errors
    /// If the version is none.
    pub(in crate::tree) fn raise_version(&mut self, site: &Site, key: &Item, root: &Facts) -> Result<(), Error> {
        let name = &site.schema.tree_version;
        let next = match &root.version {
            None => Number::from(1),
            Some(AttributeValue::N(version)) if version.to_i64().is_some_and(|version| version < i64::MAX) => {
                Number::from(version.to_i64().unwrap_or(0) + 1)
            }
            Some(_) => {
                return Err(site.locate(
                    Error::invalid_input(format!("the attribute {name} of the tree's root is no whole number"))
                        .with_advice("The client counts moves in it: name a free one with TreeSchema::tree_version()."),
                ));
            }
        };
        self.require(site, key, is(name, root.version.as_ref()));
        self.set(site, key, name, AttributeValue::N(next));
        Ok(())
    }

    /// As the actions of a transaction.
    pub(in crate::tree) fn actions(&self, site: &Site) -> Vec<TransactAction> {
        self.0.iter().map(|edit| edit.action(site)).collect()
    }
}

impl Edit {
    fn action(&self, site: &Site) -> TransactAction {
        let condition = self.condition.clone();
        if self.delete {
            return site.delete(&self.key).condition(condition).into();
        }
        if self.set.is_empty() && self.children == 0 {
            return site.check(&self.key).condition(condition).into();
        }
        let mut update = site.update(&self.key).condition(condition);
        for (name, value) in &self.set {
            update = update.set(name, value);
        }
        if let (Some(count), false) = (&site.schema.child_count, self.children == 0) {
            update = update.set(&count.attribute, attr(&count.attribute) + self.children);
        }
        update.into()
    }
}

/// That an attribute is what was read: this value, or not there.
pub(in crate::tree) fn is(name: &str, value: Option<&AttributeValue>) -> Condition {
    match value {
        Some(value) => attr(name).eq(value),
        // What is NULL is read as not there.
        None => attr(name).not_exists() | attr(name).eq(AttributeValue::Null),
    }
}

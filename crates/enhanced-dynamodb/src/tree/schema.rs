//! How a tree lies in its table.

use crate::codec::{EncodeOptions, encode_value, json_name};
use crate::error::Error;
use crate::item::AttributeValue;

/// How a tree lies in its table: which attributes make it.
///
/// The default is a table with the key `id`, whose items name their parent in `parent`, with an index `parent-index`
/// on it.
///
/// ```
/// use enhanced_dynamodb::tree::TreeSchema;
///
/// // Messages whose parent and order have names of their own.
/// let replies = TreeSchema::default().key("messageId").parent("replyTo").index("replies").order_by("createdAt");
///
/// // A table whose partition key is the conversation and whose sort key is the message: one query reads a tree.
/// let conversations = TreeSchema::default().key("messageId").partitioned_by("conversationId");
///
/// // A single-table design: every node is the one item `NODE` of its partition.
/// let nodes = TreeSchema::default().key("pk").sort_key("sk", "NODE");
/// # let _ = (replies, conversations, nodes);
/// ```
///
/// # It is checked
///
/// On the first read with a schema, the client describes the table (`DescribeTable`, once for each table and schema) and
/// says what is missing, with the call that makes it. It then also knows whether an index has copies of whole items: from
/// one that has not (`KEYS_ONLY`, `INCLUDE`), nodes are completed by batch gets from the table. Where the credentials may
/// not describe the table, nothing is checked, and the index is taken to have whole items.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TreeSchema {
    /// The attribute that is a node's key: the table's partition key, or its sort key where the table is
    /// [partitioned by tree](Self::partitioned_by).
    pub key: String,
    /// The table's sort key and the value that it has in every node, where the table has one beside
    /// [`key`](Self::key).
    pub sort: Option<(String, AttributeValue)>,
    /// The attribute that holds the parent's key. The root has none.
    pub parent: String,
    /// The secondary index that children are found by: its partition key is [`parent`](Self::parent). In a table that is
    /// partitioned by tree it may also be one with the tree's id as partition key and `parent` as sort key; a local one
    /// can then be read strongly consistently.
    pub index: String,
    /// Where all nodes of a tree lie together, if they do.
    pub collection: Option<Collection>,
    /// The attribute by which children are ordered. Without one it is the index's sort key, and their key where there is
    /// none either.
    pub order: Option<String>,
    /// The attribute that counts a node's children, if there is one.
    pub child_count: Option<ChildCount>,
    /// The attribute that lists a node's ancestors, if there is one.
    pub ancestors: Option<String>,
    /// The attribute of the root by which moves of subtrees are serialised: a number that each of them raises.
    pub tree_version: String,
}

/// Where all nodes of a tree lie together, under the tree's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Collection {
    /// In the table itself: its partition key is the tree's id, its sort key is the node's key.
    Table {
        /// The table's partition key.
        tree: String,
    },
    /// In a secondary index whose partition key is the tree's id.
    Index {
        /// The attribute that holds the tree's id.
        tree: String,
        /// The index.
        index: String,
    },
}

/// The attribute that counts a node's children.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ChildCount {
    /// The attribute.
    pub attribute: String,
    /// Whether nothing but this client writes the tree: then a count of 0 is taken for the truth.
    pub sole_writer: bool,
}

impl Default for TreeSchema {
    fn default() -> Self {
        TreeSchema {
            key: "id".to_owned(),
            sort: None,
            parent: "parent".to_owned(),
            index: "parent-index".to_owned(),
            collection: None,
            order: None,
            child_count: None,
            ancestors: None,
            tree_version: "tree_version".to_owned(),
        }
    }
}

impl TreeSchema {
    /// Names the attribute that is a node's key.
    #[must_use]
    pub fn key(mut self, attribute: impl Into<String>) -> Self {
        self.key = attribute.into();
        self
    }

    /// Names the table's sort key and the value that it has in every node, for tables that have one beside
    /// [`key`](Self::key), as in single-table designs.
    #[must_use]
    pub fn sort_key(mut self, attribute: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        self.sort = Some((attribute.into(), value.into()));
        self
    }

    /// Names the attribute that holds the parent's key.
    #[must_use]
    pub fn parent(mut self, attribute: impl Into<String>) -> Self {
        self.parent = attribute.into();
        self
    }

    /// Names the index on the parent attribute.
    #[must_use]
    pub fn index(mut self, index: impl Into<String>) -> Self {
        self.index = index.into();
        self
    }

    /// The table's partition key is the tree's id, and its sort key the node's [`key`](Self::key): several trees in one
    /// table, each read by one query, strongly consistently.
    #[must_use]
    pub fn partitioned_by(mut self, attribute: impl Into<String>) -> Self {
        self.collection = Some(Collection::Table { tree: attribute.into() });
        self
    }

    /// Every node holds the tree's id in `attribute`, which is the partition key of the secondary index `index`: several
    /// trees in one table, each read by one query.
    #[must_use]
    pub fn tree_id(mut self, attribute: impl Into<String>, index: impl Into<String>) -> Self {
        self.collection = Some(Collection::Index { tree: attribute.into(), index: index.into() });
        self
    }

    /// Names the attribute by which children are ordered. Numbers come before text, and nodes without it first.
    #[must_use]
    pub fn order_by(mut self, attribute: impl Into<String>) -> Self {
        self.order = Some(attribute.into());
        self
    }

    /// Names the attribute that counts a node's children. A count that differs from what is found is reported
    /// ([`TreeMetadata::incomplete`](super::TreeMetadata::incomplete)).
    #[must_use]
    pub fn child_count(mut self, attribute: impl Into<String>) -> Self {
        let sole_writer = self.child_count.is_some_and(|count| count.sole_writer);
        self.child_count = Some(ChildCount { attribute: attribute.into(), sole_writer });
        self
    }

    /// Declares that nothing but this client's tree operations writes the tree, so that the counts are right: a node
    /// whose [`child_count`](Self::child_count) is 0 is then taken for a leaf and not asked for children. A node without
    /// the attribute is asked.
    #[must_use]
    pub fn sole_writer(mut self) -> Self {
        match &mut self.child_count {
            Some(count) => count.sole_writer = true,
            None => self.child_count = Some(ChildCount { attribute: "child_count".to_owned(), sole_writer: true }),
        }
        self
    }

    /// Names the attribute that lists the keys of a node's ancestors, the root first and the parent last: the way up is
    /// then one batch get.
    #[must_use]
    pub fn ancestors(mut self, attribute: impl Into<String>) -> Self {
        self.ancestors = Some(attribute.into());
        self
    }

    /// Names the attribute of the root by which moves of subtrees are serialised; `tree_version` by default.
    #[must_use]
    pub fn tree_version(mut self, attribute: impl Into<String>) -> Self {
        self.tree_version = attribute.into();
        self
    }

    /// The attribute that holds the tree's id, if there is one.
    pub(crate) fn tree_attribute(&self) -> Option<&str> {
        match &self.collection {
            Some(Collection::Table { tree } | Collection::Index { tree, .. }) => Some(tree),
            None => None,
        }
    }

    /// Whether a node's key in the table has the tree's id in it.
    pub(crate) fn is_partitioned(&self) -> bool {
        matches!(self.collection, Some(Collection::Table { .. }))
    }

    /// The attribute of the count, where a count of 0 is taken for the truth.
    pub(crate) fn trusted_count(&self) -> bool {
        self.child_count.as_ref().is_some_and(|count| count.sole_writer)
    }

    /// # Errors
    /// If the schema contradicts itself.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        let wrong = |message: String| {
            Err(Error::invalid_input(format!("the tree's schema: {message}"))
                .with_advice("See TreeSchema for the layouts that there are."))
        };
        let count = self.child_count.as_ref().map(|count| count.attribute.as_str());
        let named = [
            ("key", Some(self.key.as_str())),
            ("parent attribute", Some(self.parent.as_str())),
            ("sort key", self.sort.as_ref().map(|(name, _)| name.as_str())),
            ("tree id", self.tree_attribute()),
            ("child count", count),
            ("ancestors", self.ancestors.as_deref()),
            ("tree version", Some(self.tree_version.as_str())),
        ];
        for (i, (what, name)) in named.iter().enumerate() {
            let Some(name) = name else { continue };
            if name.is_empty() {
                return wrong(format!("the {what} has an empty name"));
            }
            if let Some((other, _)) = named[..i].iter().find(|(_, earlier)| earlier.as_ref() == Some(name)) {
                return wrong(format!("{name} is both the {other} and the {what}"));
            }
        }
        if self.is_partitioned() && self.sort.is_some() {
            return wrong("a table has one sort key: the node's key, or one with a constant value".to_owned());
        }
        Ok(())
    }

    /// Appends the key of a node in the table, as a JSON object.
    ///
    /// # Errors
    /// If a value cannot be written; if the tree's id is part of the key and not known.
    pub(crate) fn write_key(
        &self,
        out: &mut Vec<u8>,
        id: &AttributeValue,
        tree: Option<&AttributeValue>,
    ) -> Result<(), Error> {
        out.push(b'{');
        if let Some(Collection::Table { tree: name }) = &self.collection {
            let Some(tree) = tree else {
                return Err(Error::invalid_input(format!(
                    "the tree's id ({name}) is part of a node's key, and not known"
                ))
                .with_advice("Name the tree with .tree(id)."));
            };
            write_member(out, name, tree)?;
            out.push(b',');
        }
        write_member(out, &self.key, id)?;
        if let Some((name, value)) = &self.sort {
            out.push(b',');
            write_member(out, name, value)?;
        }
        out.push(b'}');
        Ok(())
    }
}

fn write_member(out: &mut Vec<u8>, name: &str, value: &AttributeValue) -> Result<(), Error> {
    json_name(out, name);
    encode_value(out, value, EncodeOptions { keep_nulls: true }).map_err(|error| Error::from(error.in_key(name)))
}

//! How a tree lies in its table.

/// How a tree lies in its table: which attributes make it.
///
/// The default is a table with the key `id`, whose items name their parent in `parent`, with an index `parent-index`
/// on it.
///
/// ```
/// use enhanced_dynamodb::tree::TreeSchema;
///
/// let schema = TreeSchema::default().key("messageId").parent("replyTo").index("replies").order_by("createdAt");
/// # let _ = schema;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeSchema {
    /// The table's partition key.
    pub key: String,
    /// The attribute that holds the parent's key. The root has none.
    pub parent: String,
    /// The global secondary index whose partition key is [`parent`](Self::parent).
    pub index: String,
    /// The attribute by which children are ordered; their key where there is none.
    pub order: Option<String>,
}

impl Default for TreeSchema {
    fn default() -> Self {
        TreeSchema { key: "id".to_owned(), parent: "parent".to_owned(), index: "parent-index".to_owned(), order: None }
    }
}

impl TreeSchema {
    /// Names the table's partition key.
    #[must_use]
    pub fn key(mut self, attribute: impl Into<String>) -> Self {
        self.key = attribute.into();
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

    /// Names the attribute by which children are ordered. Numbers come before text, and nodes without it first.
    #[must_use]
    pub fn order_by(mut self, attribute: impl Into<String>) -> Self {
        self.order = Some(attribute.into());
        self
    }
}

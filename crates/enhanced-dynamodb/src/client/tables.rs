//! Tables: make, describe, change, delete, list, wait; time to live; tags.

use super::Client;
use crate::table::{
    CreateTable, DeleteTable, DescribeTable, DescribeTimeToLive, EnsureTable, Goal, ListTables, ListTags, TagTable,
    UntagTable, UpdateTable, UpdateTimeToLive, WaitForTable,
};

impl Client {
    /// Makes a table.
    #[doc(alias = "createTable")]
    pub fn create_table(&self, table: impl Into<String>) -> CreateTable {
        CreateTable::new(self.core(), table.into())
    }

    /// Makes a table if there is none, waits until it can be used, and sets its time to live. A table that is there and
    /// otherwise than described is an error that names each difference; it is not changed.
    ///
    /// ```
    /// # #[cfg(feature = "embedded")]
    /// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Client;
    /// use enhanced_dynamodb::table::AttributeType;
    ///
    /// let db = Client::embedded().await?;
    /// let sessions =
    ///     || db.ensure_table("Sessions").partition_key("id", AttributeType::String).time_to_live("expiresAt");
    /// assert!(sessions().send().await?.created);
    /// assert!(!sessions().send().await?.created);
    /// # Ok(())
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    #[doc(alias = "ensureTable")]
    pub fn ensure_table(&self, table: impl Into<String>) -> EnsureTable {
        EnsureTable::new(self.core(), table.into())
    }

    /// Describes a table.
    #[doc(alias = "describeTable")]
    pub fn describe_table(&self, table: impl Into<String>) -> DescribeTable {
        DescribeTable::new(self.core(), table.into())
    }

    /// Changes a table: its capacity, its global indexes, its stream, its protection.
    ///
    /// ```
    /// # #[cfg(feature = "embedded")]
    /// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Client;
    /// use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
    ///
    /// let db = Client::embedded().await?;
    /// db.create_table("Messages").partition_key("id", AttributeType::String).send().await?;
    /// let by_parent = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String);
    /// db.update_table("Messages").create_index(by_parent).send().await?;
    /// db.wait_until_active("Messages").send().await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    #[doc(alias = "updateTable")]
    pub fn update_table(&self, table: impl Into<String>) -> UpdateTable {
        UpdateTable::new(self.core(), table.into())
    }

    /// Deletes a table with all its items.
    #[doc(alias = "deleteTable")]
    pub fn delete_table(&self, table: impl Into<String>) -> DeleteTable {
        DeleteTable::new(self.core(), table.into())
    }

    /// Lists the tables of the account in the Region.
    #[doc(alias = "listTables")]
    pub fn list_tables(&self) -> ListTables {
        ListTables::new(self.core())
    }

    /// Waits until a table and its indexes can be used.
    #[doc(alias = "waitUntilTableExists")]
    pub fn wait_until_active(&self, table: impl Into<String>) -> WaitForTable {
        WaitForTable::new(self.core(), table.into(), Goal::Active)
    }

    /// Waits until a table is gone.
    #[doc(alias = "waitUntilTableNotExists")]
    pub fn wait_until_gone(&self, table: impl Into<String>) -> WaitForTable {
        WaitForTable::new(self.core(), table.into(), Goal::Gone)
    }

    /// Turns the time to live of a table's items on or off: the service deletes an item some time (up to a few days)
    /// after the moment that one of its attributes names, in seconds since 1970.
    ///
    /// ```
    /// # #[cfg(feature = "embedded")]
    /// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Client;
    /// use enhanced_dynamodb::table::AttributeType;
    ///
    /// let db = Client::embedded().await?;
    /// db.create_table("Sessions").partition_key("id", AttributeType::String).send().await?;
    /// db.update_time_to_live("Sessions").enable("expiresAt").send().await?;
    /// let found = db.describe_time_to_live("Sessions").send().await?;
    /// assert_eq!(found.attribute_name.as_deref(), Some("expiresAt"));
    /// # Ok(())
    /// # }
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    #[doc(alias = "updateTimeToLive")]
    pub fn update_time_to_live(&self, table: impl Into<String>) -> UpdateTimeToLive {
        UpdateTimeToLive::new(self.core(), table.into())
    }

    /// Tells whether items of a table have a time to live, and by which attribute.
    #[doc(alias = "describeTimeToLive")]
    pub fn describe_time_to_live(&self, table: impl Into<String>) -> DescribeTimeToLive {
        DescribeTimeToLive::new(self.core(), table.into())
    }

    /// Adds tags to a table, given by name or ARN; a tag with a known key gets the new value.
    ///
    /// A name costs a `DescribeTable` beside, for the service asks for the ARN.
    #[doc(alias = "tagResource")]
    pub fn tag_table(&self, table: impl Into<String>) -> TagTable {
        TagTable::new(self.core(), table.into())
    }

    /// Takes tags off a table, given by name or ARN; see [`tag_table`](Client::tag_table).
    #[doc(alias = "untagResource")]
    pub fn untag_table(&self, table: impl Into<String>) -> UntagTable {
        UntagTable::new(self.core(), table.into())
    }

    /// The tags of a table, given by name or ARN; see [`tag_table`](Client::tag_table).
    #[doc(alias = "listTagsOfResource")]
    pub fn list_tags(&self, table: impl Into<String>) -> ListTags {
        ListTags::new(self.core(), table.into())
    }
}

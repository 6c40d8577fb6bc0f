//! The two tables and their keys: what is no key is the caller's mistake, and not to be found out by the service.

use enhanced_dynamodb::Item;
use serde::Deserialize;

use crate::config::Config;
use crate::failure::Failure;

/// The longest partition key in bytes, of a table as of an index (DynamoDB developer guide, "Quotas").
pub(crate) const LONGEST_ID: usize = 2_048;

/// Which of the two tables a part of a request is about: callers name no tables of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Table {
    #[default]
    Items,
    Trees,
}

impl Table {
    pub(crate) fn name(self, config: &Config) -> &str {
        match self {
            Table::Items => &config.table,
            Table::Trees => &config.tree_table,
        }
    }

    /// The id of an item that is to be written here.
    ///
    /// # Errors
    /// 400 if it has none, or if its parent can be none.
    pub(crate) fn id_of<'a>(self, config: &Config, item: &'a Item) -> Result<&'a str, Failure> {
        // The index is there, whichever name the table was called by.
        let has_index = self.name(config) == config.tree_table;
        if has_index && item.get("parent").is_some_and(|parent| !parent.as_s().is_some_and(is_id)) {
            return Err(Failure::bad_request("The parent of an item is an id, or left out."));
        }
        item.get_s("id").filter(|id| is_id(id)).ok_or_else(no_id)
    }
}

/// Whether an item can have this id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
}

/// # Errors
/// 400 for an id that no item can have.
pub(crate) fn checked(id: String) -> Result<String, Failure> {
    if is_id(&id) { Ok(id) } else { Err(no_id()) }
}

fn no_id() -> Failure {
    Failure::bad_request(format!("An item needs an id: a text of 1 to {LONGEST_ID} bytes."))
}

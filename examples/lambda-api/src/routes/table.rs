//! Which of the two tables a part of a request is about: callers name no tables of the account.

use serde::Deserialize;

use crate::config::Config;

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
}

//! Transactions.

use super::Client;
use crate::transaction::{ConditionCheck, TransactGet, TransactWrite};

impl Client {
    /// Writes up to 100 items of any tables together: all, or none. [The module](crate::transaction) has an example.
    #[doc(alias = "transactWrite")]
    #[doc(alias = "TransactWriteItems")]
    pub fn transact_write(&self) -> TransactWrite {
        TransactWrite::new(self.core())
    }

    /// Reads up to 100 items of any tables as they stood at one moment.
    #[doc(alias = "transactGet")]
    #[doc(alias = "TransactGetItems")]
    pub fn transact_get(&self) -> TransactGet {
        TransactGet::new(self.core())
    }

    /// A condition on an item that a transaction does not write, for [`TransactWrite::action`].
    #[doc(alias = "ConditionCheck")]
    pub fn condition_check(&self, table: impl Into<String>) -> ConditionCheck {
        ConditionCheck::new(self.core(), table.into())
    }
}

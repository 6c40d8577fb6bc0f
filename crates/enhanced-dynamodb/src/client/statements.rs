//! PartiQL.

use super::Client;
use crate::operation::{BatchExecuteStatement, ExecuteStatement, Statement};
use crate::transaction::ExecuteTransaction;

impl Client {
    /// Carries out a PartiQL statement.
    #[doc(alias = "ExecuteStatement")]
    #[doc(alias = "PartiQL")]
    pub fn execute_statement(&self, statement: impl Into<Statement>) -> ExecuteStatement {
        ExecuteStatement::new(self.core(), statement.into())
    }

    /// Carries out up to 25 PartiQL statements in one request, each for itself.
    #[doc(alias = "BatchExecuteStatement")]
    pub fn batch_execute_statement(&self) -> BatchExecuteStatement {
        BatchExecuteStatement::new(self.core())
    }

    /// Carries out up to 100 PartiQL statements together: all, or none.
    #[doc(alias = "ExecuteTransaction")]
    pub fn execute_transaction(&self) -> ExecuteTransaction {
        ExecuteTransaction::new(self.core())
    }
}

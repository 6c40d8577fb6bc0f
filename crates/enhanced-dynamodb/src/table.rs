//! What is known of a table, and its management: create, describe, delete, list, wait.

mod create;
mod describe;
pub(crate) mod keys;
mod manage;
mod wait;

pub use create::{AttributeType, CreateTable, IndexDefinition, StreamView};
pub use describe::{
    AttributeDefinition, IndexDescription, KeyRole, KeySchemaElement, Projection, TableDescription, TableStatus,
};
pub use manage::{DeleteTable, DescribeTable, ListTables, TableNames};
pub(crate) use wait::Goal;
pub use wait::WaitForTable;

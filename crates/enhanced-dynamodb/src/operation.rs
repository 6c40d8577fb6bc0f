//! The operations of the API: one file each, a request builder and its response.
//!
//! A builder writes the request's body, says which [`ReplayClass`](crate::ReplayClass) the call has, hands it to
//! `execute`, and reads the response's bytes into the user's type.

pub(crate) mod base;
pub(crate) mod batch_get;
pub(crate) mod batch_write;
mod call;
mod capacity;
mod class;
mod delete;
mod get;
mod increment;
pub(crate) mod page;
mod put;
mod query;
pub(crate) mod read;
pub(crate) mod response;
mod scan;
mod segments;
pub(crate) mod settings;
pub(crate) mod size;
mod statement;
mod stream;
mod update;
mod version;
pub(crate) mod view;
mod walk;
mod write;

pub use batch_get::{BatchGetItem, BatchGetOutput, UnprocessedKeys};
pub(crate) use batch_write::BATCH_WRITE_ITEM;
pub use batch_write::{BatchWriteItem, BatchWriteOutput, UnprocessedItems, WriteRequest};
pub use call::CallOperation;
pub use capacity::{Capacity, ConsumedCapacity, ItemCollectionMetrics, ReturnConsumedCapacity, ReturnValues, Select};
pub use delete::DeleteItem;
pub use get::{GetItem, GetOutput};
pub use page::Page;
pub use put::PutItem;
pub use query::Query;
pub use scan::Scan;
pub use statement::{
    BatchExecuteStatement, BatchExecuteStatementOutput, ExecuteStatement, Statement, StatementItems, StatementPage,
    StatementPages,
};
pub use stream::{Items, Pages};
pub use update::UpdateItem;
pub use write::WriteOutput;

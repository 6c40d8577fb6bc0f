//! What is known of a table, and its management: create or ensure, describe, update, delete, list, wait; time to live;
//! tags; whether it is well.

mod create;
mod definition;
mod describe;
mod difference;
mod ensure;
mod health;
mod index;
pub(crate) mod keys;
mod manage;
mod schema;
mod tags;
mod ttl;
mod update;
mod wait;

pub use create::CreateTable;
pub use definition::{StreamView, TableClass};
pub use describe::{
    AttributeDefinition, IndexDescription, KeyRole, KeySchemaElement, Projection, TableDescription, TableStatus,
};
pub use ensure::{EnsureTable, EnsuredTable};
pub use health::{Health, HealthCheck, Problem};
pub use index::IndexDefinition;
pub use manage::{DeleteTable, DescribeTable, ListTables, TableNames};
pub use schema::AttributeType;
pub use tags::{ListTags, Tag, TagTable, UntagTable};
pub use ttl::{DescribeTimeToLive, TimeToLive, TimeToLiveStatus, UpdateTimeToLive};
pub use update::UpdateTable;
pub(crate) use wait::Goal;
pub use wait::WaitForTable;

//! Trees of items that name their parent, such as the messages of a conversation.

mod check;
mod json;
mod node;
mod read;
mod schema;

pub use node::{Node, Preorder, Tree, TreeMetadata, Truncation};
pub use read::ReadTree;
pub use schema::{ChildCount, Collection, TreeSchema};

//! Trees of items that name their parent, such as the messages of a conversation.

mod batch;
mod check;
mod children;
mod cost;
mod edges;
mod html;
mod json;
mod link;
mod metadata;
mod node;
mod part;
mod path;
mod plan;
mod read;
mod row;
mod schema;
mod settings;
mod shape;
mod template;
mod text;
mod walk;

pub use children::ReadChildren;
pub use json::Flat;
pub use metadata::{TreeMetadata, Truncation};
pub use node::{Node, Tree};
pub use part::{CountNodes, LeavesOutput, ReadLeaves};
pub use path::{PathEnd, PathOutput, PathToRoot};
pub use read::{ReadTree, Strategy, TreeNode, TreeStream};
pub use schema::{ChildCount, Collection, TreeSchema};
pub use walk::{Leaves, LevelOrder, Levels, Postorder, Preorder};

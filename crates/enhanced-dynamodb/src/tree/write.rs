//! Writes of trees: nodes added, moved, copied and deleted so that what was a tree stays one.

mod adopt;
mod append;
pub(super) mod copy;
pub(super) mod delete;
pub(super) mod edit;
pub(super) mod facts;
mod insert;
pub(super) mod journal;
pub(super) mod moving;
mod node_item;
pub(super) mod partitions;
pub(super) mod path;
pub(super) mod rewrite;
pub(super) mod rounds;
pub(super) mod settings;
pub(super) mod site;
pub(super) mod walk;

pub use append::AppendNodes;
pub use copy::{CopyOutput, CopySubtree};
pub use delete::{DeleteOutput, DeletePolicy, DeleteSubtree};
pub use insert::InsertNode;
pub use moving::{MoveOutput, MoveSubtree};
pub use site::NodesWritten;

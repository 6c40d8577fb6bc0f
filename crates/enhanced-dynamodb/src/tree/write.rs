//! Writes of trees: nodes added, moved, copied and deleted so that what was a tree stays one.

mod append;
mod edit;
mod facts;
mod insert;
mod journal;
mod moving;
mod node_item;
mod path;
mod rewrite;
mod rounds;
mod settings;
mod site;
mod walk;

pub use append::AppendNodes;
pub use insert::InsertNode;
pub use moving::{MoveOutput, MoveSubtree};
pub use site::NodesWritten;

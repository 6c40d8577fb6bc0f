//! Writes of trees: nodes added, moved, copied and deleted so that what was a tree stays one.

mod append;
mod facts;
mod insert;
mod node_item;
mod rounds;
mod settings;
mod site;

pub use append::AppendNodes;
pub use insert::InsertNode;
pub use site::NodesWritten;

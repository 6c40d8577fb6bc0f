//! Tree Operations: a conversation read in one call.

use enhanced_dynamodb::{Client, Error, Tree};
use serde::{Deserialize, Serialize};

/// A message of a conversation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Message {
    /// The table's key.
    pub id: String,
    /// The message that this one answers; the root has none.
    pub parent: Option<String>,
    /// What was said.
    pub text: String,
}

/// Reads a whole tree.
///
/// # Errors
/// Those of the service, and `RootNotFound`.
pub async fn run(db: &Client) -> Result<Tree<Message>, Error> {
    let tree: Tree<Message> = db.read_tree("ChatTree", "root-id").max_depth(10).include_metadata(true).send().await?;

    println!("{}", tree.metadata().node_count); // Total nodes in tree
    println!("{}", tree.metadata().depth); // Maximum tree depth
    Ok(tree)
}

//! Trees of items that name their parent.

use serde::Serialize;

use super::Client;
use crate::tree::{CountNodes, PathToRoot, ReadChildren, ReadLeaves, ReadTree};

impl Client {
    /// Reads a tree of items that name their parent, from its root down.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::{Item, Tree};
    ///
    /// let tree: Tree<Item> = db.read_tree("Messages", "root-id").max_depth(10).send().await?;
    /// println!("{} nodes, {} deep", tree.metadata().node_count, tree.metadata().depth);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "readTree")]
    pub fn read_tree(&self, table: impl Into<String>, root: impl Serialize) -> ReadTree {
        ReadTree::new(self.core(), table.into(), root)
    }

    /// Reads the children of a node, in their order.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Item;
    ///
    /// let answers: Vec<Item> = db.children("Messages", "m1").send().await?;
    /// # let _ = answers;
    /// # Ok(())
    /// # }
    /// ```
    pub fn children(&self, table: impl Into<String>, node: impl Serialize) -> ReadChildren {
        ReadChildren::new(self.core(), table.into(), &node, false)
    }

    /// Reads the other children of a node's parent, in their order.
    pub fn siblings(&self, table: impl Into<String>, node: impl Serialize) -> ReadChildren {
        ReadChildren::new(self.core(), table.into(), &node, true)
    }

    /// Reads the nodes from the root down to this one: the context of a message in a conversation.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Item;
    ///
    /// // The last 20 messages that lead to this one, the oldest first.
    /// let context = db.path_to_root("Messages", "m7").limit(20).send::<Item>().await?;
    /// for message in &context.nodes {
    ///     println!("{:?}", message.get_s("text"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn path_to_root(&self, table: impl Into<String>, node: impl Serialize) -> PathToRoot {
        PathToRoot::new(self.core(), table.into(), &node)
    }

    /// Reads the nodes without children that are below a node: the ends of all branches of a conversation.
    pub fn leaves(&self, table: impl Into<String>, root: impl Serialize) -> ReadLeaves {
        ReadLeaves::new(self.core(), table.into(), &root)
    }

    /// Counts the nodes of a tree, its root included.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// let found = db.count("Messages", "root-id").send().await?;
    /// println!("{} nodes, {} deep", found.node_count, found.depth);
    /// # Ok(())
    /// # }
    /// ```
    pub fn count(&self, table: impl Into<String>, root: impl Serialize) -> CountNodes {
        CountNodes::new(self.core(), table.into(), &root)
    }
}

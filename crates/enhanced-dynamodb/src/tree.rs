//! Trees of items that name their parent, such as the messages of a conversation.
//!
//! ```
//! use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
//! use enhanced_dynamodb::tree::TreeSchema;
//! use enhanced_dynamodb::{Client, Error, Tree};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Message {
//!     id: String,
//!     parent: Option<String>,
//!     text: String,
//! }
//!
//! async fn converse(db: &Client) -> Result<(), Error> {
//!     let index = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String);
//!     db.create_table("Messages").partition_key("id", AttributeType::String).global_index(index).send().await?;
//!     for (id, parent, text) in [("q", None, "Why is it cold?"), ("a", Some("q"), "Try the valve.")] {
//!         let message = Message { id: id.into(), parent: parent.map(Into::into), text: text.into() };
//!         db.put("Messages", &message).send().await?;
//!     }
//!
//!     // A whole tree, in one call.
//!     let tree: Tree<Message> = db.read_tree("Messages", "q").send().await?;
//!     println!("{}", tree.render_text(|node| node.value().text.as_str()));
//!
//!     // What leads to one message, and what follows it.
//!     let context = db.path_to_root("Messages", "a").send::<Message>().await?;
//!     let answers: Vec<Message> = db.children("Messages", "q").send().await?;
//!     assert_eq!((context.nodes.len(), answers.len()), (2, 1));
//!     Ok(())
//! }
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! #     converse(&Client::embedded().await?).await
//! # }).unwrap();
//! # let _ = converse;
//! ```
//!
//! # Which layout
//!
//! A [`TreeSchema`] says how a tree lies in its table. All of these read to the same [`Tree`]:
//!
//! | Layout | Schema | A tree takes |
//! |---|---|---|
//! | an index on the parent (the default) | `TreeSchema::default()` | a query a node, many at a time: as long as the tree is deep |
//! | the table is partitioned by tree | `.key("id").partitioned_by("conversation")` | one query of as many pages as the tree has megabytes, strongly consistent |
//! | every node holds the tree's id, with an index on it | `.tree_id("conversation", "conversation-index")` | one query of as many pages |
//! | as the first, the table having a sort key with a constant value | `.key("pk").sort_key("sk", "NODE")` | a query a node |
//!
//! A conversation is deep: where its tree is read as a whole, give it a tree id. A page has 1 MB at most (Amazon DynamoDB
//! Developer Guide, "Paginating table query results"). Several trees lie in one table in every layout.
//!
//! The schema is checked against the table once for each client, on the first read ([`TreeSchema`] tells more); for that the
//! credentials should allow `dynamodb:DescribeTable`, beside `GetItem`, `Query` (on the index too) and `BatchGetItem`.
//!
//! # Which way
//!
//! [`Strategy`] names the two ways; by default the schema decides. Either way:
//!
//! - every page is read, and what a limit or the deadline leaves out is told
//!   ([`truncated_by`](TreeMetadata::truncated_by)); the tree so far is given, not an error;
//! - a node that is reached again ends its branch there and is counted ([`cycles`](TreeMetadata::cycles));
//! - global indexes lag behind the table by a moment: a node written just now may be missing. A
//!   [`child_count`](TreeSchema::child_count) shows it ([`incomplete`](TreeMetadata::incomplete)); a table that is partitioned
//!   by tree, and [`path_to_root`](crate::Client::path_to_root), are read strongly consistently.
//! - children stand in the order of the schema's [`order_by`](TreeSchema::order_by), else of the index's sort key, else of their
//!   keys: numbers by value, text by its bytes.
//!
//! # What a tree can do
//!
//! A [`Tree`] is an arena: nothing in it recurses, and a chain of 100,000 messages is read, walked, written, drawn and dropped
//! on a small stack.
//!
//! | | |
//! |---|---|
//! | from the tree | [`root`](Tree::root), [`get`](Tree::get) by key, [`metadata`](Tree::metadata) |
//! | from a node | [`parent`](Node::parent), [`children`](Node::children), [`siblings`](Node::siblings), [`ancestors`](Node::ancestors), [`path`](Node::path), [`descendants`](Node::descendants), [`leaves`](Node::leaves), [`lowest_common_ancestor`](Node::lowest_common_ancestor) |
//! | all nodes | [`preorder`](Tree::preorder), [`postorder`](Tree::postorder), [`level_order`](Tree::level_order), [`levels`](Tree::levels) |
//! | as JSON | [`to_json`](Tree::to_json), [`write_json`](Tree::write_json) (nested), [`flat`](Tree::flat) |
//! | to look at | [`render_text`](Tree::render_text), [`render_dot`](Tree::render_dot), [`render_html`](Tree::render_html) |
//!
//! # Without the whole tree
//!
//! [`children`](crate::Client::children), [`siblings`](crate::Client::siblings) and
//! [`path_to_root`](crate::Client::path_to_root) read a few items; [`leaves`](crate::Client::leaves) and
//! [`count`](crate::Client::count) read the tree and keep little of it; [`ReadTree::stream`] gives nodes as they arrive.
//!
//! # Writing trees
//!
//! A tree can be written by any put, and be broken by any: a reply under a message that is being deleted, two moves that
//! make a circle, a count that one writer forgets. These operations keep it whole:
//!
//! | Operation | What it is |
//! |---|---|
//! | [`create_root`](crate::Client::create_root), [`insert_child`](crate::Client::insert_child) | one new node: [`InsertNode`] |
//! | [`append`](crate::Client::append) | a thread of nodes, 99 in a transaction: [`AppendNodes`] |
//! | [`move_subtree`](crate::Client::move_subtree) | one transaction at any depth, and never a circle: [`MoveSubtree`] |
//! | [`copy_subtree`](crate::Client::copy_subtree) | a fork under new keys: [`CopySubtree`] |
//! | [`delete_subtree`](crate::Client::delete_subtree) | all, or only a leaf, or with adoption: [`DeleteSubtree`] |
//! | [`verify_tree`](crate::Client::verify_tree), [`repair_tree`](crate::Client::repair_tree) | what is wrong, and mending it: [`VerifyTree`], [`RepairTree`] |
//!
//! A new node is written together with the check that its parent exists, and touches no other: writers of messages never
//! meet at the root. Only moves do, by a number that the root carries
//! ([`tree_version`](TreeSchema::tree_version)): each raises it on the condition that no other has since it looked where
//! the new parent hangs.
//!
//! What needs several transactions does them in an order that leaves a tree after each: copies from the top, deletes from
//! the deepest node. Where something is half done in between, the node where it began has the attribute `tree_journal`
//! until it has ended. [`VerifyTree`] reports it, and the same call again, or [`RepairTree`], ends it.
//!
//! ```
//! use enhanced_dynamodb::{Client, Error, ErrorKind, item};
//!
//! async fn converse(db: &Client) -> Result<(), Error> {
//!     db.create_root("Messages", &item! { "id": "m1", "text": "Why is it cold?" }).send().await?;
//!     let thread = [item! { "id": "m2", "text": "Try the valve." }, item! { "id": "m3", "text": "It is open." }];
//!     db.append("Messages", "m1", &thread).send().await?;
//!     let fork = db.copy_subtree("Messages", "m2").under("m1").send().await?;
//!     assert_eq!(fork.nodes, 2);
//!     let error = db.move_subtree("Messages", "m2", "m3").send().await.unwrap_err();
//!     assert_eq!(error.kind(), ErrorKind::TreeCycle);
//!     db.move_subtree("Messages", &fork.root, "m3").send().await?;
//!     db.delete_subtree("Messages", "m3").send().await?;
//!     assert_eq!(db.verify_tree("Messages").send().await?.to_string(), "2 nodes in 1 tree: nothing is wrong");
//!     Ok(())
//! }
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! #     use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
//! #     let db = Client::embedded().await?;
//! #     db.create_table("Messages")
//! #         .partition_key("id", AttributeType::String)
//! #         .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String))
//! #         .send()
//! #         .await?;
//! #     converse(&db).await
//! # }).unwrap();
//! # let _ = converse;
//! ```

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
mod repair;
mod row;
mod schema;
mod settings;
mod shape;
mod template;
mod text;
mod verify;
mod walk;
mod write;

pub use children::ReadChildren;
pub use json::Flat;
pub use metadata::{TreeMetadata, Truncation};
pub use node::{Node, Tree};
pub use part::{CountNodes, LeavesOutput, ReadLeaves};
pub use path::{PathEnd, PathOutput, PathToRoot};
pub use read::{ReadTree, Strategy, TreeNode, TreeStream};
pub use repair::{RepairReport, RepairTree, Strays, UnfinishedCopies};
pub use schema::{ChildCount, Collection, TreeSchema};
pub use verify::{Finding, NodeKey, TreeReport, VerifyTree};
pub use walk::{Leaves, LevelOrder, Levels, Postorder, Preorder};
pub use write::{
    AppendNodes, CopyOutput, CopySubtree, DeleteOutput, DeletePolicy, DeleteSubtree, InsertNode, MoveOutput,
    MoveSubtree, NodesWritten,
};

//! Reads a tree from its root down, by the way that its layout allows.

mod adjacency;
mod collection;
mod state;
mod stream;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::adjacency::Adjacency;
use self::collection::Gather;
use self::state::{Arrived, State};
use super::metadata::TreeMetadata;
use super::node::Tree;
use super::plan::{Draft, Plan};
use super::settings::{limit_settings, tree_settings};
use crate::error::Error;
use crate::execute::Core;
use crate::item::AttributeValue;

pub use stream::{TreeNode, TreeStream};

/// Which way a tree is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// [`Collection`](Strategy::Collection) if the schema has a tree id, else [`Adjacency`](Strategy::Adjacency).
    #[default]
    Auto,
    /// The root, and a query for the children of every node, started as soon as the node is known. As many are under way
    /// as the client has sockets: a tree of many branches is read fast, a long thread takes one answer a message. It reads
    /// a part of a tree without the rest.
    Adjacency,
    /// One query for all nodes with the tree's id, page after page; they are linked in memory. A long thread takes as long
    /// as a bush. The schema names where the nodes lie together
    /// ([`partitioned_by`](super::TreeSchema::partitioned_by), [`tree_id`](super::TreeSchema::tree_id)). The whole
    /// collection is read, whichever node the tree begins at.
    Collection,
}

/// Reads a tree from its root down. Made by [`Client::read_tree`](crate::Client::read_tree).
///
/// The root may be any node: the tree is then what lies below it.
#[must_use = "nothing is read until it is sent"]
pub struct ReadTree {
    draft: Draft,
    root: AttributeValue,
    strategy: Strategy,
    include_metadata: bool,
}

impl ReadTree {
    pub(crate) fn new<K: Serialize>(core: Arc<Core>, table: String, root: K) -> Self {
        let mut draft = Draft::new(core, "ReadTree", table);
        let root = draft.key(&root);
        ReadTree::of(draft, root, Strategy::Auto)
    }

    /// What another builder has put together.
    pub(super) fn of(draft: Draft, root: AttributeValue, strategy: Strategy) -> Self {
        ReadTree { draft, root, strategy, include_metadata: false }
    }

    tree_settings!();
    limit_settings!();

    /// Whether the tree's serialised form has `metadata` beside the root's members.
    #[doc(alias = "includeMetadata")]
    pub fn include_metadata(mut self, include: bool) -> Self {
        self.include_metadata = include;
        self
    }

    /// Reads the tree. If its deadline comes before all is read, the tree has what was read until then, and
    /// [`TreeMetadata::truncated_by`] says so.
    ///
    /// # Errors
    /// [`ErrorKind::DeadlineExceeded`](crate::ErrorKind::DeadlineExceeded) if not even the root was read in time;
    /// [`ErrorKind::RootNotFound`](crate::ErrorKind::RootNotFound) if there is no root;
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the schema does not fit the table;
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if a node is no `T`; those of the service.
    pub async fn send<T: DeserializeOwned>(self) -> Result<Tree<T>, Error> {
        let include_metadata = self.include_metadata;
        let mut tree = self.read(Plan::decode).await?.1;
        tree.include_metadata = include_metadata;
        Ok(tree)
    }

    /// Reads the tree with what `value` makes of each item.
    pub(super) async fn read<T>(
        self,
        value: impl Fn(&Plan, &Bytes) -> Result<T, Error>,
    ) -> Result<(Plan, Tree<T>), Error> {
        let mut walk = Walk::new(self)?;
        let mut values = Vec::new();
        let mut arrived = Vec::new();
        while walk.next(&mut arrived).await? {
            for node in arrived.drain(..) {
                values.push(value(walk.plan(), &node.item)?);
            }
        }
        let (metadata, plan) = (walk.metadata(), walk.plan().clone());
        Ok((plan, Tree::new(walk.into_state().shape, values, metadata, true)))
    }

    /// The nodes as they arrive, each behind its parent; siblings in no particular order.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Item;
    ///
    /// let mut nodes = db.read_tree("Messages", "root-id").stream::<Item>();
    /// while let Some(node) = nodes.next().await {
    ///     let node = node?;
    ///     println!("{} {:?}", node.depth, node.id);
    /// }
    /// if nodes.metadata().is_some_and(|metadata| metadata.truncated) {
    ///     println!("and more");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<T: DeserializeOwned>(self) -> TreeStream<T> {
        TreeStream::new(Walk::new(self))
    }
}

/// A tree while it is read, whichever way.
struct Walk {
    plan: Plan,
    root: AttributeValue,
    started: Instant,
    by_collection: bool,
    way: Way,
}

enum Way {
    NotBegun,
    Adjacency(Box<Adjacency>),
    Collection(Box<Gather>),
}

impl Walk {
    fn new(read: ReadTree) -> Result<Self, Error> {
        let ReadTree { draft, root, strategy, .. } = read;
        let mut plan = draft.begin()?;
        let by_collection = match (strategy, &plan.schema.collection) {
            (Strategy::Adjacency, _) | (Strategy::Auto, None) => false,
            (Strategy::Auto | Strategy::Collection, Some(_)) => true,
            (Strategy::Collection, None) => {
                let error = Error::invalid_input("the schema does not say where the nodes of a tree lie together")
                    .with_advice(
                        "Name it with TreeSchema::partitioned_by or TreeSchema::tree_id, or read by adjacency.",
                    );
                return Err(plan.core.refuse(plan.operation.into(), Some(&plan.table), error));
            }
        };
        if plan.schema.is_partitioned() && plan.tree.is_none() {
            // A tree is named after its root, unless it is said otherwise.
            plan.tree = Some(root.clone());
        }
        let started = plan.core.time().now();
        Ok(Walk { plan, root, started, by_collection, way: Way::NotBegun })
    }

    /// Goes on until nodes have arrived, or all have: then it gives `false`.
    /// Its parts are futures in boxes of their own, which otherwise would make that of every caller large.
    async fn next(&mut self, out: &mut Vec<Arrived>) -> Result<bool, Error> {
        loop {
            match &mut self.way {
                Way::NotBegun if self.by_collection => {
                    self.way = Way::Collection(Gather::start(&self.plan, &self.root, out).await?);
                }
                Way::NotBegun => self.way = Way::Adjacency(Adjacency::start(&self.plan, &self.root, out).await?),
                Way::Adjacency(walk) => return walk.next(out).await,
                Way::Collection(walk) => return walk.next(out).await,
            }
            if !out.is_empty() {
                return Ok(true);
            }
        }
    }

    /// The plan as it is carried out: it knows what was read besides.
    fn plan(&self) -> &Plan {
        match &self.way {
            Way::NotBegun => &self.plan,
            Way::Adjacency(walk) => walk.plan(),
            Way::Collection(walk) => walk.plan(),
        }
    }

    fn state(&self) -> Option<&State> {
        match &self.way {
            Way::NotBegun => None,
            Way::Adjacency(walk) => Some(&walk.state),
            Way::Collection(walk) => Some(&walk.state),
        }
    }

    fn into_state(self) -> State {
        match self.way {
            Way::NotBegun => State::default(),
            Way::Adjacency(walk) => walk.state,
            Way::Collection(walk) => walk.state,
        }
    }

    fn metadata(&self) -> TreeMetadata {
        let mut metadata = match self.state() {
            Some(state) => state.metadata(self.root.clone()),
            None => TreeMetadata::of_root(self.root.clone()),
        };
        metadata.elapsed = self.plan.core.time().now().saturating_duration_since(self.started);
        metadata
    }
}

crate::operation::settings::debug_without_values!(ReadTree, table: draft.plan.table);

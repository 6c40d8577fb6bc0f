//! The way up from a node: its ancestors, by their keys.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::batch::get_nodes;
use super::cost::Cost;
use super::plan::{Draft, Plan};
use super::row::{Row, Wanted, attribute};
use super::settings::tree_settings;
use crate::error::{Error, ErrorKind};
use crate::execute::Core;
use crate::item::AttributeValue;

/// Reads the nodes from the root down to one. Made by [`Client::path_to_root`](crate::Client::path_to_root).
///
/// Strongly consistent reads by key: one after the other, as each names the next; with an attribute that lists the
/// ancestors ([`TreeSchema::ancestors`](super::TreeSchema::ancestors)) they come in one batch, and a list that is out of
/// date is mended by single reads. No index is used, so nothing lags behind.
#[must_use = "nothing is read until it is sent"]
pub struct PathToRoot {
    draft: Draft,
    node: AttributeValue,
    limit: usize,
}

/// What a [`PathToRoot`] gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct PathOutput<T> {
    /// The nodes, the root (or the highest that was read) first and the one asked for last.
    pub nodes: Vec<T>,
    /// Why the path begins where it begins.
    pub end: PathEnd,
    /// Requests made, retries included.
    pub requests: u64,
    /// Read capacity units consumed, if they were asked for.
    pub capacity: Option<f64>,
}

/// Why a path to the root begins where it begins.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PathEnd {
    /// At the root.
    Root,
    /// There are further nodes above: the limit was reached.
    Limit,
    /// The deadline came before the root was reached.
    Deadline,
    /// The parent with this key does not exist: the first node is an orphan.
    MissingParent(AttributeValue),
    /// The parent with this key is on the path already: the nodes go round in a circle.
    Cycle(AttributeValue),
}

impl PathToRoot {
    pub(crate) fn new(core: Arc<Core>, table: String, node: &impl Serialize) -> Self {
        let mut draft = Draft::new(core, "PathToRoot", table);
        let node = draft.key(node);
        PathToRoot { draft, node, limit: usize::MAX }
    }

    tree_settings!();

    /// Reads so many nodes at most, the one asked for included: the last so many messages of a conversation.
    pub fn limit(mut self, nodes: usize) -> Self {
        self.limit = nodes;
        self
    }

    /// `false` reads at half the cost what may be a little older.
    pub fn consistent_read(mut self, consistent: bool) -> Self {
        self.draft.plan.consistent = Some(consistent);
        self
    }

    /// Reads the path.
    ///
    /// # Errors
    /// [`ErrorKind::RootNotFound`] if the node asked for does not exist; [`ErrorKind::Decode`], with the item inside, if a
    /// node is no `T`; [`ErrorKind::DeadlineExceeded`] if not even that node was read in time; those of the service.
    pub async fn send<T: DeserializeOwned>(mut self) -> Result<PathOutput<T>, Error> {
        if self.limit == 0 {
            self.draft.fail(Error::invalid_input("the limit is 0; a path has at least the node itself"));
        }
        let mut way = Way::new(self.draft.begin()?)?;
        let end = way.up(self.node, self.limit).await?;
        let nodes = way.items.iter().rev().map(|item| way.plan.decode(item)).collect::<Result<_, _>>()?;
        Ok(PathOutput { nodes, end, requests: way.cost.requests, capacity: way.cost.capacity })
    }
}

struct Way {
    plan: Plan,
    wanted: Wanted,
    consistent: bool,
    /// From the node up.
    items: Vec<Bytes>,
    /// Ancestors that were read ahead.
    ahead: HashMap<AttributeValue, Row>,
    cost: Cost,
}

impl Way {
    fn new(mut plan: Plan) -> Result<Self, Error> {
        let wanted = Wanted::new(&plan.schema, None, true, false);
        let ancestors = plan.schema.ancestors.clone();
        plan.read_also(wanted.names().chain(ancestors.as_deref()))?;
        let consistent = plan.consistent.unwrap_or(true);
        Ok(Way { plan, wanted, consistent, items: Vec::new(), ahead: HashMap::new(), cost: Cost::default() })
    }

    async fn up(&mut self, node: AttributeValue, limit: usize) -> Result<PathEnd, Error> {
        let mut row = self.get(&node).await?.ok_or_else(|| self.plan.no_root())?;
        let mut seen = HashSet::from([node]);
        loop {
            self.items.push(row.item.clone());
            let Some(parent) = row.parent else { return Ok(PathEnd::Root) };
            if seen.contains(&parent) {
                return Ok(PathEnd::Cycle(parent));
            }
            if self.items.len() >= limit {
                return Ok(PathEnd::Limit);
            }
            if self.items.len() == 1
                && let Err(error) = self.read_ahead(&row.item, limit - 1).await
            {
                return past_deadline(error);
            }
            row = match self.ahead.remove(&parent) {
                Some(row) => row,
                None => match self.get(&parent).await {
                    Ok(Some(row)) => row,
                    Ok(None) => return Ok(PathEnd::MissingParent(parent)),
                    Err(error) => return past_deadline(error),
                },
            };
            seen.insert(parent);
        }
    }

    /// Reads the ancestors that the node lists, the nearest `most` of them.
    async fn read_ahead(&mut self, item: &Bytes, most: usize) -> Result<(), Error> {
        let Some(name) = &self.plan.schema.ancestors else { return Ok(()) };
        let listed = attribute(item, name).map_err(|error| self.plan.locate(error.into()))?;
        let ancestors = listed.as_ref().and_then(AttributeValue::as_l).unwrap_or_default();
        let mut seen = HashSet::new();
        let keys: Vec<_> = ancestors
            .iter()
            .rev()
            .filter(|key| matches!(key, AttributeValue::S(_) | AttributeValue::N(_) | AttributeValue::B(_)))
            // A key must not be in a batch twice.
            .filter(|key| seen.insert(*key))
            .take(most)
            .map(|key| (key.clone(), self.plan.tree.clone()))
            .collect();
        if keys.is_empty() {
            return Ok(());
        }
        let read = get_nodes(&self.plan, &keys, &self.wanted, self.consistent, &mut self.cost);
        for row in Box::pin(read).await? {
            if let Some(id) = row.id.clone() {
                self.ahead.insert(id, row);
            }
        }
        Ok(())
    }

    async fn get(&mut self, id: &AttributeValue) -> Result<Option<Row>, Error> {
        let found = self.plan.get(id, self.plan.tree.as_ref(), self.consistent)?.raw().await?;
        self.cost.add(u64::from(found.metadata.attempts), &found.consumed_capacity);
        found.item.map(|item| self.plan.row(&item, &self.wanted)).transpose()
    }
}

fn past_deadline(error: Error) -> Result<PathEnd, Error> {
    if error.kind() == ErrorKind::DeadlineExceeded { Ok(PathEnd::Deadline) } else { Err(error) }
}

// The items are the user's and may be secret.
impl<T> std::fmt::Debug for PathOutput<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PathOutput")
            .field("nodes", &self.nodes.len())
            .field("end", &self.end)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(PathToRoot, table: draft.plan.table);

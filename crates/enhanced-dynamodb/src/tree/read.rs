//! Reads a tree: the root by its key, then the children of each node as soon as the node is known.

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::check::{Source, layout};
use super::node::{Slot, Tree, TreeMetadata, Truncation};
use super::schema::TreeSchema;
use crate::codec::{DecodeError, Reader, decode_item, decode_value};
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core, Reply};
use crate::expression::attr;
use crate::item::AttributeValue;
use crate::operation::page::PageRequest;
use crate::operation::settings::call_settings;
use crate::operation::{GetItem, Query, response};

/// What errors name as the operation.
const READ_TREE: &str = "ReadTree";

const DEFAULT_MAX_NODES: usize = 100_000;

/// Reads a tree from its root down. Made by [`Client::read_tree`](crate::Client::read_tree).
///
/// One Query a node, each started as soon as its parent is known and all of them together bounded by the client's
/// sockets; every page is read. Queries of a global secondary index are eventually consistent: a node written a moment
/// ago may be missing.
#[must_use = "nothing is read until it is sent"]
pub struct ReadTree {
    core: Arc<Core>,
    table: String,
    root: Result<AttributeValue, Error>,
    schema: TreeSchema,
    max_depth: Option<u32>,
    max_nodes: usize,
    consistent_read: bool,
    include_metadata: bool,
    options: CallOptions,
}

impl ReadTree {
    pub(crate) fn new<K: Serialize>(core: Arc<Core>, table: String, root: K) -> Self {
        ReadTree {
            core,
            table,
            root: crate::item::to_value(&root),
            schema: TreeSchema::default(),
            max_depth: None,
            max_nodes: DEFAULT_MAX_NODES,
            consistent_read: false,
            include_metadata: false,
            options: CallOptions::default(),
        }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// How the tree lies in its table; by default as [`TreeSchema::default`] says.
    pub fn schema(mut self, schema: TreeSchema) -> Self {
        self.schema = schema;
        self
    }

    /// Reads the depths 0 (the root) to `depth`; all by default. What lies below is left out, and
    /// [`TreeMetadata::truncated`] says whether anything does.
    #[doc(alias = "maxDepth")]
    pub fn max_depth(mut self, depth: u32) -> Self {
        self.max_depth = Some(depth);
        self
    }

    /// Reads so many nodes at most; 100,000 by default.
    pub fn max_nodes(mut self, nodes: usize) -> Self {
        self.max_nodes = nodes;
        self
    }

    /// Reads the root as the last acknowledged write left it. The index cannot be read so.
    pub fn consistent_read(mut self, consistent: bool) -> Self {
        self.consistent_read = consistent;
        self
    }

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
    /// [`ErrorKind::DeadlineExceeded`] if not even the root was read in time;
    /// [`ErrorKind::RootNotFound`] if there is no root; [`ErrorKind::Decode`], with the item inside, if a node is no
    /// `T`; those of the service.
    pub async fn send<T: DeserializeOwned>(mut self) -> Result<Tree<T>, Error> {
        let started = self.core.time().now();
        let deadline = self.options.whole_call(started);
        self.options.deadline = deadline;
        let root_id = match std::mem::replace(&mut self.root, Ok(AttributeValue::Null)) {
            Ok(id) => id,
            Err(error) => return Err(self.locate(error)),
        };
        if self.max_nodes == 0 {
            return Err(self.locate(Error::invalid_input("max_nodes is 0; a tree has at least its root")));
        }
        self.schema.validate().map_err(|error| self.locate(error))?;
        let found = layout(&self.core, &self.table, &self.schema, Source::Children, &self.options).await;
        found.map_err(|error| self.locate(error))?;
        let mut walk = Walk::new(&self, root_id);
        walk.read_root().await?;
        walk.read_children().await?;
        walk.look_below().await?;
        let mut tree = walk.into_tree();
        tree.metadata.elapsed = self.core.time().now().saturating_duration_since(started);
        Ok(tree)
    }

    fn locate(&self, error: Error) -> Error {
        error.with_operation(READ_TREE, Some(&self.table))
    }

    /// The pages of a node's children.
    fn children_of(&self, id: &AttributeValue) -> Query {
        let mut query = Query::new(Arc::clone(&self.core), self.table.clone())
            .index(&self.schema.index)
            .partition(&self.schema.parent, id);
        *query.call_options() = self.options.clone();
        query
    }
}

/// A request for a page of a node's children.
struct Asked {
    parent: usize,
    pages: Arc<PageRequest>,
    start: Option<Bytes>,
}

async fn ask(asked: Asked) -> (Asked, Result<Reply, Error>) {
    let reply = asked.pages.fetch(asked.start.as_ref(), asked.pages.read_limit(None)).await;
    (asked, reply)
}

/// A tree while it is read.
struct Walk<'a, T> {
    read: &'a ReadTree,
    slots: Vec<Slot<T>>,
    /// By which children are ordered, node by node.
    orders: Vec<Option<AttributeValue>>,
    root_id: AttributeValue,
    seen: HashSet<AttributeValue>,
    /// Requests to be made when there is a place.
    waiting: VecDeque<Asked>,
    /// Nodes at the greatest depth allowed: what lies below them is not read.
    frontier: Vec<usize>,
    truncated: Option<Truncation>,
    cycles: usize,
    requests: u64,
}

impl<'a, T: DeserializeOwned> Walk<'a, T> {
    fn new(read: &'a ReadTree, root_id: AttributeValue) -> Self {
        Walk {
            read,
            slots: Vec::new(),
            orders: Vec::new(),
            root_id,
            seen: HashSet::new(),
            waiting: VecDeque::new(),
            frontier: Vec::new(),
            truncated: None,
            cycles: 0,
            requests: 0,
        }
    }

    async fn read_root(&mut self) -> Result<(), Error> {
        let read = self.read;
        let mut get = GetItem::new(Arc::clone(&read.core), read.table.clone())
            .key(&read.schema.key, &self.root_id)
            .consistent_read(read.consistent_read);
        *get.call_options() = read.options.clone();
        let (item, metadata) = get.raw().await?;
        self.requests += u64::from(metadata.attempts);
        match item {
            Some(item) => self.add(None, item),
            None => Err(read.locate(Error::new(
                ErrorKind::RootNotFound,
                format!("no item has the {} that the tree was to be read from", read.schema.key),
            ))),
        }
    }

    async fn read_children(&mut self) -> Result<(), Error> {
        let most = self.read.core.config.max_sockets;
        let mut under_way = FuturesUnordered::new();
        loop {
            if self.slots.len() >= self.read.max_nodes {
                self.ask_no_more();
            }
            // What is under way ends by the same deadline: it is waited for, and nothing more is asked for.
            while under_way.len() < most
                && self.truncated != Some(Truncation::Deadline)
                && let Some(asked) = self.waiting.pop_front()
            {
                under_way.push(ask(asked));
            }
            // What is under way when something is known to be left out would add nothing.
            match self.truncated {
                Some(Truncation::Depth | Truncation::Nodes) => return Ok(()),
                Some(Truncation::Deadline) | None => {}
            }
            let Some((asked, reply)) = under_way.next().await else { return Ok(()) };
            match reply {
                Ok(reply) => self.take_page(asked, reply)?,
                Err(error) => self.cut(error)?,
            }
        }
    }

    /// A tree that its deadline cuts has what was read until then.
    ///
    /// # Errors
    /// Any other error.
    fn cut(&mut self, error: Error) -> Result<(), Error> {
        if error.kind() != ErrorKind::DeadlineExceeded {
            return Err(error);
        }
        self.requests += u64::from(error.attempts());
        self.truncated = Some(Truncation::Deadline);
        Ok(())
    }

    /// No more nodes may be added: what was not asked for yet is judged like what lies below the greatest depth.
    fn ask_no_more(&mut self) {
        for asked in self.waiting.drain(..) {
            match asked.start {
                Some(_) => self.truncated = Some(Truncation::Nodes),
                None => self.frontier.push(asked.parent),
            }
        }
    }

    fn take_page(&mut self, asked: Asked, reply: Reply) -> Result<(), Error> {
        self.requests += u64::from(reply.metadata.attempts);
        let body = reply.body.clone();
        let mut items = Vec::new();
        let (frame, _) = reply.read(&self.read.core, |body| {
            asked.pages.read::<serde::de::IgnoredAny>(body, |_, at| {
                items.push(at);
                Ok(())
            })
        })?;
        for at in items {
            self.add(Some(asked.parent), body.slice(at))?;
        }
        if let Some(next) = frame.last_evaluated_key {
            self.waiting.push_back(Asked { start: Some(next), ..asked });
        }
        Ok(())
    }

    /// Adds a node, and asks for its children.
    fn add(&mut self, parent: Option<usize>, item: Bytes) -> Result<(), Error> {
        let read = self.read;
        let (id, order) = read_key(&item, &read.schema).map_err(|error| read.locate(response::malformed(&error)))?;
        let Some(id) = id else {
            let message = format!("an item in the index {} has no attribute {}", read.schema.index, read.schema.key);
            return Err(read.locate(
                Error::new(ErrorKind::Decode, message)
                    .with_advice("Check the schema's key, and that the index projects it.")
                    .with_item(Some(item)),
            ));
        };
        if self.seen.contains(&id) {
            self.cycles += 1;
            return Ok(());
        }
        if self.slots.len() >= read.max_nodes {
            self.truncated = Some(Truncation::Nodes);
            return Ok(());
        }
        let value =
            decode_item(&item).map_err(|error| read.locate(Error::from(error).with_item(Some(item.clone()))))?;
        let at = self.slots.len();
        let depth = match parent {
            Some(parent) => {
                self.slots[parent].children.push(at);
                self.slots[parent].depth + 1
            }
            None => 0,
        };
        if read.max_depth.is_some_and(|most| depth >= most) {
            self.frontier.push(at);
        } else {
            let pages = Arc::new(read.children_of(&id).pages_of()?);
            self.waiting.push_back(Asked { parent: at, pages, start: None });
        }
        self.seen.insert(id.clone());
        self.slots.push(Slot { value, id, parent, children: Vec::new(), depth });
        self.orders.push(order);
        Ok(())
    }

    /// Says whether anything lies below what was read: asks node by node, until one has a child that is not in the tree
    /// already (as the root is below its own descendants, in a cycle).
    async fn look_below(&mut self) -> Result<(), Error> {
        if self.truncated.is_some() {
            return Ok(());
        }
        let read = self.read;
        let mut nodes = std::mem::take(&mut self.frontier).into_iter();
        let mut further: Vec<Asked> = Vec::new();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < read.core.config.max_sockets {
                let asked = match further.pop() {
                    Some(asked) => asked,
                    None => {
                        let Some(at) = nodes.next() else { break };
                        let query = read.children_of(&self.slots[at].id).projection([attr(&read.schema.key)]);
                        Asked { parent: at, pages: Arc::new(query.page_size(2).pages_of()?), start: None }
                    }
                };
                under_way.push(ask(asked));
            }
            let Some((asked, reply)) = under_way.next().await else { return Ok(()) };
            let reply = match reply {
                Ok(reply) => reply,
                Err(error) => return self.cut(error),
            };
            self.requests += u64::from(reply.metadata.attempts);
            let body = reply.body.clone();
            let mut children = Vec::new();
            let (frame, _) = reply.read(&read.core, |body| {
                asked.pages.read::<serde::de::IgnoredAny>(body, |_, at| {
                    children.push(at);
                    Ok(())
                })
            })?;
            for at in children {
                let (id, _) =
                    read_key(&body[at], &read.schema).map_err(|error| read.locate(response::malformed(&error)))?;
                if id.is_none_or(|id| !self.seen.contains(&id)) {
                    let deepest = read.max_depth.is_some_and(|most| self.slots[asked.parent].depth >= most);
                    self.truncated = Some(if deepest { Truncation::Depth } else { Truncation::Nodes });
                    return Ok(());
                }
            }
            if let Some(next) = frame.last_evaluated_key {
                further.push(Asked { start: Some(next), ..asked });
            }
        }
    }

    fn into_tree(mut self) -> Tree<T> {
        let orders = &self.orders;
        let ids: Vec<AttributeValue> = self.slots.iter().map(|slot| slot.id.clone()).collect();
        for slot in &mut self.slots {
            slot.children.sort_by(|a, b| {
                let by_order = compare(orders[*a].as_ref(), orders[*b].as_ref());
                by_order.then_with(|| compare(Some(&ids[*a]), Some(&ids[*b])))
            });
        }
        let metadata = TreeMetadata {
            node_count: self.slots.len(),
            depth: self.slots.iter().map(|slot| slot.depth).max().unwrap_or(0),
            root_id: self.root_id,
            truncated: self.truncated.is_some(),
            truncated_by: self.truncated,
            cycles: self.cycles,
            requests: self.requests,
            elapsed: std::time::Duration::ZERO,
        };
        Tree { slots: self.slots, metadata, include_metadata: self.read.include_metadata }
    }
}

type Key = (Option<AttributeValue>, Option<AttributeValue>);

/// An item's key, and what it is ordered by.
fn read_key(item: &[u8], schema: &TreeSchema) -> Result<Key, DecodeError> {
    let (mut id, mut order) = (None, None);
    let mut reader = Reader::new(item)?;
    let mut object = reader.object()?;
    while let Some(name) = object.next_key(&mut reader)? {
        let at = reader.raw_value()?;
        if name == schema.key.as_str() {
            id = Some(decode_value(&item[at.clone()])?);
        }
        if schema.order.as_deref() == Some(&*name) {
            order = Some(decode_value(&item[at])?);
        }
    }
    Ok((id, order))
}

/// As the service orders keys: numbers by value, text and binary by their bytes; nothing first, numbers before text.
fn compare(a: Option<&AttributeValue>, b: Option<&AttributeValue>) -> Ordering {
    fn rank(value: Option<&AttributeValue>) -> u8 {
        match value {
            None | Some(AttributeValue::Null) => 0,
            Some(AttributeValue::N(_)) => 1,
            Some(AttributeValue::S(_)) => 2,
            Some(AttributeValue::B(_)) => 3,
            Some(_) => 4,
        }
    }
    match (a, b) {
        (Some(AttributeValue::N(a)), Some(AttributeValue::N(b))) => a.cmp(b),
        (Some(AttributeValue::S(a)), Some(AttributeValue::S(b))) => a.cmp(b),
        (Some(AttributeValue::B(a)), Some(AttributeValue::B(b))) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

crate::operation::settings::debug_without_values!(ReadTree, table: table);

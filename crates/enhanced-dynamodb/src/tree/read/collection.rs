//! A tree by its id: one query, page after page, and the nodes are linked as they come.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{BoxFuture, join};

use super::state::{Arrived, State};
use crate::error::{Error, ErrorKind};
use crate::execute::Reply;
use crate::item::AttributeValue;
use crate::operation::page::PageRequest;
use crate::operation::response;
use crate::tree::batch::get_nodes;
use crate::tree::check::{Layout, Source, layout};
use crate::tree::link::{Linker, Parked};
use crate::tree::metadata::Truncation;
use crate::tree::plan::Plan;
use crate::tree::row::{Row, Wanted, read_page};
use crate::tree::schema::Collection;

/// What waits of a node: its item, and how many children it says that it has.
type Waiting = (Bytes, Option<u64>);

/// A tree while it is read.
pub(super) struct Gather {
    plan: Plan,
    wanted: Wanted,
    /// Whether the collection has all that is read.
    whole: bool,
    consistent: bool,
    root: AttributeValue,
    /// What the root names as its parent.
    root_parent: Option<AttributeValue>,
    /// The tree's id: as it was named, or as the root itself tells it.
    tree: AttributeValue,
    pub(super) state: State,
    linker: Linker<Waiting>,
    /// Nodes that a limit left out.
    dropped: HashSet<AttributeValue>,
    request: PageRequest,
    next: Next,
}

enum Next {
    Page(Option<Bytes>),
    /// All pages are read, or no more are wanted; what is left is to be judged.
    Judge {
        all: bool,
    },
    Done,
}

impl Gather {
    /// Reads what is known of the collection; and together with it, where nothing depends on that, the first page.
    pub(super) fn start<'a>(
        plan: &'a Plan,
        root: &'a AttributeValue,
        out: &'a mut Vec<Arrived>,
    ) -> BoxFuture<'a, Result<Box<Self>, Error>> {
        Box::pin(async move {
            let mut gather = Gather::new(plan, root)?;
            let described = layout(&plan.core, &plan.table, &plan.schema, Source::Collection, &plan.options);
            if plan.schema.is_partitioned() {
                let (layout, first) = join(described, gather.fetch(None)).await;
                gather.fit(layout)?;
                gather.take_reply(first, out).await?;
            } else {
                let layout = described.await;
                gather.fit(layout)?;
            }
            Ok(gather)
        })
    }

    /// A read as if the collection had all attributes.
    fn new(plan: &Plan, root: &AttributeValue) -> Result<Box<Self>, Error> {
        let mut plan = plan.clone();
        let tree = plan.tree.clone().unwrap_or_else(|| root.clone());
        let wanted = Wanted::new(&plan.schema, None, true, true);
        plan.read_also(wanted.names())?;
        let consistent = plan.schema.is_partitioned() && plan.consistent.unwrap_or(true);
        let request = request(&plan, &wanted, &tree, true, consistent)?;
        Ok(Box::new(Gather {
            plan,
            wanted,
            whole: true,
            consistent,
            root: root.clone(),
            root_parent: None,
            tree,
            state: State::default(),
            linker: Linker::default(),
            dropped: HashSet::new(),
            request,
            next: Next::Page(None),
        }))
    }

    /// Takes account of what the collection has.
    fn fit(&mut self, layout: Result<Arc<Layout>, Error>) -> Result<(), Error> {
        let layout = layout.map_err(|error| self.plan.locate(error))?;
        self.plan.check_filter(&layout)?;
        if self.plan.schema.is_partitioned() {
            return Ok(());
        }
        self.wanted = Wanted::new(&self.plan.schema, layout.sort.as_deref(), true, true);
        self.plan.read_also(self.wanted.names())?;
        self.whole = !self.plan.needs_completion(&layout, &self.wanted);
        self.consistent = layout.consistent && self.plan.consistent.unwrap_or(true);
        self.ask_anew()
    }

    fn ask_anew(&mut self) -> Result<(), Error> {
        self.request = request(&self.plan, &self.wanted, &self.tree, self.whole, self.consistent)?;
        Ok(())
    }

    fn fetch<'a>(&'a self, start: Option<&'a Bytes>) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(self.request.fetch(start, None))
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Goes on until a node has arrived, or all have: then it gives `false`.
    pub(super) fn next<'a>(&'a mut self, out: &'a mut Vec<Arrived>) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.go_on(out))
    }

    async fn go_on(&mut self, out: &mut Vec<Arrived>) -> Result<bool, Error> {
        while out.is_empty() {
            match std::mem::replace(&mut self.next, Next::Done) {
                Next::Page(start) => {
                    let reply = self.fetch(start.as_ref()).await;
                    self.take_reply(reply, out).await?;
                }
                Next::Judge { all } => Box::pin(self.judge(all, out)).await?,
                Next::Done => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn take_reply(&mut self, reply: Result<Reply, Error>, out: &mut Vec<Arrived>) -> Result<(), Error> {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return self.cut(error),
        };
        let mut rows = Vec::new();
        let read = |body: &Bytes| {
            read_page(body, &self.wanted, &mut rows).map_err(|error| self.plan.locate(response::malformed(&error)))
        };
        let (frame, metadata) = reply.read(&self.plan.core, read)?;
        self.state.cost.pages += 1;
        self.state.cost.add(u64::from(metadata.attempts), &frame.capacity);
        let filtered = frame.scanned.saturating_sub(frame.count);
        self.state.pruned += usize::try_from(filtered).unwrap_or(usize::MAX);
        if !self.whole && !rows.is_empty() {
            let mut keys = Vec::with_capacity(rows.len());
            for row in rows.drain(..) {
                let id = row.id.ok_or_else(|| self.plan.keyless(&row.item))?;
                keys.push((id, row.tree));
            }
            match Box::pin(get_nodes(&self.plan, &keys, &self.wanted, false, &mut self.state.cost)).await {
                Ok(whole) => rows = whole,
                Err(error) => return self.cut(error),
            }
        }
        self.next = match frame.next {
            Some(next) => Next::Page(Some(next)),
            None => Next::Judge { all: true },
        };
        for row in rows {
            self.take_row(row, out)?;
        }
        if self.state.truncated == Some(Truncation::Nodes) {
            self.next = Next::Judge { all: false };
        }
        Ok(())
    }

    /// A tree that its deadline cuts has what was read until then.
    ///
    /// # Errors
    /// Any other error; the deadline's, if not even the root was read.
    fn cut(&mut self, error: Error) -> Result<(), Error> {
        if error.kind() != ErrorKind::DeadlineExceeded || self.state.shape.len() == 0 {
            return Err(error);
        }
        self.state.cost.add(u64::from(error.attempts()), None);
        self.state.truncated = Some(Truncation::Deadline);
        self.next = Next::Judge { all: false };
        Ok(())
    }

    fn take_row(&mut self, row: Row, out: &mut Vec<Arrived>) -> Result<(), Error> {
        let id = row.id.ok_or_else(|| self.plan.keyless(&row.item))?;
        let node = Parked { id, parent: row.parent, order: row.order, value: (row.item, row.count) };
        if node.id == self.root {
            if self.state.shape.len() > 0 {
                return Ok(());
            }
            self.root_parent.clone_from(&node.parent);
            return self.place(None, node, out);
        }
        let Some(parent) = node.parent.as_ref() else {
            // The root of another tree.
            self.linker.park(node.id, None, node.order, node.value);
            return Ok(());
        };
        match self.state.shape.find(parent) {
            Some(parent) => self.place(Some(parent), node, out),
            None => {
                self.linker.park(node.id, node.parent, node.order, node.value);
                Ok(())
            }
        }
    }

    /// Adds a node, and those that wait for it.
    fn place(&mut self, parent: Option<u32>, node: Parked<Waiting>, out: &mut Vec<Arrived>) -> Result<(), Error> {
        let mut ready = VecDeque::from([node]);
        let mut parent = parent;
        while let Some(node) = ready.pop_front() {
            let above = match parent.take() {
                Some(parent) => Some(parent),
                None => node.parent.as_ref().filter(|_| node.id != self.root).and_then(|id| self.state.shape.find(id)),
            };
            let depth = above.map_or(0, |above| self.state.shape.depth(above) + 1);
            let id = node.id;
            if self.plan.max_depth.is_some_and(|most| depth > most) {
                self.state.truncated.get_or_insert(Truncation::Depth);
                self.dropped.insert(id);
                continue;
            }
            if self.state.shape.len() >= self.plan.max_nodes && self.state.shape.find(&id).is_none() {
                self.state.truncated = Some(Truncation::Nodes);
                self.dropped.insert(id);
                continue;
            }
            let (item, count) = node.value;
            match self.state.shape.add(above, id.clone(), node.order) {
                Some(at) => {
                    if self.wanted.count.is_some() {
                        self.state.counts.push(count);
                    }
                    out.push(Arrived { at, item });
                    self.linker.take_children(&id, &mut ready);
                }
                None => self.state.cycles += 1,
            }
        }
        Ok(())
    }

    /// All that there is has come: what of it does not hang together with the root?
    async fn judge(&mut self, all: bool, out: &mut Vec<Arrived>) -> Result<(), Error> {
        if self.state.shape.len() == 0 {
            return self.find_root(out).await;
        }
        if !all {
            return Ok(());
        }
        let shape = &self.state.shape;
        let survey = self.linker.survey(|id| shape.find(id).is_some() || self.dropped.contains(id));
        self.state.cycles += survey.cycles + self.linker.duplicates();
        let root_above = self.root_parent.as_ref().and_then(|parent| shape.find(parent));
        self.state.cycles += usize::from(root_above.is_some());
        match self.plan.filter {
            None => self.state.orphans += survey.orphans,
            // A parent that is not there was kept out by the filter, as far as anyone can tell.
            Some(_) => self.state.pruned += survey.detached,
        }
        if self.state.truncated.is_none() && self.plan.filter.is_none() {
            let mut found = shape.child_counts();
            if let Some(above) = root_above {
                found[above as usize] += 1;
            }
            let differs =
                |(count, found): &(&Option<u64>, &u32)| count.is_some_and(|count| count != u64::from(**found));
            self.state.incomplete += self.state.counts.iter().zip(&found).filter(differs).count();
        }
        Ok(())
    }

    /// The root is not in the collection: an index lags behind, a filter kept it out, it lies in a tree of another id, or
    /// it does not exist.
    async fn find_root(&mut self, out: &mut Vec<Arrived>) -> Result<(), Error> {
        let get = self.plan.get(&self.root, Some(&self.tree), self.plan.consistent.unwrap_or(false))?;
        let root = get.raw().await?;
        self.state.cost.add(u64::from(root.metadata.attempts), &root.consumed_capacity);
        let item = root.item.ok_or_else(|| self.plan.no_root())?;
        let row = self.plan.row(&item, &self.wanted)?;
        self.next = Next::Judge { all: true };
        if let (Some(Collection::Index { .. }), Some(tree)) = (&self.plan.schema.collection, &row.tree)
            && *tree != self.tree
        {
            self.tree = tree.clone();
            self.ask_anew()?;
            self.linker = Linker::default();
            self.state.pruned = 0;
            self.next = Next::Page(None);
        } else if self.plan.filter.is_some() {
            // It was read, and the filter kept it out.
            self.state.pruned = self.state.pruned.saturating_sub(1);
        }
        self.take_row(row, out)
    }
}

/// The query for all nodes of a tree.
fn request(
    plan: &Plan,
    wanted: &Wanted,
    tree: &AttributeValue,
    whole: bool,
    consistent: bool,
) -> Result<PageRequest, Error> {
    let mut query = plan.query(whole, wanted).partition(plan.schema.tree_attribute().unwrap_or_default(), tree);
    if let Some(Collection::Index { index, .. }) = &plan.schema.collection {
        query = query.index(index);
    }
    if consistent {
        query = query.consistent_read(true);
    }
    query.pages_of().map_err(|error| plan.locate(error))
}

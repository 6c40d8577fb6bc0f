//! A tree by its edges: a query a node, started as soon as the node is known.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{BoxFuture, join};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::state::{Arrived, State};
use crate::error::{Error, ErrorKind};
use crate::item::AttributeValue;
use crate::operation::GetOutput;
use crate::tree::check::{Layout, Source, known, layout};
use crate::tree::edges::{Edges, Page};
use crate::tree::metadata::Truncation;
use crate::tree::plan::Plan;
use crate::tree::row::Row;

/// A request for a page of a node's children.
struct Asked {
    parent: u32,
    start: Option<Bytes>,
}

type Answer = (Asked, Result<Page, Error>);

/// A tree while it is read.
pub(super) struct Adjacency {
    edges: Arc<Edges>,
    pub(super) state: State,
    /// Requests to be made when there is a place.
    waiting: VecDeque<Asked>,
    under_way: FuturesUnordered<BoxFuture<'static, Answer>>,
    /// The answer for the root's children, where they were asked for together with the root.
    first: Option<Result<Page, Error>>,
    /// Nodes below which nothing is read, because a limit says so.
    frontier: Vec<u32>,
    /// How many children each node was found to have; empty where the schema has no count.
    found: Vec<u64>,
}

impl Adjacency {
    /// Reads the root; and together with it what does not depend on it.
    pub(super) fn start<'a>(
        plan: &'a Plan,
        root: &'a AttributeValue,
        out: &'a mut Vec<Arrived>,
    ) -> BoxFuture<'a, Result<Box<Self>, Error>> {
        Box::pin(async move {
            let get = root_of(plan, root)?;
            // A count of 0, or a limit, would spare the query for the root's children.
            let alone = plan.schema.trusted_count() || plan.max_depth == Some(0) || plan.max_nodes == 1;
            let source = Source::Children;
            let (edges, item, first) = match known(&plan.core, &plan.table, &plan.schema, source) {
                Some(layout) if alone => (edges_of(plan, layout)?, get.await, None),
                Some(layout) => {
                    let edges = edges_of(plan, layout)?;
                    let (item, first) = join(get, page_of(&edges, root)).await;
                    (edges, item, Some(first))
                }
                None => {
                    let described = layout(&plan.core, &plan.table, &plan.schema, source, &plan.options);
                    let (layout, item) = join(described, get).await;
                    (edges_of(plan, layout.map_err(|error| plan.locate(error))?)?, item, None)
                }
            };
            let mut walk = Adjacency::new(edges, first);
            walk.take_root(item?, out)?;
            Ok(walk)
        })
    }

    fn new(edges: Arc<Edges>, first: Option<Result<Page, Error>>) -> Box<Self> {
        Box::new(Adjacency {
            edges,
            state: State::default(),
            waiting: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            first,
            frontier: Vec::new(),
            found: Vec::new(),
        })
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.edges.plan
    }

    fn take_root(&mut self, root: GetOutput<Bytes>, out: &mut Vec<Arrived>) -> Result<(), Error> {
        self.state.cost.add(u64::from(root.metadata.attempts), &root.consumed_capacity);
        let plan = &self.edges.plan;
        let item = root.item.ok_or_else(|| plan.no_root())?;
        let row = plan.row(&item, &self.edges.wanted)?;
        self.add(None, row, out)
    }

    /// Goes on until a node has arrived, or all have: then it gives `false`.
    pub(super) fn next<'a>(&'a mut self, out: &'a mut Vec<Arrived>) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.go_on(out))
    }

    async fn go_on(&mut self, out: &mut Vec<Arrived>) -> Result<bool, Error> {
        if let Some(page) = self.first.take()
            && let Some(asked) = self.waiting.pop_front()
        {
            self.take_answer((asked, page), out)?;
        }
        while out.is_empty() {
            if self.state.shape.len() >= self.edges.plan.max_nodes {
                self.ask_no_more();
            }
            self.ask();
            // What is under way when something is known to be left out would add nothing.
            match self.state.truncated {
                Some(Truncation::Depth | Truncation::Nodes) => return Ok(false),
                Some(Truncation::Deadline) | None => {}
            }
            match self.under_way.next().await {
                Some(answer) => self.take_answer(answer, out)?,
                None => return Box::pin(self.look_below()).await.map(|()| false),
            }
        }
        Ok(true)
    }

    /// Makes as many requests as there are places. After the deadline nothing more is asked for; what is under way ends by
    /// the same deadline and is waited for.
    fn ask(&mut self) {
        let most = self.edges.plan.core.config.max_sockets;
        while self.under_way.len() < most && self.state.truncated != Some(Truncation::Deadline) {
            let Some(asked) = self.waiting.pop_front() else { return };
            let edges = Arc::clone(&self.edges);
            let node = self.state.shape.id(asked.parent).clone();
            self.under_way.push(Box::pin(async move {
                let page = edges.page(&node, asked.start.as_ref()).await;
                (asked, page)
            }));
        }
    }

    /// No more nodes may be added: what was not asked for yet is judged like what lies below the greatest depth.
    fn ask_no_more(&mut self) {
        for asked in self.waiting.drain(..) {
            match asked.start {
                Some(_) => self.state.truncated = Some(Truncation::Nodes),
                None => self.frontier.push(asked.parent),
            }
        }
    }

    fn take_answer(&mut self, (asked, page): Answer, out: &mut Vec<Arrived>) -> Result<(), Error> {
        let page = match page {
            Ok(page) => page,
            Err(error) => return self.cut(error),
        };
        self.state.cost.add_all(page.cost);
        let filtered = page.frame.scanned.saturating_sub(page.frame.count);
        self.state.pruned += usize::try_from(filtered).unwrap_or(usize::MAX);
        if let Some(found) = self.found.get_mut(asked.parent as usize) {
            *found += page.rows.len() as u64 + filtered;
        }
        for row in page.rows {
            self.add(Some(asked.parent), row, out)?;
        }
        match page.frame.next {
            // Before the children of those that have come: pages follow one another, and everything else is at once.
            Some(next) => self.waiting.push_front(Asked { start: Some(next), ..asked }),
            None => self.compare_count(asked.parent),
        }
        Ok(())
    }

    fn compare_count(&mut self, node: u32) {
        let counted = self.state.counts.get(node as usize).copied().flatten();
        if let (Some(counted), Some(found)) = (counted, self.found.get(node as usize)) {
            self.state.incomplete += usize::from(counted != *found);
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
        self.state.cost.add(u64::from(error.attempts()), None);
        self.state.truncated = Some(Truncation::Deadline);
        Ok(())
    }

    /// Adds a node, and sees to it that its children are asked for.
    fn add(&mut self, parent: Option<u32>, row: Row, out: &mut Vec<Arrived>) -> Result<(), Error> {
        let (edges, state) = (&self.edges, &mut self.state);
        let plan = &edges.plan;
        let id = row.id.ok_or_else(|| plan.keyless(&row.item))?;
        if state.shape.len() >= plan.max_nodes && state.shape.find(&id).is_none() {
            state.truncated = Some(Truncation::Nodes);
            return Ok(());
        }
        let Some(at) = state.shape.add(parent, id, row.order) else {
            state.cycles += 1;
            return Ok(());
        };
        if edges.wanted.count.is_some() {
            state.counts.push(row.count);
            self.found.push(0);
        }
        let leaf = plan.schema.trusted_count() && row.count == Some(0);
        if plan.max_depth.is_some_and(|most| state.shape.depth(at) >= most) {
            if !leaf {
                self.frontier.push(at);
            }
        } else if !leaf {
            self.waiting.push_back(Asked { parent: at, start: None });
        }
        out.push(Arrived { at, item: row.item });
        Ok(())
    }

    /// Says whether anything lies below what was read: asks node by node, until one has a child that is not in the tree
    /// already (as the root is below its own descendants, in a cycle).
    async fn look_below(&mut self) -> Result<(), Error> {
        if self.state.truncated.is_some() {
            return Ok(());
        }
        let frontier = std::mem::take(&mut self.frontier);
        let plan = &self.edges.plan;
        if plan.schema.trusted_count() && plan.filter.is_none() {
            let counted = |at: &&u32| self.state.counts.get(**at as usize).copied().flatten().is_some_and(|n| n > 0);
            if let Some(at) = frontier.iter().find(counted) {
                self.state.truncated = Some(self.limit_at(*at));
                return Ok(());
            }
        }
        let mut nodes = frontier.into_iter();
        let mut further: Vec<Asked> = Vec::new();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < plan.core.config.max_sockets {
                let next = further.pop().or_else(|| nodes.next().map(|parent| Asked { parent, start: None }));
                let Some(asked) = next else { break };
                let (edges, node) = (&self.edges, self.state.shape.id(asked.parent).clone());
                under_way.push(async move {
                    // Two: one may be a node that is in the tree already.
                    let page = edges.keys(&node, asked.start.as_ref(), Some(2)).await;
                    (asked, page)
                });
            }
            let Some((asked, page)) = under_way.next().await else { return Ok(()) };
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    drop(under_way);
                    return self.cut(error);
                }
            };
            self.state.cost.add_all(page.cost);
            let is_new = |row: &Row| row.id.as_ref().is_none_or(|id| self.state.shape.find(id).is_none());
            if page.rows.iter().any(is_new) {
                self.state.truncated = Some(self.limit_at(asked.parent));
                return Ok(());
            }
            if let Some(next) = page.frame.next {
                further.push(Asked { start: Some(next), ..asked });
            }
        }
    }

    /// The limit that keeps the children of this node out.
    fn limit_at(&self, node: u32) -> Truncation {
        let deepest = self.edges.plan.max_depth.is_some_and(|most| self.state.shape.depth(node) >= most);
        if deepest { Truncation::Depth } else { Truncation::Nodes }
    }
}

type Got = Result<GetOutput<Bytes>, Error>;

fn root_of<'a>(plan: &Plan, root: &AttributeValue) -> Result<BoxFuture<'a, Got>, Error> {
    let consistent = plan.consistent.unwrap_or(false);
    Ok(Box::pin(plan.for_one_node()?.get(root, plan.tree.as_ref(), consistent)?.raw()))
}

fn edges_of(plan: &Plan, layout: Arc<Layout>) -> Result<Arc<Edges>, Error> {
    Ok(Arc::new(Edges::new(plan.clone(), layout)?))
}

fn page_of<'a>(edges: &'a Edges, node: &'a AttributeValue) -> BoxFuture<'a, Result<Page, Error>> {
    Box::pin(edges.page(node, None))
}

//! The edges of a tree: how the children of a node are asked for, page by page.

use std::sync::Arc;

use bytes::Bytes;

use super::batch::get_nodes;
use super::check::Layout;
use super::cost::Cost;
use super::plan::Plan;
use super::row::{Frame, Row, Wanted, read_page};
use super::template::Template;
use crate::error::Error;
use crate::item::AttributeValue;
use crate::operation::response;

/// How children are asked for: the same for all nodes.
pub(super) struct Edges {
    pub(super) plan: Plan,
    pub(super) layout: Arc<Layout>,
    pub(super) wanted: Wanted,
    template: Template,
    /// Whether the index has all that is read.
    whole: bool,
}

/// A page of a node's children.
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    pub(super) frame: Frame,
    pub(super) cost: Cost,
}

impl Edges {
    /// # Errors
    /// If children cannot be asked for so.
    pub(super) fn new(mut plan: Plan, layout: Arc<Layout>) -> Result<Self, Error> {
        let wanted = Wanted::new(&plan.schema, layout.sort.as_deref(), false, plan.schema.is_partitioned());
        plan.read_also(wanted.names())?;
        plan.check_filter(&layout)?;
        let whole = !plan.needs_completion(&layout, &wanted);
        let template = Template::new(&plan, &layout, &wanted, whole).map_err(|error| plan.locate(error))?;
        Ok(Edges { plan, layout, wanted, template, whole })
    }

    /// Whether the pages come in the order of children: the index's sort key makes it.
    pub(super) fn in_order(&self) -> bool {
        self.layout.sort.is_some() && self.layout.sort == self.wanted.order
    }

    /// A page of a node's children, whole.
    pub(super) async fn page(&self, node: &AttributeValue, start: Option<&Bytes>) -> Result<Page, Error> {
        let mut page = self.keys(node, start, None).await?;
        if !self.whole && !page.rows.is_empty() {
            let mut keys = Vec::with_capacity(page.rows.len());
            for row in page.rows.drain(..) {
                let id = row.id.ok_or_else(|| self.plan.keyless(&row.item))?;
                keys.push((id, row.tree));
            }
            let whole = get_nodes(&self.plan, &keys, &self.wanted, false, &mut page.cost);
            // In a box of its own: it is rare, and would make the future of every page large.
            page.rows = Box::pin(whole).await?;
        }
        Ok(page)
    }

    /// A page of a node's children, as the index has them.
    pub(super) async fn keys(
        &self,
        node: &AttributeValue,
        start: Option<&Bytes>,
        limit: Option<u32>,
    ) -> Result<Page, Error> {
        let core = &self.plan.core;
        let reply = self.template.fetch(core, node, start, limit).await?;
        let mut rows = Vec::new();
        let read = |body: &Bytes| {
            read_page(body, &self.wanted, &mut rows).map_err(|error| self.plan.locate(response::malformed(&error)))
        };
        let (frame, metadata) = reply.read(core, read)?;
        let mut cost = Cost { pages: 1, ..Cost::default() };
        cost.add(u64::from(metadata.attempts), &frame.capacity);
        // An index on the parent alone has the children of all trees: those of another are not ours.
        if let (Some(tree), false) = (&self.plan.tree, self.layout.within_tree) {
            rows.retain(|row| row.tree.as_ref().is_none_or(|of| of == tree));
        }
        Ok(Page { rows, frame, cost })
    }
}

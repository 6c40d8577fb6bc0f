//! The children of one node, or its siblings.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::check::{Source, layout};
use super::edges::Edges;
use super::plan::{Draft, Plan};
use super::row::{Row, Wanted};
use super::settings::tree_settings;
use super::shape::compare;
use crate::error::Error;
use crate::execute::Core;
use crate::expression::Condition;
use crate::item::AttributeValue;

/// Reads the children of one node, or its siblings. Made by [`Client::children`](crate::Client::children) and
/// [`Client::siblings`](crate::Client::siblings).
///
/// All pages are read. A node that does not exist has no children.
#[must_use = "nothing is read until it is sent"]
pub struct ReadChildren {
    draft: Draft,
    node: AttributeValue,
    siblings: bool,
    limit: Option<usize>,
}

impl ReadChildren {
    pub(crate) fn new(core: Arc<Core>, table: String, node: &impl Serialize, siblings: bool) -> Self {
        let mut draft = Draft::new(core, if siblings { "ReadSiblings" } else { "ReadChildren" }, table);
        let node = draft.key(node);
        ReadChildren { draft, node, siblings, limit: None }
    }

    tree_settings!();

    /// Gives so many nodes at most: the first in their order.
    pub fn limit(mut self, nodes: usize) -> Self {
        self.limit = Some(nodes);
        self
    }

    /// Gives only nodes for which this holds; several are joined by AND.
    pub fn filter(mut self, filter: Condition) -> Self {
        let before = self.draft.plan.filter.take();
        self.draft.plan.filter = Some(match before {
            Some(before) => before.and(filter),
            None => filter,
        });
        self
    }

    /// Reads what the last acknowledged writes left: by a local index only.
    pub fn consistent_read(mut self, consistent: bool) -> Self {
        self.draft.plan.consistent = Some(consistent);
        self
    }

    /// Reads the nodes, in the order of children: by the schema's order attribute, else by the index's sort key, else by
    /// their key.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the schema does not fit the table;
    /// [`ErrorKind::RootNotFound`](crate::ErrorKind::RootNotFound) if the node whose siblings are asked for does not exist;
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if a node is no `T`; those of the service.
    pub async fn send<T: DeserializeOwned>(self) -> Result<Vec<T>, Error> {
        let ReadChildren { draft, node, siblings, limit } = self;
        let plan = draft.begin()?;
        let parent = if siblings { Box::pin(parent_of(&plan, &node)).await? } else { Some(node.clone()) };
        // A root stands alone.
        let Some(parent) = parent else { return Ok(Vec::new()) };
        let found = layout(&plan.core, &plan.table, &plan.schema, Source::Children, &plan.options).await;
        let edges = Edges::new(plan.clone(), found.map_err(|error| plan.locate(error))?)?;
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let page = edges.page(&parent, start.as_ref()).await?;
            rows.extend(page.rows);
            // The index has them in the order of children: the first that came are the first.
            let enough = limit.is_some_and(|limit| rows.len() > limit) && edges.in_order() && !siblings;
            match page.frame.next {
                Some(next) if !enough => start = Some(next),
                Some(_) | None => break,
            }
        }
        rows.sort_by(|a, b| {
            compare(a.order.as_ref(), b.order.as_ref()).then_with(|| compare(a.id.as_ref(), b.id.as_ref()))
        });
        let others = rows.iter().filter(|row: &&Row| !siblings || row.id.as_ref() != Some(&node));
        others.take(limit.unwrap_or(usize::MAX)).map(|row| edges.plan.decode(&row.item)).collect()
    }
}

async fn parent_of(plan: &Plan, node: &AttributeValue) -> Result<Option<AttributeValue>, Error> {
    let wanted = Wanted::new(&plan.schema, None, true, false);
    let plan = plan.of_only(&plan.schema.parent);
    let found = plan.get(node, plan.tree.as_ref(), plan.consistent.unwrap_or(false))?.raw().await?;
    let item = found.item.ok_or_else(|| plan.no_root())?;
    Ok(plan.row(&item, &wanted)?.parent)
}

crate::operation::settings::debug_without_values!(ReadChildren, table: draft.plan.table);

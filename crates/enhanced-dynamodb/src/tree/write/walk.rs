//! Finds what lies below a node, and reads many nodes at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::facts::{Facts, JOURNAL, Stored};
use super::site::Site;
use crate::error::{Error, ErrorKind};
use crate::item::AttributeValue;
use crate::operation::page::PageRequest;
use crate::operation::{BatchGetItem, Query, response};
use crate::tree::check::{Projected, Source, layout};

/// A node below another.
pub(in crate::tree) struct Found {
    pub(in crate::tree) stored: Stored,
    /// The position of its parent; the first node's own is 0.
    pub(in crate::tree) parent: usize,
}

/// What is needed of the nodes below.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::tree) enum Need {
    /// Which nodes there are, and which are marked, as the index knows it.
    Keys,
    /// Their whole items, as the index has them.
    Items,
    /// Their whole items as the last acknowledged writes left them.
    Fresh,
}

/// The subtree below a node, the node first and every other behind its parent. What lies below `except` is left out,
/// and so is that node itself.
pub(in crate::tree) async fn subtree(
    site: &Site,
    top: Stored,
    need: Need,
    except: Option<&AttributeValue>,
) -> Result<Vec<Found>, Error> {
    let mut seen: HashSet<AttributeValue> = except.into_iter().cloned().collect();
    seen.insert(top.facts.id.clone());
    if site.schema.is_partitioned() {
        return Ok(arrange(top.clone(), partition(site, top.facts.tree.as_ref()).await?, &mut seen));
    }
    let layout = layout(&site.core, &site.table, &site.schema, Source::Children, &site.options).await;
    let layout = layout.map_err(|error| site.locate(error))?;
    let complete = match (need, &layout.projected) {
        (Need::Keys | Need::Items, Projected::All) => false,
        (Need::Keys, projected) => !projected.has(JOURNAL),
        (Need::Items, Projected::Only(_)) | (Need::Fresh, _) => true,
    };
    let mut found = vec![Found { stored: top, parent: 0 }];
    let mut level = 0..1;
    while !level.is_empty() {
        let asked: Vec<(usize, AttributeValue)> =
            level.clone().map(|at| (at, found[at].stored.facts.id.clone())).collect();
        let answers: Vec<(usize, Vec<Stored>)> = stream::iter(asked)
            .map(|(at, id)| async move { children(site, &id, None, None).await.map(|children| (at, children)) })
            .buffered(site.core.config.max_sockets.max(1))
            .try_collect()
            .await?;
        let next = found.len();
        for (parent, children) in answers {
            let new = children.into_iter().filter(|child| seen.insert(child.facts.id.clone()));
            found.extend(new.map(|stored| Found { stored, parent }));
        }
        if complete {
            complete_from_table(site, &mut found, next).await?;
        }
        level = next..found.len();
    }
    Ok(found)
}

/// Replaces what the index has of the nodes from `next` on by what the table has. One that is gone or elsewhere is none.
async fn complete_from_table(site: &Site, found: &mut Vec<Found>, next: usize) -> Result<(), Error> {
    let ids: Vec<AttributeValue> = found[next..].iter().map(|found| found.stored.facts.id.clone()).collect();
    let mut items = batch_get(site, &ids, None).await?;
    let new: Vec<Found> = found.drain(next..).collect();
    for Found { stored, parent } in new {
        let id = &found[parent].stored.facts.id;
        if let Some(stored) = items.remove(&stored.facts.id)
            && stored.facts.parent.as_ref() == Some(id)
        {
            found.push(Found { stored, parent });
        }
    }
    Ok(())
}

/// The children of a node by the index, or in its tree's partition: all, or the first of them.
pub(in crate::tree) async fn children(
    site: &Site,
    id: &AttributeValue,
    tree: Option<&AttributeValue>,
    limit: Option<u64>,
) -> Result<Vec<Stored>, Error> {
    let schema = &site.schema;
    if schema.is_partitioned() {
        let mut all = partition(site, tree).await?;
        all.retain(|node| node.facts.parent.as_ref() == Some(id));
        return Ok(all);
    }
    let mut query =
        Query::new(Arc::clone(&site.core), site.table.clone()).index(&schema.index).partition(&schema.parent, id);
    if let Some(limit) = limit {
        query = query.limit(limit);
    }
    read_all(site, query).await
}

/// All nodes of a tree that has a partition of its own, as the last acknowledged writes left them.
pub(in crate::tree) async fn partition(site: &Site, tree: Option<&AttributeValue>) -> Result<Vec<Stored>, Error> {
    let Some(tree) = tree else { return Err(site.tree_unknown()) };
    let name = site.schema.tree_attribute().unwrap_or_default();
    let query = Query::new(Arc::clone(&site.core), site.table.clone()).partition(name, tree).consistent_read(true);
    read_all(site, query).await
}

async fn read_all(site: &Site, mut query: Query) -> Result<Vec<Stored>, Error> {
    *query.call_options() = site.options.clone();
    read_pages(site, &query.pages_of()?).await
}

/// Every page, or the first alone where there is a limit.
pub(in crate::tree) async fn read_pages(site: &Site, pages: &PageRequest) -> Result<Vec<Stored>, Error> {
    let (mut all, mut start) = (Vec::new(), None);
    loop {
        let reply = pages.fetch(start.as_ref(), pages.read_limit(pages.limit)).await?;
        site.count(reply.metadata.attempts);
        let body = reply.body.clone();
        let mut items = Vec::new();
        let (frame, _) = reply.read(&site.core, |body| {
            pages.read::<serde::de::IgnoredAny>(body, |_, at| {
                items.push(at);
                Ok(())
            })
        })?;
        for at in items {
            all.push(stored(site, body.slice(at))?);
        }
        start = frame.last_evaluated_key;
        if start.is_none() || pages.limit.is_some() {
            return Ok(all);
        }
    }
}

fn stored(site: &Site, item: Bytes) -> Result<Stored, Error> {
    let facts = Facts::read(&item, &site.schema).map_err(|error| site.locate(response::malformed(&error)))?;
    if facts.id.is_null() {
        let message = format!("an item of the tree has no attribute {}", site.schema.key);
        return Err(site.locate(
            Error::new(ErrorKind::Decode, message)
                .with_advice("Check the schema's key, and that the index projects it.")
                .with_item(Some(item)),
        ));
    }
    Ok(Stored { facts, item })
}

/// The subtree of `top` among all nodes of a tree.
fn arrange(top: Stored, all: Vec<Stored>, seen: &mut HashSet<AttributeValue>) -> Vec<Found> {
    let mut below: HashMap<AttributeValue, Vec<Stored>> = HashMap::new();
    for stored in all {
        if let Some(parent) = stored.facts.parent.clone() {
            below.entry(parent).or_default().push(stored);
        }
    }
    let mut found = vec![Found { stored: top, parent: 0 }];
    let mut at = 0;
    while at < found.len() {
        for stored in below.remove(&found[at].stored.facts.id).unwrap_or_default() {
            if seen.insert(stored.facts.id.clone()) {
                found.push(Found { stored, parent: at });
            }
        }
        at += 1;
    }
    found
}

/// Reads nodes by their keys as the last acknowledged writes left them.
pub(in crate::tree) async fn batch_get(
    site: &Site,
    ids: &[AttributeValue],
    tree: Option<&AttributeValue>,
) -> Result<HashMap<AttributeValue, Stored>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut batch = BatchGetItem::new(Arc::clone(&site.core)).consistent_read(&site.table, true);
    *batch.call_options() = site.options.clone();
    for id in ids {
        batch = batch.get(&site.table, &site.key(id, tree)?);
    }
    let output = batch.all().await?;
    site.count(output.metadata.attempts);
    let nodes = output.raw_items(&site.table).map(|item| stored(site, item?));
    nodes.map(|node| node.map(|stored| (stored.facts.id.clone(), stored))).collect()
}

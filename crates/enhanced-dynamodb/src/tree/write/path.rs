//! The way up from a node, and whether it still is what it was.

use std::collections::{HashMap, HashSet};

use super::facts::Facts;
use super::site::Site;
use super::walk::batch_get;
use crate::error::{Error, ErrorKind};
use crate::item::AttributeValue;

/// A node and what is above it, up to the root; or up to the last node that exists, where the branch is an orphan.
pub(in crate::tree) struct Path {
    nodes: Vec<Facts>,
}

/// Nodes that were read before, which may be as they were: what is walked by way of them must be confirmed.
pub(in crate::tree) type Remembered = HashMap<AttributeValue, Facts>;

impl Path {
    pub(in crate::tree) fn start(&self) -> &Facts {
        &self.nodes[0]
    }

    /// The root.
    pub(in crate::tree) fn top(&self) -> &Facts {
        &self.nodes[self.nodes.len() - 1]
    }

    pub(in crate::tree) fn contains(&self, id: &AttributeValue) -> bool {
        self.nodes.iter().any(|node| node.id == *id)
    }

    /// The node above the start, if it exists.
    pub(in crate::tree) fn parent(&self) -> Option<&Facts> {
        self.nodes.get(1)
    }

    /// All but the root, whose version tells by itself whether it was moved.
    fn below_top(&self) -> &[Facts] {
        &self.nodes[..self.nodes.len() - 1]
    }
}

/// Walks up from a node, with strongly consistent reads: one request a step, but for what is remembered. The nodes in a
/// list of ancestors are read beforehand, 100 in a request. The start and the root are always read, but for a `root` that
/// was read for the same move.
///
/// # Errors
/// [`ErrorKind::NodeNotFound`] if the start does not exist; [`ErrorKind::TreeCycle`] if the way leads round in a circle.
pub(in crate::tree) async fn path(
    site: &Site,
    start: &AttributeValue,
    tree: Option<&AttributeValue>,
    what: &str,
    root: Option<&Facts>,
    remembered: &mut Remembered,
) -> Result<Path, Error> {
    let mut nodes = vec![site.existing(start, tree, what).await?.facts];
    if let Some(AttributeValue::L(ancestors)) = &nodes[0].ancestors {
        let unknown: HashSet<&AttributeValue> = ancestors.iter().filter(|id| !remembered.contains_key(id)).collect();
        let unknown: Vec<AttributeValue> = unknown.into_iter().cloned().collect();
        let read = batch_get(site, &unknown, tree).await?;
        remembered.extend(read.into_iter().map(|(id, stored)| (id, stored.facts)));
    }
    let mut seen = HashSet::from([start.clone()]);
    while let Some(above) = nodes[nodes.len() - 1].parent.clone() {
        if !seen.insert(above.clone()) {
            let message = format!("the nodes above {what} go round in a circle of {} or fewer", nodes.len());
            return Err(site.locate(Error::new(ErrorKind::TreeCycle, message)));
        }
        let is_root = |root: &&Facts| root.id == above;
        let known = match root.filter(is_root) {
            Some(root) => Some(root.clone()),
            None => remembered.get(&above).filter(|facts| facts.parent.is_some()).cloned(),
        };
        let facts = match known {
            Some(facts) => facts,
            None => match site.get(&above, tree).await? {
                Some(stored) => stored.facts,
                None => break,
            },
        };
        nodes.push(facts);
    }
    remembered.extend(nodes.iter().map(|facts| (facts.id.clone(), facts.clone())));
    Ok(Path { nodes })
}

/// Reads the nodes of paths again, below their roots, and says whether they still hang together as they did. Called
/// after the roots were read: what holds now has then held since the roots had the versions that were read, unless a
/// move has raised one.
pub(in crate::tree) async fn confirm(
    site: &Site,
    paths: &[(&Path, Option<&AttributeValue>)],
    remembered: &mut Remembered,
) -> Result<bool, Error> {
    let mut read: HashSet<&AttributeValue> = HashSet::new();
    for (path, tree) in paths {
        let again: Vec<&Facts> = path.below_top().iter().filter(|facts| read.insert(&facts.id)).collect();
        if again.is_empty() {
            continue;
        }
        let ids: Vec<AttributeValue> = again.iter().map(|facts| facts.id.clone()).collect();
        let now = batch_get(site, &ids, *tree).await?;
        let same = again.iter().all(|before| now.get(&before.id).is_some_and(|now| now.facts.stands_as(before)));
        for id in &ids {
            remembered.remove(id);
        }
        remembered.extend(now.into_iter().map(|(id, stored)| (id, stored.facts)));
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

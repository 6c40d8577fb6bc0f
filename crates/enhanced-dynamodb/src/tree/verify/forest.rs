//! All nodes of a table in memory, tied by their parents.

use std::collections::{HashMap, HashSet};

use super::finding::{Finding, NodeKey, TreeReport};
use super::read_table;
use crate::error::Error;
use crate::item::AttributeValue;
use crate::tree::write::facts::Facts;
use crate::tree::write::journal::Journal;
use crate::tree::write::site::Site;

/// A node's key, with the tree's id where that is part of it.
type Key<'a> = (&'a AttributeValue, Option<&'a AttributeValue>);

/// What is wrong with what nodes say, by their positions.
#[derive(Default)]
pub(in crate::tree) struct Wrong {
    /// Nodes with a wrong count, and what is right.
    pub(in crate::tree) counts: Vec<(usize, usize)>,
    /// Nodes with wrong ancestors, or a wrong tree's id.
    pub(in crate::tree) places: Vec<usize>,
    /// Those of them that are roots.
    pub(in crate::tree) roots: Vec<usize>,
    /// The nodes below which places are wrong.
    pub(in crate::tree) tops: Vec<usize>,
}

/// Nodes by position, each with its parent's.
pub(in crate::tree) struct Forest {
    pub(in crate::tree) nodes: Vec<Facts>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
}

impl Forest {
    pub(in crate::tree) async fn read(site: &Site, tree: Option<&AttributeValue>) -> Result<Self, Error> {
        Ok(Forest::of(site, read_table(site, tree).await?))
    }

    fn of(site: &Site, nodes: Vec<Facts>) -> Self {
        let at: HashMap<Key<'_>, usize> =
            nodes.iter().enumerate().map(|(at, node)| (key(site, node, &node.id), at)).collect();
        let parents: Vec<Option<usize>> = nodes
            .iter()
            .map(|node| node.parent.as_ref().and_then(|parent| at.get(&key(site, node, parent)).copied()))
            .collect();
        let mut children = vec![Vec::new(); nodes.len()];
        for (at, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(at);
            }
        }
        Forest { nodes, parents, children }
    }

    pub(in crate::tree) fn report(&self, site: &Site, findings: Vec<Finding>) -> TreeReport {
        let roots = self.nodes.iter().filter(|node| node.parent.is_none()).count();
        TreeReport { nodes: self.nodes.len(), roots, findings, requests: site.requests(), elapsed: site.elapsed() }
    }

    /// How the node is named in reports.
    pub(in crate::tree) fn name(&self, site: &Site, at: usize) -> NodeKey {
        let node = &self.nodes[at];
        NodeKey { id: node.id.clone(), tree: node.tree.clone().filter(|_| site.schema.is_partitioned()) }
    }

    /// What is wrong, in the order of the nodes.
    pub(in crate::tree) fn findings(&self, site: &Site) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.cycles().iter().map(|cycle| self.cycle(site, cycle)).collect();
        for at in self.orphans() {
            let parent = self.nodes[at].parent.clone().unwrap_or_default();
            findings.push(Finding::Orphan { node: self.name(site, at), parent });
        }
        let wrong = self.wrong(site);
        for (at, found) in wrong.counts {
            let stored = self.nodes[at].count.map(|count| count.to_string()).unwrap_or_default();
            findings.push(Finding::WrongCount { node: self.name(site, at), stored, found });
        }
        findings.extend(wrong.places.iter().map(|at| Finding::WrongPlace { node: self.name(site, *at) }));
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(mark) = &node.journal else { continue };
            let operation = match Journal::read(mark) {
                Some(Journal::Place) => "place",
                Some(Journal::Copy { .. }) => "copy",
                Some(Journal::Delete) => "delete",
                Some(Journal::Move { .. }) => "move",
                None => "unknown",
            };
            findings.push(Finding::Unfinished { node: self.name(site, at), operation });
        }
        findings
    }

    /// The nodes whose parent does not exist.
    pub(in crate::tree) fn orphans(&self) -> Vec<usize> {
        let is_orphan = |at: &usize| self.nodes[*at].parent.is_some() && self.parents[*at].is_none();
        (0..self.nodes.len()).filter(is_orphan).collect()
    }

    /// The counts and places that are wrong.
    pub(in crate::tree) fn wrong(&self, site: &Site) -> Wrong {
        // Where a write of several steps has not ended, what is below it is not done.
        let (mut copied, mut placed) = (HashSet::new(), HashSet::new());
        for (at, node) in self.nodes.iter().enumerate() {
            match node.journal.as_ref().and_then(Journal::read) {
                Some(Journal::Place) => placed.extend(self.below(at).into_iter().skip(1)),
                Some(Journal::Copy { .. } | Journal::Delete) => copied.extend(self.below(at)),
                Some(Journal::Move { .. }) | None => {}
            }
        }
        let mut wrong = Wrong::default();
        for (at, node) in self.nodes.iter().enumerate() {
            let found = self.children[at].len();
            if node.count.is_some_and(|stored| stored != found.into()) && !copied.contains(&at) {
                wrong.counts.push((at, found));
            }
            if placed.contains(&at) || self.stands_right(site, at) {
                continue;
            }
            wrong.places.push(at);
            match self.parents[at] {
                None => {
                    wrong.roots.push(at);
                    wrong.tops.push(at);
                }
                Some(parent) if self.stands_right(site, parent) => wrong.tops.push(parent),
                Some(_) => {}
            }
        }
        wrong.tops.sort_unstable();
        wrong.tops.dedup();
        wrong
    }

    /// Whether the node says of its place what its parent makes of it.
    fn stands_right(&self, site: &Site, at: usize) -> bool {
        let node = &self.nodes[at];
        let in_index = site.schema.tree_attribute().is_some() && !site.schema.is_partitioned();
        let ancestors = match (self.parents[at], &node.parent) {
            (None, None) if node.ancestors.is_none() => return true,
            (Some(parent), _) => {
                if in_index && node.tree != self.nodes[parent].tree {
                    return false;
                }
                self.nodes[parent].ancestors_of_children()
            }
            (None, None) => AttributeValue::L(Vec::new()),
            // An orphan has no place.
            (None, Some(_)) => return true,
        };
        site.schema.ancestors.is_none() || node.ancestors.as_ref() == Some(&ancestors)
    }

    /// The node and all below it.
    fn below(&self, at: usize) -> Vec<usize> {
        let (mut nodes, mut seen, mut next) = (vec![at], HashSet::from([at]), 0);
        while next < nodes.len() {
            for child in &self.children[nodes[next]] {
                if seen.insert(*child) {
                    nodes.push(*child);
                }
            }
            next += 1;
        }
        nodes
    }

    /// The circles, each from a node to its parent and so on.
    pub(in crate::tree) fn cycles(&self) -> Vec<Vec<usize>> {
        // 0: not looked at; otherwise the number of the walk that met it.
        let mut met = vec![0_usize; self.nodes.len()];
        let mut cycles = Vec::new();
        for start in 0..self.nodes.len() {
            let walk = start + 1;
            let mut at = start;
            while met[at] == 0 {
                met[at] = walk;
                let Some(parent) = self.parents[at] else { break };
                if met[parent] == walk {
                    let (mut cycle, mut next) = (vec![parent], self.parents[parent]);
                    while let Some(node) = next.filter(|node| *node != parent) {
                        cycle.push(node);
                        next = self.parents[node];
                    }
                    cycles.push(self.beginning_at_least(cycle));
                }
                at = parent;
            }
        }
        cycles
    }

    /// The circle from the node whose key is the least, so that it is told the same each time.
    fn beginning_at_least(&self, mut cycle: Vec<usize>) -> Vec<usize> {
        let text = |at: &usize| serde_json::to_string(&self.nodes[*at].id).unwrap_or_default();
        let least = (0..cycle.len()).min_by_key(|position| text(&cycle[*position])).unwrap_or(0);
        cycle.rotate_left(least);
        cycle
    }

    fn cycle(&self, site: &Site, cycle: &[usize]) -> Finding {
        Finding::Cycle { nodes: cycle.iter().map(|at| self.name(site, *at)).collect() }
    }

    /// Nodes that the index has elsewhere, or not.
    pub(in crate::tree) fn differences(&self, site: &Site, index: &[Facts]) -> Vec<Finding> {
        let of_index: HashMap<Key<'_>, Option<&AttributeValue>> =
            index.iter().map(|node| (key(site, node, &node.id), node.parent.as_ref())).collect();
        let differs = |node: &Facts| {
            let there = of_index.get(&key(site, node, &node.id)).copied().flatten();
            there != node.parent.as_ref()
        };
        let nodes = self.nodes.iter().enumerate().filter(|(_, node)| differs(node));
        nodes.map(|(at, _)| Finding::IndexDiffers { node: self.name(site, at) }).collect()
    }
}

/// The key of a node `id` in the tree of `node`.
fn key<'a>(site: &Site, node: &'a Facts, id: &'a AttributeValue) -> Key<'a> {
    (id, node.tree.as_ref().filter(|_| site.schema.is_partitioned()))
}

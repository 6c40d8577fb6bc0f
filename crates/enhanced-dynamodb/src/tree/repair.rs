//! Mends what verifying finds.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::verify::{Forest, NodeKey, TreeReport};
use super::write::delete::{DeleteOutput, delete_all, unmark};
use super::write::edit::is;
use super::write::facts::Facts;
use super::write::journal::Journal;
use super::write::moving::{finish, keeps_places, move_node};
use super::write::partitions::move_between_partitions;
use super::write::rewrite::rewrite;
use super::write::settings::tree_write_settings;
use super::write::site::{Site, Write};
use crate::error::{Error, ErrorKind};
use crate::execute::Core;
use crate::expression::attr;
use crate::item::AttributeValue;
use crate::operation::UpdateItem;

/// What becomes of nodes that hang nowhere: orphans, and circles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strays {
    /// They stay as they are, and are reported.
    #[default]
    Leave,
    /// An orphan becomes a root; a circle is opened at the node whose key is the least, which becomes a root.
    MakeRoots,
    /// As [`MakeRoots`](Strays::MakeRoots), and the new root is moved under this node.
    MoveUnder(AttributeValue),
    /// An orphan is deleted with all that is below it, and so is a circle.
    Delete,
}

/// What becomes of copies that have not ended, which only the call that began them can end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnfinishedCopies {
    /// They stay, marked, and are reported.
    #[default]
    Leave,
    /// What was copied stays, and is no longer marked.
    Keep,
    /// What was copied is deleted.
    Delete,
}

/// Mends the trees of a table. Made by [`Client::repair_tree`](crate::Client::repair_tree).
///
/// It verifies (see [`VerifyTree`](super::VerifyTree)), and then
///
/// 1. ends the writes of several steps that have not ended: places after a move are rewritten, a move between partitions
///    goes on, a copy is treated as [`unfinished_copies`](Self::unfinished_copies) says;
/// 2. treats orphans and circles as [`strays`](Self::strays) says;
/// 3. corrects lists of ancestors, trees' ids and counts of children: each count on the condition that it still is
///    what it was found to be, so that what others write meanwhile is not overwritten;
/// 4. verifies again, and reports what is left.
///
/// Without settings nothing is deleted and no parent is changed. It costs two scans of the table, and the writes of what is
/// mended.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::tree::Strays;
///
/// let planned = db.repair_tree("Messages").dry_run().send().await?;
/// println!("{}", planned.found);
/// let repaired = db.repair_tree("Messages").strays(Strays::MakeRoots).send().await?;
/// println!("{repaired}");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is repaired until it is sent"]
pub struct RepairTree {
    write: Write,
    strays: Strays,
    copies: UnfinishedCopies,
    dry_run: bool,
}

/// What a repair did. Its `Display` form is one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RepairReport {
    /// What was wrong before.
    pub found: TreeReport,
    /// What is wrong still. In a dry run, what was found.
    pub left: TreeReport,
    /// The nodes that were deleted.
    pub deleted: Vec<AttributeValue>,
    /// The nodes whose parent was changed.
    pub moved: Vec<NodeKey>,
    /// Counts of children that were corrected.
    pub counts: usize,
    /// Lists of ancestors and trees' ids that were corrected.
    pub places: usize,
    /// Writes of several steps that were ended.
    pub finished: usize,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Requests made, those that were retried included.
    pub requests: u64,
    /// Time from the start to the end.
    #[serde(skip)]
    pub elapsed: Duration,
}

impl fmt::Display for RepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dry_run {
            return write!(f, "nothing was changed; {}", self.found);
        }
        write!(
            f,
            "{} counts and {} places corrected, {} nodes moved, {} deleted, {} writes finished; now {}",
            self.counts,
            self.places,
            self.moved.len(),
            self.deleted.len(),
            self.finished,
            self.left
        )
    }
}

impl RepairTree {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        let (strays, copies) = (Strays::default(), UnfinishedCopies::default());
        RepairTree { write: Write::new(core, table), strays, copies, dry_run: false }
    }

    tree_write_settings!();

    /// What becomes of orphans and circles; [`Strays::Leave`] by default.
    pub fn strays(mut self, strays: Strays) -> Self {
        self.strays = strays;
        self
    }

    /// What becomes of copies that have not ended; [`UnfinishedCopies::Leave`] by default.
    pub fn unfinished_copies(mut self, copies: UnfinishedCopies) -> Self {
        self.copies = copies;
        self
    }

    /// Writes nothing, and says what is wrong.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Mends what it may.
    ///
    /// # Errors
    /// Those of the operations that it is made of: of verifying, moving and deleting. What was mended before an error
    /// stays mended, and the same call goes on.
    pub async fn send(self) -> Result<RepairReport, Error> {
        let (site, tree) = self.write.begin("RepairTree")?;
        let tree = tree.as_ref();
        site.check_one_partition(tree)?;
        let mut forest = Forest::read(&site, tree).await?;
        let found = forest.report(&site, forest.findings(&site));
        let mut report = RepairReport { left: found.clone(), found, dry_run: self.dry_run, ..RepairReport::default() };
        if !self.dry_run && !report.found.is_sound() {
            let mender = Mender { site: &site, strays: &self.strays, copies: self.copies };
            // Deleted last, when the counts by which deletes go are right.
            let mut doomed = Vec::new();
            if mender.end_writes(&forest, &mut report, &mut doomed).await? {
                forest = Forest::read(&site, tree).await?;
            }
            if mender.gather(&forest, &mut report, &mut doomed).await? {
                forest = Forest::read(&site, tree).await?;
            }
            mender.correct(&forest, &mut report).await?;
            for (id, tree) in doomed {
                let mut output = DeleteOutput::default();
                delete_all(&site, &id, tree.as_ref(), &mut output, None).await?;
                report.deleted.append(&mut output.deleted);
            }
            let forest = Forest::read(&site, tree).await?;
            report.left = forest.report(&site, forest.findings(&site));
        }
        report.requests = site.requests();
        report.elapsed = site.elapsed();
        Ok(report)
    }
}

struct Mender<'a> {
    site: &'a Site,
    strays: &'a Strays,
    copies: UnfinishedCopies,
}

/// The part of a node's key that is its tree's id.
fn tree_of<'a>(site: &Site, node: &'a Facts) -> Option<&'a AttributeValue> {
    node.tree.as_ref().filter(|_| site.schema.is_partitioned())
}

/// The key of a node that is to be deleted.
type Doomed = (AttributeValue, Option<AttributeValue>);

impl Mender<'_> {
    /// Ends writes of several steps, and says whether there were any.
    async fn end_writes(
        &self,
        forest: &Forest,
        report: &mut RepairReport,
        doomed: &mut Vec<Doomed>,
    ) -> Result<bool, Error> {
        let (site, before) = (self.site, report.finished);
        for node in &forest.nodes {
            let Some(mark) = &node.journal else { continue };
            let tree = tree_of(site, node);
            match Journal::read(mark) {
                Some(Journal::Place) => report.places += finish(site, &node.id, tree).await?.unwrap_or(0),
                Some(Journal::Move { tree: to, parent, .. }) => {
                    let Some(from) = tree else { continue };
                    move_between_partitions(site, &node.id, from, (&to, &parent), true).await?;
                }
                Some(Journal::Copy { source, tree: from, .. }) => {
                    // Under its own key in another partition: that is where a move goes to. Its source says what is left
                    // to do; when that is gone, nothing is.
                    let keeps_its_key = source == node.id && from.as_ref() != tree;
                    let source = if keeps_its_key { site.get(&source, from.as_ref()).await? } else { None };
                    match (self.copies, source) {
                        (_, Some(source)) if source.facts.journal.is_some() => continue,
                        (_, None) if keeps_its_key => drop(unmark(site, &node.id, tree, mark).await?),
                        (UnfinishedCopies::Leave, _) => continue,
                        (UnfinishedCopies::Keep, _) => drop(unmark(site, &node.id, tree, mark).await?),
                        (UnfinishedCopies::Delete, _) => doomed.push((node.id.clone(), tree.cloned())),
                    }
                }
                Some(Journal::Delete) => doomed.push((node.id.clone(), tree.cloned())),
                None => continue,
            }
            report.finished += 1;
        }
        Ok(report.finished > before)
    }

    /// Treats orphans and circles, and says whether any parent was changed.
    async fn gather(
        &self,
        forest: &Forest,
        report: &mut RepairReport,
        doomed: &mut Vec<Doomed>,
    ) -> Result<bool, Error> {
        if *self.strays == Strays::Leave {
            return Ok(false);
        }
        let circles = forest.cycles().into_iter().filter_map(|cycle| cycle.first().copied());
        let circles: HashSet<usize> = circles.collect();
        let orphans = forest.orphans();
        for at in circles.iter().copied().chain(orphans) {
            let node = &forest.nodes[at];
            let key: Doomed = (node.id.clone(), tree_of(self.site, node).cloned());
            let opened = match self.strays {
                Strays::Leave => false,
                Strays::MakeRoots => self.make_root(node).await?,
                Strays::MoveUnder(parent) => {
                    (!circles.contains(&at) || self.make_root(node).await?) && self.move_under(node, parent).await?
                }
                Strays::Delete => {
                    let opened = circles.contains(&at) && self.make_root(node).await?;
                    doomed.push(key);
                    opened
                }
            };
            if opened {
                report.moved.push(forest.name(self.site, at));
            }
        }
        Ok(!report.moved.is_empty())
    }

    /// Takes the parent away, if it still is what it was.
    async fn make_root(&self, node: &Facts) -> Result<bool, Error> {
        let site = self.site;
        let update = site
            .update(site.key(&node.id, tree_of(site, node))?)
            .remove(&site.schema.parent)
            .condition(site.exists() & is(&site.schema.parent, node.parent.as_ref()));
        self.send(update).await
    }

    async fn move_under(&self, node: &Facts, parent: &AttributeValue) -> Result<bool, Error> {
        let (site, tree) = (self.site, tree_of(self.site, node));
        let moved = move_node(site, &node.id, parent, tree).await?;
        if keeps_places(site) {
            finish(site, &node.id, tree).await?;
        }
        Ok(moved.0.was_moved)
    }

    /// Sends an update, and says whether its condition held.
    async fn send(&self, mut update: UpdateItem) -> Result<bool, Error> {
        *update.call_options() = self.site.options.clone();
        match update.send().await {
            Ok(output) => {
                self.site.count(output.metadata.attempts);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => {
                self.site.count(error.attempts());
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Corrects counts and places.
    async fn correct(&self, forest: &Forest, report: &mut RepairReport) -> Result<(), Error> {
        let site = self.site;
        let wrong = forest.wrong(site);
        for (at, children) in &wrong.counts {
            let node = &forest.nodes[*at];
            let (Some(count), Some(stored)) = (&site.schema.child_count, node.count) else { continue };
            let update = site
                .update(site.key(&node.id, tree_of(site, node))?)
                .set(&count.attribute, *children)
                .condition(attr(&count.attribute).eq(stored));
            report.counts += usize::from(self.send(update).await?);
        }
        for at in &wrong.roots {
            let node = &forest.nodes[*at];
            let Some(ancestors) = &site.schema.ancestors else { continue };
            let update = site
                .update(site.key(&node.id, tree_of(site, node))?)
                .set(ancestors, AttributeValue::L(Vec::new()))
                .condition(site.exists() & is(&site.schema.parent, None));
            report.places += usize::from(self.send(update).await?);
        }
        for at in &wrong.tops {
            let node = &forest.nodes[*at];
            let tree = tree_of(site, node);
            if let Some(top) = site.get(&node.id, tree).await? {
                report.places += rewrite(site, top, tree).await?;
            }
        }
        Ok(())
    }
}

crate::operation::settings::debug_without_values!(RepairTree, table: write.table);

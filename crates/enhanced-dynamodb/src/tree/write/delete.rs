//! Deletes a node with what is below it, or without.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::adopt::adopt;
use super::edit::{Edits, is};
use super::facts::{JOURNAL, Stored};
use super::journal::Journal;
use super::rounds::{Rounds, failed_conditions};
use super::settings::tree_write_settings;
use super::site::{Site, Write};
use super::walk::{Found, Need, children, subtree};
use crate::error::{Error, ErrorKind};
use crate::execute::Core;
use crate::expression::attr;
use crate::item::AttributeValue;

/// Actions in one transaction (API reference of TransactWriteItems: 100). A node takes two of them at most: its delete,
/// and its parent's count.
const MOST_ACTIONS: usize = 100;

/// What becomes of the children of a node that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeletePolicy {
    /// They are deleted too, with all that is below them, the deepest first.
    #[default]
    All,
    /// A node that has children is not deleted: [`ErrorKind::HasChildren`].
    RefuseIfChildren,
    /// They become children of the node's parent.
    AdoptByGrandparent,
}

/// Deletes a subtree. Made by [`Client::delete_subtree`](crate::Client::delete_subtree).
///
/// # What holds
///
/// The deepest nodes go first, in transactions of up to 100: what is left at any moment is a tree, with right counts
/// where they are kept, and the node itself goes last. A call that fails in between is finished by the same call again; a
/// node that does not exist is nothing to delete, and no error.
///
/// A node that is moved out of the subtree meanwhile is not deleted. With a
/// [`child_count`](crate::tree::TreeSchema::child_count), each node is deleted on the condition that it has no children
/// left, so that a node written meanwhile is deleted too and never an orphan. Without one, it may become an orphan, as
/// with any delete by hand; [`Client::verify_tree`](crate::Client::verify_tree) finds it.
///
/// # What it costs
///
/// A query for each node to find what is below (one for all in a table that is partitioned by tree), and 2 write units a
/// KB for each node deleted; with counts, a strongly consistent read of each node and 2 write units for each parent that
/// outlives a transaction.
///
/// # Adoption
///
/// Up to 98 children are adopted and the node is deleted in one transaction; more, or with kept
/// [`ancestors`](crate::tree::TreeSchema::ancestors) or trees' ids, take several: the node goes last, when those below say
/// what they should. A root has no parent, so that its children cannot be adopted.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::tree::DeletePolicy;
///
/// let planned = db.delete_subtree("Messages", "m2").dry_run().send().await?;
/// println!("{} nodes would be deleted", planned.deleted.len());
/// db.delete_subtree("Messages", "m2").send().await?;
/// db.delete_subtree("Messages", "m9").policy(DeletePolicy::AdoptByGrandparent).send().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is deleted until it is sent"]
pub struct DeleteSubtree {
    write: Write,
    node: Result<AttributeValue, Error>,
    policy: DeletePolicy,
    dry_run: bool,
}

/// What a delete did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeleteOutput {
    /// The nodes that were deleted, in their order; in a dry run, that would be.
    pub deleted: Vec<AttributeValue>,
    /// The nodes that the grandparent adopted, or would.
    pub adopted: Vec<AttributeValue>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Transactions that were applied.
    pub transactions: u32,
    /// Requests made, those that were retried included.
    pub requests: u64,
    /// Time from the start to the end.
    #[serde(skip)]
    pub elapsed: Duration,
}

impl DeleteSubtree {
    pub(crate) fn new(core: Arc<Core>, table: String, node: impl Serialize) -> Self {
        let node = crate::item::to_value(&node);
        DeleteSubtree { write: Write::new(core, table), node, policy: DeletePolicy::default(), dry_run: false }
    }

    tree_write_settings!();

    /// What becomes of the children; [`DeletePolicy::All`] by default.
    pub fn policy(mut self, policy: DeletePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Writes nothing, and says what would be done.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Deletes the nodes.
    ///
    /// # Errors
    /// [`ErrorKind::HasChildren`] as the policy says; [`ErrorKind::InvalidInput`] if a root's children were to be adopted;
    /// [`ErrorKind::TransactionConflict`] if others changed the subtree in each round, or a count of children is wrong;
    /// those of Query, GetItem and TransactWriteItems. If nodes were deleted before it, the error says how many; the same
    /// call again goes on.
    pub async fn send(self) -> Result<DeleteOutput, Error> {
        let (site, tree) = self.write.begin("DeleteSubtree")?;
        let node = self.node.map_err(|error| site.refuse(error))?;
        if site.schema.is_partitioned() && tree.is_none() {
            return Err(site.refuse(site.tree_unknown()));
        }
        let mut output = DeleteOutput { dry_run: self.dry_run, ..DeleteOutput::default() };
        let tree = tree.as_ref();
        let done = match self.policy {
            DeletePolicy::All => delete_all(&site, &node, tree, &mut output, None).await,
            DeletePolicy::RefuseIfChildren => delete_leaf(&site, &node, tree, &mut output).await,
            DeletePolicy::AdoptByGrandparent => adopt(&site, &node, tree, &mut output).await,
        };
        let written = output.deleted.len() + output.adopted.len();
        done.map_err(|error| match written {
            0 => error,
            _ => error.about(&format!("{written} nodes were written, and the same call goes on")),
        })?;
        output.requests = site.requests();
        output.elapsed = site.elapsed();
        Ok(output)
    }
}

/// Deletes the subtree, the deepest nodes first. What lies at and below `except` stays.
pub(in crate::tree) async fn delete_all(
    site: &Site,
    node: &AttributeValue,
    tree: Option<&AttributeValue>,
    output: &mut DeleteOutput,
    except: Option<&AttributeValue>,
) -> Result<(), Error> {
    let mut rounds = Rounds::default();
    loop {
        let Some(top) = site.get(node, tree).await? else { return Ok(()) };
        let need = if site.schema.child_count.is_some() { Need::Fresh } else { Need::Keys };
        let found = subtree(site, top, need, except).await?;
        if output.dry_run {
            output.deleted = found.iter().rev().map(|found| found.stored.facts.id.clone()).collect();
            return Ok(());
        }
        // What was copied until then is looked for again.
        if !end_copies(site, &found, tree).await? && delete_found(site, &found, tree, output).await? {
            return Ok(());
        }
        rounds.another(site, changed(site)).await?;
    }
}

/// Marks copies that have not ended as being deleted, so that nothing more is copied under them. Says whether there were
/// any.
async fn end_copies(site: &Site, found: &[Found], tree: Option<&AttributeValue>) -> Result<bool, Error> {
    let mut ended = false;
    for node in found {
        let facts = &node.stored.facts;
        let Some(mark) = &facts.journal else { continue };
        if !matches!(Journal::read(mark), Some(Journal::Copy { .. })) {
            continue;
        }
        let key = site.key(&facts.id, tree)?;
        let mut update = site.update(key).set(JOURNAL, Journal::Delete.to_value()?).condition(is(JOURNAL, Some(mark)));
        *update.call_options() = site.options.clone();
        match update.send().await {
            Ok(output) => site.count(output.metadata.attempts),
            // It has ended, or is deleted.
            Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => site.count(error.attempts()),
            Err(error) => return Err(error),
        }
        ended = true;
    }
    Ok(ended)
}

/// The nodes at and below copies that have not ended: they count the children that they were to have.
fn unfinished(found: &[Found]) -> Vec<bool> {
    let mut unfinished: Vec<bool> = Vec::with_capacity(found.len());
    for (at, node) in found.iter().enumerate() {
        let mark = node.stored.facts.journal.as_ref().and_then(Journal::read);
        let above = at > 0 && unfinished[node.parent];
        unfinished.push(above || mark == Some(Journal::Delete));
    }
    unfinished
}

pub(super) fn changed(site: &Site) -> Error {
    let message = "others changed the subtree during each try to delete it, or a count of children is wrong";
    site.locate(
        Error::new(ErrorKind::TransactionConflict, message)
            .with_advice("Try again later; if nobody else writes, repair_tree() mends the counts."),
    )
}

/// Deletes these nodes from the last to the first, and says whether all were as they were found.
pub(in crate::tree) async fn delete_found(
    site: &Site,
    found: &[Found],
    tree: Option<&AttributeValue>,
    output: &mut DeleteOutput,
) -> Result<bool, Error> {
    // The parent of them all outlives them.
    let above = match (&found[0].stored.facts.parent, &site.schema.child_count) {
        (Some(parent), Some(_)) => site.get(parent, tree).await?.filter(|above| above.facts.count.is_some()),
        _ => None,
    };
    let unfinished = unfinished(found);
    // What the nodes that stay count: less with each transaction.
    let mut counts: Vec<Option<i64>> =
        found.iter().map(|node| node.stored.facts.count.and_then(|count| count.to_i64())).collect();
    let mut left = found.len();
    while left > 0 {
        let chunk = Chunk::of(site, found, left, above.as_ref());
        let expected = |at: usize| if unfinished[at] { counts[at] } else { None };
        let edits = chunk.edits(site, found, above.as_ref(), tree, expected)?;
        match site.transact(|| Ok(edits.actions(site))).await {
            Ok(()) => {}
            Err(error) if failed_conditions(&error).is_empty() => return Err(error),
            Err(_) => return Ok(false),
        }
        for (parent, lost) in &chunk.losses {
            counts[*parent] = counts[*parent].map(|count| count - lost);
        }
        output.transactions += 1;
        output.deleted.extend(found[chunk.first..left].iter().rev().map(|found| found.stored.facts.id.clone()));
        left = chunk.first;
    }
    Ok(true)
}

/// Nodes that are deleted together: from `first` to where the chunk before it began.
struct Chunk {
    first: usize,
    end: usize,
    /// How many children each parent loses with it.
    losses: BTreeMap<usize, i64>,
}

impl Chunk {
    /// As many of the last nodes before `end` as fit.
    fn of(site: &Site, found: &[Found], end: usize, above: Option<&Stored>) -> Chunk {
        let counted = site.schema.child_count.is_some();
        let mut losses: BTreeMap<usize, i64> = BTreeMap::new();
        let mut first = end;
        while first > 0 {
            let at = first - 1;
            // Parents that stay need an action each for their count.
            let parent_stays = counted && at > 0 && !losses.contains_key(&found[at].parent);
            let stays = losses.range(..at).count() + usize::from(parent_stays);
            let outside = usize::from(at == 0 && above.is_some());
            if (end - at) + stays + outside > MOST_ACTIONS {
                break;
            }
            if counted && at > 0 {
                *losses.entry(found[at].parent).or_default() += 1;
            }
            first = at;
        }
        Chunk { first, end, losses }
    }

    fn edits(
        &self,
        site: &Site,
        found: &[Found],
        above: Option<&Stored>,
        tree: Option<&AttributeValue>,
        expected: impl Fn(usize) -> Option<i64>,
    ) -> Result<Edits, Error> {
        let mut edits = Edits::default();
        for at in (self.first..self.end).rev() {
            let node = &found[at].stored.facts;
            let key = site.key(&node.id, tree)?;
            edits.parent_is(site, &key, node.parent.as_ref());
            if let (Some(count), true) = (&site.schema.child_count, node.count.is_some()) {
                // Those that go with it, and no more.
                let children = expected(at).unwrap_or_else(|| self.losses.get(&at).copied().unwrap_or(0));
                edits.require(site, &key, attr(&count.attribute).eq(children));
            }
            edits.delete(site, &key);
        }
        for (parent, lost) in self.losses.range(..self.first) {
            let node = &found[*parent].stored.facts;
            edits.children(site, &site.key(&node.id, tree)?, node, -lost);
        }
        if let (Some(above), 0) = (above, self.first) {
            edits.children(site, &site.key(&above.facts.id, tree)?, &above.facts, -1);
        }
        Ok(edits)
    }
}

async fn delete_leaf(
    site: &Site,
    node: &AttributeValue,
    tree: Option<&AttributeValue>,
    output: &mut DeleteOutput,
) -> Result<(), Error> {
    let mut rounds = Rounds::default();
    loop {
        let Some(top) = site.get(node, tree).await? else { return Ok(()) };
        if !children(site, node, tree, Some(1)).await?.is_empty() {
            return Err(site.locate(Error::new(ErrorKind::HasChildren, "the node has children, and was not deleted")));
        }
        if output.dry_run {
            output.deleted.push(node.clone());
            return Ok(());
        }
        if delete_found(site, &[Found { stored: top, parent: 0 }], tree, output).await? {
            return Ok(());
        }
        rounds.another(site, changed(site)).await?;
    }
}

/// Takes the mark of a write that has ended from a node, if it is this one, and says whether it was.
pub(in crate::tree) async fn unmark(
    site: &Site,
    node: &AttributeValue,
    tree: Option<&AttributeValue>,
    mark: &AttributeValue,
) -> Result<bool, Error> {
    let mut update = site.update(site.key(node, tree)?).remove(JOURNAL).condition(is(JOURNAL, Some(mark)));
    *update.call_options() = site.options.clone();
    match update.send().await {
        Ok(output) => {
            site.count(output.metadata.attempts);
            Ok(true)
        }
        // It was taken away, or another write has begun.
        Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => {
            site.count(error.attempts());
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

crate::operation::settings::debug_without_values!(DeleteSubtree, table: write.table);

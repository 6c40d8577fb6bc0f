//! Moves a subtree: one transaction of constant size, serialised with other moves by the version of the root.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::edit::{Edits, is};
use super::facts::{Facts, JOURNAL};
use super::journal::Journal;
use super::partitions::move_between_partitions;
use super::path::{Path, Remembered, confirm, path};
use super::rewrite::rewrite;
use super::rounds::{Rounds, failed_conditions};
use super::settings::tree_write_settings;
use super::site::{Site, Write};
use crate::error::{Error, ErrorKind};
use crate::execute::Core;
use crate::item::AttributeValue;

/// How often a move is begun again because others changed the tree.
const MOST_ROUNDS: u32 = 40;

/// Moves a node with all that is below it under another parent. Made by
/// [`Client::move_subtree`](crate::Client::move_subtree).
///
/// # What holds
///
/// The move is one transaction: all see the subtree at its old place or at its new one. A move under itself or one of
/// its own descendants is an error ([`ErrorKind::TreeCycle`]), also where two moves that are each fine, but not together,
/// run at once: one of them then finds the other done, and fails. For that, the root of the tree has a number
/// ([`TreeSchema::tree_version`](crate::tree::TreeSchema::tree_version)) which every move raises, on the condition that it
/// still is what it was when the move had read the ancestors of the new parent. The nodes need not have anything else:
/// writers of new nodes do not touch it. A root that has none yet gets one. A move from one tree to another raises the
/// numbers of both.
///
/// This holds among the writers that move nodes with this operation. One that changes the parent by an update of its own
/// is not seen.
///
/// # What it costs
///
/// The transaction has 2 to 5 items at any depth and any size of the subtree: the node, the new parent, the root (of
/// both trees), and the old parent where children are counted; 2 write units each. Before it, the ancestors of the new
/// parent and of the node are read, strongly consistently: a request for each step up, then once more all together, 100
/// in a request. Where the schema keeps [`ancestors`](crate::tree::TreeSchema::ancestors), they are read 100 in a request
/// the first time too. If another move came between, all begins again, after a wait that grows, up to 40 times; then it
/// is an [`ErrorKind::TransactionConflict`].
///
/// # What follows it
///
/// Where nodes keep their ancestors, or their tree's id in an attribute with an index, those of the nodes below are
/// rewritten after the move: in transactions of up to 99 nodes, 2 write units a KB for each node. Until then the moved
/// node is marked (attribute `tree_journal`). A call that fails in between is finished by the same call again, or by
/// [`Client::repair_tree`](crate::Client::repair_tree).
///
/// # To another partition
///
/// Where the tree's id is part of the key, a move to another tree ([`to_tree`](Self::to_tree)) gives every node another
/// key: all are copied there under their ids, the topmost first, and then deleted, the deepest first. It is not atomic, and
/// says so ([`MoveOutput::atomic`]): readers may see nodes in both trees. Both topmost nodes are marked meanwhile
/// (`tree_journal`); a call that fails in between is finished by the same call again. What others write to the nodes
/// meanwhile may be lost. More than 50 nodes must be allowed ([`allow_copy`](Self::allow_copy)). Each node costs 2 write
/// units a KB for the copy and 2 for the delete.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::ErrorKind;
///
/// let moved = db.move_subtree("Messages", "m2", "m9").send().await?;
/// assert!(moved.moved && moved.atomic);
///
/// let error = db.move_subtree("Messages", "m9", "m2").send().await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::TreeCycle);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is moved until it is sent"]
pub struct MoveSubtree {
    write: Write,
    ids: Result<(AttributeValue, AttributeValue), Error>,
    to_tree: Option<Result<AttributeValue, Error>>,
    allow_copy: bool,
}

/// What a move did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MoveOutput {
    /// Whether the node was moved: not where it was under that parent already.
    pub moved: bool,
    /// Whether it was one transaction: all readers saw the old place or the new one, never something between.
    pub atomic: bool,
    /// Nodes below whose ancestors or tree's id were rewritten.
    pub rewritten: usize,
    /// Nodes that were copied to another partition and deleted from theirs.
    pub copied: usize,
    /// How often it was begun again because others changed the tree.
    pub rounds: u32,
    /// Requests made, those that were retried included.
    pub requests: u64,
    /// Time from the start to the end.
    #[serde(skip)]
    pub elapsed: Duration,
}

impl MoveSubtree {
    pub(crate) fn new(core: Arc<Core>, table: String, node: impl Serialize, parent: impl Serialize) -> Self {
        let ids = crate::item::to_value(&node).and_then(|node| Ok((node, crate::item::to_value(&parent)?)));
        MoveSubtree { write: Write::new(core, table), ids, to_tree: None, allow_copy: false }
    }

    tree_write_settings!();

    /// The id of the tree that the new parent is in, where it is part of the key
    /// ([`partitioned_by`](crate::tree::TreeSchema::partitioned_by)) and another than that of the node, which is
    /// [`tree`](Self::tree). Such a move is none: see [above](Self#to-another-partition).
    pub fn to_tree(mut self, id: impl Serialize) -> Self {
        self.to_tree = Some(crate::item::to_value(&id));
        self
    }

    /// Allows a move to another partition to copy and delete more than 50 nodes.
    pub fn allow_copy(mut self) -> Self {
        self.allow_copy = true;
        self
    }

    /// Moves the subtree. Called again after an error it goes on where it stopped.
    ///
    /// # Errors
    /// [`ErrorKind::NodeNotFound`] if the node or the new parent does not exist; [`ErrorKind::TreeCycle`] if the new parent
    /// is the node or below it; [`ErrorKind::TransactionConflict`] if others changed the tree in each round; those of
    /// GetItem, BatchGetItem and TransactWriteItems.
    pub async fn send(self) -> Result<MoveOutput, Error> {
        let (site, tree) = self.write.begin("MoveSubtree")?;
        let (node, parent) = self.ids.map_err(|error| site.refuse(error))?;
        if node == parent && self.to_tree.is_none() {
            return Err(site.refuse(Error::new(ErrorKind::TreeCycle, "a node cannot be its own parent")));
        }
        if site.schema.is_partitioned() && tree.is_none() {
            return Err(site.refuse(site.tree_unknown()));
        }
        let to_tree = match self.to_tree.transpose().map_err(|error| site.refuse(error))? {
            Some(_) if !site.schema.is_partitioned() => {
                return Err(site.refuse(
                    Error::invalid_input("to_tree() names a partition, and the table is not partitioned by tree")
                        .with_advice("Leave it out: the subtree comes to the tree of its new parent."),
                ));
            }
            other => other.filter(|to| Some(to) != tree.as_ref()),
        };
        if let (Some(to), Some(from)) = (&to_tree, &tree) {
            let copied = move_between_partitions(&site, &node, from, (to, &parent), self.allow_copy).await?;
            return Ok(MoveOutput {
                moved: copied > 0,
                atomic: false,
                copied,
                requests: site.requests(),
                elapsed: site.elapsed(),
                ..MoveOutput::default()
            });
        }
        let (moved, rounds) = move_node(&site, &node, &parent, tree.as_ref()).await?;
        let rewritten = if keeps_places(&site) { finish(&site, &node, tree.as_ref()).await? } else { Some(0) };
        Ok(MoveOutput {
            moved: moved.was_moved,
            atomic: !moved.between_trees || rewritten.is_none(),
            rewritten: rewritten.unwrap_or(0),
            copied: 0,
            rounds,
            requests: site.requests(),
            elapsed: site.elapsed(),
        })
    }
}

/// Whether nodes say more of their place than their parent.
pub(in crate::tree) fn keeps_places(site: &Site) -> bool {
    site.schema.ancestors.is_some() || site.schema.tree_attribute().is_some() && !site.schema.is_partitioned()
}

/// What a move came to.
pub(in crate::tree) struct Moved {
    pub(in crate::tree) was_moved: bool,
    between_trees: bool,
}

/// Moves a node by one transaction. Gives how often it was begun again, too.
pub(in crate::tree) async fn move_node(
    site: &Site,
    node: &AttributeValue,
    parent: &AttributeValue,
    tree: Option<&AttributeValue>,
) -> Result<(Moved, u32), Error> {
    let (mut rounds, mut remembered) = (Rounds::of(MOST_ROUNDS), Remembered::new());
    loop {
        let to = path(site, parent, tree, "the new parent", None, &mut remembered).await?;
        let from = path(site, node, tree, "the node", Some(to.top()), &mut remembered).await?;
        let confirmed = confirm(site, &[(&to, tree), (&from, tree)], &mut remembered).await?;
        if confirmed {
            if to.contains(node) {
                return Err(site
                    .locate(Error::new(ErrorKind::TreeCycle, "the new parent is below the node that is to be moved")));
            }
            let between_trees = from.start().tree != to.start().tree;
            if from.start().parent.as_ref() == Some(parent) && !between_trees {
                return Ok((Moved { was_moved: false, between_trees: false }, rounds.made()));
            }
            let edits = edits(site, &from, &to, tree)?;
            match site.transact(|| Ok(edits.actions(site))).await {
                Ok(()) => return Ok((Moved { was_moved: true, between_trees }, rounds.made())),
                Err(error) if failed_conditions(&error).is_empty() => return Err(error),
                // Something is not as it was read: it is read again.
                Err(_) => {}
            }
        }
        let changed = format!("others changed the tree during each of {MOST_ROUNDS} tries to move the node");
        rounds.another(site, site.locate(Error::new(ErrorKind::TransactionConflict, changed))).await?;
    }
}

/// What the transaction of a move does.
fn edits(site: &Site, from: &Path, to: &Path, tree: Option<&AttributeValue>) -> Result<Edits, Error> {
    let schema = &site.schema;
    let mut edits = Edits::default();
    let (node, parent) = (from.start(), to.start());
    let key = |facts: &Facts| site.key(&facts.id, tree);
    let at = key(node)?;
    edits.parent_is(site, &at, node.parent.as_ref());
    edits.set(site, &at, &schema.parent, parent.id.clone());
    edits.exists(site, &key(parent)?);
    for (index, root) in [from.top(), to.top()].into_iter().enumerate() {
        if index == 0 || root.id != from.top().id {
            edits.raise_version(site, &key(root)?, root)?;
        }
    }
    if let Some(old) = from.parent().filter(|old| old.id != parent.id) {
        edits.children(site, &key(old)?, old, -1);
        edits.children(site, &key(parent)?, parent, 1);
    } else if from.parent().is_none() {
        edits.children(site, &key(parent)?, parent, 1);
    }
    if keeps_places(site) {
        place(site, &mut edits, node, parent, tree)?;
        edits.set(site, &at, JOURNAL, Journal::Place.to_value()?);
    }
    Ok(edits)
}

/// The node's ancestors and tree become what its new parent's say.
pub(in crate::tree) fn place(
    site: &Site,
    edits: &mut Edits,
    node: &Facts,
    parent: &Facts,
    tree: Option<&AttributeValue>,
) -> Result<(), Error> {
    let (at, above) = (site.key(&node.id, tree)?, site.key(&parent.id, tree)?);
    if let Some(name) = &site.schema.ancestors {
        edits.require(site, &above, is(name, parent.ancestors.as_ref()));
        edits.set(site, &at, name, parent.ancestors_of_children());
    }
    if let Some(name) = site.schema.tree_attribute().filter(|_| !site.schema.is_partitioned()) {
        edits.require(site, &above, is(name, parent.tree.as_ref()));
        if let Some(tree) = parent.tree.as_ref().filter(|tree| node.tree.as_ref() != Some(tree)) {
            edits.set(site, &at, name, tree.clone());
        }
    }
    Ok(())
}

/// Rewrites what the nodes below say of their place, if the node is marked for it, and takes the mark away. Nothing if
/// nothing had to be rewritten.
pub(in crate::tree) async fn finish(
    site: &Site,
    node: &AttributeValue,
    tree: Option<&AttributeValue>,
) -> Result<Option<usize>, Error> {
    let (mut rounds, mut rewritten) = (Rounds::default(), 0);
    loop {
        let top = site.existing(node, tree, "the node").await?;
        let Some(mark) = top.facts.journal.clone() else {
            return Ok(Some(rewritten).filter(|rewritten| *rewritten > 0));
        };
        if Journal::read(&mark) != Some(Journal::Place) {
            return Ok(Some(rewritten).filter(|rewritten| *rewritten > 0));
        }
        rewritten += rewrite(site, top.clone(), tree).await?;
        let mut unmark = site.update(site.key(node, tree)?).remove(JOURNAL).condition(is(JOURNAL, Some(&mark)));
        for name in [site.schema.ancestors.as_deref(), site.schema.tree_attribute()].into_iter().flatten() {
            let value =
                if Some(name) == site.schema.ancestors.as_deref() { &top.facts.ancestors } else { &top.facts.tree };
            unmark = unmark.condition(is(name, value.as_ref()));
        }
        *unmark.call_options() = site.options.clone();
        match unmark.send().await {
            Ok(output) => {
                site.count(output.metadata.attempts);
                return Ok(Some(rewritten).filter(|rewritten| *rewritten > 0));
            }
            // Moved meanwhile: what was rewritten is wrong again.
            Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => {
                site.count(error.attempts());
                rounds.another(site, error).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

crate::operation::settings::debug_without_values!(MoveSubtree, table: write.table);

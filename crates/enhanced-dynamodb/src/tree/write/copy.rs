//! Copies a subtree: a fork of a conversation, or a move to a tree whose id is part of the key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::delete::unmark;
use super::edit::is;
use super::facts::{Facts, JOURNAL, Stored};
use super::insert::{KnownParent, insert};
use super::journal::Journal;
use super::node_item::{NodeItem, Placed};
use super::rounds::failed_conditions;
use super::settings::tree_write_settings;
use super::site::{Site, Write};
use super::walk::{Found, Need, batch_get, subtree};
use crate::crypto;
use crate::error::{Error, ErrorKind};
use crate::execute::Core;
use crate::item::{AttributeValue, Item};
use crate::operation::response;
use crate::transaction::{TransactAction, new_token};

/// Puts in one transaction beside the check of the copy's root (API reference of TransactWriteItems: 100 actions, 4 MB).
const MOST_PUTS: usize = 99;
const MOST_BYTES: usize = 3_900_000;

/// Makes the key of a copy of the key of what is copied.
type NewIds = Box<dyn Fn(&AttributeValue) -> AttributeValue + Send + Sync>;

/// Copies a node with all that is below it: the fork of a conversation. Made by
/// [`Client::copy_subtree`](crate::Client::copy_subtree).
///
/// The copy becomes a child of [`under`](Self::under) that node, or the root of a new tree
/// ([`as_root`](Self::as_root)). Every copied node gets a new key: by default a text made of the call's token and the old
/// key (so that the key must be text), or what [`new_ids`](Self::new_ids) makes of the old one.
///
/// # What holds
///
/// The copy's root is written first, in one transaction with the check that its parent exists, and then the nodes below,
/// each after its parent: what there is at any moment is a tree. Until all is written, the copy's root is marked (attribute
/// `tree_journal`). A call that fails in between is gone on with by the same call with
/// [`resume`](Self::resume)`(error.cursor())`; with new_ids, they must be the same each time. No item is overwritten: a
/// key that is taken is an error, before anything is written.
///
/// A copy whose root is deleted while it is written ends as [`ErrorKind::NodeNotFound`], and leaves nothing behind. What is
/// copied is each node as it is when it is read; a copy is not a snapshot of one moment.
///
/// # What it costs
///
/// The reads of the subtree (a query for each node; one for all in a table that is partitioned by tree), a strongly
/// consistent batch get of the new keys, and 2 write units a KB for each node, in transactions of up to 100.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// let fork = db.copy_subtree("Messages", "m2").under("m1").send().await?;
/// println!("{:?} has {} nodes", fork.root, fork.nodes);
///
/// // Keys of one's own: the same for the same node, each time.
/// let ids = |id: &enhanced_dynamodb::AttributeValue| format!("b-{}", id.as_s().unwrap_or_default()).into();
/// db.copy_subtree("Messages", "m2").as_root().new_ids(ids).send().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is copied until it is sent"]
pub struct CopySubtree {
    write: Write,
    node: Result<AttributeValue, Error>,
    /// Nothing for a root; and nothing said yet.
    parent: Option<Option<Result<AttributeValue, Error>>>,
    to_tree: Option<Result<AttributeValue, Error>>,
    new_ids: Option<NewIds>,
    resume: Option<String>,
}

/// What a copy gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CopyOutput {
    /// The key of the copy's root.
    pub root: AttributeValue,
    /// The id of the tree that it is in, where nodes have one.
    pub tree: Option<AttributeValue>,
    /// Nodes of the copy.
    pub nodes: usize,
    /// Those that this call wrote: the others were there, from the call that was resumed.
    pub written: usize,
    /// Transactions that were applied.
    pub transactions: u32,
    /// Requests made, those that were retried included.
    pub requests: u64,
    /// Time from the start to the end.
    #[serde(skip)]
    pub elapsed: Duration,
}

impl CopySubtree {
    pub(crate) fn new(core: Arc<Core>, table: String, node: impl Serialize) -> Self {
        let node = crate::item::to_value(&node);
        CopySubtree { write: Write::new(core, table), node, parent: None, to_tree: None, new_ids: None, resume: None }
    }

    tree_write_settings!();

    /// The copy becomes a child of this node. Where trees have partitions of their own, it is one of the same tree,
    /// unless [`to_tree`](Self::to_tree) names another.
    pub fn under(mut self, parent: impl Serialize) -> Self {
        self.parent = Some(Some(crate::item::to_value(&parent)));
        self
    }

    /// The copy becomes the root of a new tree. Where trees have ids, it is that of [`to_tree`](Self::to_tree), or the key
    /// of the new root.
    pub fn as_root(mut self) -> Self {
        self.parent = Some(None);
        self
    }

    /// The id of the tree that the copy belongs to.
    pub fn to_tree(mut self, id: impl Serialize) -> Self {
        self.to_tree = Some(crate::item::to_value(&id));
        self
    }

    /// What makes the key of a copy of the key of what is copied. It must give the same each time, and different keys for
    /// different nodes.
    pub fn new_ids(mut self, ids: impl Fn(&AttributeValue) -> AttributeValue + Send + Sync + 'static) -> Self {
        self.new_ids = Some(Box::new(ids));
        self
    }

    /// Goes on with a copy that ended with an error: its [`Error::cursor`].
    pub fn resume(mut self, cursor: impl Into<String>) -> Self {
        self.resume = Some(cursor.into());
        self
    }

    /// Copies the subtree.
    ///
    /// # Errors
    /// [`ErrorKind::NodeNotFound`] if the node or the new parent does not exist; [`ErrorKind::NodeExists`] if a new key is
    /// taken, before anything is written; [`ErrorKind::InvalidInput`] if nothing says where the copy goes, or the keys are
    /// not text and nothing makes new ones; those of Query, BatchGetItem and TransactWriteItems. An error after something
    /// may have been written has a [`cursor`](Error::cursor).
    pub async fn send(self) -> Result<CopyOutput, Error> {
        let (site, tree) = self.write.begin("CopySubtree")?;
        let resumed = self.resume.is_some();
        let token = match self.resume {
            Some(cursor) => Ok(cursor),
            None => new_token(),
        };
        let begun = (|| {
            let parent = match self.parent {
                None => {
                    return Err(Error::invalid_input("nothing says where the copy goes")
                        .with_advice("Call .under(parent), or .as_root()."));
                }
                Some(parent) => parent.transpose()?,
            };
            if site.schema.is_partitioned() && tree.is_none() {
                return Err(site.tree_unknown());
            }
            Ok((self.node?, parent, self.to_tree.transpose()?, token?))
        })();
        let (node, parent, to_tree, token) = begun.map_err(|error| site.refuse(error))?;
        let new_ids = match self.new_ids {
            Some(ids) => ids,
            None => by_token(token.clone()),
        };
        let top = site.existing(&node, tree.as_ref(), "the node").await?;
        let (from_tree, root) = (top.facts.tree.clone(), new_ids(&node));
        let to_tree = match (to_tree, &parent) {
            (None, Some(_)) if site.schema.is_partitioned() => from_tree.clone(),
            // It is the parent's.
            (None, Some(_)) => None,
            (None, None) => site.schema.tree_attribute().map(|_| root.clone()),
            (Some(tree), _) => Some(tree),
        };
        let copy = Copy { site: &site, parent, from_tree, to_tree, token, resumed, ids: new_ids };
        let mut output = CopyOutput { root, ..CopyOutput::default() };
        copy.run(top, &mut output).await?;
        copy.finish(&output.root).await?;
        output.requests = site.requests();
        output.elapsed = site.elapsed();
        Ok(output)
    }
}

/// Keys that are the same for the same token and node: `token` and the old key, digested to 32 digits.
fn by_token(token: String) -> NewIds {
    Box::new(move |id| {
        let old = match id {
            AttributeValue::S(text) => text.as_bytes().to_vec(),
            _ => return AttributeValue::Null,
        };
        let digest = crypto::sha256(&[token.as_bytes(), b"/", &old].concat());
        AttributeValue::S(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    })
}

/// A copy under way.
pub(in crate::tree) struct Copy<'a> {
    pub(in crate::tree) site: &'a Site,
    /// Nothing for a root.
    pub(in crate::tree) parent: Option<AttributeValue>,
    pub(in crate::tree) from_tree: Option<AttributeValue>,
    pub(in crate::tree) to_tree: Option<AttributeValue>,
    pub(in crate::tree) token: String,
    /// Whether nodes of the copy may be there already.
    pub(in crate::tree) resumed: bool,
    pub(in crate::tree) ids: NewIds,
}

impl Copy<'_> {
    /// Writes the copy of the subtree of `top`, whose root is then marked still, and gives what was copied.
    pub(in crate::tree) async fn run(&self, top: Stored, output: &mut CopyOutput) -> Result<Vec<Found>, Error> {
        let site = self.site;
        let mark = self.mark(&top.facts)?;
        let root = (self.ids)(&top.facts.id);
        // A copy below what is copied is not copied itself.
        let same_place = !site.schema.is_partitioned() || self.from_tree == self.to_tree;
        let found = subtree(site, top, Need::Items, same_place.then_some(&root)).await?;
        let ids = self.new_ids(&found)?;
        let there = batch_get(site, &ids, self.to_tree.as_ref()).await?;
        let begun = there.get(&root).map(|stored| stored.facts.journal.as_ref().is_some_and(|mark| self.is_ours(mark)));
        // The call that is resumed had done all, but for telling.
        let done = self.resumed && begun == Some(false) && ids.iter().all(|id| there.contains_key(id));
        if begun == Some(false) && !done || begun.is_none() && !there.is_empty() {
            return Err(site.taken());
        }
        output.nodes = ids.len();
        output.tree = there.get(&root).and_then(|stored| stored.facts.tree.clone());
        if !done {
            let written = self.write(&found, &ids, &there, &mark, output).await;
            written.map_err(|error| match error.kind() {
                // Nothing was written, and nothing would be by the same call.
                ErrorKind::NodeNotFound | ErrorKind::NodeExists if begun.is_none() && output.written == 0 => error,
                _ => {
                    let what =
                        format!("{} of {} nodes of the copy were written", there.len() + output.written, ids.len());
                    error.about(&what).with_cursor(self.token.clone())
                }
            })?;
        }
        Ok(found)
    }

    /// Takes the mark from the copy's root.
    pub(in crate::tree) async fn finish(&self, root: &AttributeValue) -> Result<(), Error> {
        let tree = self.to_tree.as_ref();
        let Some(stored) = self.site.get(root, tree).await? else { return Ok(()) };
        match &stored.facts.journal {
            Some(mark) if self.is_ours(mark) => unmark(self.site, root, tree, mark)
                .await
                .map(drop)
                .map_err(|error| error.about("the copy is written, but marked still").with_cursor(self.token.clone())),
            Some(_) | None => Ok(()),
        }
    }

    fn is_ours(&self, mark: &AttributeValue) -> bool {
        matches!(Journal::read(mark), Some(Journal::Copy { token, .. }) if token == self.token)
    }

    fn mark(&self, top: &Facts) -> Result<AttributeValue, Error> {
        let tree = self.from_tree.clone().filter(|_| self.site.schema.is_partitioned());
        Journal::Copy { source: top.id.clone(), tree, token: self.token.clone() }.to_value()
    }

    /// # Errors
    /// If a key cannot be made, or two nodes would get the same.
    fn new_ids(&self, found: &[Found]) -> Result<Vec<AttributeValue>, Error> {
        let mut seen = HashMap::with_capacity(found.len());
        let mut ids = Vec::with_capacity(found.len());
        for (at, node) in found.iter().enumerate() {
            let id = (self.ids)(&node.stored.facts.id);
            let problem = match &id {
                AttributeValue::S(_) | AttributeValue::N(_) | AttributeValue::B(_) => {
                    seen.insert(id.clone(), at).map(|_| "two nodes of the copy would have one key")
                }
                _ => Some("no new key can be made of the node's"),
            };
            if let Some(problem) = problem {
                return Err(self.site.locate(
                    Error::invalid_input(problem)
                        .with_advice("Give new_ids() a function that makes another key of each."),
                ));
            }
            ids.push(id);
        }
        Ok(ids)
    }

    async fn write(
        &self,
        found: &[Found],
        ids: &[AttributeValue],
        there: &HashMap<AttributeValue, Stored>,
        mark: &AttributeValue,
        output: &mut CopyOutput,
    ) -> Result<(), Error> {
        let site = self.site;
        let under = Under { root: site.key(&ids[0], self.to_tree.as_ref())?, mark };
        let mut children = vec![0_usize; found.len()];
        for node in &found[1..] {
            children[node.parent] += 1;
        }
        let mut above: Vec<AttributeValue> = Vec::with_capacity(found.len());
        if !there.contains_key(&ids[0]) {
            let node = NodeItem::of_json(found[0].stored.item.to_vec(), &site.schema)?;
            let make = |tree: Option<&AttributeValue>, ancestors| {
                let (parent, journal) = (self.parent.as_ref(), Some(mark));
                let place = Placed { id: &ids[0], parent, tree, ancestors, children: children[0], journal };
                node.at(place, &site.schema)
            };
            let item = self.put_root(make).await?;
            let root = Facts::read(&item, &site.schema).map_err(|error| response::malformed(&error))?;
            above.push(root.ancestors_of_children());
            output.tree = root.tree;
            output.written += 1;
            output.transactions += 1;
        } else if let Some(root) = there.get(&ids[0]) {
            above.push(root.facts.ancestors_of_children());
        }
        let (mut puts, mut bytes): (Vec<Vec<u8>>, usize) = (Vec::new(), 0);
        for (at, node) in found.iter().enumerate().skip(1) {
            let ancestors = above[node.parent].clone();
            let mut below = ancestors.clone();
            if let AttributeValue::L(below) = &mut below {
                below.push(ids[at].clone());
            }
            above.push(below);
            if there.contains_key(&ids[at]) {
                continue;
            }
            let place = Placed {
                id: &ids[at],
                parent: Some(&ids[node.parent]),
                tree: output.tree.as_ref().or(self.to_tree.as_ref()),
                ancestors,
                children: children[at],
                journal: None,
            };
            let item = NodeItem::of_json(node.stored.item.to_vec(), &site.schema)?.at(place, &site.schema)?;
            if puts.len() == MOST_PUTS || bytes + item.len() > MOST_BYTES {
                self.put_some(&under, &mut puts, output).await?;
                bytes = 0;
            }
            bytes += item.len();
            puts.push(item);
        }
        self.put_some(&under, &mut puts, output).await
    }

    async fn put_some(&self, under: &Under<'_>, puts: &mut Vec<Vec<u8>>, output: &mut CopyOutput) -> Result<(), Error> {
        if !puts.is_empty() {
            self.put(puts, Some(under)).await?;
            output.written += puts.len();
            output.transactions += 1;
            puts.clear();
        }
        Ok(())
    }

    /// Writes the root of the copy as it is made for its tree and ancestors, and gives its item.
    async fn put_root(
        &self,
        make: impl Fn(Option<&AttributeValue>, AttributeValue) -> Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        let site = self.site;
        let Some(parent) = &self.parent else {
            let item = make(self.to_tree.as_ref(), AttributeValue::L(Vec::new()))?;
            self.put(std::slice::from_ref(&item), None).await?;
            return Ok(item);
        };
        let make = |known: &KnownParent| make(known.tree(), known.ancestors());
        let known = insert(site, parent, self.to_tree.clone(), |_, known| Ok(vec![make(known)?])).await?;
        make(&known)
    }

    /// Writes nodes together with the check that the copy's root is there, with the mark of this copy: a delete takes that
    /// away before it looks for what to delete.
    async fn put(&self, puts: &[Vec<u8>], under: Option<&Under<'_>>) -> Result<(), Error> {
        let site = self.site;
        let actions = || -> Result<Vec<TransactAction>, Error> {
            let check = under.map(|under| site.check(&under.root).condition(is(JOURNAL, Some(under.mark))).into());
            let puts = puts.iter().map(|item| site.put(item.clone()).condition(site.not_exists()).into());
            Ok(check.into_iter().chain(puts).collect())
        };
        match site.transact(actions).await {
            Ok(()) => Ok(()),
            Err(error) => match failed_conditions(&error)[..] {
                [] => Err(error),
                [0, ..] if under.is_some() => {
                    Err(site.not_found("the copy's root, which was deleted while it was copied,").with_source(error))
                }
                _ => Err(site.taken().with_source(error)),
            },
        }
    }
}

/// What the nodes of a copy are written under.
struct Under<'a> {
    root: Item,
    mark: &'a AttributeValue,
}

crate::operation::settings::debug_without_values!(CopySubtree, table: write.table);

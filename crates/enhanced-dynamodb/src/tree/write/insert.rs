//! One new node: a root, or a child of a node that must exist.

use std::sync::Arc;

use serde::Serialize;

use super::edit::is;
use super::facts::Facts;
use super::node_item::{NodeItem, Placed};
use super::rounds::{Rounds, failed_conditions};
use super::settings::tree_write_settings;
use super::site::{NodesWritten, Site, Write};
use crate::codec::EncodeOptions;
use crate::error::{Error, ErrorKind};
use crate::execute::Core;
use crate::expression::{Condition, attr};
use crate::item::AttributeValue;
use crate::transaction::TransactAction;

/// Adds one node to a tree. Made by [`Client::create_root`](crate::Client::create_root) and
/// [`Client::insert_child`](crate::Client::insert_child).
///
/// The item is anything that serialises as an item with the node's key. The client fills in what makes it a node:
/// the parent, the tree's id, the constant sort key, the list of ancestors, a child count of 0.
///
/// # What holds
///
/// A child is written together with the check that its parent exists (TransactWriteItems): it never becomes an orphan,
/// also when the parent is being deleted. A key that is taken is an error; nothing is overwritten. A lost answer is asked
/// for again with the same token, so that the node is written once.
///
/// # What it costs
///
/// One request. A root is a plain conditional put: 1 write unit a KB. A child is a transaction of two actions: 2 write
/// units a KB of the child, and 2 for the check of the parent (of its size). Where the schema keeps
/// [`ancestors`](crate::tree::TreeSchema::ancestors), or the tree's id is in an index and not given by
/// [`tree`](Self::tree), the parent is read first: one request more.
///
/// # Many writers
///
/// Nothing but the parent is touched: writers under different parents never meet, least of all at the root. Writers under
/// the same parent do: the service cancels a transaction that has an item in it which another one, under way, has too
/// (`TransactionConflict`; also where both only check it). The client begins again, with waits that grow, up to twelve
/// times beyond the retries of each call. With a [`child_count`](crate::tree::TreeSchema::child_count) the parent is
/// written, not only checked, and takes at most the write units of one item: some 1,000 a second by the service's limit
/// of a partition, at 2 for each child.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::item;
///
/// db.create_root("Messages", &item! { "id": "m1", "text": "Why is it cold?" }).send().await?;
/// db.insert_child("Messages", "m1", &item! { "id": "m2", "text": "Try the valve." }).send().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is sent"]
pub struct InsertNode {
    write: Write,
    /// Nothing for a root.
    parent: Option<Result<AttributeValue, Error>>,
    /// Encoded with the schema that is known when it is sent.
    item: Result<Vec<u8>, Error>,
}

impl InsertNode {
    pub(crate) fn new<K: Serialize, T: Serialize + ?Sized>(
        core: Arc<Core>,
        table: String,
        parent: Option<K>,
        item: &T,
    ) -> Self {
        let mut json = Vec::with_capacity(512);
        let options = EncodeOptions { keep_nulls: core.config.keep_nulls };
        let item = crate::codec::encode_item(&mut json, item, options).map(|()| json).map_err(Error::from);
        InsertNode { write: Write::new(core, table), parent: parent.map(|id| crate::item::to_value(&id)), item }
    }

    tree_write_settings!();

    /// Writes the node.
    ///
    /// # Errors
    /// [`ErrorKind::NodeNotFound`] if the parent does not exist; [`ErrorKind::NodeExists`] if the key is taken;
    /// [`ErrorKind::InvalidInput`] before anything is sent, if the item lacks its key or says another parent or tree;
    /// those of TransactWriteItems.
    pub async fn send(self) -> Result<NodesWritten, Error> {
        let root = self.parent.is_none();
        let (site, tree) = self.write.begin(if root { "CreateRoot" } else { "InsertChild" })?;
        let made = self.item.and_then(|json| NodeItem::of_user(json, &site.schema));
        let (node, parent) = match (made, self.parent.transpose()) {
            (Ok(node), Ok(parent)) => (node, parent),
            (Err(error), _) | (_, Err(error)) => return Err(site.refuse(error)),
        };
        node.check(parent.as_ref(), tree.as_ref(), &site.schema).map_err(|error| site.refuse(error))?;
        let tree = tree.or_else(|| node.facts.tree.clone());
        match parent {
            None => create_root(&site, &node, tree).await?,
            Some(parent) => insert(&site, &parent, tree, |site, known| {
                let place = Placed {
                    id: &node.facts.id,
                    parent: Some(&parent),
                    tree: known.tree(),
                    ancestors: known.ancestors(),
                    children: 0,
                    journal: None,
                };
                Ok(vec![node.at(place, &site.schema)?])
            })
            .await
            .map(drop)?,
        }
        Ok(site.written(1, 1))
    }
}

async fn create_root(site: &Site, node: &NodeItem, tree: Option<AttributeValue>) -> Result<(), Error> {
    let tree = tree.or_else(|| site.schema.tree_attribute().map(|_| node.facts.id.clone()));
    let place = Placed {
        id: &node.facts.id,
        parent: None,
        tree: tree.as_ref(),
        ancestors: AttributeValue::L(Vec::new()),
        children: 0,
        journal: None,
    };
    let item = node.at(place, &site.schema).map_err(|error| site.refuse(error))?;
    let mut put = site.put(item).condition(site.not_exists());
    *put.call_options() = site.options.clone();
    match put.send().await {
        Ok(output) => {
            site.count(output.metadata.attempts);
            Ok(())
        }
        // After a lost answer, the item in the way may be this very root.
        Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed && !error.replayed() => {
            Err(site.taken().with_source(error))
        }
        Err(error) => Err(error),
    }
}

/// What is known of the parent when its children are written.
pub(in crate::tree) struct KnownParent {
    id: AttributeValue,
    /// The tree's id: given, or the parent's.
    tree: Option<AttributeValue>,
    /// What was read of it, if it was.
    facts: Option<Facts>,
    /// Whether it has a count of its children, as far as is known.
    counted: bool,
}

impl KnownParent {
    pub(in crate::tree) fn tree(&self) -> Option<&AttributeValue> {
        self.tree.as_ref()
    }

    /// The ancestors of its children.
    pub(in crate::tree) fn ancestors(&self) -> AttributeValue {
        match &self.facts {
            Some(facts) => facts.ancestors_of_children(),
            None => AttributeValue::L(vec![self.id.clone()]),
        }
    }

    /// That it is as it is known to be.
    fn condition(&self, site: &Site) -> Condition {
        let mut condition = site.exists();
        if let Some(count) = &site.schema.child_count {
            let count = attr(&count.attribute);
            condition = condition & if self.counted { count.exists() } else { count.not_exists() };
        }
        if let (Some(name), false, Some(tree)) =
            (site.schema.tree_attribute(), site.schema.is_partitioned(), &self.tree)
        {
            condition = condition & attr(name).eq(tree);
        }
        if let (Some(name), Some(facts)) = (&site.schema.ancestors, &self.facts) {
            condition = condition & is(name, facts.ancestors.as_ref());
        }
        condition
    }

    /// The action on the parent: a check, or one more child counted.
    fn action(&self, site: &Site) -> Result<TransactAction, Error> {
        let key = site.key(&self.id, self.tree.as_ref())?;
        let condition = self.condition(site);
        Ok(match &site.schema.child_count {
            Some(count) if self.counted => site
                .update(key)
                .set(&count.attribute, attr(&count.attribute) + 1)
                .condition(condition)
                .return_item_on_condition_failure()
                .into(),
            Some(_) | None => site.check(key).condition(condition).return_item_on_condition_failure().into(),
        })
    }

    /// Takes in how the parent really is.
    ///
    /// # Errors
    /// If it is in another tree than the one that was named.
    fn learn(&mut self, site: &Site, facts: Facts, named: bool) -> Result<(), Error> {
        self.counted = facts.count.is_some();
        if site.schema.tree_attribute().is_some() && !site.schema.is_partitioned() {
            if named && facts.tree != self.tree {
                return Err(site.locate(
                    Error::invalid_input("the parent is in another tree than the one that was named")
                        .with_advice("Leave out .tree(id) and the item's tree id: they are the parent's."),
                ));
            }
            self.tree.clone_from(&facts.tree);
        }
        self.facts = Some(facts);
        Ok(())
    }
}

/// Writes items together with the check of the parent of the first. `make` gives them as they are to be stored.
pub(in crate::tree) async fn insert(
    site: &Site,
    parent: &AttributeValue,
    tree: Option<AttributeValue>,
    make: impl Fn(&Site, &KnownParent) -> Result<Vec<Vec<u8>>, Error>,
) -> Result<KnownParent, Error> {
    let named = tree.is_some();
    let mut known = KnownParent { id: parent.clone(), tree, facts: None, counted: true };
    let in_index = site.schema.tree_attribute().is_some() && !site.schema.is_partitioned();
    if site.schema.ancestors.is_some() || (in_index && !named) {
        let stored = site.existing(parent, known.tree.as_ref(), "the parent").await?;
        known.learn(site, stored.facts, named)?;
    }
    let mut rounds = Rounds::default();
    loop {
        let items = make(site, &known).map_err(|error| site.locate(error))?;
        let written = site.transact(|| {
            let mut actions = Vec::with_capacity(1 + items.len());
            actions.push(known.action(site)?);
            actions.extend(items.iter().map(|item| site.put(item.clone()).condition(site.not_exists()).into()));
            Ok(actions)
        });
        let error = match written.await {
            Ok(()) => return Ok(known),
            Err(error) => error,
        };
        let failed = failed_conditions(&error);
        let [0, ..] = failed[..] else {
            return Err(if failed.is_empty() { error } else { site.taken().with_source(error) });
        };
        let Some(item) = error.cancellation_reasons().first().and_then(|reason| reason.item.clone()) else {
            return Err(site.not_found("the parent").with_source(error));
        };
        let facts = Facts::read(&item, &site.schema)
            .map_err(|error| site.locate(crate::operation::response::malformed(&error)))?;
        known.learn(site, facts, named)?;
        rounds.another(site, error).await?;
    }
}

crate::operation::settings::debug_without_values!(InsertNode, table: write.table);

//! A tree's table, and how requests on its nodes are made.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::facts::{Facts, JOURNAL, Stored};
use super::rounds::{Rounds, is_conflict};
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core};
use crate::expression::{Condition, attr};
use crate::item::{AttributeValue, Item};
use crate::operation::{DeleteItem, GetItem, PutItem, UpdateItem, response};
use crate::transaction::{ConditionCheck, TransactAction, TransactWrite};
use crate::tree::TreeSchema;

/// What every builder of a tree write holds.
pub(in crate::tree) struct Write {
    pub(in crate::tree) core: Arc<Core>,
    pub(in crate::tree) table: String,
    pub(in crate::tree) schema: TreeSchema,
    pub(in crate::tree) tree: Option<Result<AttributeValue, Error>>,
    pub(in crate::tree) options: CallOptions,
}

impl Write {
    pub(in crate::tree) fn new(core: Arc<Core>, table: String) -> Self {
        let (schema, options) = (TreeSchema::default(), CallOptions::default());
        Write { core, table, schema, tree: None, options }
    }

    /// # Errors
    /// If the schema contradicts itself; if a tree is named and the schema has none, or one cannot be written.
    pub(in crate::tree) fn begin(self, operation: &'static str) -> Result<(Site, Option<AttributeValue>), Error> {
        let Write { core, table, schema, tree, mut options } = self;
        let begun = match tree.transpose() {
            Err(error) => Err(error),
            Ok(Some(_)) if schema.tree_attribute().is_none() => Err(Error::invalid_input(
                "tree() names a tree's id, and the schema has no attribute for it",
            )
            .with_advice(
                "Say where it is stored: TreeSchema::partitioned_by() or TreeSchema::tree_id(); or leave it out.",
            )),
            Ok(_) if names_journal(&schema) => Err(Error::invalid_input(format!(
                "the tree's schema names the attribute {JOURNAL}, which the client keeps for itself"
            ))
            .with_advice("Choose another name.")),
            Ok(_) if schema.validate().is_err() => schema.validate().map(|()| None),
            Ok(tree) => Ok(tree),
        };
        match begun {
            Err(error) => Err(core.refuse(operation.into(), Some(&table), error)),
            Ok(tree) => {
                let started = core.time().now();
                options.deadline = core.deadline(&options, started);
                let requests = AtomicU64::new(0);
                Ok((Site { core, table, schema, options, operation, started, requests }, tree))
            }
        }
    }
}

impl Site {
    /// # Errors
    /// If one tree is named and cannot be read alone.
    pub(in crate::tree) fn check_one_partition(&self, tree: Option<&AttributeValue>) -> Result<(), Error> {
        if tree.is_none() || self.schema.is_partitioned() {
            return Ok(());
        }
        Err(self.refuse(
            Error::invalid_input("one tree can be verified alone only where the table is partitioned by tree")
                .with_advice("Leave out tree(): all trees of the table are verified by one scan."),
        ))
    }
}

/// Whether an attribute of the schema is the one that marks writes which have not ended.
fn names_journal(schema: &TreeSchema) -> bool {
    let count = schema.child_count.as_ref().map(|count| count.attribute.as_str());
    let sort = schema.sort.as_ref().map(|(sort, _)| sort.as_str());
    let named = [count, sort, schema.ancestors.as_deref(), schema.tree_attribute()];
    named
        .into_iter()
        .flatten()
        .chain([&*schema.key, &*schema.parent, &*schema.tree_version])
        .any(|name| name == JOURNAL)
}

/// A tree's table while a write is under way.
pub(in crate::tree) struct Site {
    pub(in crate::tree) core: Arc<Core>,
    pub(in crate::tree) table: String,
    pub(in crate::tree) schema: TreeSchema,
    pub(in crate::tree) options: CallOptions,
    operation: &'static str,
    started: Instant,
    requests: AtomicU64,
}

/// What a write of nodes gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodesWritten {
    /// Nodes written.
    pub nodes: usize,
    /// Transactions that were applied.
    pub transactions: u32,
    /// Requests made, those that were retried included.
    pub requests: u64,
    /// Time from the start to the end.
    pub elapsed: Duration,
}

impl Site {
    /// Names the operation and the table in an error that does not yet.
    pub(in crate::tree) fn locate(&self, error: Error) -> Error {
        error.with_operation(self.operation, Some(&self.table))
    }

    pub(in crate::tree) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(in crate::tree) fn count(&self, attempts: u32) {
        self.requests.fetch_add(u64::from(attempts), Ordering::Relaxed);
    }

    pub(in crate::tree) fn elapsed(&self) -> Duration {
        self.core.time().now().saturating_duration_since(self.started)
    }

    pub(in crate::tree) fn written(&self, nodes: usize, transactions: u32) -> NodesWritten {
        NodesWritten { nodes, transactions, requests: self.requests(), elapsed: self.elapsed() }
    }

    /// What is left before the deadline of the whole call.
    pub(in crate::tree) fn time_left(&self) -> Duration {
        let now = self.core.time().now();
        self.options.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now))
    }

    /// The key of a node in the table.
    ///
    /// # Errors
    /// If the tree's id is part of the key and not known.
    pub(in crate::tree) fn key(&self, id: &AttributeValue, tree: Option<&AttributeValue>) -> Result<Item, Error> {
        let mut key = Item::new();
        if self.schema.is_partitioned() {
            let name = self.schema.tree_attribute().unwrap_or_default();
            let Some(tree) = tree else {
                return Err(self.tree_unknown());
            };
            key.insert(name, tree.clone());
        }
        key.insert(self.schema.key.as_str(), id.clone());
        if let Some((name, value)) = &self.schema.sort {
            key.insert(name.as_str(), value.clone());
        }
        Ok(key)
    }

    pub(in crate::tree) fn tree_unknown(&self) -> Error {
        let name = self.schema.tree_attribute().unwrap_or_default();
        self.locate(
            Error::invalid_input(format!("the tree's id ({name}) is part of a node's key, and not known"))
                .with_advice("Name the tree with .tree(id)."),
        )
    }

    /// Reads a node as the last acknowledged write left it.
    pub(in crate::tree) async fn get(
        &self,
        id: &AttributeValue,
        tree: Option<&AttributeValue>,
    ) -> Result<Option<Stored>, Error> {
        let mut get = GetItem::new(Arc::clone(&self.core), self.table.clone())
            .key_item(self.key(id, tree)?)
            .consistent_read(true);
        *get.call_options() = self.options.clone();
        let output = get.raw().await?;
        self.count(output.metadata.attempts);
        let Some(item) = output.item else { return Ok(None) };
        let facts = Facts::read(&item, &self.schema).map_err(|error| self.locate(response::malformed(&error)))?;
        Ok(Some(Stored { facts, item }))
    }

    /// As [`get`](Self::get), of a node that must be there. `what` says which, for the error.
    ///
    /// # Errors
    /// [`ErrorKind::NodeNotFound`] if it is not.
    pub(in crate::tree) async fn existing(
        &self,
        id: &AttributeValue,
        tree: Option<&AttributeValue>,
        what: &str,
    ) -> Result<Stored, Error> {
        match self.get(id, tree).await? {
            Some(stored) => Ok(stored),
            None => Err(self.not_found(what)),
        }
    }

    pub(in crate::tree) fn not_found(&self, what: &str) -> Error {
        self.locate(Error::new(ErrorKind::NodeNotFound, format!("{what} does not exist")))
    }

    pub(in crate::tree) fn taken(&self) -> Error {
        self.locate(Error::new(ErrorKind::NodeExists, format!("a node with this {} exists", self.schema.key)))
    }

    /// Ends a call that cannot be sent.
    pub(in crate::tree) fn refuse(&self, error: Error) -> Error {
        self.core.refuse(self.operation.into(), Some(&self.table), error)
    }

    /// That there is an item.
    pub(in crate::tree) fn exists(&self) -> Condition {
        attr(&self.schema.key).exists()
    }

    pub(in crate::tree) fn not_exists(&self) -> Condition {
        attr(&self.schema.key).not_exists()
    }

    /// A put of an item that is the service's JSON already.
    pub(in crate::tree) fn put(&self, item: Vec<u8>) -> PutItem {
        PutItem::of_json(Arc::clone(&self.core), self.table.clone(), item)
    }

    pub(in crate::tree) fn update(&self, key: impl Serialize) -> UpdateItem {
        UpdateItem::new(Arc::clone(&self.core), self.table.clone()).key_item(key)
    }

    pub(in crate::tree) fn delete(&self, key: impl Serialize) -> DeleteItem {
        DeleteItem::new(Arc::clone(&self.core), self.table.clone()).key_item(key)
    }

    pub(in crate::tree) fn check(&self, key: impl Serialize) -> ConditionCheck {
        ConditionCheck::new(Arc::clone(&self.core), self.table.clone()).key_item(key)
    }

    /// Sends a transaction, and again while nothing but conflicts with other writers cancels it. Each sending is a call
    /// of its own with its own retries and token; one that was cancelled was not applied.
    pub(in crate::tree) async fn transact(
        &self,
        actions: impl Fn() -> Result<Vec<TransactAction>, Error>,
    ) -> Result<(), Error> {
        let mut rounds = Rounds::default();
        loop {
            let mut write = TransactWrite::new(Arc::clone(&self.core)).actions(actions()?);
            *write.call_options() = self.options.clone();
            let error = match write.send().await {
                Ok(output) => {
                    self.count(output.metadata.attempts);
                    return Ok(());
                }
                Err(error) => error,
            };
            self.count(error.attempts());
            if !is_conflict(&error) {
                return Err(error);
            }
            rounds.another(self, error).await?;
        }
    }
}

//! What every read of a tree has: where it lies, what is read of it, and within which limits.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::check::{Layout, Projected};
use super::row::{Row, Wanted, row_of};
use super::schema::TreeSchema;
use super::shape::MOST_NODES;
use crate::codec::{Reader, decode_item};
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core};
use crate::expression::{Attr, Condition, IntoPath, Projection};
use crate::item::AttributeValue;
use crate::operation::view::View;
use crate::operation::{GetItem, Query, ReturnConsumedCapacity, response};

pub(super) const DEFAULT_MAX_NODES: usize = 100_000;

/// What every read of a tree has.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) core: Arc<Core>,
    /// What errors name as the operation.
    pub(super) operation: &'static str,
    pub(super) table: String,
    pub(super) schema: TreeSchema,
    /// The tree's id, where it was named.
    pub(super) tree: Option<AttributeValue>,
    pub(super) projection: Vec<Selected>,
    pub(super) filter: Option<Condition>,
    pub(super) consistent: Option<bool>,
    pub(super) capacity: Option<ReturnConsumedCapacity>,
    pub(super) max_depth: Option<u32>,
    pub(super) max_nodes: usize,
    pub(super) options: CallOptions,
    /// Takes out again what is read but was not asked for.
    view: View,
}

/// A read while it is put together: the plan, and the first thing that a setter could not do.
pub(super) struct Draft {
    pub(super) plan: Plan,
    error: Option<Error>,
}

impl Draft {
    pub(super) fn new(core: Arc<Core>, operation: &'static str, table: String) -> Self {
        Draft { plan: Plan::new(core, operation, table), error: None }
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// The key of a node, or of a tree.
    pub(super) fn key(&mut self, value: &impl Serialize) -> AttributeValue {
        match crate::item::to_value(value) {
            Ok(key) => key,
            Err(error) => {
                self.fail(error);
                AttributeValue::Null
            }
        }
    }

    pub(super) fn select<P: IntoPath>(&mut self, paths: impl IntoIterator<Item = P>) {
        for path in paths {
            let path = path.into_path();
            match attribute_of(&path) {
                Ok((attribute, nested)) => self.plan.projection.push(Selected { path, attribute, nested }),
                Err(error) => self.fail(error),
            }
        }
    }

    /// The plan, bounded as a whole from now on.
    ///
    /// # Errors
    /// If it cannot be carried out.
    pub(super) fn begin(mut self) -> Result<Plan, Error> {
        let problem = match self.error.take() {
            Some(error) => Err(error),
            None if self.plan.table.is_empty() => Err(Error::invalid_input("the table's name is empty")),
            None if self.plan.max_nodes == 0 => {
                Err(Error::invalid_input("max_nodes is 0; a tree has at least its root"))
            }
            None => self.plan.schema.validate(),
        };
        let mut plan = self.plan;
        if let Err(error) = problem {
            return Err(plan.core.refuse(plan.operation.into(), Some(&plan.table), error));
        }
        plan.max_nodes = plan.max_nodes.min(MOST_NODES);
        plan.options.deadline = plan.options.whole_call(plan.core.time().now());
        plan.options.timeout = None;
        Ok(plan)
    }
}

/// A place that was asked for.
#[derive(Clone)]
pub(super) struct Selected {
    path: Attr,
    /// The attribute that it lies in.
    attribute: String,
    nested: bool,
}

impl Plan {
    pub(super) fn new(core: Arc<Core>, operation: &'static str, table: String) -> Self {
        Plan {
            core,
            operation,
            table,
            schema: TreeSchema::default(),
            tree: None,
            projection: Vec::new(),
            filter: None,
            consistent: None,
            capacity: None,
            max_depth: None,
            max_nodes: DEFAULT_MAX_NODES,
            options: CallOptions::default(),
            view: View::default(),
        }
    }

    pub(super) fn locate(&self, error: Error) -> Error {
        error.with_operation(self.operation, Some(&self.table))
    }

    /// There is no root.
    pub(super) fn no_root(&self) -> Error {
        let message = format!("no item has the {} that the tree was to be read from", self.schema.key);
        self.locate(Error::new(ErrorKind::RootNotFound, message))
    }

    /// For a read of this attribute alone.
    pub(super) fn of_only(&self, name: &str) -> Plan {
        let path = crate::expression::attr(name);
        let selected = Selected { path, attribute: name.to_owned(), nested: false };
        Plan { projection: vec![selected], view: View::default(), ..self.clone() }
    }

    /// For a node that is read by its key.
    ///
    /// # Errors
    /// If only a part of an attribute was asked for that the tree is made by.
    pub(super) fn for_one_node(&self) -> Result<Plan, Error> {
        let mut plan = self.clone();
        plan.read_also(Wanted::new(&self.schema, None, false, false).names())?;
        Ok(plan)
    }

    /// Makes sure that these attributes come back, whatever was asked for.
    ///
    /// # Errors
    /// If only a part of one was asked for.
    pub(super) fn read_also<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        if self.projection.is_empty() {
            return Ok(());
        }
        for name in names {
            match self.projection.iter().find(|selected| selected.attribute == name) {
                None => {
                    self.view.added.push(name.to_owned());
                    self.projection.push(Selected {
                        path: crate::expression::attr(name),
                        attribute: name.to_owned(),
                        nested: false,
                    });
                }
                Some(selected) if selected.nested => {
                    let message =
                        format!("the projection has only {} of {name}, which the tree is made by", selected.path);
                    return Err(self.locate(Error::invalid_input(message).with_advice("Ask for the whole attribute.")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Whether what an index has must be completed from the table.
    pub(super) fn needs_completion(&self, layout: &Layout, wanted: &Wanted) -> bool {
        let Projected::Only(_) = &layout.projected else { return false };
        self.projection.is_empty()
            || self.projection.iter().any(|selected| !layout.projected.has(&selected.attribute))
            || wanted.names().any(|name| !layout.projected.has(name))
    }

    /// # Errors
    /// If an index is to be filtered by attributes that it may not have.
    pub(super) fn check_filter(&self, layout: &Layout) -> Result<(), Error> {
        if self.filter.is_none() || layout.projected == Projected::All {
            return Ok(());
        }
        Err(self.locate(
            Error::invalid_input(
                "a filter sees only what the index has copies of, and this index has not all attributes",
            )
            .with_advice("Use an index that projects ALL, or filter the nodes yourself."),
        ))
    }

    /// A query with what all queries of this read have. `whole` tells whether it reads items, or keys for a batch get.
    pub(super) fn query(&self, whole: bool, wanted: &Wanted) -> Query {
        let mut query = Query::new(Arc::clone(&self.core), self.table.clone());
        if !whole {
            query = query.projection(self.key_names(wanted));
        } else if !self.projection.is_empty() {
            query = query.projection(self.projected());
        }
        if let Some(filter) = &self.filter {
            query = query.filter(filter.clone());
        }
        if let Some(capacity) = self.capacity {
            query = query.return_consumed_capacity(capacity);
        }
        *query.call_options() = self.options.clone();
        query
    }

    /// The attributes by which a node is found in the table.
    fn key_names(&self, wanted: &Wanted) -> Vec<String> {
        let mut names = vec![wanted.key.clone()];
        if self.schema.is_partitioned() {
            names.extend(self.schema.tree_attribute().map(str::to_owned));
        }
        names
    }

    /// The item of a node, by its key.
    pub(super) fn get(
        &self,
        id: &AttributeValue,
        tree: Option<&AttributeValue>,
        consistent: bool,
    ) -> Result<GetItem, Error> {
        let mut key = Vec::new();
        self.schema.write_key(&mut key, id, tree).map_err(|error| self.locate(error))?;
        let key: crate::Item = decode_item(&key).map_err(|error| self.locate(Error::from(error)))?;
        let mut get =
            GetItem::new(Arc::clone(&self.core), self.table.clone()).key_item(&key).consistent_read(consistent);
        if !self.projection.is_empty() {
            get = get.projection(self.projected());
        }
        if let Some(capacity) = self.capacity {
            get = get.return_consumed_capacity(capacity);
        }
        *get.call_options() = self.options.clone();
        Ok(get)
    }

    /// The places that were asked for.
    pub(super) fn projected(&self) -> impl Iterator<Item = &Attr> {
        self.projection.iter().map(|selected| &selected.path)
    }

    /// A node as its reader wants it.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`], with the item inside, if it is no `T`.
    pub(super) fn decode<T: DeserializeOwned>(&self, item: &Bytes) -> Result<T, Error> {
        self.view.decode(item).map_err(|error| self.locate(error))
    }

    /// Reads what makes the tree out of an item that stands alone.
    pub(super) fn row(&self, item: &Bytes, wanted: &Wanted) -> Result<Row, Error> {
        row_of(item, wanted).map_err(|error| self.locate(response::malformed(&error)))
    }

    /// A node without a key.
    pub(super) fn keyless(&self, item: &Bytes) -> Error {
        let message = format!("an item has no attribute {}, which is the key of the tree's nodes", self.schema.key);
        let error = Error::new(ErrorKind::Decode, message)
            .with_advice("Check the schema's key, and that the index projects it.")
            .with_item(Some(item.clone()));
        self.locate(error)
    }
}

/// The attribute that a path lies in, and whether the path leads into it.
fn attribute_of(path: &Attr) -> Result<(String, bool), Error> {
    let rendered = Projection::new([path]).to_expression()?;
    // Names are placeholders, in the order in which they stand: the first is the attribute.
    let mut reader = Reader::new(rendered.names.as_bytes())?;
    let mut names = reader.object()?;
    match names.next_key(&mut reader)? {
        Some(placeholder) => {
            let nested = rendered.expression != *placeholder;
            Ok((reader.string()?.into_owned(), nested))
        }
        None => Err(Error::invalid_input("a projection is empty: leave it out instead")),
    }
}

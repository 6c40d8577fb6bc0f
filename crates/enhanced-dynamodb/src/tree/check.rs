//! A schema against the table's description: what is missing, and what an index has copies of.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;

use super::schema::{Collection, TreeSchema};
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core};
use crate::table::{DescribeTable, IndexDescription, KeyRole, KeySchemaElement, TableDescription, TableStatus};

/// What a tree is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The index on the parent attribute.
    Children,
    /// The table or index that is partitioned by tree.
    Collection,
}

/// What is known of the table or index that a tree is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Which attributes it has copies of.
    pub(crate) projected: Projected,
    /// Its sort key, which its items stand in the order of.
    pub(crate) sort: Option<String>,
    /// Whether children are asked for by the tree's id and, as its sort key, the parent.
    pub(crate) within_tree: bool,
    /// Whether it can be read strongly consistently.
    pub(crate) consistent: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Projected {
    All,
    /// These alone, the keys among them.
    Only(Vec<String>),
}

impl Projected {
    pub(crate) fn has(&self, attribute: &str) -> bool {
        match self {
            Projected::All => true,
            Projected::Only(names) => names.iter().any(|name| name == attribute),
        }
    }
}

/// The layouts that were checked, table by table.
#[derive(Default)]
struct Checked(Mutex<HashMap<String, OfTable>>);

#[derive(Default)]
struct OfTable {
    fitting: Vec<Fitting>,
    /// Held by the one who describes the table, so that others wait instead of asking too.
    gate: Arc<tokio::sync::Mutex<()>>,
}

/// A schema that fits its table, and what it is read from.
type Fitting = (TreeSchema, Source, Arc<Layout>);

impl Checked {
    fn tables(&self) -> MutexGuard<'_, HashMap<String, OfTable>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, table: &str, schema: &TreeSchema, source: Source) -> Option<Arc<Layout>> {
        let tables = self.tables();
        let fitting = &tables.get(table)?.fitting;
        let found = fitting.iter().find(|(of, from, _)| *from == source && of == schema);
        found.map(|(_, _, layout)| Arc::clone(layout))
    }

    fn add(&self, table: &str, schema: &TreeSchema, source: Source, layout: &Arc<Layout>) {
        let mut tables = self.tables();
        let fitting = &mut tables.entry(table.to_owned()).or_default().fitting;
        if !fitting.iter().any(|(of, from, _)| *from == source && of == schema) {
            fitting.push((schema.clone(), source, Arc::clone(layout)));
        }
    }

    fn gate(&self, table: &str) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.tables().entry(table.to_owned()).or_default().gate)
    }
}

/// What is known of the schema already.
pub(crate) fn known(core: &Core, table: &str, schema: &TreeSchema, source: Source) -> Option<Arc<Layout>> {
    core.kept.of::<Checked>().find(table, schema, source)
}

/// What the table's description says of the schema: asked for once, then remembered as long as the client lives. Only
/// what fits is remembered, so that a table may be mended.
///
/// # Errors
/// What is missing, with the call that makes it; those of DescribeTable, except that the credentials do not allow it:
/// then nothing is checked.
pub(crate) fn layout<'a>(
    core: &'a Arc<Core>,
    table: &'a str,
    schema: &'a TreeSchema,
    source: Source,
    options: &'a CallOptions,
) -> BoxFuture<'a, Result<Arc<Layout>, Error>> {
    // In a box of its own: it is rare, and would make the future of every read large.
    Box::pin(describe(core, table, schema, source, options))
}

async fn describe(
    core: &Arc<Core>,
    table: &str,
    schema: &TreeSchema,
    source: Source,
    options: &CallOptions,
) -> Result<Arc<Layout>, Error> {
    let checked = core.kept.of::<Checked>();
    if let Some(layout) = checked.find(table, schema, source) {
        return Ok(layout);
    }
    let gate = checked.gate(table);
    let now = core.time().now();
    let longest = options.request_timeout.unwrap_or(core.config.request_timeout);
    let left = options.deadline.map_or(longest, |deadline| longest.min(deadline.saturating_duration_since(now)));
    // Whoever has waited so long asks for itself.
    let _pass = core.time().timeout(core.within_deadline(left), pin!(gate.lock())).await;
    if let Some(layout) = checked.find(table, schema, source) {
        return Ok(layout);
    }
    let mut describe = DescribeTable::new(Arc::clone(core), table.to_owned());
    if let Some(deadline) = options.deadline {
        describe = describe.deadline(deadline);
    }
    if let Some(timeout) = options.request_timeout {
        describe = describe.request_timeout(timeout);
    }
    if let Some(retries) = options.max_retries {
        describe = describe.max_retries(retries);
    }
    let layout = match describe.send().await {
        Ok(description) => Arc::new(check(&description, schema, source)?),
        Err(error) if matches!(error.kind(), ErrorKind::AccessDenied | ErrorKind::UnknownOperation) => {
            tracing::debug!(target: "enhanced_dynamodb", table, "the table may not be described: no check of its schema");
            Arc::new(assumed(schema, source))
        }
        Err(error) => return Err(error),
    };
    checked.add(table, schema, source, &layout);
    Ok(layout)
}

/// What is assumed where the table may not be described.
fn assumed(schema: &TreeSchema, source: Source) -> Layout {
    let of_table = source == Source::Collection && schema.is_partitioned();
    Layout { projected: Projected::All, sort: None, within_tree: false, consistent: of_table }
}

fn check(table: &TableDescription, schema: &TreeSchema, source: Source) -> Result<Layout, Error> {
    check_key(table, schema)?;
    match (source, &schema.collection) {
        (Source::Children, _) => check_children(table, schema),
        (Source::Collection, Some(Collection::Index { tree, index })) => check_collection(table, tree, index),
        (Source::Collection, Some(Collection::Table { .. }) | None) => Ok(Layout {
            projected: Projected::All,
            sort: Some(schema.key.clone()),
            within_tree: false,
            consistent: true,
        }),
    }
}

fn check_key(table: &TableDescription, schema: &TreeSchema) -> Result<(), Error> {
    let (partition, sort) = match &schema.collection {
        Some(Collection::Table { tree }) => (tree.as_str(), Some(schema.key.as_str())),
        Some(Collection::Index { .. }) | None => {
            (schema.key.as_str(), schema.sort.as_ref().map(|(name, _)| name.as_str()))
        }
    };
    if table.partition_key() == Some(partition) && table.sort_key() == sort {
        return Ok(());
    }
    let name = |sort: Option<&str>| sort.map(|sort| format!(" and {sort}")).unwrap_or_default();
    let has = format!("{}{}", table.partition_key().unwrap_or("nothing"), name(table.sort_key()));
    let message = format!(
        "the key of table {} is {has}, but the tree's schema says that it is {partition}{}",
        table.table_name,
        name(sort)
    );
    Err(Error::invalid_input(message).with_advice(key_advice(table, schema)))
}

fn key_advice(table: &TableDescription, schema: &TreeSchema) -> String {
    match (table.partition_key(), table.sort_key()) {
        (Some(partition), None) => format!("Say TreeSchema::default().key({partition:?})."),
        (Some(partition), Some(sort)) if schema.sort.is_none() && partition == schema.key => {
            format!("Say which value {sort} has in every node: TreeSchema::sort_key({sort:?}, value).")
        }
        (Some(partition), Some(sort)) => format!(
            "If {partition} is the tree's id, say TreeSchema::default().key({sort:?}).partitioned_by({partition:?})."
        ),
        (None, _) => String::new(),
    }
}

fn check_children(table: &TableDescription, schema: &TreeSchema) -> Result<Layout, Error> {
    let (name, parent) = (schema.index.as_str(), schema.parent.as_str());
    let why = "by which the children of a node are found";
    // A parent's key is a key.
    let type_needed = type_of(table, &schema.key);
    let wanted = Wanted { attribute: parent, attribute_type: type_needed, why };
    let Some(index) = table.index(name) else { return Err(missing(table, name, &wanted)) };
    let within_tree = match &schema.collection {
        Some(Collection::Table { tree }) => partition_is(index, tree) && sort_of(index) == Some(parent),
        Some(Collection::Index { .. }) | None => false,
    };
    if !within_tree && !partition_is(index, parent) {
        return Err(wrong_key(table, index, &wanted));
    }
    let parent_type = type_of(table, parent);
    if type_needed != parent_type {
        let message = format!(
            "in table {}, {parent} is of the type {} and {} of the type {}: no node could be the parent of another",
            table.table_name,
            parent_type.unwrap_or("?"),
            schema.key,
            type_needed.unwrap_or("?"),
        );
        let advice =
            format!("Write {parent} in the type of {}, and index it so: {}", schema.key, wanted.create(table, name));
        return Err(Error::invalid_input(message).with_advice(advice));
    }
    of_index(table, index, within_tree)
}

fn check_collection(table: &TableDescription, tree: &str, name: &str) -> Result<Layout, Error> {
    let why = "by which all nodes of a tree are found";
    let wanted = Wanted { attribute: tree, attribute_type: type_of(table, tree), why };
    match table.index(name) {
        None => Err(missing(table, name, &wanted)),
        Some(index) if !partition_is(index, tree) => Err(wrong_key(table, index, &wanted)),
        Some(index) => of_index(table, index, false),
    }
}

/// # Errors
/// If the index is being made: the service refuses to read it until it has all items.
fn of_index(table: &TableDescription, index: &IndexDescription, within_tree: bool) -> Result<Layout, Error> {
    if index.index_status == Some(TableStatus::Creating) {
        let (name, index) = (&table.table_name, &index.index_name);
        return Err(Error::invalid_input(format!("the index {index} of table {name} is still being made"))
            .with_advice(format!("Wait for it: db.wait_until_active({name:?}).send().await?")));
    }
    let projected = if index.projection.projection_type == "ALL" {
        Projected::All
    } else {
        let keys = index.key_schema.iter().chain(&table.key_schema).map(|element| &element.attribute_name);
        Projected::Only(keys.chain(&index.projection.non_key_attributes).cloned().collect())
    };
    let local = table.local_secondary_indexes.iter().any(|local| local.index_name == index.index_name);
    let sort = sort_of(index).filter(|_| !within_tree).map(str::to_owned);
    Ok(Layout { projected, sort, within_tree, consistent: local })
}

fn keys_of(index: &IndexDescription, role: KeyRole) -> impl Iterator<Item = &str> {
    let of_role = move |element: &&KeySchemaElement| element.key_type == role;
    index.key_schema.iter().filter(of_role).map(|element| element.attribute_name.as_str())
}

/// Whether this attribute alone is the index's partition key: one of several could not be asked for by itself.
fn partition_is(index: &IndexDescription, attribute: &str) -> bool {
    keys_of(index, KeyRole::Partition).eq([attribute])
}

fn sort_of(index: &IndexDescription) -> Option<&str> {
    keys_of(index, KeyRole::Sort).next()
}

fn type_of<'a>(table: &'a TableDescription, attribute: &str) -> Option<&'a str> {
    let definition = table.attribute_definitions.iter().find(|definition| definition.attribute_name == attribute);
    definition.map(|definition| definition.attribute_type.as_str())
}

/// The partition key that an index should have.
struct Wanted<'a> {
    attribute: &'a str,
    attribute_type: Option<&'a str>,
    why: &'a str,
}

impl Wanted<'_> {
    /// The call that makes an index of this name on it.
    fn create(&self, table: &TableDescription, index: &str) -> String {
        let attribute_type = match self.attribute_type {
            Some("N") => "Number",
            Some("B") => "Binary",
            Some(_) | None => "String",
        };
        let (name, attribute) = (&table.table_name, self.attribute);
        format!(
            "db.update_table({name:?}).create_index(IndexDefinition::new({index:?}).partition_key({attribute:?}, \
             AttributeType::{attribute_type})).send().await?"
        )
    }
}

fn missing(table: &TableDescription, index: &str, wanted: &Wanted<'_>) -> Error {
    let all = table.global_secondary_indexes.iter().chain(&table.local_secondary_indexes);
    let others: Vec<&str> = all.map(|index| index.index_name.as_str()).collect();
    let has = if others.is_empty() { "it has none".to_owned() } else { format!("it has {}", others.join(", ")) };
    let (name, Wanted { attribute, why, .. }) = (&table.table_name, wanted);
    Error::invalid_input(format!("table {name} has no index {index} on {attribute}, {why}; {has}"))
        .with_advice(format!("Create it: {}", wanted.create(table, index)))
}

fn wrong_key(table: &TableDescription, index: &IndexDescription, wanted: &Wanted<'_>) -> Error {
    let keys: Vec<&str> = keys_of(index, KeyRole::Partition).collect();
    let (name, index, Wanted { attribute, why, .. }) = (&table.table_name, index.index_name.as_str(), wanted);
    let message = format!(
        "the partition key of the index {index} of table {name} is {}, not {attribute}, {why}",
        keys.join(" and ")
    );
    let create = wanted.create(table, &format!("{attribute}-index"));
    Error::invalid_input(message).with_advice(format!("Name another index in the schema, or create one: {create}"))
}

#[cfg(test)]
mod tests;

//! A thread of nodes: each the child of the one before it.

use std::sync::Arc;

use serde::Serialize;

use super::insert::insert;
use super::node_item::{NodeItem, Placed};
use super::settings::tree_write_settings;
use super::site::{NodesWritten, Site, Write};
use crate::codec::{EncodeOptions, encode_item};
use crate::error::Error;
use crate::execute::Core;
use crate::item::AttributeValue;

/// Items beside the check of the parent: a transaction has up to 100 actions and 4 MB (API reference of
/// TransactWriteItems).
const MOST_ITEMS: usize = 99;
const MOST_BYTES: usize = 3_900_000;

/// Appends a thread of messages to a node: the first becomes its child, and each further one the child of the one before
/// it. Made by [`Client::append`](crate::Client::append).
///
/// Up to 99 nodes are one transaction together with the check that the parent exists: written all or none. A longer
/// thread takes one transaction for each 99 nodes or 3.9 MB, each of which checks the last node of the one before; if one
/// fails, what was written before it stays, and [`Error::cursor`] says where to go on: give it to
/// [`resume`](Self::resume).
///
/// Terms and costs of each node are those of [`InsertNode`](super::InsertNode): 2 write units a KB.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::item;
///
/// let turns = [item! { "id": "m3", "text": "It is open." }, item! { "id": "m4", "text": "Then bleed it." }];
/// let written = db.append("Messages", "m2", &turns).send().await?;
/// assert_eq!((written.nodes, written.transactions), (2, 1));
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is written until it is sent"]
pub struct AppendNodes {
    write: Write,
    parent: Result<AttributeValue, Error>,
    items: Vec<Vec<u8>>,
    resume: Option<String>,
    error: Option<Error>,
}

impl AppendNodes {
    pub(crate) fn new<T: Serialize>(
        core: Arc<Core>,
        table: String,
        parent: impl Serialize,
        items: impl IntoIterator<Item = T>,
    ) -> Self {
        let options = EncodeOptions { keep_nulls: core.config.keep_nulls };
        let (mut encoded, mut failed) = (Vec::new(), None);
        for (index, item) in items.into_iter().enumerate() {
            let mut json = Vec::with_capacity(256);
            if let Err(error) = encode_item(&mut json, &item, options) {
                failed.get_or_insert(at(index, error.into()));
            }
            encoded.push(json);
        }
        let parent = crate::item::to_value(&parent);
        AppendNodes { write: Write::new(core, table), parent, items: encoded, resume: None, error: failed }
    }

    tree_write_settings!();

    /// Goes on where a call with the same parent and items ended with an error: its [`Error::cursor`].
    pub fn resume(mut self, cursor: impl Into<String>) -> Self {
        self.resume = Some(cursor.into());
        self
    }

    /// Writes the thread. Without items, nothing is sent.
    ///
    /// # Errors
    /// Those of [`InsertNode::send`](super::InsertNode::send). If some nodes were written before it, it says how many,
    /// and [`Error::cursor`] where to go on.
    pub async fn send(self) -> Result<NodesWritten, Error> {
        let (site, tree) = self.write.begin("Append")?;
        let begun = match self.error {
            Some(error) => Err(error),
            None => self.parent.and_then(|parent| {
                let nodes = read(self.items, &parent, tree.as_ref(), &site)?;
                Ok((parent, skipped(self.resume, nodes.len())?, nodes))
            }),
        };
        let (parent, mut next, nodes) = begun.map_err(|error| site.refuse(error))?;
        let (first, mut transactions) = (next, 0);
        let tree = tree.or_else(|| nodes.iter().find_map(|node| node.facts.tree.clone()));
        while next < nodes.len() {
            let end = next + fitting(&nodes[next..]);
            let below = if next == 0 { &parent } else { &nodes[next - 1].facts.id };
            let chunk = &nodes[next..end];
            let written = insert(&site, below, tree.clone(), |site, known| {
                let mut above = known.ancestors();
                let mut items = Vec::with_capacity(chunk.len());
                for (at, node) in chunk.iter().enumerate() {
                    let place = Placed {
                        id: &node.facts.id,
                        parent: Some(if at == 0 { below } else { &chunk[at - 1].facts.id }),
                        tree: known.tree(),
                        ancestors: above.clone(),
                        // The last one's child, if there is one, comes with the next transaction, which counts it.
                        children: usize::from(at + 1 < chunk.len()),
                        journal: None,
                    };
                    items.push(node.at(place, &site.schema)?);
                    if let AttributeValue::L(above) = &mut above {
                        above.push(node.facts.id.clone());
                    }
                }
                Ok(items)
            });
            if let Err(error) = written.await {
                return Err(if next == 0 { error } else { after(error, next, nodes.len()) });
            }
            next = end;
            transactions += 1;
        }
        Ok(site.written(nodes.len() - first, transactions))
    }
}

/// An error before which nodes were written.
fn after(error: Error, written: usize, nodes: usize) -> Error {
    error.about(&format!("{written} of {nodes} nodes were written")).with_cursor(written.to_string())
}

fn at(index: usize, error: Error) -> Error {
    error.about(&format!("item {index}"))
}

/// # Errors
/// What is wrong with an item, or two of them with one key.
fn read(
    items: Vec<Vec<u8>>,
    parent: &AttributeValue,
    tree: Option<&AttributeValue>,
    site: &Site,
) -> Result<Vec<NodeItem>, Error> {
    let mut nodes: Vec<NodeItem> = Vec::with_capacity(items.len());
    let mut seen = std::collections::HashMap::with_capacity(items.len());
    for (index, json) in items.into_iter().enumerate() {
        let node = NodeItem::of_user(json, &site.schema).map_err(|error| at(index, error))?;
        let above = nodes.last().map_or(parent, |node| &node.facts.id);
        node.check(Some(above), tree, &site.schema).map_err(|error| at(index, error))?;
        if let Some(first) = seen.insert(node.facts.id.clone(), index) {
            return Err(Error::invalid_input(format!(
                "the items {first} and {index} have the same {}",
                site.schema.key
            )));
        }
        nodes.push(node);
    }
    Ok(nodes)
}

/// How many items were written by the call that is resumed.
fn skipped(cursor: Option<String>, items: usize) -> Result<usize, Error> {
    let Some(cursor) = cursor else { return Ok(0) };
    match cursor.parse() {
        Ok(skipped) if skipped <= items => Ok(skipped),
        Ok(_) | Err(_) => Err(Error::invalid_input("the cursor is not of an append of these items")
            .with_advice("Give Error::cursor() of the call that failed, and the same items.")),
    }
}

/// How many of these fit in one transaction: one at least.
fn fitting(nodes: &[NodeItem]) -> usize {
    let mut bytes = 0;
    let fits = |node: &&NodeItem| {
        // The JSON of an item is never shorter than the item.
        bytes += node.len() + 1024;
        bytes <= MOST_BYTES
    };
    nodes.iter().take(MOST_ITEMS).take_while(fits).count().max(1)
}

crate::operation::settings::debug_without_values!(AppendNodes, table: write.table);

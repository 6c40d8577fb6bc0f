//! Looks whether what is stored is a forest: nothing in a circle, no parent missing, every count and list right.

mod finding;
mod forest;

use std::sync::Arc;

use super::check::{Source, layout};
use super::write::facts::Facts;
use super::write::settings::tree_write_settings;
use super::write::site::{Site, Write};
use super::write::walk::{partition, read_pages};
use crate::error::Error;
use crate::execute::Core;
use crate::expression::attr;
use crate::item::AttributeValue;
use crate::operation::Scan;

pub use finding::{Finding, NodeKey, TreeReport};
pub(in crate::tree) use forest::Forest;

/// Verifies all trees of a table. Made by [`Client::verify_tree`](crate::Client::verify_tree).
///
/// It finds nodes whose parent does not exist, nodes in a circle, wrong counts of children, wrong lists of ancestors and
/// trees' ids, and the marks of writes that have not ended: a [`TreeReport`], which has nothing in it for a table that is
/// sound. It writes nothing; [`Client::repair_tree`](crate::Client::repair_tree) mends.
///
/// The whole table is scanned with strongly consistent reads: 1 read unit for each 4 KB in it, and the keys of all nodes
/// are held in memory. Where the table is partitioned by tree, [`tree`](Self::tree) verifies one alone, by one query of its
/// partition.
///
/// A scan is not a snapshot: what others write meanwhile may be found half. Verify again what is found in a table that is
/// written to.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// let report = db.verify_tree("Messages").send().await?;
/// println!("{report}"); // 412 nodes in 3 trees: nothing is wrong
/// assert!(report.is_sound());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read until it is sent"]
pub struct VerifyTree {
    write: Write,
    index: bool,
}

impl VerifyTree {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        VerifyTree { write: Write::new(core, table), index: false }
    }

    tree_write_settings!();

    /// Reads the index on the parent too, and reports nodes that it has under another parent, or not at all: by them a
    /// tree that is read by the index has a node twice, or lacks it. An index lags behind its table for some
    /// milliseconds, so this is for a table that nobody writes to. It costs a scan of the index.
    pub fn compare_index(mut self) -> Self {
        self.index = true;
        self
    }

    /// Reads the table and reports.
    ///
    /// # Errors
    /// Those of Scan and Query.
    pub async fn send(self) -> Result<TreeReport, Error> {
        let (site, tree) = self.write.begin("VerifyTree")?;
        site.check_one_partition(tree.as_ref())?;
        let forest = Forest::read(&site, tree.as_ref()).await?;
        let mut findings = forest.findings(&site);
        if self.index {
            findings.extend(forest.differences(&site, &read_index(&site).await?));
        }
        Ok(forest.report(&site, findings))
    }
}

/// All nodes of the table, or of one tree.
async fn read_table(site: &Site, tree: Option<&AttributeValue>) -> Result<Vec<Facts>, Error> {
    if tree.is_some() {
        return Ok(partition(site, tree).await?.into_iter().map(|stored| stored.facts).collect());
    }
    scan(site, None).await
}

async fn read_index(site: &Site) -> Result<Vec<Facts>, Error> {
    let known = layout(&site.core, &site.table, &site.schema, Source::Children, &site.options).await;
    known.map_err(|error| site.locate(error))?;
    scan(site, Some(&site.schema.index)).await
}

async fn scan(site: &Site, index: Option<&str>) -> Result<Vec<Facts>, Error> {
    let schema = &site.schema;
    let mut scan = Scan::new(Arc::clone(&site.core), site.table.clone());
    let mut wanted = vec![schema.key.as_str(), schema.parent.as_str()];
    wanted.extend(schema.sort.as_ref().map(|(sort, _)| sort.as_str()));
    if let Some(index) = index {
        scan = scan.index(index);
        wanted.extend(schema.tree_attribute().filter(|_| schema.is_partitioned()));
    } else {
        scan = scan.consistent_read(true);
        wanted.extend(schema.tree_attribute());
        wanted.extend(schema.child_count.as_ref().map(|count| count.attribute.as_str()));
        wanted.extend(schema.ancestors.as_deref());
        wanted.push(super::write::facts::JOURNAL);
    }
    scan = scan.projection(wanted.into_iter().map(attr));
    *scan.call_options() = site.options.clone();
    let nodes = read_pages(site, &scan.pages_of()?).await?;
    let of_schema = |facts: &Facts| match &schema.sort {
        Some((_, value)) => facts.sort.as_ref() == Some(value),
        None => true,
    };
    Ok(nodes.into_iter().map(|stored| stored.facts).filter(of_schema).collect())
}

crate::operation::settings::debug_without_values!(VerifyTree, table: write.table);

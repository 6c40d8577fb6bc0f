//! Deletes a node whose children its parent adopts.

use super::delete::{DeleteOutput, changed};
use super::edit::Edits;
use super::facts::{JOURNAL, Stored};
use super::journal::Journal;
use super::moving::{finish, keeps_places, place};
use super::rounds::{Rounds, failed_conditions};
use super::site::Site;
use super::walk::children;
use crate::error::Error;
use crate::expression::attr;
use crate::item::AttributeValue;

/// Children adopted in one transaction, beside the node and the grandparent.
const MOST_ADOPTED: usize = 98;

pub(super) async fn adopt(
    site: &Site,
    node: &AttributeValue,
    tree: Option<&AttributeValue>,
    output: &mut DeleteOutput,
) -> Result<(), Error> {
    let mut rounds = Rounds::default();
    loop {
        let Some(top) = site.get(node, tree).await? else { return Ok(()) };
        let Some(parent) = &top.facts.parent else {
            return Err(site.locate(
                Error::invalid_input("the node is a root: there is no grandparent that could adopt its children")
                    .with_advice("Move the children elsewhere first, or delete them with DeletePolicy::All."),
            ));
        };
        let grandparent = site.existing(parent, tree, "the node's parent").await?;
        let below = children(site, node, tree, None).await?;
        if output.dry_run {
            output.deleted.push(node.clone());
            output.adopted = below.into_iter().map(|child| child.facts.id).collect();
            return Ok(());
        }
        let (last, adopted) = adopt_some(site, &top, &grandparent, &below, tree, output).await?;
        if adopted && last {
            return Ok(());
        }
        if !adopted {
            rounds.another(site, changed(site)).await?;
        }
    }
}

/// One transaction: adopts children, and deletes the node if they are all. Says whether it did the latter, and whether
/// all was as it was read.
async fn adopt_some(
    site: &Site,
    top: &Stored,
    grandparent: &Stored,
    below: &[Stored],
    tree: Option<&AttributeValue>,
    output: &mut DeleteOutput,
) -> Result<(bool, bool), Error> {
    if keeps_places(site) && below.is_empty() {
        // Those that were adopted before say where they are, before the node goes by which they are found.
        for child in children(site, &grandparent.facts.id, tree, None).await? {
            finish(site, &child.facts.id, tree).await?;
        }
    }
    let some = &below[..below.len().min(MOST_ADOPTED)];
    let last = some.len() == below.len() && (some.is_empty() || !keeps_places(site));
    let mut edits = Edits::default();
    let (at, above) = (site.key(&top.facts.id, tree)?, site.key(&grandparent.facts.id, tree)?);
    for child in some {
        let key = site.key(&child.facts.id, tree)?;
        edits.parent_is(site, &key, Some(&top.facts.id));
        edits.set(site, &key, &site.schema.parent, grandparent.facts.id.clone());
        if keeps_places(site) {
            place(site, &mut edits, &child.facts, &grandparent.facts, tree)?;
            edits.set(site, &key, JOURNAL, Journal::Place.to_value()?);
        }
    }
    edits.parent_is(site, &at, Some(&grandparent.facts.id));
    let adopted = some.len() as i64;
    if last {
        if let (Some(count), true) = (&site.schema.child_count, top.facts.count.is_some()) {
            edits.require(site, &at, attr(&count.attribute).eq(adopted));
        }
        edits.delete(site, &at);
    } else {
        edits.children(site, &at, &top.facts, -adopted);
    }
    edits.exists(site, &above);
    edits.children(site, &above, &grandparent.facts, adopted - i64::from(last));
    match site.transact(|| Ok(edits.actions(site))).await {
        Ok(()) => {}
        Err(error) if failed_conditions(&error).is_empty() => return Err(error),
        Err(_) => return Ok((false, false)),
    }
    output.transactions += 1;
    output.adopted.extend(some.iter().map(|child| child.facts.id.clone()));
    if last {
        output.deleted.push(top.facts.id.clone());
    }
    Ok((last, true))
}

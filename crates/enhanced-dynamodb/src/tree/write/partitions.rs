//! Moves a subtree to a tree whose id is part of the key: a copy, and then a delete.

use super::copy::{Copy, CopyOutput};
use super::delete::{DeleteOutput, delete_found, unmark};
use super::edit::is;
use super::facts::JOURNAL;
use super::journal::Journal;
use super::rounds::Rounds;
use super::site::Site;
use super::walk::{Need, subtree};
use crate::error::{Error, ErrorKind};
use crate::item::AttributeValue;
use crate::transaction::new_token;

/// Nodes that are moved to another tree at once without being asked whether that is meant.
pub(in crate::tree) const MOST_UNASKED: usize = 50;

/// Moves a subtree to another tree whose id is part of the key: a copy under the same ids, and then a delete. Both ends
/// are marked meanwhile. Gives how many nodes there were to move: none if all were there already.
pub(in crate::tree) async fn move_between_partitions(
    site: &Site,
    node: &AttributeValue,
    from: &AttributeValue,
    to: (&AttributeValue, &AttributeValue),
    allowed: bool,
) -> Result<usize, Error> {
    let (to_tree, parent) = to;
    let Some(top) = site.get(node, Some(from)).await? else {
        // All of it is there, but for the mark.
        let arrived = site.existing(node, Some(to_tree), "the node").await?;
        if let Some(mark) = arrived.facts.journal.as_ref().filter(|mark| is_arrival(mark, node, from)) {
            unmark(site, node, Some(to_tree), mark).await?;
            return Ok(0);
        }
        return match arrived.facts.parent.as_ref() == Some(parent) {
            true => Ok(0),
            false => Err(site.not_found("the node")),
        };
    };
    let found = subtree(site, top.clone(), Need::Keys, None).await?;
    if found.len() > MOST_UNASKED && !allowed {
        return Err(site.refuse(
            Error::invalid_input(format!(
                "a move to another tree copies and deletes each of its {} nodes; above {MOST_UNASKED} it must be allowed",
                found.len()
            ))
            .with_advice("Call .allow_copy() on the move."),
        ));
    }
    let token = match top.facts.journal.as_ref().map(|mark| (mark, Journal::read(mark))) {
        Some((_, Some(Journal::Move { tree, parent: to_parent, token })))
            if tree == *to_tree && to_parent == *parent =>
        {
            token
        }
        Some(_) => {
            let message = "another write of several steps is under way below the node";
            return Err(site.locate(
                Error::new(ErrorKind::TransactionConflict, message)
                    .with_advice("Finish it: by the same call again, or by repair_tree()."),
            ));
        }
        None => {
            let token = new_token()?;
            let journal = Journal::Move { tree: to_tree.clone(), parent: parent.clone(), token: token.clone() };
            let mut mark = site
                .update(site.key(node, Some(from))?)
                .set(JOURNAL, journal.to_value()?)
                .condition(site.exists() & is(JOURNAL, None));
            *mark.call_options() = site.options.clone();
            let output = mark.send().await?;
            site.count(output.metadata.attempts);
            token
        }
    };
    let copy = Copy {
        site,
        parent: Some(parent.clone()),
        from_tree: Some(from.clone()),
        to_tree: Some(to_tree.clone()),
        token,
        resumed: true,
        ids: Box::new(AttributeValue::clone),
    };
    let (mut output, mut deleted) = (CopyOutput::default(), DeleteOutput::default());
    let (mut rounds, mut top) = (Rounds::default(), Some(top));
    while let Some(stored) = top {
        // What was copied is deleted, and nothing else.
        let found = copy.run(stored, &mut output).await.map_err(goes_on)?;
        if delete_found(site, &found, Some(from), &mut deleted).await.map_err(goes_on)? {
            break;
        }
        let message = "others changed the subtree during each try to move it, or a count of children is wrong";
        let error = site.locate(Error::new(ErrorKind::TransactionConflict, message));
        rounds.another(site, error).await.map_err(goes_on)?;
        top = site.get(node, Some(from)).await.map_err(goes_on)?;
    }
    copy.finish(node).await.map_err(goes_on)?;
    Ok(found.len())
}

fn goes_on(error: Error) -> Error {
    error.about("the move to another tree has begun, and the same call goes on")
}

fn is_arrival(mark: &AttributeValue, node: &AttributeValue, from: &AttributeValue) -> bool {
    matches!(Journal::read(mark), Some(Journal::Copy { source, tree, .. }) if source == *node && tree.as_ref() == Some(from))
}

//! Makes what nodes say of their place (their ancestors, their tree's id) agree with where they are.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::edit::{Edits, is};
use super::facts::{Facts, Stored};
use super::rounds::{Rounds, failed_conditions};
use super::site::Site;
use super::walk::{Found, Need, subtree};
use crate::error::{Error, ErrorKind};
use crate::item::AttributeValue;

/// Children beside their parent in one transaction of 100 actions.
const MOST_CHILDREN: usize = 99;

/// A node whose children say something else of their place than it does.
struct Family<'a> {
    parent: Facts,
    children: Vec<&'a Facts>,
}

/// Rewrites all nodes below `top` whose ancestors or tree's id are not what `top`'s say, and gives how many they were.
/// Level by level, and again until nothing is found: a node that is written meanwhile under a parent that was not
/// rewritten yet is found the next time, and one under a parent that was is right by itself.
pub(in crate::tree) async fn rewrite(site: &Site, top: Stored, tree: Option<&AttributeValue>) -> Result<usize, Error> {
    let (mut rounds, mut rewritten) = (Rounds::default(), 0);
    loop {
        let found = subtree(site, top.clone(), Need::Fresh, None).await?;
        let levels = misplaced(site, &found);
        if levels.iter().all(Vec::is_empty) {
            return Ok(rewritten);
        }
        for families in levels {
            let writes: Vec<_> = families.iter().map(|family| write(site, family, tree)).collect();
            let most = site.core.config.max_sockets.max(1);
            let written: Vec<usize> = stream::iter(writes).buffer_unordered(most).try_collect().await?;
            rewritten += written.iter().sum::<usize>();
        }
        let message = "others changed the subtree each time that its places were rewritten";
        rounds.another(site, site.locate(Error::new(ErrorKind::TransactionConflict, message))).await?;
    }
}

/// Level by level, the nodes that do not say what they should.
fn misplaced<'a>(site: &Site, found: &'a [Found]) -> Vec<Vec<Family<'a>>> {
    let mut expected: Vec<Facts> = Vec::with_capacity(found.len());
    let mut depths: Vec<usize> = Vec::with_capacity(found.len());
    let mut levels: Vec<Vec<Family<'a>>> = Vec::new();
    // The family that a parent's next wrong child joins.
    let mut open: Vec<Option<usize>> = vec![None; found.len()];
    for (at, node) in found.iter().enumerate() {
        let mut facts = node.stored.facts.clone();
        if at == 0 {
            depths.push(0);
            expected.push(facts);
            continue;
        }
        let parent = &expected[node.parent];
        let depth = depths[node.parent] + 1;
        if site.schema.ancestors.is_some() {
            facts.ancestors = Some(parent.ancestors_of_children());
        }
        if site.schema.tree_attribute().is_some() {
            facts.tree.clone_from(&parent.tree);
        }
        if !facts.stands_as(&node.stored.facts) {
            if levels.len() < depth {
                levels.resize_with(depth, Vec::new);
            }
            let level = &mut levels[depth - 1];
            let family = match open[node.parent] {
                Some(family) if level[family].children.len() < MOST_CHILDREN => family,
                Some(_) | None => {
                    level.push(Family { parent: parent.clone(), children: Vec::new() });
                    open[node.parent] = Some(level.len() - 1);
                    level.len() - 1
                }
            };
            level[family].children.push(&node.stored.facts);
        }
        depths.push(depth);
        expected.push(facts);
    }
    levels
}

/// Writes one family together with the check that the parent says what is written. What was changed meanwhile is left to
/// the next round.
async fn write(site: &Site, family: &Family<'_>, tree: Option<&AttributeValue>) -> Result<usize, Error> {
    let mut edits = Edits::default();
    for child in &family.children {
        let at = site.key(&child.id, tree)?;
        edits.parent_is(site, &at, Some(&family.parent.id));
        if let Some(name) = &site.schema.ancestors {
            edits.set(site, &at, name, family.parent.ancestors_of_children());
        }
        if let (Some(name), false, Some(tree)) =
            (site.schema.tree_attribute(), site.schema.is_partitioned(), &family.parent.tree)
        {
            edits.set(site, &at, name, tree.clone());
        }
    }
    let above = site.key(&family.parent.id, tree)?;
    edits.exists(site, &above);
    if let Some(name) = &site.schema.ancestors {
        edits.require(site, &above, is(name, family.parent.ancestors.as_ref()));
    }
    if let Some(name) = site.schema.tree_attribute().filter(|_| !site.schema.is_partitioned()) {
        edits.require(site, &above, is(name, family.parent.tree.as_ref()));
    }
    match site.transact(|| Ok(edits.actions(site))).await {
        Ok(()) => Ok(family.children.len()),
        Err(error) if failed_conditions(&error).is_empty() => Err(error),
        Err(_) => Ok(0),
    }
}

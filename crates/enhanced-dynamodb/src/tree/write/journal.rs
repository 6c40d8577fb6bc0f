//! The mark of a write of several steps that has not ended, on the node where it began.

use crate::error::Error;
use crate::item::{AttributeValue, Item};
use crate::transaction::new_token;

/// What is under way below a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tree) enum Journal {
    /// What the nodes below say of their place is rewritten.
    Place,
    /// The node is a copy, whose nodes are being written.
    Copy {
        /// The key of the node that is copied.
        source: AttributeValue,
        /// Its tree's id, where that is part of the key.
        tree: Option<AttributeValue>,
        /// By which the call is known.
        token: String,
    },
    /// The node is a copy that was not finished, and is being deleted with what there is of it.
    Delete,
    /// The node is copied to another tree, and then deleted.
    Move {
        /// The tree that it goes to.
        tree: AttributeValue,
        /// Its parent there.
        parent: AttributeValue,
        /// By which the call is known.
        token: String,
    },
}

const STEP: &str = "operation";
const TOKEN: &str = "token";

impl Journal {
    /// As it stands in the attribute. The mark of a move has a token of its own, so that two are never the same.
    ///
    /// # Errors
    /// If the operating system has no randomness.
    pub(in crate::tree) fn to_value(&self) -> Result<AttributeValue, Error> {
        let mut mark = Item::new();
        match self {
            Journal::Place => {
                mark.insert(STEP, "place");
                mark.insert(TOKEN, new_token()?);
            }
            Journal::Delete => {
                mark.insert(STEP, "delete");
                mark.insert(TOKEN, new_token()?);
            }
            Journal::Copy { source, tree, token } => {
                mark.insert(STEP, "copy");
                mark.insert("source", source.clone());
                if let Some(tree) = tree {
                    mark.insert("tree", tree.clone());
                }
                mark.insert(TOKEN, token.as_str());
            }
            Journal::Move { tree, parent, token } => {
                mark.insert(STEP, "move");
                mark.insert("tree", tree.clone());
                mark.insert("parent", parent.clone());
                mark.insert(TOKEN, token.as_str());
            }
        }
        Ok(AttributeValue::M(mark))
    }

    /// Nothing if it is no mark of ours.
    pub(in crate::tree) fn read(value: &AttributeValue) -> Option<Journal> {
        let mark = value.as_m()?;
        let token = mark.get_s(TOKEN)?.to_owned();
        match mark.get_s(STEP)? {
            "place" => Some(Journal::Place),
            "delete" => Some(Journal::Delete),
            "copy" => {
                Some(Journal::Copy { source: mark.get("source")?.clone(), tree: mark.get("tree").cloned(), token })
            }
            "move" => {
                Some(Journal::Move { tree: mark.get("tree")?.clone(), parent: mark.get("parent")?.clone(), token })
            }
            _ => None,
        }
    }
}

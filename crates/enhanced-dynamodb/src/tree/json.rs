//! A tree as nested JSON: `{ …node, "children": [ … ] }`, written without recursion.

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use super::node::Tree;
use super::shape::Slot;
use crate::codec::Reader;
use crate::error::{Error, ErrorKind};

const CHILDREN: &str = "children";
const METADATA: &str = "metadata";

impl<T: Serialize> Tree<T> {
    /// The tree as nested JSON: each node's own members, and `children` with the nodes below it. With
    /// `include_metadata(true)` the root has `metadata` too.
    ///
    /// Members of an item that have these names themselves give way.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`] if a node is not written as a JSON object.
    pub fn to_json(&self) -> Result<String, Error> {
        let mut out = Vec::with_capacity(128 * self.len());
        // Where we stand: a node, and which of its children is next.
        let mut open: Vec<(u32, usize)> = Vec::new();
        self.open(0, &mut out)?;
        open.push((0, 0));
        while let Some((at, next)) = open.pop() {
            match self.arena.children_of(at).get(next) {
                Some(&child) => {
                    if next > 0 {
                        out.push(b',');
                    }
                    open.push((at, next + 1));
                    self.open(child, &mut out)?;
                    open.push((child, 0));
                }
                None => {
                    out.push(b']');
                    if at == 0 && self.include_metadata {
                        out.extend_from_slice(b",\"metadata\":");
                        serde_json::to_writer(&mut out, &self.metadata).map_err(not_json)?;
                    }
                    out.push(b'}');
                }
            }
        }
        String::from_utf8(out).map_err(|error| Error::new(ErrorKind::Encode, error.to_string()))
    }

    /// Writes a node up to where its children come.
    fn open(&self, at: u32, out: &mut Vec<u8>) -> Result<(), Error> {
        let node = serde_json::to_vec(&self.arena.slots[at as usize].value).map_err(not_json)?;
        let start = out.len();
        own_members(&node, at == 0 && self.include_metadata, out).map_err(|problem| {
            Error::new(
                ErrorKind::Encode,
                format!("the node {:?} is no JSON object: {problem}", key_for_people(&self.arena.slots[at as usize])),
            )
        })?;
        if out.len() > start + 1 {
            out.push(b',');
        }
        out.extend_from_slice(b"\"children\":[");
        Ok(())
    }
}

fn key_for_people<T>(slot: &Slot<T>) -> String {
    serde_json::to_string(&slot.id).unwrap_or_default()
}

fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Encode, format!("a node cannot be written as JSON: {error}"))
}

/// Copies an object without its closing brace, and without the members that are written here.
fn own_members(node: &[u8], with_metadata: bool, out: &mut Vec<u8>) -> Result<(), String> {
    let Some(body) = node.strip_suffix(b"}").filter(|body| body.starts_with(b"{")) else {
        return Err("it is written as something else".to_owned());
    };
    let has = |name: &str| memchr::memmem::find(node, format!("\"{name}\"").as_bytes()).is_some();
    let clashes = has(CHILDREN) || (with_metadata && has(METADATA));
    if !clashes {
        out.extend_from_slice(body);
        return Ok(());
    }
    let mut reader = Reader::new(node).map_err(|error| error.to_string())?;
    let mut object = reader.object().map_err(|error| error.to_string())?;
    out.push(b'{');
    let mut first = true;
    while let Some(key) = object.next_key(&mut reader).map_err(|error| error.to_string())? {
        let value = reader.raw_value().map_err(|error| error.to_string())?;
        if key == CHILDREN || (with_metadata && key == METADATA) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        crate::codec::json_string(out, &key);
        out.push(b':');
        out.extend_from_slice(&node[value]);
    }
    Ok(())
}

/// As [`to_json`](Tree::to_json), for `serde_json` and what stands on it. A nested form of any depth cannot be written
/// through serde without recursion, so the finished text is handed over as a [`RawValue`], which other formats cannot
/// take.
impl<T: Serialize> Serialize for Tree<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = self.to_json().map_err(S::Error::custom)?;
        RawValue::from_string(json).map_err(S::Error::custom)?.serialize(serializer)
    }
}

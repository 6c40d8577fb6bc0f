//! A tree as JSON, nested (`{ …node, "children": [ … ] }`) or flat, written without recursion.

use std::io::{self, Write};

use serde::ser::{Error as _, Serialize, SerializeSeq as _, Serializer};
use serde_json::value::RawValue;

use super::html::key_text;
use super::node::Tree;
use crate::codec::Reader;
use crate::error::{Error, ErrorKind};
use crate::item::AttributeValue;

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
        self.write(&mut out).map_err(Failure::into_error)?;
        String::from_utf8(out).map_err(|error| Error::new(ErrorKind::Encode, error.to_string()))
    }

    /// Writes the tree as [`to_json`](Tree::to_json) does, node by node, without holding the text in memory.
    ///
    /// # Errors
    /// Those of `out`; [`io::ErrorKind::InvalidData`], with an [`Error`] inside, if a node is not written as a JSON object.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        self.write(&mut out).map_err(|failure| match failure {
            Failure::Write(error) => error,
            Failure::Node(error) => io::Error::new(io::ErrorKind::InvalidData, error),
        })
    }

    fn write(&self, out: &mut impl Write) -> Result<(), Failure> {
        let mut node = Vec::new();
        // Where we stand: a node, and which of its children is next.
        let mut open: Vec<(u32, usize)> = Vec::new();
        self.open(0, &mut node, out)?;
        open.push((0, 0));
        while let Some((at, next)) = open.pop() {
            match self.arena.children_of(at).get(next) {
                Some(&child) => {
                    if next > 0 {
                        out.write_all(b",")?;
                    }
                    open.push((at, next + 1));
                    self.open(child, &mut node, out)?;
                    open.push((child, 0));
                }
                None => {
                    out.write_all(b"]")?;
                    if at == 0 && self.include_metadata {
                        out.write_all(b",\"metadata\":")?;
                        let metadata = serde_json::to_vec(&self.metadata).map_err(not_json)?;
                        out.write_all(&metadata)?;
                    }
                    out.write_all(b"}")?;
                }
            }
        }
        Ok(())
    }

    /// Writes a node up to where its children come.
    fn open(&self, at: u32, buffer: &mut Vec<u8>, out: &mut impl Write) -> Result<(), Failure> {
        let slot = &self.arena.slots[at as usize];
        buffer.clear();
        serde_json::to_writer(&mut *buffer, &slot.value).map_err(not_json)?;
        let written = own_members(buffer, at == 0 && self.include_metadata).map_err(|problem| {
            let message = format!("the node {:?} is no JSON object: {problem}", key_text(&slot.id));
            Error::new(ErrorKind::Encode, message)
        })?;
        let members = written.as_deref().unwrap_or(&buffer[..buffer.len() - 1]);
        out.write_all(members)?;
        out.write_all(if members.len() > 1 { b",\"children\":[" } else { b"\"children\":[" })?;
        Ok(())
    }
}

/// Why a tree could not be written.
enum Failure {
    Write(io::Error),
    Node(Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Failure::Write(error) => Error::new(ErrorKind::Encode, error.to_string()),
            Failure::Node(error) => error,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Write(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Node(error)
    }
}

fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Encode, format!("a node cannot be written as JSON: {error}"))
}

/// An object without its closing brace, and without the members that are written here; nothing if it has none of them.
fn own_members(node: &[u8], with_metadata: bool) -> Result<Option<Vec<u8>>, String> {
    if !node.starts_with(b"{") || !node.ends_with(b"}") {
        return Err("it is written as something else".to_owned());
    }
    let has = |name: &str| memchr::memmem::find(node, format!("\"{name}\"").as_bytes()).is_some();
    let clashes = has(CHILDREN) || (with_metadata && has(METADATA));
    if !clashes {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(node.len());
    let mut reader = Reader::new(node).map_err(|error| error.to_string())?;
    let mut object = reader.object().map_err(|error| error.to_string())?;
    out.push(b'{');
    while let Some(key) = object.next_key(&mut reader).map_err(|error| error.to_string())? {
        let value = reader.raw_value().map_err(|error| error.to_string())?;
        if key == CHILDREN || (with_metadata && key == METADATA) {
            continue;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        crate::codec::json_name(&mut out, &key);
        out.extend_from_slice(&node[value]);
    }
    Ok(Some(out))
}

/// As [`to_json`](Tree::to_json), for `serde_json` and what stands on it. A nested form of any depth cannot be written
/// through serde without recursion, so the finished text is handed over as a [`RawValue`], which other formats cannot
/// take: they have [`flat`](Tree::flat).
impl<T: Serialize> Serialize for Tree<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = self.to_json().map_err(S::Error::custom)?;
        RawValue::from_string(json).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<T> Tree<T> {
    /// The tree as a flat list, in the order of [`preorder`](Tree::preorder): it serialises in every format of serde.
    ///
    /// Each node is `{ "id", "parent", "depth", "value" }`; the root's `parent` is null.
    ///
    /// ```
    /// use enhanced_dynamodb::Tree;
    ///
    /// let tree = Tree::from_nodes([("q", None, "Why?"), ("a", Some("q"), "So.")])?;
    /// let flat = serde_json::to_value(tree.flat())?;
    /// assert_eq!(flat[1], serde_json::json!({ "id": "a", "parent": "q", "depth": 1, "value": "So." }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn flat(&self) -> Flat<'_, T> {
        Flat { tree: self }
    }
}

/// A tree as a flat list. Made by [`Tree::flat`].
pub struct Flat<'a, T> {
    tree: &'a Tree<T>,
}

#[derive(serde::Serialize)]
struct FlatNode<'a, T> {
    id: &'a AttributeValue,
    parent: Option<&'a AttributeValue>,
    depth: u32,
    value: &'a T,
}

impl<T: Serialize> Serialize for Flat<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.tree.len()))?;
        for node in self.tree.preorder() {
            let parent = node.parent().map(|parent| parent.id());
            list.serialize_element(&FlatNode { id: node.id(), parent, depth: node.depth(), value: node.value() })?;
        }
        list.end()
    }
}

crate::operation::settings::debug_without_values!(Flat<'_, T>);

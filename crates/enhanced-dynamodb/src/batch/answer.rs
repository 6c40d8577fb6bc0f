//! The answer to a request: which of its operations the service left unprocessed, and what was consumed.

use bytes::Bytes;

use super::chunk::Chunk;
use super::plan::Plan;
use crate::codec::{DecodeError, Reader, decode_item};
use crate::item::Item;
use crate::observe::table_name;
use crate::operation::ConsumedCapacity;
use crate::operation::response;

/// What the service answered.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Whether each operation of the request was left, by its position; empty if none was.
    pub(super) left: Vec<bool>,
    pub(super) capacity: Vec<ConsumedCapacity>,
}

/// Reads the answer to a chunk.
///
/// A leftover is matched with its operation by the bytes, else by the key, else by what the JSON means: the service may
/// write it otherwise than it was sent. One that matches none makes every operation of its table a leftover, since
/// sending one again that was done does no harm, and taking one for done that was not would lose it.
pub(super) fn read(plan: &Plan, chunk: &Chunk, body: &Bytes) -> Result<Answer, DecodeError> {
    let mut answer = Answer::default();
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "UnprocessedItems" => leftovers(plan, chunk, &mut reader, body, &mut answer.left)?,
            "ConsumedCapacity" if !reader.null() => answer.capacity = response::json(&mut reader, body)?,
            "ConsumedCapacity" => {}
            _ => reader.skip_value()?,
        }
    }
    Ok(answer)
}

fn leftovers(
    plan: &Plan,
    chunk: &Chunk,
    reader: &mut Reader<'_>,
    body: &Bytes,
    left: &mut Vec<bool>,
) -> Result<(), DecodeError> {
    if reader.null() {
        return Ok(());
    }
    let mut tables = reader.object()?;
    while let Some(name) = tables.next_key(reader)? {
        left.resize(chunk.ops.len(), false);
        let is_named = |own: &str| own == &*name || table_name(own) == &*name;
        let of_name = |table| chunk.tables.iter().any(|(own, name)| *own == table && is_named(name));
        let positions: Vec<usize> =
            chunk.ops.iter().enumerate().filter(|(_, op)| of_name(op.table)).map(|(position, _)| position).collect();
        let Some(mut array) = reader.optional_array()? else { continue };
        while array.next_element(reader)? {
            let at = reader.raw_value()?;
            match find(plan, chunk, &positions, left, &body[at]) {
                Some(position) => left[position] = true,
                None if positions.is_empty() => left.fill(true),
                None => positions.iter().for_each(|position| left[*position] = true),
            }
        }
    }
    Ok(())
}

/// The operation, not yet found, that a leftover is.
fn find(plan: &Plan, chunk: &Chunk, positions: &[usize], left: &[bool], request: &[u8]) -> Option<usize> {
    let open = || positions.iter().copied().filter(|position| !left[*position]);
    let op = |position: usize| &chunk.ops[position];
    if let Some(same) = open().find(|position| *chunk.lent(*position).0 == *request) {
        return Some(same);
    }
    let (is_put, attributes) = parts(request).ok()?;
    let candidates = || open().filter(|position| op(*position).is_put() == is_put);
    let table = op(*positions.first()?).table;
    if let Some(key) = plan.key_of(table, attributes)
        && let Some(same) = candidates().find(|position| op(*position).key == Some(key))
    {
        return Some(same);
    }
    let item: Item = decode_item(attributes).ok()?;
    candidates().find(|position| decode_item::<Item>(chunk.lent(*position).1).is_ok_and(|own| own == item))
}

/// Whether a request of the list is a put, and its item or key.
fn parts(request: &[u8]) -> Result<(bool, &[u8]), DecodeError> {
    let mut reader = Reader::new(request)?;
    let mut object = reader.object()?;
    while let Some(kind) = object.next_key(&mut reader)? {
        if reader.null() {
            continue;
        }
        let mut inner = reader.object()?;
        if inner.next_key(&mut reader)?.is_some() {
            return Ok((&*kind == "PutRequest", &request[reader.raw_value()?]));
        }
    }
    Err(DecodeError::new("a leftover is neither a put nor a delete"))
}

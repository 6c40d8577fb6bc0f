//! The keys asked of one table: each one once, and found again in what the service answers.

use std::collections::HashMap;
use std::ops::Range;

use crate::codec::{DecodeError, Members, Reader};
use crate::error::Error;
use crate::keys::canonical;

/// The keys asked of one table.
pub(super) struct Keys {
    /// As they were given, with commas between them.
    json: Vec<u8>,
    /// Which attributes make a key of this table.
    names: Vec<String>,
    /// Where each different key stands in `json`.
    different: Vec<Range<usize>>,
    /// For each key asked, in order: which of the different ones it is.
    slots: Vec<u32>,
    by_value: HashMap<Box<[u8]>, u32>,
}

/// Memory that is used again from item to item.
#[derive(Default)]
pub(super) struct Scratch {
    values: Vec<Option<Range<usize>>>,
    key: Vec<u8>,
}

impl Keys {
    /// Reads keys, with commas between them.
    ///
    /// # Errors
    /// If two of them are not made of the same attributes: the service would refuse one. `position` gives the place of
    /// a key among those of all tables.
    pub(super) fn new(json: Vec<u8>, position: impl Fn(usize) -> usize) -> Result<Self, Error> {
        let mut keys = Keys {
            json: Vec::new(),
            names: Vec::new(),
            different: Vec::new(),
            slots: Vec::new(),
            by_value: HashMap::new(),
        };
        let array = [b"[", &json[..], b"]"].concat();
        let mut reader = Reader::new(&array)?;
        let mut walk = reader.array()?;
        let mut scratch = Scratch::default();
        while walk.next_element(&mut reader)? {
            let at = reader.position();
            let asked = keys.slots.len();
            if asked == 0 {
                let mut object = reader.object()?;
                while let Some(name) = object.next_key(&mut reader)? {
                    keys.names.push(name.into_owned());
                    reader.skip_value()?;
                }
                reader.rewind(at);
            }
            let mut object = reader.object()?;
            let count = keys.values(&mut reader, &mut object, &mut scratch)?;
            if count != keys.names.len() || !keys.canonical(&array, &mut scratch)? {
                return Err(Error::invalid_input(format!(
                    "the key of request {} of the batch has other attributes than the first of the same table, which \
                     has {}",
                    position(asked),
                    keys.names.join(" and ")
                ))
                .with_advice("Give the attributes of the table's primary key, and nothing else."));
            }
            let next = keys.different.len() as u32;
            let slot = match keys.by_value.get(&scratch.key[..]) {
                Some(slot) => *slot,
                None => {
                    keys.by_value.insert(scratch.key.as_slice().into(), next);
                    // Without the bracket that was put before them.
                    keys.different.push(at - 1..reader.position() - 1);
                    next
                }
            };
            keys.slots.push(slot);
        }
        keys.json = json;
        Ok(keys)
    }

    /// The attributes that make a key.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// How many different keys there are.
    pub(super) fn len(&self) -> usize {
        self.different.len()
    }

    /// For each key asked, in order: which of the different ones it is.
    pub(super) fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// A key as it was given.
    pub(super) fn json(&self, slot: u32) -> &[u8] {
        self.different.get(slot as usize).and_then(|at| self.json.get(at.clone())).unwrap_or_default()
    }

    /// Passes over an item, or a key, where the reader stands, and says which of the keys it has; nothing if it has none of them.
    pub(super) fn find(
        &self,
        reader: &mut Reader<'_>,
        body: &[u8],
        scratch: &mut Scratch,
    ) -> Result<Option<u32>, DecodeError> {
        let mut object = reader.object()?;
        self.values(reader, &mut object, scratch)?;
        if !self.canonical(body, scratch)? {
            return Ok(None);
        }
        Ok(self.by_value.get(&scratch.key[..]).copied())
    }

    /// Notes where the values of the key's attributes stand; gives how many attributes the object has in all.
    fn values(
        &self,
        reader: &mut Reader<'_>,
        object: &mut Members,
        scratch: &mut Scratch,
    ) -> Result<usize, DecodeError> {
        scratch.values.clear();
        scratch.values.resize(self.names.len(), None);
        let mut count = 0;
        while let Some(name) = object.next_key(reader)? {
            let at = reader.raw_value()?;
            if let Some(place) = self.names.iter().position(|key| *key == name) {
                scratch.values[place] = Some(at);
            }
            count += 1;
        }
        Ok(count)
    }

    /// Writes the key so that equal keys are equal bytes; gives whether all its attributes are there.
    fn canonical(&self, body: &[u8], scratch: &mut Scratch) -> Result<bool, DecodeError> {
        scratch.key.clear();
        for value in &scratch.values {
            let Some(json) = value.as_ref().and_then(|at| body.get(at.clone())) else { return Ok(false) };
            write_value(&mut scratch.key, json)?;
        }
        Ok(true)
    }
}

/// One value of a key. Numbers are compared by what they are worth (the service: 1, 1.0 and 1e0 are one key), all else
/// by what it is.
fn write_value(out: &mut Vec<u8>, json: &[u8]) -> Result<(), DecodeError> {
    let mut reader = Reader::new(json)?;
    let mut object = reader.object()?;
    let Some(kind) = object.next_key(&mut reader)? else { return Err(DecodeError::new("a value without a type")) };
    out.extend_from_slice(kind.as_bytes());
    out.push(b':');
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    match &*kind {
        "S" | "N" | "B" => out.extend_from_slice(canonical(&kind, reader.string()?).as_bytes()),
        // No key of the service's, which will say so.
        _ => out.extend_from_slice(&json[reader.raw_value()?]),
    }
    let length = (out.len() - start - 8) as u64;
    out[start..start + 8].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;

//! Walks the members of maps and the elements of lists for serde, and says where an error happened.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::key::Key;
use super::{Error, Reader, Result, Value};
use crate::codec::Descriptor;
use crate::codec::reader::Members;

/// The members of an M or of the item.
pub(super) struct Entries<'a, 'de> {
    reader: &'a mut Reader<'de>,
    members: Members,
    /// Where the current member's name begins.
    name: usize,
    ended: bool,
}

impl<'a, 'de> Entries<'a, 'de> {
    #[inline]
    pub(super) fn enter(reader: &'a mut Reader<'de>) -> Result<Self> {
        let members = reader.object()?;
        Ok(Entries { reader, members, name: 0, ended: false })
    }

    /// Checks that the whole map was read.
    #[inline]
    pub(super) fn leave(mut self) -> Result<()> {
        if self.ended || self.members.next_key(self.reader)?.is_none() {
            Ok(())
        } else {
            Err(Error::new("the map has more members than were expected"))
        }
    }
}

/// Names the member whose name begins at `name`: it is read again, because only an error needs it twice.
#[cold]
pub(super) fn in_member(error: Error, text: &str, name: usize) -> Error {
    let mut reader = Reader { text, at: name, level: 0 };
    match reader.string() {
        Ok(name) => error.in_key(&name),
        Err(_) => error,
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.ended || !self.members.next(self.reader)? {
            self.ended = true;
            return Ok(None);
        }
        self.name = self.reader.at;
        let name = self.reader.string()?;
        self.reader.eat(b':')?;
        seed.deserialize(Key(name)).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let text = self.reader.text;
        seed.deserialize(Value { reader: self.reader, descriptor: None })
            .map_err(|error| in_member(error, text, self.name))
    }
}

/// The elements of an L or of a set.
pub(super) struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    members: Members,
    /// What every element is; nothing for the elements of an L, which say it themselves.
    descriptor: Option<Descriptor>,
    index: usize,
    ended: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    #[inline]
    pub(super) fn enter(reader: &'a mut Reader<'de>, descriptor: Option<Descriptor>) -> Result<Self> {
        let members = reader.array()?;
        Ok(Elements { reader, members, descriptor, index: 0, ended: false })
    }

    /// Checks that the whole list was read.
    #[inline]
    pub(super) fn leave(mut self) -> Result<()> {
        if self.ended || !self.members.next_element(self.reader)? {
            Ok(())
        } else {
            Err(Error::new(format!("expected {} elements, found more", self.index)))
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.ended || !self.members.next_element(self.reader)? {
            self.ended = true;
            return Ok(None);
        }
        let value = seed
            .deserialize(Value { reader: self.reader, descriptor: self.descriptor })
            .map_err(|error| error.in_element(self.index))?;
        self.index += 1;
        Ok(Some(value))
    }
}

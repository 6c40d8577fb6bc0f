//! Writes SS, NS and BS: sets of one scalar type, never empty, no element twice.

use std::ops::Range;

use serde::ser::{Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct, Serializer};

use super::refuse::refuse;
use super::scalar::ScalarSerializer;
use super::{Error, Result};
use crate::codec::Descriptor;
use crate::item::Number;

/// Writes a sequence as a set.
pub(super) struct SetSerializer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    /// SS, NS or BS.
    pub(super) set: Descriptor,
}

impl<'a> SetSerializer<'a> {
    fn refusal(&self, found: &str) -> Error {
        Error::new(format!("expected {}, found {found}", self.set))
    }

    fn open(self, len: usize) -> Result<ElementSerializer<'a>> {
        let Some(scalar) = self.set.of_elements() else { return Err(self.refusal("a list")) };
        self.out.extend_from_slice(b"{\"");
        self.out.extend_from_slice(self.set.name().as_bytes());
        self.out.extend_from_slice(b"\":[");
        // What a type says of its length is a hint, not a reason to reserve gigabytes.
        Ok(ElementSerializer { out: self.out, scalar, elements: Vec::with_capacity(len.min(1 << 12)) })
    }
}

impl<'a> Serializer for SetSerializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = ElementSerializer<'a>;
    type SerializeTuple = ElementSerializer<'a>;
    type SerializeTupleStruct = ElementSerializer<'a>;

    refuse! { bool integers floats text bytes unit unit_variant newtype_variant maps compound_variants }

    fn serialize_none(self) -> Result<()> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ElementSerializer<'a>> {
        self.open(len.unwrap_or(0))
    }

    fn serialize_tuple(self, len: usize) -> Result<ElementSerializer<'a>> {
        self.open(len)
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<ElementSerializer<'a>> {
        self.open(len)
    }
}

/// The elements of a set.
pub(super) struct ElementSerializer<'a> {
    out: &'a mut Vec<u8>,
    scalar: Descriptor,
    /// Where each element stands, to find those that are equal.
    elements: Vec<Range<usize>>,
}

impl ElementSerializer<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let index = self.elements.len();
        if index > 0 {
            self.out.push(b',');
        }
        let start = self.out.len();
        let serializer = ScalarSerializer { out: self.out, scalar: self.scalar, exact: false };
        value.serialize(serializer).map_err(|error| error.in_element(index))?;
        if self.out.len() == start {
            return Err(Error::new(format!("expected {}, found nothing (`None`)", self.scalar)).in_element(index));
        }
        self.elements.push(start..self.out.len());
        Ok(())
    }

    fn close(self) -> Result<()> {
        if self.elements.is_empty() {
            return Err(Error::new("a set must not be empty: leave the attribute out instead"));
        }
        self.check_distinct()?;
        self.out.extend_from_slice(b"]}");
        Ok(())
    }

    /// Strings and bytes are equal when their text is; numbers when their values are: 1 is 1.0.
    fn check_distinct(&self) -> Result<()> {
        let texts = self.elements.iter().map(|range| &self.out[range.clone()]);
        if self.scalar == Descriptor::N {
            let mut numbers = Vec::with_capacity(self.elements.len());
            for (index, quoted) in texts.enumerate() {
                let digits = quoted.get(1..quoted.len() - 1).and_then(|digits| std::str::from_utf8(digits).ok());
                let number = Number::parse(digits.unwrap_or_default()).map_err(Error::new);
                numbers.push((number.map_err(|error| error.in_element(index))?, index));
            }
            distinct(numbers)
        } else {
            distinct(texts.enumerate().map(|(index, text)| (text, index)).collect())
        }
    }
}

fn distinct<T: Ord>(mut elements: Vec<(T, usize)>) -> Result<()> {
    elements.sort_unstable();
    match elements.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        None => Ok(()),
        Some(pair) => {
            Err(Error::new(format!("a set must not hold the same element twice, as here and at [{}]", pair[0].1))
                .in_element(pair[1].1))
        }
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident)*) => {$(
        impl $trait for ElementSerializer<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            fn end(self) -> Result<()> {
                self.close()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
}

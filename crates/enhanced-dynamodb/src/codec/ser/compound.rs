//! Writes the elements of lists and the members of maps.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::key::KeySerializer;
use super::{EncodeOptions, Error, NULL, Result, ValueSerializer, json_name, json_string_between, scalar};
use crate::codec::{Descriptor, Reader};

/// The elements of an L.
pub(super) struct ListSerializer<'a> {
    out: &'a mut Vec<u8>,
    options: EncodeOptions,
    level: u8,
    index: usize,
    variant: Option<&'static str>,
    end: &'static [u8],
}

impl<'a> ListSerializer<'a> {
    /// Elements on `level`; `end` closes the list.
    pub(super) fn new(out: &'a mut Vec<u8>, options: EncodeOptions, level: u8, end: &'static [u8]) -> Self {
        ListSerializer { out, options, level, index: 0, variant: None, end }
    }

    /// The list is the data of an enum's variant; `end` closes both.
    pub(super) fn in_variant(self, variant: &'static str, end: &'static [u8]) -> Self {
        ListSerializer { variant: Some(variant), end, ..self }
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        if self.index > 0 {
            self.out.push(b',');
        }
        let start = self.out.len();
        let serializer = ValueSerializer { out: self.out, options: self.options, level: self.level };
        value.serialize(serializer).map_err(|error| locate(error.in_element(self.index), self.variant))?;
        if self.out.len() == start {
            self.out.extend_from_slice(NULL);
        }
        self.index += 1;
        Ok(())
    }

    #[inline]
    fn close(self) {
        self.out.extend_from_slice(self.end);
    }
}

#[cold]
fn locate(error: Error, variant: Option<&'static str>) -> Error {
    match variant {
        Some(variant) => error.in_key(variant),
        None => error,
    }
}

/// The members of an M, or the attributes of an item.
pub(super) struct MapSerializer<'a> {
    out: &'a mut Vec<u8>,
    options: EncodeOptions,
    level: u8,
    first: bool,
    /// Where the member that is being written begins, with its comma.
    member: usize,
    /// This is no map but the digits of a number, as serde_json hands them on.
    digits: bool,
    variant: Option<&'static str>,
    end: &'static [u8],
}

impl<'a> MapSerializer<'a> {
    /// Members on `level`; `end` closes the map.
    pub(super) fn new(out: &'a mut Vec<u8>, options: EncodeOptions, level: u8, end: &'static [u8]) -> Self {
        MapSerializer { out, options, level, first: true, member: 0, digits: false, variant: None, end }
    }

    /// What looks like a struct is a number: its one field has the digits.
    pub(super) fn for_digits(out: &'a mut Vec<u8>, options: EncodeOptions, level: u8) -> Self {
        MapSerializer { digits: true, ..MapSerializer::new(out, options, level, b"") }
    }

    /// The map is the data of an enum's variant; `end` closes both.
    pub(super) fn in_variant(self, variant: &'static str, end: &'static [u8]) -> Self {
        MapSerializer { variant: Some(variant), end, ..self }
    }

    #[inline]
    fn begin_member(&mut self) {
        self.member = self.out.len();
        if !self.first {
            self.out.push(b',');
        }
    }

    /// Writes the value of the member whose name and colon stand at the end of `out`, or takes the name back.
    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let start = self.out.len();
        let serializer = ValueSerializer { out: self.out, options: self.options, level: self.level };
        if let Err(error) = value.serialize(serializer) {
            return Err(self.locate(error));
        }
        if self.out.len() == start {
            if self.options.keep_nulls {
                self.out.extend_from_slice(NULL);
            } else {
                self.out.truncate(self.member);
                return Ok(());
            }
        }
        self.first = false;
        Ok(())
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        if self.digits {
            return scalar::write(self.out, Descriptor::N, value);
        }
        self.member = self.out.len();
        if self.first {
            json_name(self.out, name);
        } else {
            json_string_between(self.out, b",", name, b":");
        }
        self.value(value)
    }

    /// Names the member: its name is read back from what was written.
    #[cold]
    fn locate(&self, error: Error) -> Error {
        let name = self.member + usize::from(!self.first);
        let error = match Reader::new(&self.out[name..]).and_then(|mut reader| reader.string()) {
            Ok(name) => error.in_key(&name),
            Err(_) => error,
        };
        locate(error, self.variant)
    }

    #[inline]
    fn close(self) {
        self.out.extend_from_slice(self.end);
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident)*) => {$(
        impl $trait for ListSerializer<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.close();
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl $trait for MapSerializer<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
                self.field(name, value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.close();
                Ok(())
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for MapSerializer<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.begin_member();
        key.serialize(KeySerializer { out: self.out }).map_err(|error| locate(error, self.variant))?;
        self.out.push(b':');
        Ok(())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.value(value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.close();
        Ok(())
    }
}

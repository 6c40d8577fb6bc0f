//! Writes the item itself, which is a map without a descriptor around it.

use serde::ser::{Serialize, Serializer};

use super::compound::{ListSerializer, MapSerializer};
use super::refuse::refuse;
use super::{EncodeOptions, Error, Result, ValueSerializer, json_name};
use crate::codec::token::Token;

/// Writes a struct or map as an item and refuses everything else.
pub(super) struct ItemSerializer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) options: EncodeOptions,
}

impl<'a> ItemSerializer<'a> {
    fn map(self) -> MapSerializer<'a> {
        self.out.push(b'{');
        MapSerializer::new(self.out, self.options, 1, b"}")
    }

    /// A variant with data is an item of one attribute: its name, and its data.
    fn variant(self, variant: &'static str) -> ValueSerializer<'a> {
        self.out.push(b'{');
        json_name(self.out, variant);
        ValueSerializer { out: self.out, options: self.options, level: 1 }
    }

    #[cold]
    fn refusal(&self, found: &str) -> Error {
        Error::new(format!("an item must be a struct or a map, found {found}"))
    }
}

impl<'a> Serializer for ItemSerializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeTupleVariant = ListSerializer<'a>;
    type SerializeMap = MapSerializer<'a>;
    type SerializeStruct = MapSerializer<'a>;
    type SerializeStructVariant = MapSerializer<'a>;

    refuse! { bool integers floats text bytes none unit unit_variant sequences }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<()> {
        match Token::of(name) {
            None | Some(Token::Value) => value.serialize(self),
            Some(Token::Number) => Err(self.refusal("a number")),
            Some(Token::Binary) => Err(self.refusal("bytes")),
            Some(Token::StringSet | Token::NumberSet | Token::BinarySet) => Err(self.refusal("a set")),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        let ItemSerializer { out, options } = self;
        let ValueSerializer { level, .. } = ItemSerializer { out, options }.variant(variant);
        let start = out.len();
        value.serialize(ValueSerializer { out, options, level }).map_err(|error| error.in_key(variant))?;
        if out.len() == start {
            out.extend_from_slice(super::NULL);
        }
        out.push(b'}');
        Ok(())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<ListSerializer<'a>> {
        Ok(self.variant(variant).list()?.in_variant(variant, b"]}}"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<MapSerializer<'a>> {
        Ok(self.map())
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<MapSerializer<'a>> {
        Ok(self.map())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<MapSerializer<'a>> {
        Ok(self.variant(variant).map()?.in_variant(variant, b"}}}"))
    }
}

//! Reads enums: a variant without data is an S, one with data is an M of one member.

use serde::de::value::U8Deserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use super::access::in_member;
use super::key::Key;
use super::{Descriptor, Error, Reader, Result, Value, mismatch};

pub(super) fn read<'de, V: Visitor<'de>>(reader: &mut Reader<'de>, found: Descriptor, visitor: V) -> Result<V::Value> {
    match found {
        Descriptor::S => visitor.visit_enum(Key(reader.string()?)),
        Descriptor::M => {
            reader.descend()?;
            let mut members = reader.object()?;
            if !members.next(reader)? {
                return Err(Error::new("expected a variant's name and data, found an empty M"));
            }
            let value = visitor.visit_enum(Variant { name: reader.at, reader })?;
            if members.next(reader)? {
                return Err(Error::new("expected one variant, found an M of more than one member"));
            }
            reader.level -= 1;
            Ok(value)
        }
        other => mismatch("S or M", other),
    }
}

/// A variant with data: the reader stands before its name.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    /// Where the name begins.
    name: usize,
}

impl<'de> Variant<'_, 'de> {
    #[inline]
    fn data<T>(self, read: impl FnOnce(Value<'_, 'de>) -> Result<T>) -> Result<T> {
        let text = self.reader.text;
        read(Value { reader: self.reader, descriptor: None }).map_err(|error| in_member(error, text, self.name))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        let name = self.reader.string()?;
        self.reader.eat(b':')?;
        Ok((seed.deserialize(Key(name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        self.data(|value| serde::Deserialize::deserialize(value))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        self.data(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.data(|value| value.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.data(|value| value.deserialize_struct("", fields, visitor))
    }
}

/// A value together with its exact type, for `AttributeValue`: an enum whose variants are the descriptors.
pub(super) struct Typed<'a, 'de> {
    reader: &'a mut Reader<'de>,
    found: Descriptor,
}

impl<'a, 'de> Typed<'a, 'de> {
    pub(super) fn new(reader: &'a mut Reader<'de>, found: Descriptor) -> Self {
        Typed { reader, found }
    }
}

impl<'a, 'de> EnumAccess<'de> for Typed<'a, 'de> {
    type Error = Error;
    type Variant = TypedPayload<'a, 'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant)> {
        let descriptor: U8Deserializer<Error> = (self.found as u8).into_deserializer();
        let payload = TypedPayload(Value { reader: self.reader, descriptor: Some(self.found) });
        Ok((seed.deserialize(descriptor)?, payload))
    }
}

pub(super) struct TypedPayload<'a, 'de>(Value<'a, 'de>);

impl<'de> VariantAccess<'de> for TypedPayload<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        serde::Deserialize::deserialize(self.0)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.0.deserialize_struct("", fields, visitor)
    }
}

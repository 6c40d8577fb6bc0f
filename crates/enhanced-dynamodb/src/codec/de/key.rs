//! Reads the keys of maps, which are JSON strings, into whatever type keys them.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Unexpected, VariantAccess, Visitor};

use super::{Error, Result, visit_text};

/// A map's key, a field's name, or the name of a variant without data.
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

#[cold]
fn no_key<T>(expected: &str) -> Result<T> {
    Err(Error::new(format!("expected a map whose keys are {expected}, found another key")))
}

macro_rules! parsed {
    ($($method:ident $visit:ident $type:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.0.parse::<$type>() {
                Ok(key) => visitor.$visit(key),
                Err(_) => no_key(stringify!($type)).map_err(|error: Error| error.in_key(&self.0)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool bool
        deserialize_i8 visit_i8 i8 deserialize_i16 visit_i16 i16 deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64 deserialize_i128 visit_i128 i128
        deserialize_u8 visit_u8 u8 deserialize_u16 visit_u16 u16 deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64 deserialize_u128 visit_u128 u128
        deserialize_f32 visit_f32 f32 deserialize_f64 visit_f64 f64
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visit_text(self.0, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Key<'de> {
    type Error = Error;
    type Variant = WithoutData;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, WithoutData)> {
        Ok((seed.deserialize(self)?, WithoutData))
    }
}

/// A variant of which only the name was written.
pub(super) struct WithoutData;

impl WithoutData {
    fn refusal<T>(expected: &'static str) -> Result<T> {
        Err(serde::de::Error::invalid_type(Unexpected::UnitVariant, &expected))
    }
}

impl<'de> VariantAccess<'de> for WithoutData {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _seed: S) -> Result<S::Value> {
        WithoutData::refusal("a variant with one value")
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value> {
        WithoutData::refusal("a variant with a list of values")
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], _visitor: V) -> Result<V::Value> {
        WithoutData::refusal("a variant with fields")
    }
}

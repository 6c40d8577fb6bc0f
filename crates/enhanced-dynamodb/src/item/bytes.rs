//! Bytes (`Vec<u8>`, `[u8; 32]`, `Box<[u8]>`, an `Option` of one), as B: `#[serde(with = "…")]`.
//!
//! In any other format they are what [`Binary`](super::Binary) is there: base64 text where people read it.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::SeqDeserializer;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::{Error as _, Serialize, Serializer};

use super::AttributeValue;
use crate::codec::token;

/// Writes the bytes.
///
/// # Errors
/// If the value is not bytes; the serializer's own.
pub fn serialize<T: Serialize + ?Sized, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(token::BINARY, &Bytes(value))
}

/// Reads the bytes.
///
/// # Errors
/// If there is something else, or another number of bytes than the type takes.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_newtype_struct(token::BINARY, BytesVisitor(PhantomData))
}

struct Bytes<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialize for Bytes<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        // The codec knows how to get the bytes out of a type that gives them one by one.
        match super::to_value(&Exact(self.0)).map_err(|error| S::Error::custom(error.message()))? {
            AttributeValue::B(bytes) => bytes.serialize(serializer),
            _ => serializer.serialize_none(),
        }
    }
}

/// The bytes for the codec alone.
struct Exact<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialize for Exact<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(token::BINARY, self.0)
    }
}

struct BytesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for BytesVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("B")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        if deserializer.is_human_readable() { deserializer.deserialize_any(self) } else { T::deserialize(deserializer) }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        match STANDARD.decode(text) {
            Ok(bytes) => self.visit_byte_buf(bytes),
            Err(_) => Err(E::custom("expected B, found text that is not base64")),
        }
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<T, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<T, E> {
        T::deserialize(Given { bytes: Some(bytes), error: PhantomData })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<T, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = elements.next_element()? {
            bytes.push(byte);
        }
        self.visit_byte_buf(bytes)
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        T::deserialize(Given { bytes: None, error: PhantomData })
    }

    fn visit_none<E: Error>(self) -> Result<T, E> {
        self.visit_unit()
    }
}

/// Bytes, or NULL, for a type that takes them whole, one by one, or not at all.
struct Given<E> {
    bytes: Option<Vec<u8>>,
    error: PhantomData<E>,
}

impl<'de, E: Error> Deserializer<'de> for Given<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.bytes {
            Some(bytes) => visitor.visit_byte_buf(bytes),
            None => visitor.visit_unit(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        if self.bytes.is_some() { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        let Some(bytes) = self.bytes else { return visitor.visit_unit() };
        let mut bytes = SeqDeserializer::new(bytes.into_iter());
        let value = visitor.visit_seq(&mut bytes)?;
        bytes.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, E> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, E> {
        self.deserialize_seq(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct map struct
        enum identifier ignored_any
    }
}

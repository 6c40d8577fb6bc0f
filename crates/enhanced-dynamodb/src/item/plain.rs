//! How numbers, bytes and values of any type pass through serde: exactly through this crate's codec, as plain data
//! through any other format.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{
    Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::ser::{Serialize, Serializer};

use super::{AttributeValue, Binary, BinarySet, Item, Number, NumberSet, Plain, StringSet};
use crate::codec::{Descriptor, token};

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.storable().map_err(serde::ser::Error::custom)?;
        serializer.serialize_newtype_struct(token::NUMBER, &PlainNumber(number))
    }
}

struct PlainNumber(Number);

impl Serialize for PlainNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.collect_str(&self.0);
        }
        match self.0.plain() {
            Plain::Unsigned(number) => serializer.serialize_u64(number),
            Plain::Signed(number) => serializer.serialize_i64(number),
            Plain::Float(number) => serializer.serialize_f64(number),
            Plain::Digits => serializer.collect_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(token::NUMBER, NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("N")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Number, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(self)
        } else {
            deserializer.deserialize_str(self)
        }
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<Number, E> {
        Number::parse(digits).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number::from(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number::from(number))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Number, E> {
        Number::try_from(number).map_err(|error| E::custom(error.message()))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Number, E> {
        Number::try_from(number).map_err(|error| E::custom(error.message()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
        Number::try_from(number).map_err(|error| E::custom(error.message()))
    }

    /// From serde_json, if it keeps the digits of numbers.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Number, A::Error> {
        match members.next_key::<Cow<'_, str>>()? {
            Some(name) if name == token::SERDE_JSON_NUMBER => {
                Number::parse(&members.next_value::<Cow<'_, str>>()?).map_err(A::Error::custom)
            }
            Some(_) | None => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

impl Serialize for Binary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(token::BINARY, &PlainBinary(self))
    }
}

struct PlainBinary<'a>(&'a [u8]);

impl Serialize for PlainBinary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&STANDARD.encode(self.0))
        } else {
            serializer.serialize_bytes(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(token::BINARY, BinaryVisitor)
    }
}

struct BinaryVisitor;

impl<'de> Visitor<'de> for BinaryVisitor {
    type Value = Binary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("B")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Binary, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(self)
        } else {
            deserializer.deserialize_byte_buf(self)
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Binary, E> {
        STANDARD.decode(text).map(Binary::from).map_err(|_| E::custom("expected B, found text that is not base64"))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Binary, E> {
        Ok(Binary::from(bytes))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Binary, E> {
        Ok(Binary::from(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Binary, A::Error> {
        let mut collected = Vec::new();
        while let Some(byte) = bytes.next_element()? {
            collected.push(byte);
        }
        Ok(Binary::from(collected))
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            AttributeValue::S(text) => serializer.serialize_str(text),
            AttributeValue::N(number) => number.serialize(serializer),
            AttributeValue::B(bytes) => bytes.serialize(serializer),
            AttributeValue::Bool(value) => serializer.serialize_bool(*value),
            AttributeValue::Null => serializer.serialize_unit(),
            AttributeValue::M(members) => members.serialize(serializer),
            AttributeValue::L(elements) => elements.serialize(serializer),
            AttributeValue::Ss(set) => set.serialize(serializer),
            AttributeValue::Ns(set) => set.serialize(serializer),
            AttributeValue::Bs(set) => set.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(token::VALUE, ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = AttributeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    /// From this crate's codec: the exact type and its payload.
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<AttributeValue, A::Error> {
        let (descriptor, payload) = data.variant::<Descriptor>()?;
        match descriptor {
            Descriptor::S => payload.newtype_variant().map(AttributeValue::S),
            Descriptor::N => payload.newtype_variant::<Number>().map(AttributeValue::N),
            Descriptor::B => payload.newtype_variant::<Binary>().map(AttributeValue::B),
            Descriptor::Bool => payload.newtype_variant().map(AttributeValue::Bool),
            Descriptor::Null => payload.unit_variant().map(|()| AttributeValue::Null),
            Descriptor::M => payload.newtype_variant::<Item>().map(AttributeValue::M),
            Descriptor::L => payload.newtype_variant().map(AttributeValue::L),
            Descriptor::Ss => payload.newtype_variant::<StringSet>().map(AttributeValue::Ss),
            Descriptor::Ns => payload.newtype_variant::<NumberSet>().map(AttributeValue::Ns),
            Descriptor::Bs => payload.newtype_variant::<BinarySet>().map(AttributeValue::Bs),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<AttributeValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<AttributeValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_none<E: Error>(self) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Bool(value))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<AttributeValue, E> {
        NumberVisitor.visit_u64(number).map(AttributeValue::N)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<AttributeValue, E> {
        NumberVisitor.visit_i64(number).map(AttributeValue::N)
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<AttributeValue, E> {
        NumberVisitor.visit_u128(number).map(AttributeValue::N)
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<AttributeValue, E> {
        NumberVisitor.visit_i128(number).map(AttributeValue::N)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<AttributeValue, E> {
        NumberVisitor.visit_f64(number).map(AttributeValue::N)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AttributeValue, E> {
        Ok(AttributeValue::S(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<AttributeValue, E> {
        Ok(AttributeValue::S(text))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<AttributeValue, E> {
        Ok(AttributeValue::B(Binary::from(bytes)))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<AttributeValue, E> {
        Ok(AttributeValue::B(Binary::from(bytes)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<AttributeValue, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(AttributeValue::L(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<AttributeValue, A::Error> {
        let mut map = Item::new();
        while let Some(name) = members.next_key::<String>()? {
            if name == token::SERDE_JSON_NUMBER {
                let digits = members.next_value::<Cow<'_, str>>()?;
                return Number::parse(&digits).map(AttributeValue::N).map_err(A::Error::custom);
            }
            map.insert(name, members.next_value::<AttributeValue>()?);
        }
        Ok(AttributeValue::M(map))
    }
}

//! Writes serde types as DynamoDB JSON.
//!
//! A value that is `None` writes nothing. Whoever asked for it sees that nothing was written and decides: a map takes
//! the name back, a list writes NULL. So nothing is buffered, and no lookahead is needed.

mod compound;
mod item;
mod key;
mod refuse;
mod scalar;
mod set;

use serde::ser::{Error as _, Serialize, Serializer};

use self::compound::{ListSerializer, MapSerializer};
use super::token::{SERDE_JSON_NUMBER, Token};
use super::{Descriptor, ENCODE_LEVELS, EncodeError as Error, json_name, json_string, json_string_between};

type Result<T> = std::result::Result<T, Error>;

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EncodeOptions {
    /// Keep `None` as NULL instead of leaving the attribute out.
    pub(crate) keep_nulls: bool,
}

const NULL: &[u8] = b"{\"NULL\":true}";

/// Appends an item: `{"id":{"S":"m1"}, …}`.
///
/// # Errors
/// If the value is no struct or map, or holds something that the service does not store. `out` is then as it was.
pub(crate) fn encode_item<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T, options: EncodeOptions) -> Result<()> {
    let start = out.len();
    let result = value.serialize(item::ItemSerializer { out, options });
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Appends one attribute value: `{"S":"m1"}`. `None` is NULL.
///
/// # Errors
/// If the value holds something that the service does not store. `out` is then as it was.
pub(crate) fn encode_value<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T, options: EncodeOptions) -> Result<()> {
    let start = out.len();
    let result = value.serialize(ValueSerializer { out, options, level: 1 });
    if result.is_err() {
        out.truncate(start);
    } else if out.len() == start {
        out.extend_from_slice(NULL);
    }
    result
}

/// Writes one attribute value.
struct ValueSerializer<'a> {
    out: &'a mut Vec<u8>,
    options: EncodeOptions,
    /// An item's attributes are level 1.
    level: u8,
}

impl<'a> ValueSerializer<'a> {
    /// Checks that a container may stand here.
    #[inline]
    fn check_level(&self) -> Result<()> {
        if self.level > ENCODE_LEVELS { Err(too_deep()) } else { Ok(()) }
    }

    fn list(self) -> Result<ListSerializer<'a>> {
        self.check_level()?;
        self.out.extend_from_slice(b"{\"L\":[");
        Ok(ListSerializer::new(self.out, self.options, self.level + 1, b"]}"))
    }

    fn map(self) -> Result<MapSerializer<'a>> {
        self.check_level()?;
        self.out.extend_from_slice(b"{\"M\":{");
        Ok(MapSerializer::new(self.out, self.options, self.level + 1, b"}}"))
    }

    /// A variant with data is a map of one: its name, and its data, which is written by the serializer returned.
    fn variant(self, variant: &'static str) -> Result<ValueSerializer<'a>> {
        self.check_level()?;
        json_string_between(self.out, b"{\"M\":{", variant, b":");
        Ok(ValueSerializer { level: self.level + 1, ..self })
    }

    /// Writes a value of a type of `item` under its exact descriptor.
    fn token<T: Serialize + ?Sized>(self, token: Token, value: &T) -> Result<()> {
        match token {
            Token::Number => scalar::write(self.out, Descriptor::N, value),
            Token::Binary => scalar::write(self.out, Descriptor::B, value),
            Token::StringSet => value.serialize(set::SetSerializer { out: self.out, set: Descriptor::Ss }),
            Token::NumberSet => value.serialize(set::SetSerializer { out: self.out, set: Descriptor::Ns }),
            Token::BinarySet => value.serialize(set::SetSerializer { out: self.out, set: Descriptor::Bs }),
            Token::Value => value.serialize(self),
        }
    }

    /// Writes `{"N":"…"}`.
    #[inline]
    fn number(self, digits: &str) {
        self.out.extend_from_slice(b"{\"N\":\"");
        self.out.extend_from_slice(digits.as_bytes());
        self.out.extend_from_slice(b"\"}");
    }
}

#[cold]
fn too_deep() -> Error {
    Error::new(format!("nested deeper than the {ENCODE_LEVELS} levels that DynamoDB stores"))
}

macro_rules! integers {
    ($($method:ident $type:ident)*) => {$(
        #[inline]
        fn $method(self, number: $type) -> Result<()> {
            self.number(itoa::Buffer::new().format(number));
            Ok(())
        }
    )*};
}

impl<'a> Serializer for ValueSerializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = ListSerializer<'a>;
    type SerializeTuple = ListSerializer<'a>;
    type SerializeTupleStruct = ListSerializer<'a>;
    type SerializeTupleVariant = ListSerializer<'a>;
    type SerializeMap = MapSerializer<'a>;
    type SerializeStruct = MapSerializer<'a>;
    type SerializeStructVariant = MapSerializer<'a>;

    fn serialize_bool(self, value: bool) -> Result<()> {
        self.out.extend_from_slice(if value { b"{\"BOOL\":true}" } else { b"{\"BOOL\":false}" });
        Ok(())
    }

    integers! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64
    }

    fn serialize_i128(self, number: i128) -> Result<()> {
        scalar::write(self.out, Descriptor::N, &number)
    }

    fn serialize_u128(self, number: u128) -> Result<()> {
        scalar::write(self.out, Descriptor::N, &number)
    }

    fn serialize_f32(self, number: f32) -> Result<()> {
        self.number(scalar::float_digits(&mut zmij::Buffer::new(), number)?);
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<()> {
        self.number(scalar::float_digits(&mut zmij::Buffer::new(), number)?);
        Ok(())
    }

    fn serialize_char(self, character: char) -> Result<()> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        json_string_between(self.out, b"{\"S\":", text, b"}");
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<()> {
        self.out.extend_from_slice(b"{\"B\":");
        scalar::write_base64(self.out, bytes)?;
        self.out.push(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.out.extend_from_slice(NULL);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<()> {
        match Token::of(name) {
            None => value.serialize(self),
            Some(token) => self.token(token, value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        let ValueSerializer { out, options, level } = self.variant(variant)?;
        let start = out.len();
        value.serialize(ValueSerializer { out, options, level }).map_err(|error| error.in_key(variant))?;
        // The variant would be lost with its name: `None` in it is always NULL.
        if out.len() == start {
            out.extend_from_slice(NULL);
        }
        out.extend_from_slice(b"}}");
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<ListSerializer<'a>> {
        self.list()
    }

    fn serialize_tuple(self, _len: usize) -> Result<ListSerializer<'a>> {
        self.list()
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<ListSerializer<'a>> {
        self.list()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<ListSerializer<'a>> {
        Ok(self.variant(variant)?.list()?.in_variant(variant, b"]}}}"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<MapSerializer<'a>> {
        self.map()
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<MapSerializer<'a>> {
        if name == SERDE_JSON_NUMBER {
            return Ok(MapSerializer::for_digits(self.out, self.options, self.level));
        }
        self.map()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<MapSerializer<'a>> {
        Ok(self.variant(variant)?.map()?.in_variant(variant, b"}}}}"))
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<()> {
        let text = display(value)?;
        self.serialize_str(&text)
    }
}

/// The text of a value that serialises as its `Display`, whose failure is an error and not a panic.
fn display<T: std::fmt::Display + ?Sized>(value: &T) -> Result<String> {
    use std::fmt::Write;
    let mut text = String::new();
    write!(text, "{value}").map_err(|_| Error::custom("the value's Display failed"))?;
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_error_leaves_the_body_as_it_was() {
        let mut body = b"{\"Item\":".to_vec();
        encode_item(&mut body, &[("v", (1, "x", f64::NAN))].into_iter().collect::<Map<_>>(), EncodeOptions::default())
            .unwrap_err();
        encode_item(&mut body, "text", EncodeOptions::default()).unwrap_err();
        encode_value(&mut body, &(1, f64::NAN), EncodeOptions::default()).unwrap_err();
        assert_eq!(body, b"{\"Item\":");
    }

    #[test]
    fn a_value_that_is_none_is_null() {
        let mut body = Vec::new();
        encode_value(&mut body, &None::<u8>, EncodeOptions::default()).unwrap();
        assert_eq!(body, NULL);
    }

    type Map<T> = std::collections::BTreeMap<&'static str, T>;
}

//! Writes the keys of maps. A key is a JSON string: numbers, booleans and characters become their text.

use serde::ser::{Serialize, Serializer};

use super::refuse::refuse;
use super::{Error, Result, display, json_string, scalar};

/// Writes one key.
pub(super) struct KeySerializer<'a> {
    pub(super) out: &'a mut Vec<u8>,
}

impl KeySerializer<'_> {
    fn plain(self, text: &str) -> Result<()> {
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    #[cold]
    fn refusal(&self, found: &str) -> Error {
        Error::new(format!("a map's key must be a string, a number, a boolean or a character, found {found}"))
    }
}

macro_rules! integers {
    ($($method:ident $type:ident)*) => {$(
        fn $method(self, number: $type) -> Result<()> {
            self.plain(itoa::Buffer::new().format(number))
        }
    )*};
}

impl Serializer for KeySerializer<'_> {
    type Ok = ();
    type Error = Error;
    refuse! { bytes none unit newtype_variant sequences maps compound_variants }

    integers! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
    }

    fn serialize_bool(self, value: bool) -> Result<()> {
        self.plain(if value { "true" } else { "false" })
    }

    fn serialize_f32(self, number: f32) -> Result<()> {
        self.plain(scalar::float_digits(&mut zmij::Buffer::new(), number)?)
    }

    fn serialize_f64(self, number: f64) -> Result<()> {
        self.plain(scalar::float_digits(&mut zmij::Buffer::new(), number)?)
    }

    fn serialize_char(self, character: char) -> Result<()> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        json_string(self.out, text);
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<()> {
        let text = display(value)?;
        self.serialize_str(&text)
    }
}

//! Writes what stands between the quotes of an S, N or B whose descriptor is already decided: the types of `item`
//! that announce themselves by a token, and the elements of sets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Error as _, Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct, Serializer};

use super::refuse::refuse;
use super::{Error, Result, display, json_string};
use crate::codec::Descriptor;
use crate::codec::token::Token;
use crate::item::Number;

/// Appends `{"N":"…"}` for a value that is a number (or the like for another scalar), and nothing for `None`.
pub(super) fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, scalar: Descriptor, value: &T) -> Result<()> {
    let start = out.len();
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(scalar.name().as_bytes());
    out.extend_from_slice(b"\":");
    let payload = out.len();
    value.serialize(ScalarSerializer { out, scalar, exact: true })?;
    if out.len() == payload {
        out.truncate(start);
    } else {
        out.push(b'}');
    }
    Ok(())
}

/// Appends bytes as a string of base64, with its quotes.
pub(super) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    out.push(b'"');
    let start = out.len();
    // Three bytes make four characters, the last group is padded.
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    STANDARD.encode_slice(bytes, &mut out[start..]).map_err(Error::custom)?;
    out.push(b'"');
    Ok(())
}

/// The shortest digits that read back as the same float of the same width.
pub(super) fn float_digits<F: zmij::Float + Copy + Into<f64>>(buffer: &mut zmij::Buffer, number: F) -> Result<&str> {
    let magnitude = Into::<f64>::into(number).abs();
    if !magnitude.is_finite() {
        return Err(Error::new("a number must be finite: DynamoDB stores neither NaN nor infinity"));
    }
    if magnitude == 0.0 {
        return Ok("0");
    }
    // The least float above the service's greatest number is 1E126 itself.
    if !(1e-130..1e126).contains(&magnitude) {
        return Err(Error::new(Number::OUT_OF_RANGE));
    }
    let digits = buffer.format_finite(number);
    Ok(digits.strip_suffix(".0").unwrap_or(digits))
}

/// Writes one scalar without its descriptor.
pub(super) struct ScalarSerializer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    /// S, N or B.
    pub(super) scalar: Descriptor,
    /// Whether the value is a type of `item`, which then gives its exact digits or bytes instead of what a person
    /// would like to read.
    pub(super) exact: bool,
}

impl ScalarSerializer<'_> {
    fn refusal(&self, found: &str) -> Error {
        Error::new(format!("expected {}, found {found}", self.scalar))
    }

    fn number(self, digits: &str) -> Result<()> {
        if self.scalar != Descriptor::N {
            return Err(self.refusal("N"));
        }
        self.out.push(b'"');
        self.out.extend_from_slice(digits.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    /// A number of more digits than a machine word holds, or one that came as text.
    fn checked_number(self, text: &str) -> Result<()> {
        Number::parse(text).map_err(Error::new)?;
        self.number(text)
    }
}

macro_rules! integers {
    ($($method:ident $type:ident)*) => {$(
        fn $method(self, number: $type) -> Result<()> {
            self.number(itoa::Buffer::new().format(number))
        }
    )*};
}

impl<'a> Serializer for ScalarSerializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = ByteCollector<'a>;
    type SerializeTuple = ByteCollector<'a>;
    type SerializeTupleStruct = ByteCollector<'a>;

    refuse! { bool unit newtype_variant maps compound_variants }

    integers! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64
    }

    fn is_human_readable(&self) -> bool {
        !self.exact
    }

    fn serialize_i128(self, number: i128) -> Result<()> {
        self.checked_number(itoa::Buffer::new().format(number))
    }

    fn serialize_u128(self, number: u128) -> Result<()> {
        self.checked_number(itoa::Buffer::new().format(number))
    }

    fn serialize_f32(self, number: f32) -> Result<()> {
        self.number(float_digits(&mut zmij::Buffer::new(), number)?)
    }

    fn serialize_f64(self, number: f64) -> Result<()> {
        self.number(float_digits(&mut zmij::Buffer::new(), number)?)
    }

    fn serialize_char(self, character: char) -> Result<()> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    /// Text is the string itself, a number's digits, or bytes as base64.
    fn serialize_str(self, text: &str) -> Result<()> {
        match self.scalar {
            Descriptor::S => {
                json_string(self.out, text);
                Ok(())
            }
            Descriptor::N => self.checked_number(text),
            Descriptor::B => match STANDARD.decode(text) {
                Ok(bytes) => write_base64(self.out, &bytes),
                Err(_) => Err(Error::new("expected B, found a string that is not base64")),
            },
            Descriptor::Bool
            | Descriptor::Null
            | Descriptor::M
            | Descriptor::L
            | Descriptor::Ss
            | Descriptor::Ns
            | Descriptor::Bs => Err(self.refusal("a string")),
        }
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<()> {
        if self.scalar == Descriptor::B { write_base64(self.out, bytes) } else { Err(self.refusal("B")) }
    }

    fn serialize_none(self) -> Result<()> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<()> {
        match (Token::of(name), self.scalar) {
            (None | Some(Token::Value), _) => value.serialize(self),
            (Some(Token::Number), Descriptor::N) | (Some(Token::Binary), Descriptor::B) => {
                value.serialize(ScalarSerializer { exact: true, ..self })
            }
            (Some(Token::Number), _) => Err(self.refusal("N")),
            (Some(Token::Binary), _) => Err(self.refusal("B")),
            (Some(Token::StringSet | Token::NumberSet | Token::BinarySet), _) => Err(self.refusal("a set")),
        }
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ByteCollector<'a>> {
        ByteCollector::new(self, len.unwrap_or(0))
    }

    fn serialize_tuple(self, len: usize) -> Result<ByteCollector<'a>> {
        ByteCollector::new(self, len)
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<ByteCollector<'a>> {
        ByteCollector::new(self, len)
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<()> {
        let text = display(value)?;
        self.serialize_str(&text)
    }
}

/// Bytes that come one by one, as those of a `Vec<u8>` do.
pub(super) struct ByteCollector<'a> {
    out: &'a mut Vec<u8>,
    bytes: Vec<u8>,
}

impl<'a> ByteCollector<'a> {
    fn new(scalar: ScalarSerializer<'a>, len: usize) -> Result<Self> {
        if scalar.scalar != Descriptor::B {
            return Err(scalar.refusal("a list"));
        }
        Ok(ByteCollector { out: scalar.out, bytes: Vec::with_capacity(len.min(1 << 20)) })
    }
}

macro_rules! bytes {
    ($($trait:ident $method:ident)*) => {$(
        impl $trait for ByteCollector<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.bytes.push(value.serialize(ByteSerializer)?);
                Ok(())
            }

            fn end(self) -> Result<()> {
                write_base64(self.out, &self.bytes)
            }
        }
    )*};
}

bytes! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
}

/// Takes one byte out of a value that is a `u8`.
struct ByteSerializer;

impl ByteSerializer {
    fn refusal(&self, found: &str) -> Error {
        Error::new(format!("expected bytes, found {found} among them"))
    }
}

macro_rules! no_bytes {
    ($($method:ident $type:ident)*) => {$(
        fn $method(self, _number: $type) -> Result<u8> {
            Err(self.refusal("a number that is no u8"))
        }
    )*};
}

impl Serializer for ByteSerializer {
    type Ok = u8;
    type Error = Error;

    refuse! { bool floats text bytes none unit unit_variant newtype_variant sequences maps compound_variants }

    no_bytes! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
    }

    fn serialize_u8(self, byte: u8) -> Result<u8> {
        Ok(byte)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<u8> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<u8> {
        value.serialize(self)
    }
}

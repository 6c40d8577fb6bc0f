//! Reads serde types from DynamoDB JSON, straight out of the response's bytes.

mod access;
mod any;
mod enums;
mod key;
mod number;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::SeqDeserializer;
use serde::de::{Deserialize, Deserializer, Visitor};

use self::access::{Elements, Entries};
use super::token::Token;
use super::{DECODE_LEVELS, DecodeError as Error, Descriptor, Reader};

type Result<T> = std::result::Result<T, Error>;

/// Reads an item: `{"id":{"S":"m1"}, …}`, and nothing after it.
///
/// # Errors
/// If the bytes are not the service's JSON, or not a `T`.
pub(crate) fn decode_item<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T> {
    let mut reader = Reader::new(bytes)?;
    let item = reader.item()?;
    reader.end()?;
    Ok(item)
}

/// Reads one attribute value: `{"S":"m1"}`, and nothing after it.
///
/// # Errors
/// If the bytes are not the service's JSON, or not a `T`.
pub(crate) fn decode_value<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T> {
    let mut reader = Reader::new(bytes)?;
    // The value counts as an attribute of an item.
    reader.level = 1;
    let value = T::deserialize(Value { reader: &mut reader, descriptor: None })?;
    reader.end()?;
    Ok(value)
}

impl<'de> Reader<'de> {
    /// Reads an item where the reader stands. If the item is well-formed JSON but not a `T`, the reader stands behind
    /// it, so that the rest of a page can be read.
    ///
    /// # Errors
    /// If what stands here is not the service's JSON, or not a `T`.
    #[inline]
    pub(crate) fn item<T: Deserialize<'de>>(&mut self) -> Result<T> {
        let start = self.at;
        match T::deserialize(Value { reader: self, descriptor: Some(Descriptor::M) }) {
            Ok(item) => Ok(item),
            Err(error) => {
                self.at = start;
                self.level = 0;
                self.skip_value()?;
                Err(error)
            }
        }
    }

    /// Enters `{"S":` and the like; the payload is read next, then `}`.
    #[inline]
    fn descriptor(&mut self) -> Result<Descriptor> {
        if let [b'{', b'"', rest @ ..] = &self.bytes()[self.at..]
            && let Some((descriptor, length)) = Descriptor::read(rest)
            && rest.get(length) == Some(&b':')
        {
            self.at += 2 + length + 1;
            return Ok(descriptor);
        }
        self.unusual_descriptor()
    }

    /// With white space between the tokens, or an error.
    #[cold]
    fn unusual_descriptor(&mut self) -> Result<Descriptor> {
        self.eat(b'{')?;
        self.eat(b'"')?;
        match Descriptor::read(&self.bytes()[self.at..]) {
            Some((descriptor, length)) => {
                self.at += length;
                self.eat(b':')?;
                Ok(descriptor)
            }
            None => self.unexpected("a data type descriptor (S, N, B, BOOL, NULL, M, L, SS, NS or BS)"),
        }
    }

    /// Counts a map, list or set that begins here.
    #[inline]
    fn descend(&mut self) -> Result<()> {
        if self.level > DECODE_LEVELS {
            return Err(Error::new(format!(
                "nested deeper than {DECODE_LEVELS} levels, which is more than DynamoDB stores"
            )));
        }
        self.level += 1;
        Ok(())
    }
}

/// One attribute value.
struct Value<'a, 'de> {
    reader: &'a mut Reader<'de>,
    /// Nothing if the reader stands before `{"S":…}`. A descriptor if it stands before the payload alone; the closing
    /// brace, if there is one, then belongs to somebody else.
    descriptor: Option<Descriptor>,
}

#[cold]
fn mismatch<T>(expected: &str, found: Descriptor) -> Result<T> {
    Err(Error::new(format!("expected {expected}, found {found}")))
}

impl<'de> Value<'_, 'de> {
    /// Reads the payload, and the wrapper around it if it is still ahead.
    #[inline]
    fn payload<T>(self, read: impl FnOnce(&mut Reader<'de>, Descriptor) -> Result<T>) -> Result<T> {
        match self.descriptor {
            Some(descriptor) => read(self.reader, descriptor),
            None => {
                let descriptor = self.reader.descriptor()?;
                let value = read(self.reader, descriptor)?;
                self.reader.eat(b'}')?;
                Ok(value)
            }
        }
    }

    /// Hands a number's digits to `read`.
    #[inline]
    fn digits<T>(self, read: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        self.payload(|reader, descriptor| match descriptor {
            Descriptor::N => read(&reader.string()?),
            other => mismatch("N", other),
        })
    }

    /// Hands the value to a type of `item` that asked for it by its token.
    fn token<V: Visitor<'de>>(self, token: Token, visitor: V) -> Result<V::Value> {
        let wanted = match token {
            Token::Number => return self.digits(|digits| visitor.visit_str(digits)),
            Token::Binary => Descriptor::B,
            Token::StringSet => Descriptor::Ss,
            Token::NumberSet => Descriptor::Ns,
            Token::BinarySet => Descriptor::Bs,
            Token::Value => return self.payload(|reader, found| visitor.visit_enum(enums::Typed::new(reader, found))),
        };
        self.payload(|reader, found| {
            // NULL passes, so that the type may be an `Option`; anything else says there what it expected.
            if found != wanted && found != Descriptor::Null {
                return mismatch(wanted.name(), found);
            }
            visitor.visit_newtype_struct(Value { reader, descriptor: Some(found) })
        })
    }
}

#[inline]
fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

fn read_bytes(reader: &mut Reader<'_>) -> Result<Vec<u8>> {
    // The alphabet and its padding are the service's; the text may be as long as the response, the bytes are fewer.
    STANDARD.decode(&*reader.string()?).map_err(|_| Error::new("expected B, found a string that is not base64"))
}

fn read_map<'de, V: Visitor<'de>>(reader: &mut Reader<'de>, visitor: V) -> Result<V::Value> {
    reader.descend()?;
    let mut entries = Entries::enter(reader)?;
    let value = visitor.visit_map(&mut entries)?;
    entries.leave()?;
    reader.level -= 1;
    Ok(value)
}

/// Reads an L, or a set, or bytes one by one.
fn read_list<'de, V: Visitor<'de>>(reader: &mut Reader<'de>, found: Descriptor, visitor: V) -> Result<V::Value> {
    match found {
        Descriptor::L | Descriptor::Ss | Descriptor::Ns | Descriptor::Bs => {
            reader.descend()?;
            let mut elements = Elements::enter(reader, found.of_elements())?;
            let value = visitor.visit_seq(&mut elements)?;
            elements.leave()?;
            reader.level -= 1;
            Ok(value)
        }
        // So that a `Vec<u8>` reads what another client wrote as bytes.
        Descriptor::B => {
            let mut bytes = SeqDeserializer::<_, Error>::new(read_bytes(reader)?.into_iter());
            let value = visitor.visit_seq(&mut bytes)?;
            bytes.end()?;
            Ok(value)
        }
        Descriptor::S | Descriptor::N | Descriptor::Bool | Descriptor::Null | Descriptor::M => mismatch("L", found),
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $read:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.digits(|digits| visitor.$visit(number::$read(digits)?))
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Error;

    numbers! {
        deserialize_i8 visit_i8 integer deserialize_i16 visit_i16 integer deserialize_i32 visit_i32 integer
        deserialize_i64 visit_i64 integer deserialize_i128 visit_i128 integer
        deserialize_u8 visit_u8 integer deserialize_u16 visit_u16 integer deserialize_u32 visit_u32 integer
        deserialize_u64 visit_u64 integer deserialize_u128 visit_u128 integer
        deserialize_f32 visit_f32 float deserialize_f64 visit_f64 float
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| any::read(reader, found, visitor))
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| match found {
            Descriptor::Bool => visitor.visit_bool(reader.bool()?),
            other => mismatch("BOOL", other),
        })
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| match found {
            Descriptor::S => visit_text(reader.string()?, visitor),
            other => mismatch("S", other),
        })
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| match found {
            Descriptor::B => visitor.visit_byte_buf(read_bytes(reader)?),
            Descriptor::L => read_list(reader, found, visitor),
            other => mismatch("B", other),
        })
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_byte_buf(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| match found {
            Descriptor::Null => {
                reader.bool()?;
                visitor.visit_none()
            }
            other => visitor.visit_some(Value { reader, descriptor: Some(other) }),
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| match found {
            Descriptor::Null => {
                reader.bool()?;
                visitor.visit_unit()
            }
            other => mismatch("NULL", other),
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match Token::of(name) {
            None => visitor.visit_newtype_struct(self),
            Some(token) => self.token(token, visitor),
        }
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| read_list(reader, found, visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.payload(|reader, found| match found {
            Descriptor::M => read_map(reader, visitor),
            other => mismatch("M", other),
        })
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.payload(|reader, found| enums::read(reader, found, visitor))
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.reader.skip_value()?;
        visitor.visit_unit()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn behind_an_item_that_is_another_type_the_rest_of_a_page_is_read() {
        let page = br#"[{"v":{"N":"1"}},{"v":{"L":[{"M":{"a":{"S":"]}\"\\"}}}]}},{"v":{"N":"3"}}]"#;
        let mut reader = Reader::new(page).unwrap();
        let mut array = reader.array().unwrap();
        let mut items = Vec::new();
        while array.next_element(&mut reader).unwrap() {
            items.push(reader.item::<std::collections::BTreeMap<String, u8>>().map(|item| item["v"]));
        }
        assert_eq!(items[0].as_ref().unwrap(), &1);
        assert_eq!(items[1].as_ref().unwrap_err().to_string(), "v: expected N, found L");
        assert_eq!(items[2].as_ref().unwrap(), &3);
    }
}

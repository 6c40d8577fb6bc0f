//! Reads a serde type from DynamoDB JSON.

use super::{DecodeError as Error, Reader as De};
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use std::borrow::Cow;
type R<T> = Result<T, Error>;
fn err<T>(m: &str) -> R<T> {
    Err(Error::new(m))
}

/// Reads an item: `{"id":{"S":"m1"}, …}`.
pub(crate) fn decode_item<'de, T: de::Deserialize<'de>>(bytes: &'de [u8]) -> R<T> {
    De::new(bytes)?.item()
}
/// Reads one attribute value: `{"S":"m1"}`.
pub(crate) fn decode_value<'de, T: de::Deserialize<'de>>(bytes: &'de [u8]) -> R<T> {
    T::deserialize(Val { d: &mut De::new(bytes)?, tag: None })
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Tag {
    S,
    N,
    B,
    Bool,
    Null,
    M,
    L,
    Ss,
    Ns,
    Bs,
}
impl<'de> De<'de> {
    #[inline]
    fn b(&self) -> &'de [u8] {
        self.text.as_bytes()
    }
    /// Reads an item where the reader stands.
    #[inline]
    pub(crate) fn item<T: de::Deserialize<'de>>(&mut self) -> R<T> {
        T::deserialize(Val { d: self, tag: Some(Tag::M) })
    }
    #[inline]
    fn obj_next(&mut self, first: &mut bool) -> R<Option<Cow<'de, str>>> {
        match self.peek() {
            b'}' => {
                self.at += 1;
                return Ok(None);
            }
            b',' if !*first => self.at += 1,
            _ if *first => {}
            _ => return err("expected , or }"),
        }
        *first = false;
        let k = self.string()?;
        self.eat(b':')?;
        Ok(Some(k))
    }
    #[inline]
    fn arr_next(&mut self, first: &mut bool) -> R<bool> {
        match self.peek() {
            b']' => {
                self.at += 1;
                return Ok(false);
            }
            b',' if !*first => self.at += 1,
            _ if *first => {}
            _ => return err("expected , or ]"),
        }
        *first = false;
        Ok(true)
    }
    #[inline]
    fn tag(&mut self) -> R<Tag> {
        self.eat(b'{')?;
        self.eat(b'"')?;
        let b = self.b();
        let r = &b[self.at..];
        let (t, n) = if r.len() < 2 {
            return err("eof");
        } else if r[1] == b'"' {
            (
                match r[0] {
                    b'S' => Tag::S,
                    b'N' => Tag::N,
                    b'M' => Tag::M,
                    b'L' => Tag::L,
                    b'B' => Tag::B,
                    _ => return err("unknown tag"),
                },
                1,
            )
        } else if r.starts_with(b"BOOL\"") {
            (Tag::Bool, 4)
        } else if r.starts_with(b"NULL\"") {
            (Tag::Null, 4)
        } else if r.starts_with(b"SS\"") {
            (Tag::Ss, 2)
        } else if r.starts_with(b"NS\"") {
            (Tag::Ns, 2)
        } else if r.starts_with(b"BS\"") {
            (Tag::Bs, 2)
        } else {
            return err("unknown tag");
        };
        self.at += n + 1;
        self.eat(b':')?;
        Ok(t)
    }
}
/// A value; `tag: None` means the `{"S":` wrapper is still ahead; Some(t): the payload of a t is next and no closing brace belongs to us.
struct Val<'a, 'de> {
    d: &'a mut De<'de>,
    tag: Option<Tag>,
}
struct MapAcc<'a, 'de> {
    d: &'a mut De<'de>,
    first: bool,
}
struct SeqAcc<'a, 'de> {
    d: &'a mut De<'de>,
    first: bool,
    el: Option<Tag>,
}
struct KeyDe<'de>(Cow<'de, str>);
impl<'de> de::Deserializer<'de> for KeyDe<'de> {
    type Error = Error;
    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, v: V) -> R<V::Value> {
        match self.0 {
            Cow::Borrowed(s) => v.visit_borrowed_str(s),
            Cow::Owned(s) => v.visit_string(s),
        }
    }
    serde::forward_to_deserialize_any! { bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any }
}
impl<'de> de::MapAccess<'de> for MapAcc<'_, 'de> {
    type Error = Error;
    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, k: K) -> R<Option<K::Value>> {
        match self.d.obj_next(&mut self.first)? {
            None => Ok(None),
            Some(s) => k.deserialize(KeyDe(s)).map(Some),
        }
    }
    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, s: S) -> R<S::Value> {
        s.deserialize(Val { d: self.d, tag: None })
    }
}
impl<'de> de::SeqAccess<'de> for SeqAcc<'_, 'de> {
    type Error = Error;
    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, s: S) -> R<Option<S::Value>> {
        if !self.d.arr_next(&mut self.first)? {
            return Ok(None);
        }
        s.deserialize(Val { d: self.d, tag: self.el }).map(Some)
    }
}

impl<'a, 'de> Val<'a, 'de> {
    #[inline]
    fn with<T>(self, f: impl FnOnce(&mut De<'de>, Tag) -> R<T>) -> R<T> {
        match self.tag {
            Some(t) => f(self.d, t),
            None => {
                let t = self.d.tag()?;
                let r = f(self.d, t)?;
                self.d.eat(b'}')?;
                Ok(r)
            }
        }
    }
}
fn vstr<'de, V: Visitor<'de>>(s: Cow<'de, str>, v: V) -> R<V::Value> {
    match s {
        Cow::Borrowed(s) => v.visit_borrowed_str(s),
        Cow::Owned(s) => v.visit_string(s),
    }
}
fn any<'de, V: Visitor<'de>>(d: &mut De<'de>, t: Tag, v: V) -> R<V::Value> {
    match t {
        Tag::S => vstr(d.string()?, v),
        Tag::N => {
            let s = d.string()?;
            if let Ok(x) = s.parse::<i64>() {
                if x >= 0 { v.visit_u64(x as u64) } else { v.visit_i64(x) }
            } else if let Ok(x) = s.parse::<u64>() {
                v.visit_u64(x)
            } else {
                v.visit_f64(s.parse().map_err(|_| Error::new("bad N"))?)
            }
        }
        Tag::Bool => v.visit_bool(d.bool()?),
        Tag::Null => {
            d.skip_value()?;
            v.visit_unit()
        }
        Tag::B => {
            use base64::Engine;
            v.visit_byte_buf(
                base64::engine::general_purpose::STANDARD
                    .decode(d.string()?.as_bytes())
                    .map_err(|_| Error::new("base64"))?,
            )
        }
        Tag::M => {
            d.eat(b'{')?;
            v.visit_map(MapAcc { d, first: true })
        }
        Tag::L | Tag::Ss | Tag::Ns | Tag::Bs => {
            d.eat(b'[')?;
            let el = match t {
                Tag::Ss => Some(Tag::S),
                Tag::Ns => Some(Tag::N),
                Tag::Bs => Some(Tag::B),
                _ => None,
            };
            v.visit_seq(SeqAcc { d, first: true, el })
        }
    }
}
macro_rules! num { ($($f:ident $vis:ident $t:ty),*) => { $( #[inline] fn $f<V: Visitor<'de>>(self, v: V) -> R<V::Value> { self.with(|d, t| if t == Tag::N { let s = d.string()?; match s.parse::<$t>() { Ok(x) => v.$vis(x), Err(_) => match s.parse::<f64>() { Ok(x) => v.visit_f64(x), Err(_) => err("bad N") } } } else { any(d, t, v) }) } )* } }
impl<'de> de::Deserializer<'de> for Val<'_, 'de> {
    type Error = Error;
    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, v: V) -> R<V::Value> {
        self.with(|d, t| any(d, t, v))
    }
    num!(deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64, deserialize_u128 visit_u128 u128, deserialize_f32 visit_f32 f32, deserialize_f64 visit_f64 f64);
    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, v: V) -> R<V::Value> {
        self.with(|d, t| {
            if t == Tag::Null {
                d.skip_value()?;
                v.visit_none()
            } else {
                v.visit_some(Val { d, tag: Some(t) })
            }
        })
    }
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, v: V) -> R<V::Value> {
        v.visit_newtype_struct(self)
    }
    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, v: V) -> R<V::Value> {
        self.d.skip_value()?;
        v.visit_unit()
    }
    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], v: V) -> R<V::Value> {
        self.with(|d, t| {
            if t == Tag::S {
                let s = d.string()?;
                v.visit_enum(s.as_ref().into_deserializer())
            } else {
                err("enum variants with data: not in prototype")
            }
        })
    }
    serde::forward_to_deserialize_any! { bool char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier }
}

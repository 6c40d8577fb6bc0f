//! Writes a serde type as DynamoDB JSON.

use super::EncodeError as Error;
use serde::ser::{self, Serialize};
type R<T> = Result<T, Error>;

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EncodeOptions {
    /// Keep `None` as NULL instead of leaving the attribute out.
    pub(crate) keep_nulls: bool,
}

static ESC: [u8; 256] = {
    let mut t = [0u8; 256];
    let mut i = 0;
    while i < 32 {
        t[i] = b'u';
        i += 1;
    }
    t[b'"' as usize] = b'"';
    t[b'\\' as usize] = b'\\';
    t[8] = b'b';
    t[9] = b't';
    t[10] = b'n';
    t[12] = b'f';
    t[13] = b'r';
    t
};

pub(crate) fn json_string(out: &mut Vec<u8>, s: &str) {
    let b = s.as_bytes();
    out.reserve(b.len() + 2);
    out.push(b'"');
    let mut start = 0;
    for (i, &c) in b.iter().enumerate() {
        let e = ESC[c as usize];
        if e == 0 {
            continue;
        }
        out.extend_from_slice(&b[start..i]);
        if e == b'u' {
            out.extend_from_slice(format!("\\u{:04x}", c).as_bytes());
        } else {
            out.extend_from_slice(&[b'\\', e]);
        }
        start = i + 1;
    }
    out.extend_from_slice(&b[start..]);
    out.push(b'"');
}

pub(crate) struct Ser<'a> {
    pub out: &'a mut Vec<u8>,
    pub top: bool,
}
pub(crate) fn encode_item<T: Serialize + ?Sized>(out: &mut Vec<u8>, v: &T, _options: EncodeOptions) -> R<()> {
    v.serialize(Ser { out, top: true })
}
pub(crate) fn encode_value<T: Serialize + ?Sized>(out: &mut Vec<u8>, v: &T, _options: EncodeOptions) -> R<()> {
    v.serialize(Ser { out, top: false })
}

macro_rules! int { ($($f:ident $t:ty),*) => { $( fn $f(self, v: $t) -> R<()> {
    self.out.extend_from_slice(b"{\"N\":\""); self.out.extend_from_slice(itoa::Buffer::new().format(v).as_bytes()); self.out.extend_from_slice(b"\"}"); Ok(()) } )* } }

pub(crate) struct Seq<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    end: &'static [u8],
}
pub(crate) struct Map<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    end: &'static [u8],
}

impl<'a> Ser<'a> {
    fn map(self, extra: Option<&str>) -> Map<'a> {
        if let Some(v) = extra {
            self.out.extend_from_slice(b"{\"M\":{");
            json_string(self.out, v);
            self.out.extend_from_slice(b":{\"M\":{");
            return Map { out: self.out, first: true, end: b"}}}}" };
        }
        if self.top {
            self.out.push(b'{');
            Map { out: self.out, first: true, end: b"}" }
        } else {
            self.out.extend_from_slice(b"{\"M\":{");
            Map { out: self.out, first: true, end: b"}}" }
        }
    }
    fn seq(self) -> Seq<'a> {
        self.out.extend_from_slice(b"{\"L\":[");
        Seq { out: self.out, first: true, end: b"]}" }
    }
}
impl<'a> ser::Serializer for Ser<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Seq<'a>;
    type SerializeTuple = Seq<'a>;
    type SerializeTupleStruct = Seq<'a>;
    type SerializeTupleVariant = Seq<'a>;
    type SerializeMap = Map<'a>;
    type SerializeStruct = Map<'a>;
    type SerializeStructVariant = Map<'a>;
    int!(serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_i128 i128, serialize_u128 u128);
    fn serialize_bool(self, v: bool) -> R<()> {
        self.out.extend_from_slice(if v { b"{\"BOOL\":true}" } else { b"{\"BOOL\":false}" });
        Ok(())
    }
    fn serialize_f32(self, v: f32) -> R<()> {
        self.serialize_f64(v as f64)
    }
    fn serialize_f64(self, v: f64) -> R<()> {
        if !v.is_finite() {
            return Err(Error::new("non-finite"));
        }
        self.out.extend_from_slice(b"{\"N\":\"");
        self.out.extend_from_slice(zmij::Buffer::new().format_finite(v).as_bytes());
        self.out.extend_from_slice(b"\"}");
        Ok(())
    }
    fn serialize_char(self, v: char) -> R<()> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, v: &str) -> R<()> {
        self.out.extend_from_slice(b"{\"S\":");
        json_string(self.out, v);
        self.out.push(b'}');
        Ok(())
    }
    fn serialize_bytes(self, v: &[u8]) -> R<()> {
        use base64::Engine;
        self.out.extend_from_slice(b"{\"B\":\"");
        self.out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(v).as_bytes());
        self.out.extend_from_slice(b"\"}");
        Ok(())
    }
    fn serialize_none(self) -> R<()> {
        self.serialize_unit()
    }
    fn serialize_some<T: ?Sized + Serialize>(self, v: &T) -> R<()> {
        v.serialize(self)
    }
    fn serialize_unit(self) -> R<()> {
        self.out.extend_from_slice(b"{\"NULL\":true}");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> R<()> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, v: &'static str) -> R<()> {
        self.serialize_str(v)
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, v: &T) -> R<()> {
        v.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        n: &'static str,
        v: &T,
    ) -> R<()> {
        let mut m = self.map(None);
        ser::SerializeStruct::serialize_field(&mut m, n, v)?;
        ser::SerializeStruct::end(m)
    }
    fn serialize_seq(self, _: Option<usize>) -> R<Seq<'a>> {
        Ok(self.seq())
    }
    fn serialize_tuple(self, _: usize) -> R<Seq<'a>> {
        Ok(self.seq())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> R<Seq<'a>> {
        Ok(self.seq())
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, n: &'static str, _: usize) -> R<Seq<'a>> {
        self.out.extend_from_slice(b"{\"M\":{");
        json_string(self.out, n);
        self.out.extend_from_slice(b":{\"L\":[");
        Ok(Seq { out: self.out, first: true, end: b"]}}}" })
    }
    fn serialize_map(self, _: Option<usize>) -> R<Map<'a>> {
        Ok(self.map(None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> R<Map<'a>> {
        Ok(self.map(None))
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, n: &'static str, _: usize) -> R<Map<'a>> {
        Ok(self.map(Some(n)))
    }
}
impl Seq<'_> {
    fn el<T: ?Sized + Serialize>(&mut self, v: &T) -> R<()> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        v.serialize(Ser { out: self.out, top: false })
    }
    fn fin(self) -> R<()> {
        self.out.extend_from_slice(self.end);
        Ok(())
    }
}
impl ser::SerializeSeq for Seq<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: ?Sized + Serialize>(&mut self, v: &T) -> R<()> {
        self.el(v)
    }
    fn end(self) -> R<()> {
        self.fin()
    }
}
impl ser::SerializeTuple for Seq<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: ?Sized + Serialize>(&mut self, v: &T) -> R<()> {
        self.el(v)
    }
    fn end(self) -> R<()> {
        self.fin()
    }
}
impl ser::SerializeTupleStruct for Seq<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, v: &T) -> R<()> {
        self.el(v)
    }
    fn end(self) -> R<()> {
        self.fin()
    }
}
impl ser::SerializeTupleVariant for Seq<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, v: &T) -> R<()> {
        self.el(v)
    }
    fn end(self) -> R<()> {
        self.fin()
    }
}
impl Map<'_> {
    fn key(&mut self, k: &str) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        json_string(self.out, k);
        self.out.push(b':');
    }
}
impl ser::SerializeStruct for Map<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, k: &'static str, v: &T) -> R<()> {
        self.key(k);
        v.serialize(Ser { out: self.out, top: false })
    }
    fn end(self) -> R<()> {
        self.out.extend_from_slice(self.end);
        Ok(())
    }
}
impl ser::SerializeStructVariant for Map<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: ?Sized + Serialize>(&mut self, k: &'static str, v: &T) -> R<()> {
        self.key(k);
        v.serialize(Ser { out: self.out, top: false })
    }
    fn end(self) -> R<()> {
        self.out.extend_from_slice(self.end);
        Ok(())
    }
}
impl ser::SerializeMap for Map<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_key<T: ?Sized + Serialize>(&mut self, k: &T) -> R<()> {
        // strings only in this prototype: serialise as {"S":..} then strip
        let mut t = Vec::new();
        k.serialize(Ser { out: &mut t, top: false })?;
        if !t.starts_with(b"{\"S\":") {
            return Err(Error::new("map key must be a string"));
        }
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.extend_from_slice(&t[5..t.len() - 1]);
        self.out.push(b':');
        Ok(())
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, v: &T) -> R<()> {
        v.serialize(Ser { out: self.out, top: false })
    }
    fn end(self) -> R<()> {
        self.out.extend_from_slice(self.end);
        Ok(())
    }
}

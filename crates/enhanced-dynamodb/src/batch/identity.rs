//! Which operations are on one key. Keys are compared as the service does: numbers by their value, texts and bytes as
//! they are, the attributes in any order.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::num::NonZeroU64;

use crate::codec::{Reader, find_quote_or_backslash};
use crate::item::Number;
use crate::keys::KeyNames;

/// What stands for a key.
pub(super) type Digest = NonZeroU64;

/// Digests keys. Two operations of one digest are taken for operations on one key: should two keys ever share one, they
/// are merely kept apart without need.
#[derive(Default)]
pub(super) struct Identity(RandomState);

impl Identity {
    /// The digest of the key of an item or key (`{"id":{"S":"m1"}, …}`) in a table. `None` if it has no such key.
    pub(super) fn of(&self, table: usize, names: &KeyNames, attributes: &[u8]) -> Option<Digest> {
        let names = names.names();
        let digest = self.in_front(table, names, attributes).or_else(|| self.within(table, names, attributes))?;
        Some(Digest::new(digest).unwrap_or(Digest::MIN))
    }

    /// The same of a key that stands first in an item, as it mostly does, and without escapes: nothing else need be looked
    /// at then.
    fn in_front(&self, table: usize, names: &[String], attributes: &[u8]) -> Option<u64> {
        let (mut digest, mut rest, mut last) = (0, attributes, None);
        for nth in 0..names.len() {
            rest = rest.strip_prefix(if nth == 0 { b"{\"" } else { b",\"" })?;
            let (position, value) = names.iter().enumerate().find_map(|(position, name)| {
                Some((position, rest.strip_prefix(name.as_bytes())?.strip_prefix(b"\":{\"")?))
            })?;
            // A key has two attributes at most.
            if last.replace(position) == Some(position) {
                return None;
            }
            let [kind @ (b'S' | b'B' | b'N'), b'"', b':', b'"', value @ ..] = value else { return None };
            let end = find_quote_or_backslash(value, 0).filter(|end| value.get(*end) == Some(&b'"'))?;
            digest ^= self.attribute(table, position, *kind, value.get(..end)?)?;
            rest = value.get(end + 1..)?.strip_prefix(b"}")?;
        }
        Some(digest)
    }

    fn within(&self, table: usize, names: &[String], attributes: &[u8]) -> Option<u64> {
        let mut reader = Reader::new(attributes).ok()?;
        let mut object = reader.object().ok()?;
        let (mut digest, mut found) = (0, 0);
        while let Some(name) = object.next_key(&mut reader).ok()? {
            match names.iter().position(|known| *known == *name) {
                None => reader.skip_value().ok()?,
                Some(position) => {
                    let (kind, text) = value(&mut reader)?;
                    digest ^= self.attribute(table, position, kind, text.as_bytes())?;
                    found += 1;
                    if found == names.len() {
                        return Some(digest);
                    }
                }
            }
        }
        None
    }

    /// The digest of one value, of a type that a key may have: its descriptor (S, B or N), and its text.
    fn attribute(&self, table: usize, position: usize, kind: u8, text: &[u8]) -> Option<u64> {
        let mut hasher = self.0.build_hasher();
        // One word for all that is short: a hasher takes as long for each as for a short text.
        hasher.write_usize(table << 16 | position << 8 | usize::from(kind));
        match kind {
            b'N' => Number::parse(std::str::from_utf8(text).ok()?).ok()?.hash(&mut hasher),
            _ => hasher.write(text),
        }
        Some(hasher.finish())
    }
}

/// A value that a key may have, `{"S":"m1"}`: its descriptor, and its text.
fn value<'a>(reader: &mut Reader<'a>) -> Option<(u8, Cow<'a, str>)> {
    let mut object = reader.object().ok()?;
    let descriptor = object.next_key(reader).ok()??;
    let [kind @ (b'S' | b'B' | b'N')] = *descriptor.as_bytes() else { return None };
    let text = reader.string().ok()?;
    object.next_key(reader).ok()?.is_none().then_some((kind, text))
}

/// For maps whose keys are digests already.
#[derive(Clone, Copy, Default)]
pub(super) struct Digested(u64);

impl Hasher for Digested {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

/// Makes [`Digested`].
pub(super) type ByDigest = std::hash::BuildHasherDefault<Digested>;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> KeyNames {
        let schema = crate::KeySchema::new(names[0]);
        KeyNames::of(&names.get(1).map_or(schema.clone(), |sort| schema.with_sort(*sort)))
    }

    #[test]
    fn keys_are_compared_as_the_service_does() {
        let identity = Identity::default();
        let key = |json: &str| identity.of(0, &names(&["id", "at"]), json.as_bytes());
        let one = key(r#"{"id":{"S":"a"},"at":{"N":"1"}}"#);
        assert!(one.is_some());
        assert_eq!(one, key(r#"{"text":{"L":[{"S":"x"}]},"at":{"N":"1.0"},"id":{"S":"a"}}"#));
        assert_eq!(one, key(r#"{"id":{"S":"\u0061"},"at":{"N":"10E-1"}}"#), "escapes and exponents mean the same");
        for other in [
            r#"{"id":{"S":"a"},"at":{"S":"1"}}"#,
            r#"{"id":{"B":"a"},"at":{"N":"1"}}"#,
            r#"{"id":{"S":"b"},"at":{"N":"1"}}"#,
            r#"{"id":{"S":"a"},"at":{"N":"2"}}"#,
        ] {
            assert_ne!(key(other), one, "{other}");
        }
        assert_ne!(identity.of(1, &names(&["id", "at"]), br#"{"id":{"S":"a"},"at":{"N":"1"}}"#), one, "another table");
    }

    #[test]
    fn a_key_is_one_wherever_it_stands_in_an_item() {
        let identity = Identity::default();
        let key = |json: &str| identity.of(0, &names(&["id", "at"]), json.as_bytes());
        let one = key(r#"{"id":{"S":"é"},"at":{"N":"12"}}"#);
        assert!(one.is_some());
        for same in [
            r#"{"id":{"S":"é"},"at":{"N":"12"},"text":{"S":"…"}}"#,
            r#"{"id":{"S":"é"},"at":{"N":"12.0"}}"#,
            r#"{"at":{"N":"12"},"id":{"S":"é"},"text":{"S":"…"}}"#,
            r#"{"at":{"N":"12"},"id":{"S":"é"}}"#,
            r#"{"id":{"S":"é"},"text":{"S":"\""},"at":{"N":"12"}}"#,
            r#"{ "id": {"S":"\u00e9"}, "at": {"N":"12"} }"#,
            r#"{"idle":{"S":"x"},"id":{"S":"é"},"at":{"N":"12"}}"#,
        ] {
            assert_eq!(key(same), one, "{same}");
        }
    }

    #[test]
    fn what_lacks_a_key_attribute_or_has_it_of_another_kind_has_no_key() {
        let identity = Identity::default();
        for json in [
            r#"{"at":{"N":"1"}}"#,
            r#"{"id":{"NULL":true}}"#,
            r#"{"id":{"SS":["a"]}}"#,
            r#"{"id":{"N":"x"}}"#,
            r#"{"id":{}}"#,
            "{}",
            "",
        ] {
            assert_eq!(identity.of(0, &names(&["id"]), json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn the_attributes_of_a_key_do_not_stand_for_each_other() {
        let identity = Identity::default();
        let key = |json: &str| identity.of(0, &names(&["a", "b"]), json.as_bytes());
        assert_ne!(key(r#"{"a":{"S":"x"},"b":{"S":"y"}}"#), key(r#"{"a":{"S":"y"},"b":{"S":"x"}}"#));
        assert_ne!(key(r#"{"a":{"S":"x"},"b":{"S":"x"}}"#), key(r#"{"a":{"S":"y"},"b":{"S":"y"}}"#));
    }
}

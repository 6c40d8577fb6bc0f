//! Finds two actions on one item, which the service refuses: as far as that is certain without knowing the tables.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::codec::{DecodeError, Reader};
use crate::keys::canonical;

/// What a transaction does with one item.
pub(super) struct Subject<'a> {
    pub(super) table: &'a str,
    /// The key, or the item of a put, as the service's JSON.
    pub(super) json: &'a [u8],
    pub(super) is_put: bool,
}

/// An attribute that may be part of a key: name, type, value in the one form that equal values share.
type Attribute<'a> = (Cow<'a, str>, Cow<'a, str>, Cow<'a, str>);

/// Two of them on one item, by their positions. A put is told by the key's names that other actions on its table have
/// named; two puts where no name is known, only if they write the same. Nothing is found in what is not understood:
/// the service then says what is wrong.
pub(super) fn two_on_one_item<'a>(subjects: &[Subject<'a>]) -> Option<(usize, usize)> {
    if subjects.len() < 2 {
        return None;
    }
    let parts: Vec<Vec<Attribute<'a>>> =
        subjects.iter().map(|subject| scalars(subject.json).unwrap_or_default()).collect();
    // The names of each table's key.
    let mut keys: HashMap<&str, Vec<&str>> = HashMap::new();
    for (subject, part) in subjects.iter().zip(&parts) {
        if !subject.is_put && !part.is_empty() {
            keys.entry(subject.table).or_insert_with(|| part.iter().map(|(name, _, _)| &**name).collect());
        }
    }
    let mut seen: HashMap<(&str, Identity<'_, 'a>), usize> = HashMap::with_capacity(subjects.len());
    for (index, (subject, part)) in subjects.iter().zip(&parts).enumerate().filter(|(_, (_, part))| !part.is_empty()) {
        let identity = match keys.get(subject.table) {
            None => Identity::Whole(subject.json),
            Some(names) => {
                let key: Vec<&Attribute<'a>> =
                    part.iter().filter(|(name, _, _)| names.iter().any(|key| key == name)).collect();
                // Another key than the others have: not this check's matter.
                if key.len() != names.len() || !subject.is_put && part.len() != names.len() {
                    continue;
                }
                Identity::Key(key)
            }
        };
        if let Some(first) = seen.insert((subject.table, identity), index) {
            return Some((first, index));
        }
    }
    None
}

/// By what an item is known.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'p, 'a> {
    Key(Vec<&'p Attribute<'a>>),
    /// A put whose key is not known.
    Whole(&'a [u8]),
}

/// The attributes of the types that keys have, ordered by name.
fn scalars(json: &[u8]) -> Result<Vec<Attribute<'_>>, DecodeError> {
    let mut scalars = Vec::new();
    let mut reader = Reader::new(json)?;
    let mut object = reader.object()?;
    while let Some(name) = object.next_key(&mut reader)? {
        let mut value = reader.object()?;
        while let Some(kind) = value.next_key(&mut reader)? {
            match &*kind {
                "S" | "B" | "N" => {
                    let text = canonical(&kind, reader.string()?);
                    scalars.push((name.clone(), kind, text));
                }
                _ => reader.skip_value()?,
            }
        }
    }
    scalars.sort_unstable();
    Ok(scalars)
}

#[cfg(test)]
mod tests {
    use super::{Subject, two_on_one_item};

    fn found(subjects: &[(&str, &str, bool)]) -> Option<(usize, usize)> {
        let subjects: Vec<Subject<'_>> =
            subjects.iter().map(|&(table, json, is_put)| Subject { table, json: json.as_bytes(), is_put }).collect();
        two_on_one_item(&subjects)
    }

    const A: &str = r#"{"id":{"S":"a"}}"#;
    const B: &str = r#"{"id":{"S":"b"}}"#;

    #[test]
    fn the_same_key_in_the_same_table_is_one_item() {
        assert_eq!(found(&[("T", A, false), ("T", B, false), ("T", A, false)]), Some((0, 2)));
        assert_eq!(found(&[("T", A, false), ("U", A, false), ("T", B, false)]), None);
    }

    #[test]
    fn keys_are_compared_as_the_service_does() {
        let one = r#"{"p":{"S":"\u0061"},"n":{"N":"1"}}"#;
        let same = r#"{"n":{"N":"1.0"},"p":{"S":"a"}}"#;
        assert_eq!(found(&[("T", one, false), ("T", same, false)]), Some((0, 1)));
        let text = r#"{"n":{"S":"1"},"p":{"S":"a"}}"#;
        assert_eq!(found(&[("T", one, false), ("T", text, false)]), None, "a text is no number");
    }

    #[test]
    fn a_put_is_known_by_the_key_that_another_action_on_its_table_names() {
        let item = r#"{"text":{"S":"x"},"id":{"S":"a"},"list":{"L":[{"S":"a"}]}}"#;
        assert_eq!(found(&[("T", item, true), ("T", A, false)]), Some((0, 1)));
        assert_eq!(found(&[("T", item, true), ("T", B, false)]), None);
        let other = r#"{"text":{"S":"y"},"id":{"S":"a"}}"#;
        assert_eq!(found(&[("T", item, true), ("T", other, true), ("T", B, false)]), Some((0, 1)));
    }

    #[test]
    fn puts_into_a_table_whose_key_nobody_names_are_told_apart_by_the_service() {
        let other = r#"{"id":{"S":"a"},"text":{"S":"y"}}"#;
        assert_eq!(found(&[("T", A, true), ("T", other, true)]), None);
        assert_eq!(found(&[("T", A, true), ("T", A, true)]), Some((0, 1)), "the same item has the same key");
    }

    #[test]
    fn what_is_not_understood_is_left_to_the_service() {
        assert_eq!(found(&[("T", "", false), ("T", "", false)]), None);
        assert_eq!(
            found(&[("T", r#"{"a":{"S":"x"}}"#, false), ("T", A, false), ("T", r#"{"b":{"S":"a"}}"#, true)]),
            None
        );
    }
}

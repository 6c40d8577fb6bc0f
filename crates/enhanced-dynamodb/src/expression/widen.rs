//! Projections that are widened: attributes that the client itself must see are read beside those that were asked for.

use std::borrow::Cow;

use super::placeholders::check_length;
use super::token::{Token, Tokens};
use crate::codec::{DecodeError, Reader, json_name, json_string, members};
use crate::error::Error;

/// Adds attributes to the projection among a request's members, and tells which of them the caller did not ask for.
///
/// `members` is a part of a body, each member with a comma before it. Without a projection (`ProjectionExpression`, or
/// the legacy `AttributesToGet`) every attribute comes anyway, and nothing changes. Where the projection leads into one
/// of the attributes, the whole attribute takes that path's place: the service refuses paths that overlap.
///
/// # Errors
/// If the members are no JSON, or the projection becomes longer than the service takes.
pub(crate) fn widen_projection(members: &mut Vec<u8>, wanted: &[impl AsRef<str>]) -> Result<Vec<String>, Error> {
    let Some(inner) = members.strip_prefix(b",") else { return Ok(Vec::new()) };
    let object = [b"{", inner, b"}"].concat();
    let widened = widen(&object, wanted)?;
    Ok(match widened {
        None => Vec::new(),
        Some((written, added)) => {
            *members = written;
            added
        }
    })
}

/// The members anew, and what was added.
type Widened = (Vec<u8>, Vec<String>);

fn widen(object: &[u8], wanted: &[impl AsRef<str>]) -> Result<Option<Widened>, Error> {
    let mut written = Vec::with_capacity(object.len() + 64);
    let (mut projection, mut names, mut legacy) = (None, Vec::new(), None);
    for (name, at) in members(object)? {
        match &*name {
            "ProjectionExpression" => projection = Some(Reader::new(&object[at])?.string()?.into_owned()),
            "ExpressionAttributeNames" => names = strings_of(&object[at])?,
            "AttributesToGet" => legacy = Some(elements_of(&object[at])?),
            _ => raw_member(&mut written, &name, &object[at]),
        }
    }
    let mut added = Vec::new();
    match (projection, legacy) {
        (None, None) => return Ok(None),
        (Some(text), _) => {
            let text = widen_text(text, &mut names, wanted, &mut added);
            check_length("projection", &text)?;
            member(&mut written, "ProjectionExpression");
            json_string(&mut written, &text);
            if !names.is_empty() {
                member(&mut written, "ExpressionAttributeNames");
                write_object(&mut written, &names);
            }
        }
        (None, Some(mut attributes)) => {
            for name in wanted.iter().map(AsRef::as_ref) {
                if !attributes.iter().any(|asked| asked == name) {
                    attributes.push(name.to_owned());
                    added.push(name.to_owned());
                }
            }
            member(&mut written, "AttributesToGet");
            write_array(&mut written, &attributes);
        }
    }
    Ok(Some((written, added)))
}

fn widen_text(
    text: String,
    names: &mut Vec<(String, String)>,
    wanted: &[impl AsRef<str>],
    added: &mut Vec<String>,
) -> String {
    let mut paths: Vec<Cow<'_, str>> = text.split(',').map(Cow::Borrowed).collect();
    let mut replaced = String::new();
    for name in wanted.iter().map(AsRef::as_ref) {
        let (whole, inside) = paths_to(&paths, names, name);
        if whole {
            continue;
        }
        for at in inside.iter().rev() {
            replaced.push_str(&paths.remove(*at));
        }
        if inside.is_empty() {
            added.push(name.to_owned());
        }
        let placeholder = match names.iter().find(|(_, stands_for)| stands_for == name) {
            Some((placeholder, _)) => placeholder.clone(),
            None => {
                let placeholder = free_placeholder(&text, names);
                names.push((placeholder.clone(), name.to_owned()));
                placeholder
            }
        };
        paths.push(Cow::Owned(placeholder));
    }
    let widened = paths.join(",");
    // The service refuses names that no expression uses.
    if !replaced.is_empty() {
        names.retain(|(name, _)| uses(&widened, name) || !uses(&replaced, name));
    }
    widened
}

/// Whether one of the paths is the attribute itself, and which lead into it.
fn paths_to(paths: &[Cow<'_, str>], names: &[(String, String)], name: &str) -> (bool, Vec<usize>) {
    let (mut whole, mut inside) = (false, Vec::new());
    for (at, path) in paths.iter().enumerate() {
        let mut tokens = Tokens::new(path);
        let is_first = match tokens.next() {
            Some(Token::Word(word)) => word == name,
            Some(Token::Name(placeholder)) => {
                names.iter().any(|(given, stands_for)| given == placeholder && stands_for == name)
            }
            Some(Token::Value(_) | Token::Number(_) | Token::Sign(_)) | None => false,
        };
        match (is_first, tokens.next()) {
            (true, None) => whole = true,
            (true, Some(_)) => inside.push(at),
            (false, _) => {}
        }
    }
    (whole, inside)
}

fn uses(text: &str, placeholder: &str) -> bool {
    Tokens::new(text).any(|token| token == Token::Name(placeholder))
}

fn free_placeholder(text: &str, names: &[(String, String)]) -> String {
    let mut number = 0u32;
    loop {
        let placeholder = format!("#added{number}");
        if !uses(text, &placeholder) && !names.iter().any(|(given, _)| *given == placeholder) {
            return placeholder;
        }
        number += 1;
    }
}

fn strings_of(object: &[u8]) -> Result<Vec<(String, String)>, DecodeError> {
    let mut strings = Vec::new();
    let mut reader = Reader::new(object)?;
    let mut walk = reader.object()?;
    while let Some(name) = walk.next_key(&mut reader)? {
        strings.push((name.into_owned(), reader.string()?.into_owned()));
    }
    Ok(strings)
}

fn elements_of(array: &[u8]) -> Result<Vec<String>, DecodeError> {
    let mut elements = Vec::new();
    let mut reader = Reader::new(array)?;
    let Some(mut walk) = reader.optional_array()? else { return Ok(elements) };
    while walk.next_element(&mut reader)? {
        elements.push(reader.string()?.into_owned());
    }
    Ok(elements)
}

fn member(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    json_name(out, name);
}

fn raw_member(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    member(out, name);
    out.extend_from_slice(value);
}

fn write_object(out: &mut Vec<u8>, members: &[(String, String)]) {
    out.push(b'{');
    for (at, (name, value)) in members.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json_name(out, name);
        json_string(out, value);
    }
    out.push(b'}');
}

fn write_array(out: &mut Vec<u8>, elements: &[String]) {
    out.push(b'[');
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json_string(out, element);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::widen_projection;

    /// The members after, and what was added.
    fn widened(members: &str, wanted: &[&str]) -> (String, Vec<String>) {
        let mut bytes = members.as_bytes().to_vec();
        let added = widen_projection(&mut bytes, wanted).unwrap_or_default();
        (String::from_utf8_lossy(&bytes).into_owned(), added)
    }

    #[test]
    fn what_reads_everything_stays_as_it_is() {
        for members in ["", r#","ConsistentRead":true"#] {
            assert_eq!(widened(members, &["id"]), (members.to_owned(), vec![]));
        }
    }

    #[test]
    fn an_attribute_that_was_not_asked_for_is_added() {
        let (members, added) =
            widened(r##","ProjectionExpression":"#n0","ExpressionAttributeNames":{"#n0":"size"}"##, &["id"]);
        assert_eq!(
            members,
            r##","ProjectionExpression":"#n0,#added0","ExpressionAttributeNames":{"#n0":"size","#added0":"id"}"##
        );
        assert_eq!(added, ["id"]);
    }

    #[test]
    fn an_attribute_that_was_asked_for_is_not_by_name_nor_by_alias() {
        for members in [
            r#","ProjectionExpression":"size, id""#,
            r##","ProjectionExpression":" #i ,size","ExpressionAttributeNames":{"#i":"id"}"##,
        ] {
            assert_eq!(widened(members, &["id"]), (members.to_owned(), vec![]));
        }
    }

    #[test]
    fn a_placeholder_of_the_callers_is_not_taken() {
        let (members, added) =
            widened(r##","ProjectionExpression":"#added0","ExpressionAttributeNames":{"#added0":"x"}"##, &["id"]);
        assert!(members.contains(r##""#added1":"id""##), "{members}");
        assert_eq!(added, ["id"]);
    }

    #[test]
    fn a_path_into_the_attribute_becomes_the_whole_attribute() {
        let (members, added) =
            widened(r##","ProjectionExpression":"id.#x, size","ExpressionAttributeNames":{"#x":"y"}"##, &["id"]);
        assert_eq!(members, r##","ProjectionExpression":" size,#added0","ExpressionAttributeNames":{"#added0":"id"}"##);
        assert!(added.is_empty());
    }

    #[test]
    fn the_legacy_list_is_widened_too() {
        let (members, added) = widened(r#","AttributesToGet":["a","id"]"#, &["id", "at"]);
        assert_eq!((members.as_str(), added), (r#","AttributesToGet":["a","id","at"]"#, vec!["at".to_owned()]));
    }
}

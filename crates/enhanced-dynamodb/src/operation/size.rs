//! The size of an item as the service counts it: a bound below which it surely does not lie.

use crate::codec::{DecodeError, Reader};
use crate::error::{Error, ErrorKind};

/// The largest item, in bytes (DynamoDB developer guide, "Quotas": 400 KB).
const LARGEST_ITEM: usize = 409_600;

/// Refuses an item that the service would surely refuse. `json` is the item as it stands in the request.
///
/// # Errors
/// [`ErrorKind::ItemTooLarge`] if a proven lower bound of its size exceeds 409,600 bytes.
pub(crate) fn check_item(json: &[u8]) -> Result<(), Error> {
    // The JSON of an item is never shorter than the item, so that most need no look inside.
    if json.len() <= LARGEST_ITEM {
        return Ok(());
    }
    let bytes = least_bytes(json)?;
    if bytes <= LARGEST_ITEM {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::ItemTooLarge,
        format!("the item has at least {bytes} bytes; the service allows 409600 (400 KB), and nothing was sent"),
    ))
}

/// A proven lower bound of an item's size in bytes. `json` is the item as it stands in the request.
///
/// # Errors
/// If it is no item.
pub(crate) fn least_bytes(json: &[u8]) -> Result<usize, Error> {
    Ok(Reader::new(json).and_then(|mut reader| attributes(&mut reader))?)
}

/// Names and values of an attribute map.
fn attributes(reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let mut bytes = 0;
    let mut object = reader.object()?;
    while let Some(name) = object.next_key(reader)? {
        bytes += name.len() + value(reader)?;
    }
    Ok(bytes)
}

/// One value: `{"S":"…"}`. What is not counted exactly is counted low.
fn value(reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let mut bytes = 0;
    let mut object = reader.object()?;
    while let Some(tag) = object.next_key(reader)? {
        bytes += match &*tag {
            "S" => reader.string()?.len(),
            "B" => binary(&reader.string()?),
            "N" => number(&reader.string()?),
            "M" => attributes(reader)?,
            "L" => list(reader, value)?,
            "SS" => list(reader, |reader| Ok(reader.string()?.len()))?,
            "BS" => list(reader, |reader| Ok(binary(&reader.string()?)))?,
            "NS" => list(reader, |reader| Ok(number(&reader.string()?)))?,
            _ => {
                reader.skip_value()?;
                1
            }
        };
    }
    Ok(bytes)
}

fn list<'de>(
    reader: &mut Reader<'de>,
    mut element: impl FnMut(&mut Reader<'de>) -> Result<usize, DecodeError>,
) -> Result<usize, DecodeError> {
    let mut bytes = 0;
    let mut array = reader.array()?;
    while array.next_element(reader)? {
        bytes += element(reader)?;
    }
    Ok(bytes)
}

/// Three bytes for four characters of Base64.
fn binary(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

/// About one byte for two significant digits and one more (the developer guide, "DynamoDB item sizes"); the extra
/// byte is left out, since "about" proves nothing.
fn number(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let significant = digits.iter().skip_while(|digit| **digit == b'0').count();
    let trailing = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    significant.saturating_sub(trailing) / 2
}

#[cfg(test)]
mod tests {
    use super::{attributes, check_item};
    use crate::codec::Reader;
    use crate::error::ErrorKind;

    fn size(json: &str) -> Option<usize> {
        Reader::new(json.as_bytes()).and_then(|mut reader| attributes(&mut reader)).ok()
    }

    #[test]
    fn names_and_values_are_counted_as_the_service_does_or_lower() {
        assert_eq!(size(r#"{"id":{"S":"héllo"}}"#), Some(2 + 6));
        assert_eq!(size(r#"{"b":{"B":"AAECAw=="}}"#), Some(1 + 4));
        assert_eq!(size(r#"{"n":{"N":"-12000.50E3"}}"#), Some(1 + 3));
        assert_eq!(size(r#"{"m":{"M":{"x":{"L":[{"S":"ab"},{"BOOL":true}]}}}}"#), Some(1 + 1 + 2 + 1));
        assert_eq!(size(r#"{"s":{"SS":["a","bc"]},"q":{"NULL":true}}"#), Some(1 + 3 + 1 + 1));
    }

    #[test]
    fn an_item_at_the_limit_passes_and_one_above_it_does_not() {
        let item = |bytes: usize| format!(r#"{{"id":{{"S":"{}"}}}}"#, "x".repeat(bytes - 2));
        assert!(check_item(item(409_600).as_bytes()).is_ok());
        let error = check_item(item(409_601).as_bytes()).err();
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::ItemTooLarge));
    }

    #[test]
    fn escapes_do_not_make_an_item_look_larger_than_it_is() {
        let json = format!(r#"{{"id":{{"S":"{}"}}}}"#, "\\n".repeat(300_000));
        assert!(check_item(json.as_bytes()).is_ok(), "600 KB of JSON, but 300 KB of item");
    }
}

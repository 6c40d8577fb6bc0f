//! Checkpoints: where each segment of a scan stands, in one cursor.
//!
//! Sealed as any cursor is; inside is a list: a segment that has not begun is 0, one that is read is 1, and else it is
//! the key behind which it goes on.

use bytes::Bytes;

use super::{CursorBinding, CursorKey, MAX_TEXT, check_key, invalid, open, seal};
use crate::codec::{DecodeError, Reader};
use crate::error::Error;

/// Where one segment stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Position {
    Beginning,
    /// Behind this key.
    Behind(Bytes),
    Done,
}

/// The cursor for these positions.
pub(crate) fn encode_checkpoint(positions: &[Position], binding: CursorBinding, key: Option<&CursorKey>) -> String {
    let mut list = Vec::with_capacity(2 + positions.len() * 2);
    list.push(b'[');
    for (at, position) in positions.iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        match position {
            Position::Beginning => list.push(b'0'),
            Position::Done => list.push(b'1'),
            Position::Behind(key) => list.extend_from_slice(key),
        }
    }
    list.push(b']');
    seal(&list, binding, key)
}

/// The positions of so many segments.
///
/// # Errors
/// As for any cursor.
pub(crate) fn decode_checkpoint(
    text: &str,
    segments: u32,
    binding: CursorBinding,
    key: Option<&CursorKey>,
) -> Result<Vec<Position>, Error> {
    let list = Bytes::from(open(text, MAX_TEXT.saturating_mul(segments as usize), binding, key)?);
    let positions =
        read(&list).map_err(|error| invalid("the cursor is damaged: it holds no positions").with_source(error))?;
    if positions.len() != segments as usize {
        return Err(invalid(format!(
            "the cursor is damaged: it holds {} positions for {segments} segments",
            positions.len()
        )));
    }
    Ok(positions)
}

fn read(list: &Bytes) -> Result<Vec<Position>, DecodeError> {
    let mut positions = Vec::new();
    let mut reader = Reader::new(list)?;
    let mut array = reader.array()?;
    while array.next_element(&mut reader)? {
        let at = reader.raw_value()?;
        positions.push(match &list[at.clone()] {
            b"0" => Position::Beginning,
            b"1" => Position::Done,
            key => {
                check_key(key)?;
                Position::Behind(list.slice(at))
            }
        });
    }
    reader.end()?;
    Ok(positions)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Position, decode_checkpoint, encode_checkpoint};
    use crate::expression::cursor::{CursorBinding, encode_cursor, seal};
    use bytes::Bytes;
    use proptest::prelude::*;

    fn binding() -> CursorBinding {
        CursorBinding::segments("T", None, 3)
    }

    #[test]
    fn what_is_no_list_of_so_many_positions_is_refused() {
        for list in
            ["", "[]", "[0,1]", "[0,1,1,0]", "[0,1,2]", r#"[0,1,{"a":{"M":{}}}]"#, "[0,1,0]x", "{\"a\":{\"S\":\"b\"}}"]
        {
            let sealed = seal(list.as_bytes(), binding(), None);
            assert!(decode_checkpoint(&sealed, 3, binding(), None).is_err(), "{list}");
        }
        let cursor = encode_cursor(br#"{"a":{"S":"b"}}"#, binding(), None);
        assert!(decode_checkpoint(&cursor, 3, binding(), None).is_err());
    }

    proptest! {
        #[test]
        fn positions_come_back_as_they_went(kinds in prop::collection::vec((0..3, "[ -~é]{0,20}"), 1..40)) {
            let positions: Vec<Position> = kinds
                .into_iter()
                .map(|(kind, text)| match kind {
                    0 => Position::Beginning,
                    1 => Position::Done,
                    _ => Position::Behind(Bytes::from(serde_json::json!({ "id": { "S": text } }).to_string())),
                })
                .collect();
            let count = positions.len() as u32;
            let text = encode_checkpoint(&positions, binding(), None);
            prop_assert_eq!(decode_checkpoint(&text, count, binding(), None).unwrap(), positions);
        }

        #[test]
        fn no_text_is_a_panic(text in "[A-Za-z0-9_-]{0,80}", list in "[\\[\\],{}\":01a-zSNB]{0,40}") {
            prop_assert!(decode_checkpoint(&text, 3, binding(), None).is_err());
            let sealed = seal(list.as_bytes(), binding(), None);
            let _either = decode_checkpoint(&sealed, 3, binding(), None).is_ok();
        }
    }
}

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

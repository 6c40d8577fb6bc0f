//! JSON strings: what has to be escaped in them, and where they end. Both look at eight bytes at a time.

/// How each byte is written: 0 as it is, `u` as `\u00XX`, another letter as that escape.
static ESCAPES: [u8; 256] = {
    let mut escapes = [0u8; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes[0x08] = b'b';
    escapes[b'\t' as usize] = b't';
    escapes[b'\n' as usize] = b'n';
    escapes[0x0C] = b'f';
    escapes[b'\r' as usize] = b'r';
    escapes
};

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH_BITS: u64 = ONES << 7;

/// The high bit of each byte that is zero. Bytes above the first such one may be marked wrongly.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

/// Where the next quote or backslash is, from `at` on.
#[inline]
pub(crate) fn find_quote_or_backslash(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    // Most strings are short: four words beat the set-up of a vectorised search there.
    while at < start + 32 {
        let Some(chunk) = bytes.get(at..)?.first_chunk() else { break };
        let word = u64::from_le_bytes(*chunk);
        let found = zero_bytes(word ^ (ONES * u64::from(b'"'))) | zero_bytes(word ^ (ONES * u64::from(b'\\')));
        if let Some(offset) = first_of(found) {
            return Some(at + offset);
        }
        at += 8;
    }
    memchr::memchr2(b'"', b'\\', bytes.get(at..)?).map(|offset| at + offset)
}

/// Where the first of eight bytes is that has to be escaped: a quote, a backslash or a control character.
#[inline]
const fn escape_among(word: u64) -> Option<usize> {
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH_BITS;
    first_of(control | zero_bytes(word ^ (ONES * b'"' as u64)) | zero_bytes(word ^ (ONES * b'\\' as u64)))
}

/// The byte of the lowest bit that is set.
#[inline]
const fn first_of(high_bits: u64) -> Option<usize> {
    if high_bits == 0 { None } else { Some(high_bits.trailing_zeros() as usize / 8) }
}

/// Whether nothing in a block has to be escaped. Without a comparison, of which the compiler could make a branch for each
/// byte, it makes a few vector instructions of it.
#[inline]
fn is_plain(block: &[u8; BLOCK]) -> bool {
    // What is subtracted leaves something where the byte is less.
    let same = |byte: u8, other: u8| 1_u8.saturating_sub(byte ^ other);
    let escaped = |byte: u8| 0x20_u8.saturating_sub(byte) | same(byte, b'"') | same(byte, b'\\');
    block.iter().fold(0, |found, byte| found | escaped(*byte)) == 0
}

const BLOCK: usize = 32;

/// Where the next byte that has to be escaped is, from `at` on.
#[inline]
fn find_escape(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(block) = bytes[at..].first_chunk()
        && is_plain(block)
    {
        at += BLOCK;
    }
    while let Some(chunk) = bytes[at..].first_chunk() {
        if let Some(offset) = escape_among(u64::from_le_bytes(*chunk)) {
            return Some(at + offset);
        }
        at += 8;
    }
    escape_among(padded(&bytes[at..])).map(|offset| at + offset)
}

/// Less than eight bytes, with others behind them that need no escape.
#[inline]
fn padded(bytes: &[u8]) -> u64 {
    let end = bytes.len() as u32 * 8;
    // Pieces that overlap are alike where they do.
    let word = match (bytes.first_chunk(), bytes.last_chunk(), bytes) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (end - 32)
        }
        (.., [first, .., last]) => {
            let middle = bytes.len() / 2;
            u64::from(*first) | u64::from(bytes[middle]) << (middle * 8) | u64::from(*last) << (end - 8)
        }
        (.., [only]) => u64::from(*only),
        (.., []) => 0,
    };
    word | (ONES * b'0' as u64) << end
}

/// Appends `text` as a JSON string with its quotes.
#[inline]
pub(crate) fn json_string(out: &mut Vec<u8>, text: &str) {
    json_string_between(out, b"", text, b"");
}

/// Appends the name of a member of an object with its colon: `"name":`.
#[inline]
pub(crate) fn json_name(out: &mut Vec<u8>, name: &str) {
    json_string_between(out, b"", name, b":");
}

/// A JSON string with something before and behind it, all in one step.
#[inline]
pub(crate) fn json_string_between<const B: usize, const A: usize>(
    out: &mut Vec<u8>,
    before: &[u8; B],
    text: &str,
    after: &[u8; A],
) {
    let bytes = text.as_bytes();
    if bytes.len() > SHORT || !short_string(out, before, bytes, after) {
        out.extend_from_slice(before);
        long_string(out, bytes);
        out.extend_from_slice(after);
    }
}

/// Most strings are names and tags: for those of up to so many bytes a copy by words is quicker than a call that copies.
const SHORT: usize = 16;

/// Enough for a short string with its quotes and what stands around it.
const ROOM: usize = 32;

/// Appends a string of [`SHORT`] bytes at most, unless something in it has to be escaped.
fn short_string<const B: usize, const A: usize>(
    out: &mut Vec<u8>,
    before: &[u8; B],
    bytes: &[u8],
    after: &[u8; A],
) -> bool {
    const { assert!(B + 1 + SHORT + 1 + A <= ROOM) };
    let (first, last) = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (padded(bytes), padded(bytes)),
    };
    if escape_among(first).is_some() || escape_among(last).is_some() {
        return false;
    }
    // A quote, two words that may overlap, a quote: written where they stay, as reading back what was just written by
    // smaller pieces stalls the processor.
    let start = out.len();
    out.extend_from_slice(&[b'"'; ROOM]);
    let Some(room) = out.last_chunk_mut::<ROOM>() else {
        out.truncate(start);
        return false;
    };
    room[..B].copy_from_slice(before);
    let text = &mut room[B + 1..];
    text[..8].copy_from_slice(&first.to_le_bytes());
    if bytes.len() > 8 {
        text[bytes.len() - 8..bytes.len()].copy_from_slice(&last.to_le_bytes());
    }
    text[bytes.len()] = b'"';
    text[bytes.len() + 1..bytes.len() + 1 + A].copy_from_slice(after);
    out.truncate(start + B + 1 + bytes.len() + 1 + A);
    true
}

fn long_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut written = 0;
    while let Some(at) = find_escape(bytes, written) {
        out.extend_from_slice(&bytes[written..at]);
        match ESCAPES[usize::from(bytes[at])] {
            b'u' => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let (high, low) = (bytes[at] >> 4, bytes[at] & 0xF);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[usize::from(high)], HEX[usize::from(low)]]);
            }
            escape => out.extend_from_slice(&[b'\\', escape]),
        }
        written = at + 1;
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_found_wherever_it_stands_in_a_text_of_any_length() {
        for length in 0..80 {
            let plain: Vec<u8> = (0..length).map(|n| b" !#[]~\x7f\x80\xff"[n % 9]).collect();
            assert_eq!(find_escape(&plain, 0), None, "{length}");
            for (at, escaped) in (0..length).flat_map(|at| [b'"', b'\\', 0, 0x1F].map(|escaped| (at, escaped))) {
                let mut text = plain.clone();
                text[at] = escaped;
                assert_eq!(find_escape(&text, 0), Some(at), "{length}");
                assert_eq!(find_escape(&text, at), Some(at), "{length}");
                assert_eq!(find_escape(&text, at + 1), None, "{length}: what was found is not found again");
                text[length - 1] = escaped;
                assert_eq!(find_escape(&text, at + 1), (at + 1 < length).then_some(length - 1), "{length}, {at}");
            }
        }
    }

    #[test]
    fn a_string_of_any_length_is_written_as_it_is() {
        for length in 0..40 {
            let text: String = ('!'..).filter(|c| !matches!(c, '"' | '\\')).take(length).collect();
            let mut out = b"before".to_vec();
            json_string(&mut out, &text);
            assert_eq!(String::from_utf8(out).ok(), Some(format!("before\"{text}\"")));
        }
    }

    #[test]
    fn a_quote_or_backslash_is_found_wherever_it_stands() {
        for length in 0..80 {
            let plain = vec![b'x'; length];
            assert_eq!(find_quote_or_backslash(&plain, 0), None);
            for (at, found) in (0..length).flat_map(|at| [b'"', b'\\'].map(|found| (at, found))) {
                let mut text = plain.clone();
                text[at] = found;
                assert_eq!(find_quote_or_backslash(&text, 0), Some(at));
                assert_eq!(find_quote_or_backslash(&text, at), Some(at));
                assert_eq!(find_quote_or_backslash(&text, at + 1), None);
            }
        }
        assert_eq!(find_quote_or_backslash(b"x", 3), None, "there is nothing behind the end");
    }
}

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

/// Whether one of these eight bytes has to be escaped: a quote, a backslash or a control character.
#[inline]
const fn needs_escape(word: u64) -> bool {
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH_BITS;
    control | zero_bytes(word ^ (ONES * b'"' as u64)) | zero_bytes(word ^ (ONES * b'\\' as u64)) != 0
}

/// Where the next quote or backslash is among eight bytes.
#[inline]
pub(super) fn find_quote_or_backslash(bytes: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(bytes);
    let found = zero_bytes(word ^ (ONES * u64::from(b'"'))) | zero_bytes(word ^ (ONES * u64::from(b'\\')));
    if found == 0 { None } else { Some(found.trailing_zeros() as usize / 8) }
}

/// Where the next byte that has to be escaped is, from `at` on.
#[inline]
fn find_escape(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(chunk) = bytes[at..].first_chunk() {
        if needs_escape(u64::from_ne_bytes(*chunk)) {
            break;
        }
        at += 8;
    }
    bytes[at..].iter().position(|&byte| ESCAPES[usize::from(byte)] != 0).map(|offset| at + offset)
}

/// Appends `text` as a JSON string with its quotes.
pub(crate) fn json_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
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

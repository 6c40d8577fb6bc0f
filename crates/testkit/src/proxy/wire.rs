//! Where an HTTP/1.1 message ends.

use std::io;

/// Larger heads are no DynamoDB traffic.
const MAX_HEAD: usize = 64 * 1024;

/// How far a message goes, as far as the bytes at hand tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// More bytes are needed to say.
    Unknown,
    /// Its length, head included.
    Bytes {
        /// The head alone, with its empty line.
        head: usize,
        /// Head and body.
        whole: usize,
    },
    /// It ends with the connection.
    UntilClose {
        /// The head alone.
        head: usize,
    },
}

/// The extent of the message at the beginning of `bytes`.
///
/// # Errors
///
/// It is no HTTP/1.1 message.
pub(super) fn extent(bytes: &[u8]) -> io::Result<Extent> {
    let Some(head) = find(bytes, b"\r\n\r\n").map(|at| at + 4) else {
        return if bytes.len() > MAX_HEAD { Err(malformed("its head does not end")) } else { Ok(Extent::Unknown) };
    };
    let is_answer = bytes.starts_with(b"HTTP/");
    let without_body = is_answer && matches!(bytes.get(9..12), Some(b"204" | b"304"));
    if without_body {
        return Ok(Extent::Bytes { head, whole: head });
    }
    if header(&bytes[..head], "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return Ok(match chunked_length(&bytes[head..])? {
            Some(body) => Extent::Bytes { head, whole: head + body },
            None => Extent::Unknown,
        });
    }
    match header(&bytes[..head], "content-length") {
        Some(value) => {
            let body: usize = value.parse().map_err(|_| malformed("its content-length is no number"))?;
            Ok(Extent::Bytes { head, whole: head + body })
        }
        None if is_answer => Ok(Extent::UntilClose { head }),
        None => Ok(Extent::Bytes { head, whole: head }),
    }
}

/// The message with another `content-length`.
pub(super) fn with_content_length(message: &[u8], head: usize, length: u64) -> Vec<u8> {
    let mut changed = Vec::with_capacity(message.len() + 32);
    for line in message[..head].split_inclusive(|&byte| byte == b'\n') {
        let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
        let framing = name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"transfer-encoding");
        if line == b"\r\n" {
            changed.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
        } else if !framing {
            changed.extend_from_slice(line);
        }
    }
    changed.extend_from_slice(&message[head..]);
    changed
}

/// The length of a chunked body with its last chunk and trailers, once it is all there.
fn chunked_length(body: &[u8]) -> io::Result<Option<usize>> {
    let mut at = 0;
    loop {
        let Some(line) = find(&body[at..], b"\r\n") else { return Ok(None) };
        let digits = body[at..at + line].split(|&byte| byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| usize::from_str_radix(digits.trim(), 16).ok())
            .ok_or_else(|| malformed("a chunk's size is no number"))?;
        at += line + 2;
        if size == 0 {
            // Trailers, if any, end with an empty line.
            loop {
                let Some(line) = find(&body[at..], b"\r\n") else { return Ok(None) };
                at += line + 2;
                if line == 0 {
                    return Ok(Some(at));
                }
            }
        }
        at = at.checked_add(size).and_then(|at| at.checked_add(2)).ok_or_else(|| malformed("a chunk is too long"))?;
        if at > body.len() {
            return Ok(None);
        }
    }
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    std::str::from_utf8(head).ok()?.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not an HTTP/1.1 message: {what}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_its_content_length_says() {
        let message = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST";
        assert_eq!(extent(message).unwrap(), Extent::Bytes { head: 38, whole: 41 });
        assert_eq!(extent(&message[..30]).unwrap(), Extent::Unknown);
    }

    #[test]
    fn a_chunked_message_ends_after_its_last_chunk() {
        let message = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP";
        assert_eq!(extent(message).unwrap(), Extent::Bytes { head: 47, whole: message.len() - 4 });
        for end in 0..message.len() - 4 {
            assert_eq!(extent(&message[..end]).unwrap(), Extent::Unknown, "{end}");
        }
    }

    #[test]
    fn an_answer_without_a_length_ends_with_the_connection_and_a_request_with_its_head() {
        assert_eq!(extent(b"HTTP/1.1 200 OK\r\n\r\n").unwrap(), Extent::UntilClose { head: 19 });
        assert_eq!(extent(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Extent::Bytes { head: 27, whole: 27 });
        assert_eq!(extent(b"GET / HTTP/1.1\r\n\r\n").unwrap(), Extent::Bytes { head: 18, whole: 18 });
    }

    #[test]
    fn another_content_length_replaces_the_old_one() {
        let message = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nx: y\r\n\r\nabc";
        let changed = with_content_length(message, message.len() - 3, 9);
        assert_eq!(changed, b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 9\r\n\r\nabc");
    }
}

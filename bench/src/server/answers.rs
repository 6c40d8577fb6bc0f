//! Requests taken apart just enough, and the answers with the headers that DynamoDB sends.

use super::store::Store;
use crate::{contestant::Operation, data, error::Result};
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A request that has arrived whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    /// The value of `X-Amz-Target`.
    pub(crate) target: &'a [u8],
    /// The body.
    pub(crate) body: &'a [u8],
    /// Bytes of head and body.
    pub(crate) length: usize,
}

impl<'a> Request<'a> {
    /// Takes the first request of the bytes; `None` if its end has not arrived.
    ///
    /// # Errors
    ///
    /// A length that is no number.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Option<Self>> {
        let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let (mut target, mut body) = (&b""[..], 0);
        for line in bytes[..end].split(|byte| *byte == b'\n') {
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"x-amz-target") {
                target = value;
            } else if name.eq_ignore_ascii_case(b"content-length") {
                body = std::str::from_utf8(value)?.parse()?;
            }
        }
        let length = end + 4 + body;
        Ok(bytes.get(end + 4..length).map(|body| Self { target, body, length }))
    }
}

/// What a connection has brought and nobody has answered yet.
#[derive(Debug)]
pub(super) struct Inbox {
    buffer: Vec<u8>,
    filled: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { buffer: vec![0; 64 * 1024], filled: 0 }
    }
}

impl Inbox {
    /// The first request, if it has arrived whole.
    pub(super) fn request(&self) -> Result<Option<Request<'_>>> {
        Request::parse(&self.buffer[..self.filled])
    }

    /// Room for more bytes.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        &mut self.buffer[self.filled..]
    }

    /// So many bytes were put there.
    pub(super) fn arrived(&mut self, bytes: usize) {
        self.filled += bytes;
    }

    /// The first so many bytes are done with.
    pub(super) fn remove(&mut self, bytes: usize) {
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
    }
}

/// One answer to each operation, and one to everything else; or what a store finds.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    store: Option<Arc<dyn Store>>,
    found: Vec<u8>,
    known: Vec<(&'static str, Canned)>,
    unknown: Canned,
    date: Date,
}

impl Answers {
    /// Makes all answers.
    pub(crate) fn prepare(store: Option<Arc<dyn Store>>) -> Result<Self> {
        let canned = |operation: &Operation| -> Result<_> {
            Ok((operation.target(), Canned::new("200 OK", &data::response_body(*operation)?)))
        };
        let unknown =
            r#"{"__type":"com.amazon.coral.service#UnknownOperationException","message":"not in this benchmark"}"#;
        Ok(Self {
            store,
            found: Vec::new(),
            known: Operation::ALL.iter().map(canned).collect::<Result<_>>()?,
            unknown: Canned::new("400 Bad Request", unknown),
            date: Date::default(),
        })
    }

    /// Head and body of the answer, with the date of now.
    pub(crate) fn answer_to(&mut self, request: &Request<'_>) -> &[u8] {
        if let Some(body) = self.store.as_ref().and_then(|store| store.answer(request)) {
            let head = head("200 OK", &body);
            self.found.clear();
            self.found.extend_from_slice(head.0.as_bytes());
            self.found.extend_from_slice(self.date.now());
            self.found.extend_from_slice(head.1.as_bytes());
            self.found.extend_from_slice(&body);
            return &self.found;
        }
        let known = self.known.iter_mut().find(|(target, _)| target.as_bytes() == request.target);
        let canned = known.map_or(&mut self.unknown, |(_, canned)| canned);
        canned.bytes[canned.date..canned.date + DATE_LENGTH].copy_from_slice(self.date.now());
        &canned.bytes
    }
}

/// Bytes of `Sun, 06 Nov 1994 08:49:37 GMT`, the only form of a date that HTTP writes.
const DATE_LENGTH: usize = 29;

#[derive(Debug, Clone)]
struct Canned {
    bytes: Vec<u8>,
    /// Where the date stands.
    date: usize,
}

impl Canned {
    fn new(status: &str, body: &str) -> Self {
        let (before, after) = head(status, body.as_bytes());
        let date = before.len();
        let bytes = [before.as_bytes(), &[b' '; DATE_LENGTH], after.as_bytes(), body.as_bytes()].concat();
        Self { bytes, date }
    }
}

/// The head of an answer with this body, before and after its date.
fn head(status: &str, body: &[u8]) -> (String, String) {
    let before = format!("HTTP/1.1 {status}\r\nServer: Server\r\nDate: ");
    let after = format!(
        "\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nConnection: keep-alive\r\n\
         x-amzn-RequestId: 4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG\r\nx-amz-crc32: {}\r\n\r\n",
        body.len(),
        crc32fast::hash(body),
    );
    (before, after)
}

/// The date, written once a second.
#[derive(Debug, Clone)]
struct Date {
    second: u64,
    text: [u8; DATE_LENGTH],
}

impl Default for Date {
    fn default() -> Self {
        Self { second: u64::MAX, text: [b' '; DATE_LENGTH] }
    }
}

impl Date {
    fn now(&mut self) -> &[u8; DATE_LENGTH] {
        let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if second != self.second {
            self.second = second;
            let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
            self.text.copy_from_slice(text.as_bytes());
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const REQUEST: &[u8] =
        b"POST / HTTP/1.1\r\nhost: a:1\r\nX-AMZ-TARGET: DynamoDB_20120810.PutItem\r\ncontent-length: 2\r\n\r\n{}";

    #[test]
    fn a_request_is_whole_when_its_last_byte_has_arrived() {
        for length in 0..REQUEST.len() {
            assert_eq!(Request::parse(&REQUEST[..length]).unwrap(), None);
        }
        let two = [REQUEST, REQUEST].concat();
        let request = Request::parse(&two).unwrap().unwrap();
        assert_eq!(request, Request { target: b"DynamoDB_20120810.PutItem", body: b"{}", length: REQUEST.len() });
    }

    #[test]
    fn an_answer_has_the_length_and_checksum_of_its_body() {
        let mut answers = Answers::prepare(None).unwrap();
        for operation in Operation::ALL {
            let answer =
                answers.answer_to(&Request { target: operation.target().as_bytes(), body: b"", length: 0 }).to_vec();
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, data::response_body(*operation).unwrap());
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
            assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
            assert!(head.ends_with(&format!("\r\nx-amz-crc32: {}", crc32fast::hash(body.as_bytes()))));
        }
    }

    #[test]
    fn an_answer_bears_the_date_of_now() {
        let mut answers = Answers::prepare(None).unwrap();
        let answer = answers.answer_to(&Request { target: b"", body: b"", length: 0 }).to_vec();
        let answer = String::from_utf8(answer).unwrap();
        let date = answer.lines().find_map(|line| line.strip_prefix("Date: ")).unwrap();
        let age = SystemTime::now().duration_since(httpdate::parse_http_date(date).unwrap()).unwrap();
        assert!(age < Duration::from_secs(5));
    }

    #[test]
    fn what_is_not_measured_is_refused() {
        let mut answers = Answers::prepare(None).unwrap();
        let answer = answers.answer_to(&Request { target: b"DynamoDB_20120810.Scan", body: b"", length: 0 });
        assert!(answer.starts_with(b"HTTP/1.1 400 "));
    }
}

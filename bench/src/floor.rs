//! The bare socket: the least that a request and its answer can cost on this runtime.

use crate::{
    contestant::{Answer, Calls, Operation},
    data,
    error::Result,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection, requests made beforehand, and a buffer that is never given back.
#[derive(Debug)]
pub(crate) struct Floor {
    stream: TcpStream,
    requests: Vec<(Operation, Vec<u8>)>,
    buffer: Vec<u8>,
}

impl Floor {
    /// Connects to the canned server and makes all requests.
    pub(crate) async fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = |operation: &Operation| Ok((*operation, request(*operation, address)?));
        let requests = Operation::ALL.iter().map(request).collect::<Result<_>>()?;
        Ok(Self { stream, requests, buffer: vec![0; 256 * 1024] })
    }
}

impl Calls for Floor {
    async fn call(&mut self, operation: Operation) -> Result<Answer> {
        let request = self.requests.iter().find(|(made, _)| *made == operation);
        let (_, request) = request.ok_or("no request was made for this operation")?;
        self.stream.write_all(request).await?;

        let mut filled = 0;
        loop {
            match self.stream.read(&mut self.buffer[filled..]).await? {
                0 => return Err("the server closed the connection, or its answer is longer than the buffer".into()),
                count => filled += count,
            }
            if let Some((head, body)) = lengths(&self.buffer[..filled])?
                && filled >= head + body
            {
                return Ok(Answer::Bytes(body));
            }
        }
    }
}

/// Lengths of head and body, once the head is there.
fn lengths(answer: &[u8]) -> Result<Option<(usize, usize)>> {
    const LENGTH: &[u8] = b"\r\nContent-Length: ";
    let Some(end) = memchr::memmem::find(answer, b"\r\n\r\n") else { return Ok(None) };
    let head = &answer[..end];
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(format!("the server refused: {}", String::from_utf8_lossy(answer)).into());
    }
    let start = memchr::memmem::find(head, LENGTH).ok_or("an answer without length")? + LENGTH.len();
    let digits = head[start..].split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(Some((end + 4, std::str::from_utf8(digits)?.parse()?)))
}

/// Bytes of a request as long as a signed one; nobody verifies this signature.
fn request(operation: Operation, address: &str) -> Result<Vec<u8>> {
    let body = data::request_body(operation)?;
    let (target, length, region, key) = (operation.target(), body.len(), data::REGION, data::ACCESS_KEY_ID);
    let signature = "0123456789abcdef".repeat(4);
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-amz-json-1.0\r\nx-amz-target: {target}\r\n\
         x-amz-date: 20260101T000000Z\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential={key}/20260101/{region}/dynamodb/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={signature}\r\n\
         user-agent: bare-socket/0 os/linux lang/rust\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    Ok(request.into_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_answer_is_read_to_its_content_length() {
        let answer = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\nx-amz-crc32: 1\r\n\r\n{}";
        assert_eq!(lengths(answer).unwrap(), Some((answer.len() - 2, 2)));
        assert_eq!(lengths(&answer[..20]).unwrap(), None);
    }

    #[test]
    fn a_refusal_is_an_error() {
        assert!(lengths(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}

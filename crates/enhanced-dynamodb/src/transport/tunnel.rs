//! A tunnel through an HTTP proxy: `CONNECT`, RFC 9110, section 9.3.6.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::failure::{Failure, FailureKind};
use crate::config::Proxy;
use crate::error::{Error, ErrorKind};

/// A proxy's answer to `CONNECT` has a handful of headers.
const MAX_HEAD: usize = 16 * 1024;

/// Asks the proxy for a tunnel to `address` (`host:port`).
///
/// # Errors
/// If the proxy refuses, or answers with something else.
pub(super) async fn open(mut tcp: TcpStream, proxy: &Proxy, address: &str) -> Result<TcpStream, Failure> {
    let by = proxy.address();
    let lost = |error: io::Error| {
        Failure::new(FailureKind::Connect, format!("the proxy {by} ended the connection: {error}"))
            .at(address)
            .with_source(error)
    };
    let mut request = Zeroizing::new(Vec::with_capacity(512));
    request.extend_from_slice(format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n").as_bytes());
    if let Some(authorization) = &proxy.authorization {
        for part in ["Proxy-Authorization: ", authorization.as_str(), "\r\n"] {
            request.extend_from_slice(part.as_bytes());
        }
    }
    request.extend_from_slice(b"\r\n");
    tcp.write_all(&request).await.map_err(lost)?;

    let mut answer = Vec::with_capacity(512);
    let head = loop {
        if let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") {
            break end + 4;
        }
        if answer.len() > MAX_HEAD {
            return Err(not_a_proxy(&by, address));
        }
        if tcp.read_buf(&mut answer).await.map_err(lost)? == 0 {
            return Err(lost(io::ErrorKind::UnexpectedEof.into()));
        }
    };
    match status(&answer) {
        // In a tunnel the server speaks only after the client: what follows the head here comes from neither.
        Some(200..=299) if answer.len() == head => Ok(tcp),
        Some(407) => {
            let message = match proxy.authorization {
                Some(_) => format!("the proxy {by} does not accept the user name and password of its URL (407)"),
                None => format!("the proxy {by} asks for a user name and a password (407)"),
            };
            let error = Error::new(ErrorKind::InvalidConfiguration, message)
                .with_advice("Name them in the option proxy or in HTTPS_PROXY: http://user:password@host:port.");
            Err(Failure::from_error(FailureKind::Configuration, error).at(address))
        }
        Some(status @ (100..=199 | 300..=999)) => Err(Failure::new(
            FailureKind::Proxy,
            format!("the proxy {by} refused a tunnel to {address} with HTTP status {status}"),
        )
        .at(address)),
        Some(_) | None => Err(not_a_proxy(&by, address)),
    }
}

fn not_a_proxy(by: &str, address: &str) -> Failure {
    Failure::new(FailureKind::Proxy, format!("{by} does not answer as an HTTP proxy does")).at(address)
}

/// The status of an answer that begins as HTTP/1 does.
fn status(answer: &[u8]) -> Option<u16> {
    let rest = answer.strip_prefix(b"HTTP/1.1 ").or_else(|| answer.strip_prefix(b"HTTP/1.0 "))?;
    let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

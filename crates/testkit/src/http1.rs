//! One HTTP/1.1 exchange on a connection of its own.

use std::io;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub(crate) struct Exchange {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends a request to `host:port` and reads the whole answer. The connection is closed afterwards: what a test counts is
/// then never blurred by a connection that this crate keeps open.
pub(crate) async fn exchange(authority: &str, request: Request<Full<Bytes>>) -> io::Result<Exchange> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    drop(sender);
    driver.abort();
    Ok(Exchange { status: head.status, headers: head.headers, body })
}

//! One small HTTP request: what an endpoint of credentials needs, and no more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HOST, HeaderValue};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::TlsSource;
use crate::config::Url;
use crate::transport::connect;
use crate::transport::connection::Connection;
use crate::transport::endpoint::Endpoint;
use crate::transport::failure::{Failure as TransportFailure, FailureKind};
use crate::transport::socket::Payload;

/// The limits of the AWS SDKs for this endpoint. They hold for real sockets, so the machine's clock measures them.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const READ_LIMIT: Duration = Duration::from_secs(5);
/// An answer has some 2 KiB; what is larger is none.
const BODY_LIMIT: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    /// Whether another try may help.
    pub(super) may_pass: bool,
}

impl Failure {
    pub(super) fn passing(message: impl Into<String>) -> Self {
        Failure { message: message.into(), may_pass: true }
    }

    pub(super) fn lasting(message: impl Into<String>) -> Self {
        Failure { message: message.into(), may_pass: false }
    }
}

/// Asks `url` at one of `addresses`, and gives the status and the body.
pub(super) async fn get(
    url: &Url,
    addresses: &[SocketAddr],
    token: Option<&HeaderValue>,
    tls: &TlsSource,
) -> Result<(u16, Zeroizing<Vec<u8>>), Failure> {
    let connected = tokio::time::timeout(CONNECT_LIMIT, connect(addresses)).await;
    let stream = connected
        .map_err(|_| Failure::passing(format!("no connection within {} s", CONNECT_LIMIT.as_secs())))?
        .map_err(|error| Failure::passing(format!("no connection: {error}")))?;
    let exchanged = tokio::time::timeout(READ_LIMIT, exchange(stream, url, token, tls));
    exchanged.await.map_err(|_| Failure::passing(format!("no answer within {} s", READ_LIMIT.as_secs())))?
}

async fn connect(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    // Tries one after the other, and gives the last one's error.
    TcpStream::connect(addresses).await
}

async fn exchange(
    stream: TcpStream,
    url: &Url,
    token: Option<&HeaderValue>,
    tls: &TlsSource,
) -> Result<(u16, Zeroizing<Vec<u8>>), Failure> {
    let failed = |failure: TransportFailure| Failure {
        may_pass: !matches!(failure.kind, FailureKind::Configuration | FailureKind::TooLarge),
        message: failure.message,
    };
    // Nothing is signed here, so its Region is not asked for.
    let endpoint = Arc::new(Endpoint::new(url, "", false));
    let stream = connect::stream(stream, url.scheme, &url.host, &endpoint.authority, &**tls).await.map_err(failed)?;
    let runtime = connect::runtime().map_err(failed)?;
    let opened = Connection::over(stream, Arc::default(), endpoint, runtime, Instant::now(), SystemTime::now()).await;
    let mut connection = opened.map_err(|error| Failure::passing(format!("no HTTP connection: {error}")))?;

    let mut request = http::Request::get(url.path.as_str())
        .header(HOST, url.authority())
        .header(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, token);
    }
    let request = request
        .body(Payload::new(Bytes::new(), Arc::clone(connection.progress())))
        .map_err(|error| Failure::lasting(format!("its path cannot be asked for: {error}")))?;
    let response = connection.exchange(request).await.map_err(failed)?;
    if response.body.len() > BODY_LIMIT {
        return Err(Failure::lasting(format!("its answer is larger than {BODY_LIMIT} bytes")));
    }
    Ok((response.status, Zeroizing::new(response.body.to_vec())))
}

//! One small HTTP request: what an endpoint of credentials needs, and no more.

use std::net::SocketAddr;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, HOST, HeaderValue};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::TlsSource;
use crate::config::{Scheme, Url};

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
    let exchanged = tokio::time::timeout(READ_LIMIT, async {
        match url.scheme {
            Scheme::Http => exchange(stream, url, token).await,
            Scheme::Https => {
                let connector = tls().map_err(|error| Failure::lasting(error.to_string()))?;
                let name = rustls::pki_types::ServerName::try_from(url.host.clone())
                    .map_err(|_| Failure::lasting("its host name cannot be one of a certificate"))?;
                let stream = connector
                    .connect(name, stream)
                    .await
                    .map_err(|error| Failure::passing(format!("TLS failed: {error}")))?;
                exchange(stream, url, token).await
            }
        }
    });
    exchanged.await.map_err(|_| Failure::passing(format!("no answer within {} s", READ_LIMIT.as_secs())))?
}

async fn connect(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    // Tries one after the other, and gives the last one's error.
    TcpStream::connect(addresses).await
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    url: &Url,
    token: Option<&HeaderValue>,
) -> Result<(u16, Zeroizing<Vec<u8>>), Failure> {
    let failed = |error: hyper::Error| Failure::passing(format!("the connection failed: {error}"));
    let mut request = http::Request::get(url.path.as_str())
        .header(HOST, url.authority())
        .header(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, token);
    }
    let request = request
        .body(Empty::<bytes::Bytes>::new())
        .map_err(|error| Failure::lasting(format!("its path cannot be asked for: {error}")))?;

    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let _driver = Driver(tokio::spawn(connection));
    let mut response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status().as_u16();
    let mut body = Zeroizing::new(Vec::with_capacity(4096));
    while let Some(frame) = response.body_mut().frame().await {
        if let Ok(data) = frame.map_err(failed)?.into_data() {
            if body.len() + data.len() > BODY_LIMIT {
                return Err(Failure::lasting(format!("its answer is larger than {BODY_LIMIT} bytes")));
            }
            body.extend_from_slice(&data);
        }
    }
    Ok((status, body))
}

/// The task that moves a connection's bytes; ends with the exchange.
struct Driver(tokio::task::JoinHandle<Result<(), hyper::Error>>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

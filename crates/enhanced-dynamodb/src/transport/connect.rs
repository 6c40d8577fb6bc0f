//! From an endpoint to an open connection: name, address, TCP, perhaps a proxy's tunnel, TLS.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::body::Bodies;
use super::connection::Connection;
use super::endpoint::{Endpoint, Scheme};
use super::failure::{Failure, FailureKind};
use super::socket::{Progress, Socket, Stream};
use super::tls::{Tls, handshake_failed, server_name};
use super::tunnel;
use crate::config::{Proxy, Time};
use crate::error::{Error, ErrorKind};

/// Opens connections.
pub(crate) struct Connector {
    tls: Tls,
    proxy: Option<Proxy>,
    /// Bounds name resolution, TCP and TLS together.
    timeout: Duration,
    time: Time,
    bodies: Arc<Bodies>,
}

impl Connector {
    pub(crate) fn new(tls: Tls, proxy: Option<Proxy>, timeout: Duration, time: Time) -> Self {
        Connector { tls, proxy, timeout, time, bodies: Arc::default() }
    }

    /// Opens a connection to an endpoint.
    ///
    /// # Errors
    /// If the name does not resolve, no address answers, TLS fails, or it takes too long.
    pub(crate) async fn connect(
        &self,
        endpoint: &Arc<Endpoint>,
        runtime: tokio::runtime::Id,
    ) -> Result<Box<Connection>, Failure> {
        let address = address(endpoint);
        let opened = self.time.timeout(self.timeout, pin!(self.open(endpoint, runtime, &address))).await;
        match opened {
            Some(result) => result,
            None => Err(Failure::new(
                FailureKind::ConnectTimeout,
                format!("no connection to {address} in {:?}", self.timeout),
            )
            .at(address)),
        }
    }

    async fn open(
        &self,
        endpoint: &Arc<Endpoint>,
        runtime: tokio::runtime::Id,
        address: &str,
    ) -> Result<Box<Connection>, Failure> {
        let tcp = self.tcp(endpoint, address).await?;
        let stream = stream(tcp, endpoint.scheme, &endpoint.host, address, &|| self.tls.connector()).await?;
        let (bodies, endpoint) = (Arc::clone(&self.bodies), Arc::clone(endpoint));
        let opened = Connection::over(stream, bodies, endpoint, runtime, self.time.now(), self.time.wall()).await;
        opened.map_err(|error| {
            Failure::new(FailureKind::Connect, format!("no HTTP connection to {address}: {error}"))
                .at(address)
                .with_source(error)
        })
    }

    /// A TCP connection whose other end is the endpoint: directly, or through a tunnel of the proxy.
    async fn tcp(&self, endpoint: &Endpoint, address: &str) -> Result<TcpStream, Failure> {
        let host = bare(&endpoint.host);
        match &self.proxy {
            Some(proxy) if endpoint.scheme == Scheme::Https && proxy.serves(host, endpoint.port) => {
                let to_proxy = self.name(&proxy.host, proxy.port, &format!("the proxy {}", proxy.address())).await;
                let tcp = to_proxy.map_err(|failure| failure.at(address))?;
                tunnel::open(tcp, proxy, address).await
            }
            Some(_) | None => self.name(host, endpoint.port, address).await.map_err(|failure| failure.at(address)),
        }
    }

    /// A TCP connection to a name. `whom` is what messages call it.
    async fn name(&self, host: &str, port: u16, whom: &str) -> Result<TcpStream, Failure> {
        let begun = self.time.now();
        match tokio::net::lookup_host((host, port)).await {
            Ok(addresses) => {
                let addresses: Vec<SocketAddr> = addresses.collect();
                if addresses.is_empty() {
                    return Err(Failure::new(FailureKind::Resolve, format!("the name {host} has no address")));
                }
                let taken = self.time.now().saturating_duration_since(begun);
                any_of(&addresses, self.timeout.saturating_sub(taken), &self.time, whom).await
            }
            Err(error) => {
                let message = match &self.proxy {
                    Some(proxy) if proxy.host == host => format!("the proxy's name {host} does not resolve: {error}"),
                    Some(_) | None => format!("the name {host} does not resolve: {error}"),
                };
                Err(Failure::new(FailureKind::Resolve, message).with_source(error))
            }
        }
    }
}

/// What HTTP is spoken over, from an open socket on: that, or TLS. `address` is what messages call the other end.
///
/// # Errors
/// If TLS cannot be set up, or fails.
///
/// Boxed, so that a program has the TLS handshake once, whoever connects.
pub(super) fn stream<'a>(
    tcp: TcpStream,
    scheme: Scheme,
    host: &'a str,
    address: &'a str,
    tls: &'a (dyn Fn() -> Result<TlsConnector, Error> + Send + Sync),
) -> Pin<Box<dyn Future<Output = Result<Stream, Failure>> + Send + 'a>> {
    Box::pin(async move {
        let configuration = |error: Error| Failure::from_error(FailureKind::Configuration, error).at(address);
        let socket = Socket::new(tcp, Arc::new(Progress::default()));
        match scheme {
            Scheme::Http => Ok(Stream::plain(socket)),
            Scheme::Https => {
                let name = server_name(bare(host)).map_err(configuration)?;
                let connector = tls().map_err(configuration)?;
                let connected = connector.connect(name, socket).await;
                connected.map(Stream::tls).map_err(|error| handshake_failed(error, address))
            }
        }
    })
}

/// Tries every address of a name, one after the other, each with an equal share of the time that is left.
pub(super) async fn any_of(
    addresses: &[SocketAddr],
    limit: Duration,
    time: &Time,
    whom: &str,
) -> Result<TcpStream, Failure> {
    let begun = time.now();
    let mut failures = Vec::new();
    let mut kind = FailureKind::Connect;
    for (index, address) in addresses.iter().enumerate() {
        let left = limit.saturating_sub(time.now().saturating_duration_since(begun));
        let share = left / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let connected = time.timeout(share, pin!(TcpStream::connect(address))).await;
        let connected = connected.unwrap_or_else(|| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")));
        // Requests are written whole; waiting for more to send would only delay them.
        let error = match connected.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => error,
        };
        kind = match error.kind() {
            io::ErrorKind::TimedOut => FailureKind::ConnectTimeout,
            _ => FailureKind::Connect,
        };
        failures.push((address, error));
    }
    let list: Vec<String> = failures.iter().map(|(address, error)| format!("{address}: {error}")).collect();
    let failure = Failure::new(kind, format!("no connection to {whom} ({})", list.join("; ")));
    Err(match failures.pop() {
        Some((_, error)) => failure.with_source(error),
        None => failure,
    })
}

/// `host:port`, as messages name it.
pub(crate) fn address(endpoint: &Endpoint) -> String {
    let host = bare(&endpoint.host);
    if host.contains(':') { format!("[{host}]:{}", endpoint.port) } else { format!("{host}:{}", endpoint.port) }
}

/// An IPv6 address without the brackets that a URL has around it.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The runtime that this code runs in.
///
/// # Errors
/// Outside of a Tokio runtime.
pub(crate) fn runtime() -> Result<tokio::runtime::Id, Failure> {
    match tokio::runtime::Handle::try_current() {
        Ok(handle) => Ok(handle.id()),
        Err(error) => Err(Failure::from_error(
            FailureKind::Configuration,
            Error::new(ErrorKind::InvalidConfiguration, "the call was made outside of a Tokio runtime")
                .with_advice("Call the client from an async function that Tokio runs (#[tokio::main]).")
                .with_source(error),
        )),
    }
}

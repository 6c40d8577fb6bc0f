//! From an endpoint to an open connection: name, address, TCP, TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use super::connection::Connection;
use super::endpoint::{Endpoint, Scheme};
use super::failure::{Failure, FailureKind};
use super::socket::{Progress, Socket, Stream};
use super::tls::{Tls, handshake_failed, server_name};
use crate::config::Time;
use crate::error::{Error, ErrorKind};

/// Opens connections.
pub(crate) struct Connector {
    tls: Tls,
    /// Bounds name resolution, TCP and TLS together.
    timeout: Duration,
    time: Time,
}

impl Connector {
    pub(crate) fn new(tls: Tls, timeout: Duration, time: Time) -> Self {
        Connector { tls, timeout, time }
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
        match self.time.timeout(self.timeout, self.open(endpoint, runtime, &address)).await {
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
        let configuration = |error: Error| Failure::from_error(FailureKind::Configuration, error).at(address);
        let socket = Socket::new(tcp, Arc::new(Progress::default()));
        let stream = match endpoint.scheme {
            Scheme::Http => Stream::plain(socket),
            Scheme::Https => {
                let name = server_name(bare(&endpoint.host)).map_err(configuration)?;
                let connector = self.tls.connector().map_err(configuration)?;
                let stream = connector.connect(name, socket).await.map_err(|error| handshake_failed(error, address))?;
                Stream::tls(stream)
            }
        };
        Connection::over(stream, Arc::clone(endpoint), runtime, self.time.now(), self.time.wall()).await.map_err(
            |error| {
                Failure::new(FailureKind::Connect, format!("no HTTP connection to {address}: {error}"))
                    .at(address)
                    .with_source(error)
            },
        )
    }

    /// Tries every address of the name, one after the other, each with an equal share of the time that is left.
    async fn tcp(&self, endpoint: &Endpoint, address: &str) -> Result<TcpStream, Failure> {
        let host = bare(&endpoint.host);
        let begun = self.time.now();
        let addresses: Vec<SocketAddr> = match tokio::net::lookup_host((host, endpoint.port)).await {
            Ok(addresses) => addresses.collect(),
            Err(error) => {
                return Err(Failure::new(FailureKind::Resolve, format!("the name {host} does not resolve: {error}"))
                    .at(address)
                    .with_source(error));
            }
        };
        let mut failures = Vec::new();
        let mut last = None;
        for (index, socket_address) in addresses.iter().enumerate() {
            let left = self.timeout.saturating_sub(self.time.now().saturating_duration_since(begun));
            let share = left / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let connected = self.time.timeout(share, TcpStream::connect(socket_address)).await;
            match connected.unwrap_or_else(|| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"))) {
                // Requests are written whole; waiting for more to send would only delay them.
                Ok(tcp) => match tcp.set_nodelay(true) {
                    Ok(()) => return Ok(tcp),
                    Err(error) => last = Some((socket_address, error)),
                },
                Err(error) => last = Some((socket_address, error)),
            }
            if let Some((at, error)) = &last {
                failures.push(format!("{at}: {error}"));
            }
        }
        let failure = match last {
            None => Failure::new(FailureKind::Resolve, format!("the name {host} has no address")),
            Some((_, error)) => {
                let kind = match error.kind() {
                    io::ErrorKind::TimedOut => FailureKind::ConnectTimeout,
                    _ => FailureKind::Connect,
                };
                Failure::new(kind, format!("no connection to {address} ({})", failures.join("; "))).with_source(error)
            }
        };
        Err(failure.at(address))
    }
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

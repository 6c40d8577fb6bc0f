//! The runtime on which all servers of this crate run, apart from the runtime of the test.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Two threads: a server that waits for another one of this crate (responder in front of an engine) must not starve it.
const WORKERS: usize = 2;

pub(crate) fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(WORKERS)
                .thread_name("testkit")
                .enable_all()
                .build()
                .map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(|error| io::Error::other(error.clone()))
}

/// A task on the servers' runtime that ends, with all it owns, when this is dropped.
#[derive(Debug)]
pub(crate) struct Running(JoinHandle<()>);

impl Running {
    pub(crate) fn start(server: impl Future<Output = ()> + Send + 'static) -> io::Result<Running> {
        Ok(Running(runtime()?.spawn(server)))
    }

    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A listener on a free loopback port that belongs to the servers' runtime, and its address as `host:port`.
pub(crate) fn listen() -> io::Result<(tokio::net::TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?.to_string();
    let _in_runtime = runtime()?.enter();
    Ok((tokio::net::TcpListener::from_std(listener)?, address))
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// `host:port` of an endpoint that may carry `http://` and a trailing slash.
pub(crate) fn authority(endpoint: &str) -> &str {
    endpoint.strip_prefix("http://").unwrap_or(endpoint).trim_end_matches('/')
}

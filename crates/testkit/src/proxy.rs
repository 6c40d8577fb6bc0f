//! A TCP proxy for HTTP/1.1 that fails as networks and servers do.
//!
//! Requests and answers are stored, then forwarded, so that a [`Fault`] can strike at an exact [`Point`]: before the engine has
//! seen the request, after it has applied it, or within the answer. Each forwarded request uses a connection of its own to the
//! engine; the client's connections are kept open as the client wants.
//!
//! ```
//! use testkit::{Close, Engine, Fault, FaultProxy, Point};
//!
//! # #[tokio::main]
//! # async fn main() -> std::io::Result<()> {
//! let engine = Engine::dynoxide().await?;
//! let proxy = FaultProxy::start(&engine.endpoint()).await?;
//! // The next request is applied and its answer lost; all that follow pass.
//! proxy.queue([Fault::Cut { at: Point::Applied, how: Close::Reset }]);
//! println!("{}", proxy.endpoint());
//! # Ok(())
//! # }
//! ```

mod connection;
mod counters;
mod fault;
mod wire;

use std::io;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

pub use counters::Counters;
pub use fault::{At, Close, Fault, Point};

use crate::servers::{self, Running};
use connection::Connection;
use counters::Tally;
use fault::Plan;

/// A proxy in front of one endpoint. Dropping it closes the listener and all connections.
#[derive(Debug)]
pub struct FaultProxy {
    authority: String,
    shared: Arc<Shared>,
    running: Running,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    plan: Plan,
    tally: Tally,
    /// Counts the calls of [`FaultProxy::cut_all`].
    cuts: watch::Sender<u64>,
}

impl FaultProxy {
    /// Starts a proxy on a free loopback port in front of `upstream` (`http://host:port` or `host:port`). Nothing fails until
    /// told so.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start(upstream: &str) -> io::Result<FaultProxy> {
        let (listener, authority) = servers::listen()?;
        let shared = Arc::new(Shared {
            upstream: servers::authority(upstream).to_owned(),
            plan: Plan::default(),
            tally: Tally::default(),
            cuts: watch::Sender::new(0),
        });
        let serving = Arc::clone(&shared);
        let running = Running::start(async move {
            let mut connections = JoinSet::new();
            // A failed accept is the client's loss (it went away first) or lasts only while descriptors are short.
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                    continue;
                };
                let connection = Connection::new(stream, Arc::clone(&serving));
                connections.spawn(connection.serve());
                while connections.try_join_next().is_some() {}
            }
        })?;
        Ok(FaultProxy { authority, shared, running })
    }

    /// `http://127.0.0.1:port`: what the client under test connects to.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// The fault of every request for which neither a queued nor a chosen one is there.
    pub fn set(&self, fault: Fault) {
        self.shared.plan.choose(move |_| fault.clone());
    }

    /// The faults of the next requests, in the order in which they arrive; [`Fault::None`] lets one pass.
    pub fn queue(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.plan.queue(faults);
    }

    /// Decides by the position of a request, where the queue is empty. It may be asked twice for a connection's first request:
    /// when the connection is accepted and when the request arrives.
    pub fn choose(&self, choose: impl Fn(At) -> Fault + Send + Sync + 'static) {
        self.shared.plan.choose(choose);
    }

    /// Lets everything pass from now on, and forgets the queue.
    pub fn heal(&self) {
        self.shared.plan.clear();
    }

    /// Resets every open connection now, idle or not.
    pub fn cut_all(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Closes the listener and all connections: from now on connecting is refused.
    pub fn stop(&self) {
        self.running.stop();
    }

    /// What has passed so far.
    pub fn counters(&self) -> Counters {
        self.shared.tally.counters()
    }
}

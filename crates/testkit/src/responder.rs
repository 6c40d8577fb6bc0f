//! An HTTP server that answers as the service does when it is busy, broken or contended, in front of an engine or alone.
//!
//! What it does is data: the first [`Rule`] that matches a request decides, and a request without one is passed on to the engine
//! (alone: answered with `{}`). Every request is recorded.
//!
//! ```
//! use testkit::{Action, Engine, Responder, Rule};
//!
//! # #[tokio::main]
//! # async fn main() -> std::io::Result<()> {
//! let engine = Engine::dynoxide().await?;
//! let responder = Responder::in_front_of(&engine).await?;
//! responder.rule(Rule::on("PutItem").every(3).then(Action::throttle("Messages")));
//! responder.rule(Rule::on("UpdateItem").first(1).then(Action::internal_error().applied()));
//! println!("{}", responder.endpoint());
//! assert!(responder.requests().is_empty());
//! # Ok(())
//! # }
//! ```

mod action;
mod answer;
mod body;
mod rule;

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::task::JoinSet;

pub use action::{Action, Reach};
pub use rule::Rule;

use crate::engine::Engine;
use crate::http1;
use crate::servers::{self, Running};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Counts all requests, from 1.
    pub number: u64,
    /// Counts the connections, from 1: two requests with the same number came on the same connection.
    pub connection: u64,
    /// The operation of `x-amz-target`, such as `PutItem`; empty without that header.
    pub operation: String,
    /// The body; `Null` if it is no JSON.
    pub body: Value,
    /// The body's bytes.
    pub bytes: Bytes,
    /// All headers.
    pub headers: HeaderMap,
    /// When it had arrived whole.
    pub at: Instant,
    /// The rule that decided, by its position; `None` if none matched.
    pub rule: Option<usize>,
}

/// A scripted HTTP server. Dropping it closes the listener and all connections.
#[derive(Debug)]
pub struct Responder {
    authority: String,
    shared: Arc<Shared>,
    _running: Running,
}

#[derive(Debug)]
struct Shared {
    /// The engine's `host:port`; without one every unscripted request is answered with `{}`.
    upstream: Option<String>,
    /// Keeps the engine alive.
    _engine: Option<Engine>,
    script: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<Rule>,
    seen: Vec<Seen>,
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Responder {
    /// Starts a responder that passes on to `engine` what no rule stops.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn in_front_of(engine: &Engine) -> io::Result<Responder> {
        Responder::start(Some(engine.authority().to_owned()), Some(engine.clone()))
    }

    /// Starts a responder in front of any endpoint, such as a [`FaultProxy`](crate::FaultProxy)'s.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn in_front_of_endpoint(endpoint: &str) -> io::Result<Responder> {
        Responder::start(Some(servers::authority(endpoint).to_owned()), None)
    }

    /// Starts a responder without an engine: unscripted requests are answered with `{}`.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn alone() -> io::Result<Responder> {
        Responder::start(None, None)
    }

    fn start(upstream: Option<String>, engine: Option<Engine>) -> io::Result<Responder> {
        let (listener, authority) = servers::listen()?;
        let shared = Arc::new(Shared { upstream, _engine: engine, script: Mutex::default() });
        let serving = Arc::clone(&shared);
        let running = Running::start(async move {
            let mut connections = JoinSet::new();
            let mut number = 0;
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                    continue;
                };
                number += 1;
                let shared = Arc::clone(&serving);
                connections.spawn(async move {
                    // Answers must not wait for acknowledgements of earlier ones; a socket already gone fails below anyway.
                    let _ = stream.set_nodelay(true);
                    let service = service_fn(|request| respond(Arc::clone(&shared), number, request));
                    // An error here is a client that went away, as it may.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
                while connections.try_join_next().is_some() {}
            }
        })?;
        Ok(Responder { authority, shared, _running: running })
    }

    /// `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// Appends a rule. Earlier rules go first.
    pub fn rule(&self, rule: Rule) {
        self.shared.script().rules.push(rule);
    }

    /// Forgets all rules.
    pub fn clear_rules(&self) {
        self.shared.script().rules.clear();
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.script().seen.clone()
    }

    /// The requests of one operation so far.
    pub fn requests_of(&self, operation: &str) -> Vec<Seen> {
        self.shared.script().seen.iter().filter(|seen| seen.operation == operation).cloned().collect()
    }

    /// Forgets the requests so far, but not how often each rule has matched.
    pub fn forget_requests(&self) {
        self.shared.script().seen.clear();
    }
}

async fn respond(
    shared: Arc<Shared>,
    connection: u64,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let result = async {
        let (head, body) = request.into_parts();
        let bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let operation = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let mut seen = Seen {
            number: 0,
            connection,
            operation: operation.rsplit('.').next().unwrap_or_default().to_owned(),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            bytes,
            headers: head.headers,
            at: Instant::now(),
            rule: None,
        };
        let action = {
            let mut script = shared.script();
            let decided = rule::decide(&mut script.rules, &seen);
            seen.number = script.seen.last().map_or(0, |last| last.number) + 1;
            seen.rule = decided.as_ref().map(|(position, _)| *position);
            script.seen.push(seen.clone());
            decided.map_or_else(Action::pass, |(_, action)| action)
        };
        answer::answer(shared.upstream.as_deref(), &seen, &action).await
    };
    Ok(result.await.unwrap_or_else(|error: io::Error| {
        // Looks like no answer of the service, so that a test cannot take it for one.
        let mut response = Response::new(Full::new(Bytes::from(format!("the responder failed: {error}"))));
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    }))
}

/// Passes a request on to the engine.
async fn forward(upstream: &str, seen: &Seen, body: Bytes) -> io::Result<http1::Exchange> {
    let mut request = Request::post("/").body(Full::new(body)).map_err(io::Error::other)?;
    for (name, value) in &seen.headers {
        let framing = name == http::header::CONTENT_LENGTH || name == http::header::TRANSFER_ENCODING;
        if !framing && name != http::header::CONNECTION {
            request.headers_mut().append(name.clone(), value.clone());
        }
    }
    http1::exchange(upstream, request).await
}

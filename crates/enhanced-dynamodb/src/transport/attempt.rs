//! One request on one socket, in the time that it has.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};

use super::connect::{self, Connector};
use super::connection::Connection;
use super::endpoint::{ArnParameter, Endpoint};
use super::failure::{Failure, FailureKind, Flushed};
use super::pool::{Lease, Pool, PoolOptions, Reuse};
use super::response::Response;
use super::sign::{self, Signer};
use super::socket::Payload;
use super::tls::Tls;
use crate::config::{Credentials, Proxy, Time};
use crate::observe::PoolStats;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// How many headers a request has at most, its length included.
const HEADERS: usize = 9;

/// By which X-Ray and Lambda's detection of loops follow a request. It is not signed: whatever passes it on may change it.
#[cfg(feature = "lambda")]
const TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// A wait as people read it: `5 s`, `1.5 s`, `300 ms`.
fn waited(time: Duration) -> String {
    let milliseconds = time.as_millis();
    match (milliseconds / 1_000, milliseconds % 1_000 / 100) {
        (0, _) => format!("{milliseconds} ms"),
        (seconds, 0) => format!("{seconds} s"),
        (seconds, tenth) => format!("{seconds}.{tenth} s"),
    }
}

/// What is to be sent.
pub(crate) struct Request<'a> {
    /// The operation as the wire names it: `DynamoDB_20120810.GetItem`.
    pub(crate) target: &'a HeaderValue,
    pub(crate) body: Bytes,
    pub(crate) reuse: Reuse,
    /// Bounds the whole attempt: queue, connection, request and response.
    pub(crate) timeout: Duration,
    /// The tables that the call names by ARN: they may decide the endpoint.
    pub(crate) arns: ArnParameter<'a>,
    /// Seconds by which the service's clock is ahead of this machine's.
    pub(crate) clock_offset: i64,
}

/// How requests are sent.
pub(crate) struct SenderOptions {
    pub(crate) pool: PoolOptions,
    /// Bounds name resolution, TCP and TLS together.
    pub(crate) connection_timeout: Duration,
    pub(crate) tls: Tls,
    /// Opens tunnels to https endpoints.
    pub(crate) proxy: Option<Proxy>,
    pub(crate) user_agent: HeaderValue,
}

/// Sends requests over pooled connections.
pub(crate) struct Sender {
    pool: Pool,
    connector: Connector,
    signer: Signer,
    user_agent: HeaderValue,
    time: Time,
}

/// How far an attempt came: what is left to tell when its time is up.
struct Way<'a> {
    stage: Stage,
    lease: Option<Lease<'a>>,
}

/// What becomes of the headers of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Headers {
    /// Nobody wants them: their map serves the next request on the socket.
    Reuse,
    /// They belong to the response.
    #[cfg(feature = "sdk")]
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queue,
    Connect,
    Exchange,
}

impl Sender {
    pub(crate) fn new(options: SenderOptions, time: Time) -> Self {
        Sender {
            pool: Pool::new(options.pool, time.clone()),
            connector: Connector::new(options.tls, options.proxy, options.connection_timeout, time.clone()),
            signer: Signer::default(),
            user_agent: options.user_agent,
            time,
        }
    }

    /// Signs and sends one request and reads its response, in no more than `limit`.
    ///
    /// # Errors
    /// With the reason, and with what is known of how much of the request left.
    pub(crate) fn send(
        &self,
        request: &Request<'_>,
        limit: Duration,
        credentials: &Arc<Credentials>,
        endpoint: &Arc<Endpoint>,
    ) -> impl Future<Output = Result<Response, Failure>> {
        self.exchange(limit, endpoint, request.reuse, Headers::Reuse, move |connection| {
            self.sign(request, credentials, endpoint, connection)
                .map_err(|error| Failure::from_error(FailureKind::Configuration, error))
        })
    }

    /// Sends a request that somebody else has signed, and reads its response, in no more than `limit`. Its URI is a path.
    ///
    /// # Errors
    /// With the reason, and with what is known of how much of the request left.
    #[cfg(feature = "sdk")]
    pub(crate) fn forward(
        &self,
        request: &http::Request<Bytes>,
        limit: Duration,
        endpoint: &Arc<Endpoint>,
    ) -> impl Future<Output = Result<Response, Failure>> {
        // Nothing is known of what the request does if it comes twice.
        self.exchange(limit, endpoint, Reuse::ProvenAlive, Headers::Keep, move |connection| {
            let body = request.body().clone();
            connection.progress().begin(body.len());
            let mut http = http::Request::new(Payload::new(body, Arc::clone(connection.progress())));
            *http.method_mut() = request.method().clone();
            *http.uri_mut() = request.uri().clone();
            *http.headers_mut() = request.headers().clone();
            Ok(http)
        })
    }

    /// Sends what `prepare` makes for the socket that is had, and reads its response.
    async fn exchange(
        &self,
        limit: Duration,
        endpoint: &Arc<Endpoint>,
        reuse: Reuse,
        headers: Headers,
        prepare: impl Fn(&mut Connection) -> Result<http::Request<Payload>, Failure>,
    ) -> Result<Response, Failure> {
        // Before anything that needs a timer, which only a runtime has.
        let runtime = connect::runtime()?;
        let mut way = Way { stage: Stage::Queue, lease: None };
        let sent = {
            let attempt = pin!(self.go(reuse, endpoint, runtime, prepare, &mut way));
            self.time.timeout(limit, attempt).await
        };
        match sent {
            Some(Ok(mut response)) => {
                if let Some(mut lease) = way.lease {
                    if let (Headers::Reuse, Some(connection)) = (headers, lease.connection()) {
                        connection.keep_headers(&mut response);
                    }
                    lease.give_back();
                }
                Ok(response)
            }
            Some(Err(failure)) if failure.address.is_empty() => Err(failure.at(connect::address(endpoint))),
            Some(Err(failure)) => Err(failure),
            None => Err(self.out_of_time(limit, way).at(connect::address(endpoint))),
        }
    }

    /// Opens connections until `count` rest, in no more than `limit`; gives how many do.
    ///
    /// # Errors
    /// If there are none.
    pub(crate) async fn prewarm(
        &self,
        endpoint: &Arc<Endpoint>,
        count: usize,
        limit: Duration,
    ) -> Result<usize, Failure> {
        let runtime = connect::runtime()?;
        let count = count.min(self.pool.max_sockets());
        let mut opening: Vec<_> = (0..count).map(|_| Box::pin(self.warm(endpoint, runtime))).collect();
        let (mut warm, mut failed) = (Vec::with_capacity(count), None);
        let all = poll_fn(|cx| {
            opening.retain_mut(|one| match one.as_mut().poll(cx) {
                Poll::Ready(Ok(lease)) => {
                    warm.push(lease);
                    false
                }
                Poll::Ready(Err(failure)) => {
                    failed = Some(failure);
                    false
                }
                Poll::Pending => true,
            });
            if opening.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        });
        let in_time = self.time.timeout(limit, pin!(all)).await.is_some();
        drop(opening);
        let ready = warm.len();
        // Held until now, so that no two of them are the same socket.
        warm.into_iter().for_each(Lease::give_back);
        match failed {
            Some(failure) if ready == 0 => Err(failure),
            None if ready == 0 && !in_time => {
                let message = format!("no connection to {} in {limit:?}", connect::address(endpoint));
                Err(Failure::new(FailureKind::ConnectTimeout, message).at(connect::address(endpoint)))
            }
            Some(_) | None => Ok(ready),
        }
    }

    async fn warm(&self, endpoint: &Arc<Endpoint>, runtime: tokio::runtime::Id) -> Result<Lease<'_>, Failure> {
        let mut lease = self.pool.enter().await?;
        if !lease.take_idle(endpoint, runtime, Reuse::Newest, true).await {
            self.open(&mut lease, endpoint, runtime).await?;
            if let Some(connection) = lease.connection() {
                // A connection that was never driven is not ready to rest.
                connection.is_alive().await;
            }
        }
        Ok(lease)
    }

    async fn open(
        &self,
        lease: &mut Lease<'_>,
        endpoint: &Arc<Endpoint>,
        runtime: tokio::runtime::Id,
    ) -> Result<(), Failure> {
        lease.reserve();
        // In a box of its own: connecting is rare, and its state would make the future of every attempt large.
        lease.hold(Box::pin(self.connector.connect(endpoint, runtime)).await?);
        Ok(())
    }

    pub(crate) fn pool(&self) -> PoolStats {
        self.pool.stats()
    }

    pub(crate) fn drop_idle(&self) {
        self.pool.drop_idle();
    }

    pub(crate) async fn close(&self, limit: Duration) {
        self.pool.close(limit).await;
    }

    async fn go<'a>(
        &'a self,
        reuse: Reuse,
        endpoint: &Arc<Endpoint>,
        runtime: tokio::runtime::Id,
        prepare: impl Fn(&mut Connection) -> Result<http::Request<Payload>, Failure>,
        way: &mut Way<'a>,
    ) -> Result<Response, Failure> {
        let lease = way.lease.insert(self.pool.enter().await?);
        let mut suspicious = false;
        loop {
            if !lease.take_idle(endpoint, runtime, reuse, suspicious).await {
                way.stage = Stage::Connect;
                self.open(lease, endpoint, runtime).await?;
            }
            way.stage = Stage::Exchange;
            let Some(connection) = lease.connection() else {
                return Err(Failure::new(FailureKind::Connect, "the connection was lost before it was used"));
            };
            let request = prepare(connection)?;
            match connection.exchange(request).await {
                Ok(response) => return Ok(response),
                // The server closed it while it rested, and knows nothing of this request: the next socket takes it.
                Err(failure) if failure.reused && failure.flushed == Flushed::Nothing => {
                    lease.discard_stale();
                    suspicious = true;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    fn sign(
        &self,
        request: &Request<'_>,
        credentials: &Arc<Credentials>,
        endpoint: &Arc<Endpoint>,
        connection: &mut Connection,
    ) -> Result<http::Request<Payload>, crate::Error> {
        let signed = self.signer.sign(
            credentials,
            endpoint,
            request.target,
            &request.body,
            self.time.wall(),
            request.clock_offset,
        )?;
        let body = Payload::new(request.body.clone(), Arc::clone(connection.progress()));
        let mut http = http::Request::new(body);
        *http.method_mut() = http::Method::POST;
        *http.uri_mut() = signed.moment.scope.uri.clone();
        *http.headers_mut() = connection.take_headers();
        let headers = http.headers_mut();
        headers.reserve(HEADERS);
        headers.insert(HOST, signed.moment.scope.host.clone());
        headers.insert(CONTENT_TYPE, const { HeaderValue::from_static(sign::CONTENT_TYPE) });
        headers.insert(TARGET, request.target.clone());
        headers.insert(DATE, signed.moment.date.clone());
        if let Some(token) = &signed.moment.scope.token {
            headers.insert(TOKEN, token.clone());
        }
        headers.insert(AUTHORIZATION, signed.authorization);
        headers.insert(USER_AGENT, self.user_agent.clone());
        #[cfg(feature = "lambda")]
        if let Some(trace) = crate::observe::invocation::trace_header() {
            headers.insert(TRACE, trace);
        }
        connection.progress().begin(request.body.len());
        Ok(http)
    }

    fn out_of_time(&self, limit: Duration, mut way: Way<'_>) -> Failure {
        match way.stage {
            Stage::Queue => {
                let (busy, of) = (self.pool.stats().in_use, self.pool.max_sockets());
                Failure::new(FailureKind::PoolTimeout, format!("{busy} of {of} sockets busy for {}", waited(limit)))
            }
            Stage::Connect => {
                Failure::new(FailureKind::ConnectTimeout, format!("no connection in the {limit:?} of the attempt"))
            }
            Stage::Exchange => match way.lease.as_mut().and_then(Lease::connection) {
                Some(connection) => connection.out_of_time(limit),
                None => Failure::new(FailureKind::Timeout, format!("no response in {limit:?}")),
            },
        }
    }
}

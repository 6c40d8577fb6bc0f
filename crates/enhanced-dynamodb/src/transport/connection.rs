//! One HTTP/1.1 connection, driven by the attempt that uses it.
//!
//! No task runs beside the attempt: the same future that waits for the response polls the connection. That spares two
//! task switches a call, and makes cancellation exact: an attempt that is dropped drops its socket.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};

use http::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::body::{Bodies, MAX_RESPONSE, Pieces};
use super::endpoint::Endpoint;
use super::failure::{Failure, FailureKind, Flushed};
use super::response::Response;
use super::socket::{Payload, Progress, Stream};

/// The most that is read at once, in bytes, and with it the largest head of a response (the service's has some 300).
/// Each connection keeps a buffer of this size once it has read a large response; hyper's default would be 400 KiB.
const BUFFER: usize = 16 * 1024;

/// An open connection.
pub(crate) struct Connection {
    sender: http1::SendRequest<Payload>,
    /// Gone as soon as the connection ended.
    driver: Option<http1::Connection<TokioIo<Stream>, Payload>>,
    /// How it ended, if not in peace.
    ended: Option<hyper::Error>,
    progress: Arc<Progress>,
    /// The map of the last response's headers, empty, for the next request's.
    headers: HeaderMap,
    /// Where the bodies of responses are put together.
    bodies: Arc<Bodies>,
    /// Where it leads.
    pub(crate) endpoint: Arc<Endpoint>,
    /// The runtime whose event queue the socket is registered with.
    pub(crate) runtime: tokio::runtime::Id,
    pub(crate) opened: Instant,
    pub(crate) opened_wall: SystemTime,
    /// Whether it rested in the pool: the server may have closed it meanwhile.
    pub(crate) rested: bool,
}

impl Connection {
    /// Speaks HTTP over a stream.
    ///
    /// # Errors
    /// If hyper refuses the stream.
    pub(crate) async fn over(
        stream: Stream,
        bodies: Arc<Bodies>,
        endpoint: Arc<Endpoint>,
        runtime: tokio::runtime::Id,
        opened: Instant,
        opened_wall: SystemTime,
    ) -> Result<Box<Self>, hyper::Error> {
        let progress = Arc::clone(stream.progress());
        // The body is written from where it lies, which its count of what left relies on.
        let mut http = http1::Builder::new();
        http.writev(true).max_buf_size(BUFFER);
        let (sender, driver) = http.handshake(TokioIo::new(stream)).await?;
        Ok(Box::new(Connection {
            sender,
            driver: Some(driver),
            ended: None,
            progress,
            headers: HeaderMap::new(),
            bodies,
            endpoint,
            runtime,
            opened,
            opened_wall,
            rested: false,
        }))
    }

    /// Whether requests to this endpoint may go over it.
    pub(crate) fn leads_to(&self, endpoint: &Endpoint) -> bool {
        std::ptr::eq(&*self.endpoint, endpoint)
            || (self.endpoint.port == endpoint.port
                && self.endpoint.scheme == endpoint.scheme
                && self.endpoint.host == endpoint.host)
    }

    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// An empty map for a request's headers, with room if the connection served before.
    pub(crate) fn take_headers(&mut self) -> HeaderMap {
        std::mem::take(&mut self.headers)
    }

    /// Keeps the map of a success's headers for the next request.
    pub(crate) fn keep_headers(&mut self, response: &mut Response) {
        self.headers = response.spare_headers().unwrap_or_default();
    }

    /// Whether it can take another request.
    pub(crate) fn is_ready(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Whether the other side still holds the connection, as the operating system knows it now.
    pub(crate) async fn is_alive(&mut self) -> bool {
        self.progress.probe();
        poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(())
        })
        .await;
        self.driver.is_some() && !self.sender.is_closed()
    }

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    /// With what is known of how far the request came.
    pub(crate) async fn exchange(&mut self, request: http::Request<Payload>) -> Result<Response, Failure> {
        let reused = self.rested;
        let mut response = pin!(self.sender.try_send_request(request));
        let (driver, ended) = (&mut self.driver, &mut self.ended);
        let answer = poll_fn(|cx| {
            drive(driver, ended, cx);
            response.as_mut().poll(cx)
        })
        .await;
        let (head, body) = match answer {
            Ok(response) => response.into_parts(),
            Err(mut error) => {
                let given_back = error.take_message().is_some();
                return Err(self.lost_before_head(error.into_error(), given_back));
            }
        };
        let body = self.read(body, &head.headers).await?;
        let stray = self.settle().await;
        let response = Response::new(head.status.as_u16(), head.headers, body, reused)
            .map_err(|(kind, message)| self.failed(kind, message))?;
        // A checksum that is right proves the body, whatever came after it.
        if stray && !response.is_proven() {
            let message = "the response is longer than its length header says";
            return Err(self.failed(FailureKind::LengthMismatch, message));
        }
        Ok(response)
    }

    async fn read(&mut self, body: Incoming, headers: &HeaderMap) -> Result<bytes::Bytes, Failure> {
        let expected = body.size_hint().exact();
        if expected.is_some_and(|length| length > MAX_RESPONSE as u64) {
            return Err(self.too_large());
        }
        let mut body = pin!(body);
        let bodies = Arc::clone(&self.bodies);
        let mut pieces = Pieces::new(&bodies, expected.and_then(|length| usize::try_from(length).ok()));
        let outcome = poll_fn(|cx| {
            // The body's channel asks for more as it is polled; the connection has to be driven after that.
            let mut asked = false;
            loop {
                match body.as_mut().poll_frame(cx) {
                    Poll::Ready(Some(Ok(frame))) => {
                        asked = false;
                        if let Ok(piece) = frame.into_data()
                            && !pieces.add(piece)
                        {
                            return Poll::Ready(Err(Lost::TooLarge));
                        }
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Lost::Broken(error))),
                    Poll::Ready(None) => return Poll::Ready(Ok(())),
                    Poll::Pending if asked => return Poll::Pending,
                    Poll::Pending => {
                        asked = true;
                        self.drive(cx);
                    }
                }
            }
        })
        .await;
        match outcome {
            Ok(()) => {}
            Err(Lost::TooLarge) => return Err(self.too_large()),
            Err(Lost::Broken(error)) => return Err(self.lost_in_body(error, pieces.len(), expected)),
        }
        if let Some(length) = expected.filter(|length| *length != pieces.len() as u64) {
            let message = format!("the response promised {length} bytes and brought {}", pieces.len());
            return Err(self.failed(FailureKind::LengthMismatch, message));
        }
        // Without a length the end of the connection is the end of the body, and that came too early here: the service
        // never answers with nothing.
        if expected.is_none() && pieces.len() == 0 {
            return Err(self.failed(FailureKind::Broken, "the connection ended after the response's head"));
        }
        // Only compressed on request, and this client does not ask: what was compressed nevertheless cannot be read.
        if headers.get(http::header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(self.failed(FailureKind::Protocol, "the response is compressed, though nobody asked for it"));
        }
        Ok(pieces.join())
    }

    /// Lets the connection come to rest after a response, and tells whether bytes followed that belong to nothing.
    async fn settle(&mut self) -> bool {
        if !self.is_ready() && self.driver.is_some() {
            poll_fn(|cx| {
                self.drive(cx);
                Poll::Ready(())
            })
            .await;
        }
        // A socket that broke after the whole response is nobody's loss; such an error has a source, or says that the
        // request was not taken whole.
        self.ended
            .take()
            .is_some_and(|error| std::error::Error::source(&error).is_none() && !error.is_incomplete_message())
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.ended, cx);
    }

    fn failed(&self, kind: FailureKind, message: impl Into<String>) -> Failure {
        Failure {
            flushed: self.progress.flushed(),
            reused: self.rested,
            response_started: self.progress.answered(),
            ..Failure::new(kind, message)
        }
    }

    /// What is to be told of a request whose time is up.
    pub(crate) fn out_of_time(&self, limit: std::time::Duration) -> Failure {
        let what = if self.progress.answered() { "no whole response" } else { "no response" };
        self.failed(FailureKind::Timeout, format!("{what} in {limit:?}"))
    }

    fn too_large(&self) -> Failure {
        let message = format!("the response is larger than {MAX_RESPONSE} bytes");
        self.failed(FailureKind::TooLarge, message)
    }

    fn lost_before_head(&mut self, error: hyper::Error, given_back: bool) -> Failure {
        let started = self.progress.answered();
        let (kind, message) = if error.is_parse() {
            (FailureKind::Protocol, "the answer is not HTTP")
        } else if started {
            (FailureKind::Broken, "the connection ended in the middle of the response's head")
        } else {
            (FailureKind::Closed, "the connection ended before a response")
        };
        let mut failure = self.failed(kind, message).with_source(error);
        if given_back {
            failure.flushed = Flushed::Nothing;
            failure.kind = FailureKind::Closed;
        }
        failure
    }

    fn lost_in_body(&self, error: hyper::Error, read: usize, expected: Option<u64>) -> Failure {
        let io = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
        let malformed = io
            .is_some_and(|io| matches!(io.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData));
        let failure = if malformed {
            self.failed(FailureKind::Protocol, "the response's chunks are malformed")
        } else {
            let message = match expected {
                Some(length) => format!("the connection ended after {read} of the response's {length} bytes"),
                None => format!("the connection ended after {read} bytes, before the response's end"),
            };
            self.failed(FailureKind::Broken, message)
        };
        failure.with_source(error)
    }
}

enum Lost {
    TooLarge,
    Broken(hyper::Error),
}

/// Moves the connection on. Once it has ended it is dropped at once, which closes the socket and gives back a request
/// that was not sent.
fn drive(
    driver: &mut Option<http1::Connection<TokioIo<Stream>, Payload>>,
    ended: &mut Option<hyper::Error>,
    cx: &mut Context<'_>,
) {
    if let Some(connection) = driver
        && let Poll::Ready(outcome) = Pin::new(connection).poll(cx)
    {
        *driver = None;
        *ended = outcome.err();
    }
}

//! A server that a test scripts, and a sender that talks to it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::HeaderValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::config::{Clock, Credentials, Time};
use crate::transport::attempt::{Request, Sender, SenderOptions};
use crate::transport::endpoint::Scheme;
use crate::transport::tls::Tls;
use crate::transport::user_agent::user_agent;
use crate::transport::{ArnParameter, Endpoint, Failure, PoolOptions, Response, Reuse};

/// The time of what is not to run out of it, on a machine however busy.
pub(super) const AMPLE: Duration = Duration::from_secs(60);

/// What a server saw.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) accepted: AtomicUsize,
    pub(super) open: AtomicUsize,
    pub(super) most_open: AtomicUsize,
    pub(super) requests: AtomicUsize,
    /// Tells a server that waits for it to close a connection.
    pub(super) close: Notify,
}

impl Seen {
    pub(super) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Has the server close the one connection that is open, and waits until it has.
    pub(super) async fn close_one(&self) {
        self.close.notify_one();
        until("the server has closed the connection", || self.open() == 0).await;
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// A server on loopback, whose connections `serve` handles; it gets the connection's number, from 0.
pub(super) async fn server<F, Served>(serve: F) -> (SocketAddr, Arc<Seen>)
where
    F: Fn(TcpStream, usize, Arc<Seen>) -> Served + Send + 'static,
    Served: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let counted = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let number = counted.accepted.fetch_add(1, Ordering::SeqCst);
            let open = counted.open.fetch_add(1, Ordering::SeqCst) + 1;
            counted.most_open.fetch_max(open, Ordering::SeqCst);
            let served = serve(stream, number, Arc::clone(&counted));
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                served.await;
                counted.open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (address, seen)
}

/// A server that answers every request with its own body, after `delay`.
pub(super) async fn echo(delay: Duration) -> (SocketAddr, Arc<Seen>) {
    server(move |mut stream, _, seen| async move {
        while let Some((_, body)) = request(&mut stream, &seen).await {
            tokio::time::sleep(delay).await;
            if stream.write_all(&answer(&body)).await.is_err() {
                return;
            }
        }
    })
    .await
}

/// A server that sends `answer` to every request, whatever it asks; with `close` it closes the connection then.
pub(super) async fn canned(answer: Vec<u8>, close: bool) -> (SocketAddr, Arc<Seen>) {
    let answer: Arc<[u8]> = answer.into();
    server(move |mut stream, _, seen| {
        let answer = Arc::clone(&answer);
        async move {
            while request(&mut stream, &seen).await.is_some() {
                if stream.write_all(&answer).await.is_err() || close {
                    return;
                }
            }
        }
    })
    .await
}

/// Reads one request: its head and its body. Nothing when the connection ends.
pub(super) async fn request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    seen: &Seen,
) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let length: usize = header(&head, "content-length").unwrap().parse().unwrap();
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    seen.requests.fetch_add(1, Ordering::SeqCst);
    Some((head, bytes[head_end..].to_vec()))
}

pub(super) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
}

/// A response as the service sends it.
pub(super) fn answer(body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\nx-amz-crc32: {}\r\n\
         x-amzn-RequestId: R1\r\n\r\n",
        body.len(),
        crc32fast::hash(body)
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

pub(super) fn options(max_sockets: usize) -> SenderOptions {
    SenderOptions {
        pool: PoolOptions { max_sockets, ..PoolOptions::default() },
        connection_timeout: AMPLE,
        tls: Tls::new(None),
        proxy: None,
        user_agent: user_agent(None, None),
    }
}

pub(super) fn sender(max_sockets: usize) -> Arc<Sender> {
    Arc::new(Sender::new(options(max_sockets), Time::System))
}

pub(super) fn endpoint(address: SocketAddr) -> Arc<Endpoint> {
    Arc::new(Endpoint {
        scheme: Scheme::Http,
        host: address.ip().to_string(),
        port: address.port(),
        authority: address.to_string(),
        path: "/".to_owned(),
        signing_region: "us-east-1".to_owned(),
        account_based: false,
    })
}

pub(super) fn credentials() -> Arc<Credentials> {
    Arc::new(Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
}

pub(super) const TARGET: HeaderValue = HeaderValue::from_static("DynamoDB_20120810.GetItem");

/// What a test may vary of a request.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) body: Bytes,
    pub(super) reuse: Reuse,
    pub(super) timeout: Duration,
}

impl Default for Ask {
    fn default() -> Self {
        Ask { body: Bytes::from_static(b"{}"), reuse: Reuse::Newest, timeout: AMPLE }
    }
}

impl Ask {
    pub(super) fn body(body: impl Into<Bytes>) -> Self {
        Ask { body: body.into(), ..Ask::default() }
    }

    pub(super) fn within(milliseconds: u64) -> Self {
        Ask { timeout: Duration::from_millis(milliseconds), ..Ask::default() }
    }

    pub(super) fn once() -> Self {
        Ask { reuse: Reuse::ProvenAlive, ..Ask::default() }
    }

    pub(super) async fn of(self, sender: &Sender, endpoint: &Arc<Endpoint>) -> Result<Response, Failure> {
        let request = Request {
            target: &TARGET,
            body: self.body,
            reuse: self.reuse,
            timeout: self.timeout,
            arns: ArnParameter::None,
            clock_offset: 0,
        };
        sender.send(&request, self.timeout, &credentials(), endpoint).await
    }
}

/// Clocks that a test moves; sleeps are real.
#[derive(Debug)]
pub(super) struct Hands {
    monotonic: Mutex<Instant>,
    wall: Mutex<SystemTime>,
}

impl Hands {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Hands { monotonic: Mutex::new(Instant::now()), wall: Mutex::new(SystemTime::now()) })
    }

    pub(super) fn move_monotonic(&self, by: Duration) {
        *self.monotonic.lock().unwrap() += by;
    }

    pub(super) fn move_wall(&self, by: Duration) {
        *self.wall.lock().unwrap() += by;
    }

    pub(super) fn set_wall_back(&self, by: Duration) {
        *self.wall.lock().unwrap() -= by;
    }
}

impl Clock for Hands {
    fn monotonic(&self) -> Instant {
        *self.monotonic.lock().unwrap()
    }

    fn wall(&self) -> SystemTime {
        *self.wall.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Waits until something holds; fails the test after two seconds.
pub(super) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..400 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not within two seconds: {what}");
}

//! The byte stream under a connection, which keeps count: how much of a request left, and whether an answer began.
//!
//! Two observers stand one above and one below TLS. Below, [`Socket`] counts the bytes that the operating system took.
//! Above, [`Stream`] sees when everything handed over was flushed, and when the first decrypted byte came back.
//! [`Payload`] is the request body, which tells how much of it is still to be handed over. Together they answer what a
//! lost connection leaves open: did the server get the request whole?

use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::failure::Flushed;

/// What is known of the bytes of one connection. Only the task that drives the connection writes here; atomics make it
/// shareable, they order nothing.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Bytes that the operating system took since the connection began.
    written: AtomicU64,
    /// `written` when the current request began.
    begun_at: AtomicU64,
    /// Bytes of the current request's body that were not handed over yet.
    unsent: AtomicUsize,
    /// Whether everything that was handed over was flushed.
    flushed: AtomicBool,
    /// Whether a byte came back since the current request began.
    answered: AtomicBool,
    /// Whether the next read must ask the operating system, whatever the runtime believes.
    probe: AtomicBool,
}

impl Progress {
    /// A request of a body of this length begins.
    pub(crate) fn begin(&self, body: usize) {
        self.begun_at.store(self.written.load(Ordering::Relaxed), Ordering::Relaxed);
        self.unsent.store(body, Ordering::Relaxed);
        self.answered.store(false, Ordering::Relaxed);
    }

    /// How much of the current request left.
    pub(crate) fn flushed(&self) -> Flushed {
        if self.written.load(Ordering::Relaxed) == self.begun_at.load(Ordering::Relaxed) {
            Flushed::Nothing
        } else if self.unsent.load(Ordering::Relaxed) == 0 && self.flushed.load(Ordering::Relaxed) {
            Flushed::All
        } else {
            Flushed::Part
        }
    }

    pub(crate) fn answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Makes the next read a real one: after a freeze the runtime's event queue has not yet told of a FIN that the
    /// operating system knows.
    pub(crate) fn probe(&self) {
        self.probe.store(true, Ordering::Relaxed);
    }
}

/// Up to so many bytes, copying the parts of a request together costs less than the operating system takes for parts
/// (half a microsecond of the five that a small request costs beyond a bare socket, as measured).
const JOINED: usize = 4096;

/// A TCP connection that counts what it sends.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    progress: Arc<Progress>,
    /// Where the parts of a request are put together: kept, because clearing a new one costs more than the copy.
    joined: Vec<u8>,
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream, progress: Arc<Progress>) -> Self {
        Socket { tcp, progress, joined: Vec::new() }
    }

    fn count(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = written {
            let before = self.progress.written.load(Ordering::Relaxed);
            self.progress.written.store(before.wrapping_add(*bytes as u64), Ordering::Relaxed);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.progress.probe.load(Ordering::Relaxed) {
            self.progress.probe.store(false, Ordering::Relaxed);
            let read = (&*SockRef::from(&self.tcp)).read(buf.initialize_unfilled());
            match read {
                Ok(bytes) => {
                    buf.advance(bytes);
                    return Poll::Ready(Ok(()));
                }
                // Nothing there, and no end either: the runtime shall wake this task when that changes.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.count(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Socket { tcp, joined, .. } = &mut *self;
        let tcp = Pin::new(tcp);
        let written = if bufs.iter().map(|part| part.len()).sum::<usize>() <= JOINED {
            joined.clear();
            joined.reserve_exact(JOINED);
            bufs.iter().for_each(|part| joined.extend_from_slice(part));
            tcp.poll_write(cx, joined)
        } else {
            tcp.poll_write_vectored(cx, bufs)
        };
        self.count(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// What HTTP is spoken over.
pub(crate) struct Stream {
    over: Over,
    progress: Arc<Progress>,
}

enum Over {
    Tcp(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Stream {
    pub(crate) fn plain(socket: Socket) -> Self {
        Stream { progress: Arc::clone(&socket.progress), over: Over::Tcp(socket) }
    }

    pub(crate) fn tls(stream: TlsStream<Socket>) -> Self {
        Stream { progress: Arc::clone(&stream.get_ref().0.progress), over: Over::Tls(Box::new(stream)) }
    }

    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }
}

macro_rules! over {
    ($stream:expr, $io:ident => $call:expr) => {
        match &mut $stream.over {
            Over::Tcp(io) => {
                let $io = Pin::new(io);
                $call
            }
            Over::Tls(io) => {
                let $io = Pin::new(&mut **io);
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = over!(self, io => io.poll_read(cx, buf));
        if buf.filled().len() > before {
            self.progress.answered.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.progress.flushed.store(false, Ordering::Relaxed);
        over!(self, io => io.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.progress.flushed.store(false, Ordering::Relaxed);
        over!(self, io => io.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = over!(self, io => io.poll_flush(cx));
        if let Poll::Ready(Ok(())) = flushed {
            self.progress.flushed.store(true, Ordering::Relaxed);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        over!(self, io => io.poll_shutdown(cx))
    }
}

/// A request body that tells how much of it is still to be handed over. The connection writes it from where it lies
/// (`writev`), so what it was advanced by has left.
pub(crate) struct Payload(Option<Unsent>);

impl Payload {
    pub(crate) fn new(bytes: Bytes, progress: Arc<Progress>) -> Self {
        Payload((!bytes.is_empty()).then_some(Unsent { bytes, progress }))
    }
}

impl Body for Payload {
    type Data = Unsent;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Poll::Ready(self.0.take().map(|unsent| Ok(Frame::data(unsent))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |unsent| unsent.bytes.len() as u64))
    }
}

/// The bytes of a [`Payload`].
pub(crate) struct Unsent {
    bytes: Bytes,
    progress: Arc<Progress>,
}

impl Buf for Unsent {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.progress.unsent.store(self.bytes.len(), Ordering::Relaxed);
    }
}

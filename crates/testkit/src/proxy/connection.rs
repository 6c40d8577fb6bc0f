//! One connection of a client: its requests, one after the other, and what befalls them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Shared;
use super::fault::{At, Close, Fault, Point};
use super::wire::{self, Extent, with_content_length};

/// How long a closed connection waits for the client to close its side too.
const LINGER: Duration = Duration::from_secs(5);

pub(super) struct Connection {
    stream: TcpStream,
    shared: Arc<Shared>,
    cuts: watch::Receiver<u64>,
    number: u64,
    requests: u64,
    /// Read from the client, not yet forwarded.
    buffer: Vec<u8>,
}

/// Whether the connection goes on.
enum Next {
    Continue,
    Close(Close),
    Hang,
}

/// The message that was read, or why there is none.
enum Read {
    /// Its length.
    Message(usize),
    Limit,
    End,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.tally.lock().open -= 1;
    }
}

impl Connection {
    pub(super) fn new(stream: TcpStream, shared: Arc<Shared>) -> Connection {
        // Before it is counted: whoever sees it in the counters can cut it.
        let cuts = shared.cuts.subscribe();
        let number = shared.tally.opened();
        Connection { stream, shared, cuts, number, requests: 0, buffer: Vec::new() }
    }

    pub(super) async fn serve(mut self) {
        let mut cuts = self.cuts.clone();
        let end = tokio::select! {
            end = self.serve_requests() => end,
            _ = cuts.changed() => Ok(Close::Reset),
        };
        // An error here is the client's own doing: it is gone.
        if let Ok(how) = end {
            let _ = self.close(how).await;
        }
    }

    async fn serve_requests(&mut self) -> io::Result<Close> {
        self.stream.set_nodelay(true)?;
        let counters = self.shared.tally.counters();
        let at = At { connection: self.number, on_connection: 1, request: counters.requests + 1 };
        let mut next = strike(&self.shared.plan.at_acceptance(at), Point::Accepted).await;
        loop {
            match next {
                Next::Continue => next = self.serve_one().await?,
                Next::Close(how) => return Ok(how),
                Next::Hang => return self.swallow().await.map(|()| Close::Fin),
            }
        }
    }

    async fn serve_one(&mut self) -> io::Result<Next> {
        if self.buffer.is_empty() && self.fill().await? == 0 {
            return Ok(Next::Close(Close::Fin));
        }
        self.requests += 1;
        let request = self.shared.tally.arrived();
        let fault = self.shared.plan.for_request(At { connection: self.number, on_connection: self.requests, request });

        let limit = match fault.point() {
            Some(Point::RequestBytes(bytes)) => Some(bytes),
            _ => None,
        };
        let mut read = self.read_request(limit).await?;
        if let Read::Limit = read {
            match strike(&fault, Point::RequestBytes(limit.unwrap_or_default())).await {
                Next::Continue => read = self.read_request(None).await?,
                end => return Ok(end),
            }
        }
        let Read::Message(whole) = read else { return Ok(Next::Close(Close::Fin)) };
        let request: Vec<u8> = self.buffer.drain(..whole).collect();

        if let Fault::Garbage(bytes) = &fault {
            self.write(bytes).await?;
            return Ok(Next::Close(Close::Fin));
        }
        match strike(&fault, Point::Received).await {
            Next::Continue => {}
            end => return Ok(end),
        }
        let (answer, head) = forward(&self.shared.upstream, &request).await?;
        self.shared.tally.lock().applied += 1;
        match strike(&fault, Point::Applied).await {
            Next::Continue => self.answer(&fault, &answer, head).await,
            end => Ok(end),
        }
    }

    async fn answer(&mut self, fault: &Fault, answer: &[u8], head: usize) -> io::Result<Next> {
        let (point, split) = match fault.point() {
            Some(point @ Point::AnswerBytes(bytes)) => (point, bytes.min(answer.len())),
            Some(point @ Point::BodyBytes(bytes)) => (point, (head + bytes).min(answer.len())),
            _ => (Point::Answered, answer.len()),
        };
        match fault {
            Fault::Drip { bytes, every } => {
                for piece in answer.chunks((*bytes).max(1)) {
                    tokio::time::sleep(*every).await;
                    self.write(piece).await?;
                }
                return Ok(Next::Continue);
            }
            Fault::ContentLength(length) => {
                self.write(&with_content_length(answer, head, *length)).await?;
                return Ok(Next::Close(Close::Fin));
            }
            Fault::None | Fault::Cut { .. } | Fault::Hang { .. } | Fault::Delay { .. } | Fault::Garbage(_) => {}
        }
        self.write(&answer[..split]).await?;
        match strike(fault, point).await {
            Next::Continue => self.write(&answer[split..]).await.map(|()| Next::Continue),
            end => Ok(end),
        }
    }

    /// Reads until the buffer begins with a whole request, or holds `limit` bytes.
    async fn read_request(&mut self, limit: Option<usize>) -> io::Result<Read> {
        loop {
            if limit.is_some_and(|limit| self.buffer.len() >= limit) {
                return Ok(Read::Limit);
            }
            match wire::extent(&self.buffer)? {
                Extent::Bytes { whole, .. } if whole <= self.buffer.len() && limit.is_none() => {
                    return Ok(Read::Message(whole));
                }
                // A limit beyond the request's end counts as its end.
                Extent::Bytes { whole, .. } if whole <= self.buffer.len() => return Ok(Read::Limit),
                Extent::Bytes { .. } | Extent::Unknown | Extent::UntilClose { .. } => {}
            }
            if self.fill().await? == 0 {
                return Ok(Read::End);
            }
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        self.shared.tally.lock().bytes_in += read as u64;
        Ok(read)
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await?;
        self.shared.tally.lock().bytes_out += bytes.len() as u64;
        Ok(())
    }

    /// Reads what comes and answers nothing, until the client closes.
    async fn swallow(&mut self) -> io::Result<()> {
        loop {
            self.buffer.clear();
            if self.fill().await? == 0 {
                return Ok(());
            }
        }
    }

    async fn close(&mut self, how: Close) -> io::Result<()> {
        match how {
            // Dropping the socket then sends a reset.
            Close::Reset => SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)),
            Close::Fin => {
                self.stream.shutdown().await?;
                // A socket dropped with unread bytes would send a reset instead.
                match tokio::time::timeout(LINGER, self.swallow()).await {
                    Ok(end) => end,
                    Err(_still_open) => Ok(()),
                }
            }
        }
    }
}

/// What the fault does at this point, after its delay if it is one.
async fn strike(fault: &Fault, point: Point) -> Next {
    if fault.point() != Some(point) {
        return Next::Continue;
    }
    match fault {
        Fault::Cut { how, .. } => Next::Close(*how),
        Fault::Hang { .. } => Next::Hang,
        Fault::Delay { by, .. } => {
            tokio::time::sleep(*by).await;
            Next::Continue
        }
        Fault::None | Fault::Drip { .. } | Fault::ContentLength(_) | Fault::Garbage(_) => Next::Continue,
    }
}

/// The upstream's whole answer, and the length of its head.
async fn forward(upstream: &str, request: &[u8]) -> io::Result<(Vec<u8>, usize)> {
    let mut stream = TcpStream::connect(upstream).await?;
    stream.set_nodelay(true)?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    loop {
        let extent = wire::extent(&answer)?;
        if let Extent::Bytes { head, whole } = extent
            && whole <= answer.len()
        {
            return Ok((answer, head));
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return match extent {
                Extent::UntilClose { head } => Ok((answer, head)),
                Extent::Unknown | Extent::Bytes { .. } => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
    }
}

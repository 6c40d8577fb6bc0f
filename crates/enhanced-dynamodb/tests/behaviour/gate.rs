//! Lets the requests of several clients through one at a time, in every order that can make a difference: two reads next
//! to each other may as well be the other way round, so that of such orders one is tried (Godefroid, "Partial-Order
//! Methods for the Verification of Concurrent Systems", 1996: sleep sets).

use std::io;
use std::sync::Arc;

use enhanced_dynamodb::config::Random;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// No wait between two tries.
#[derive(Debug)]
pub(crate) struct NoWaits;

impl Random for NoWaits {
    fn unit(&self) -> f64 {
        0.0
    }
}

/// What the gate and the clients tell the scheduler.
enum Event {
    /// A client's request has come, and waits; whether it writes.
    Waits(usize, bool, oneshot::Sender<()>),
    /// A client has ended.
    Ended(usize),
}

/// A listener for each client, in front of one engine.
pub(crate) struct Gate {
    endpoints: Vec<String>,
    sender: mpsc::UnboundedSender<Event>,
    events: mpsc::UnboundedReceiver<Event>,
}

/// Tells the gate that a client has ended, however it ends.
pub(crate) struct Client(usize, mpsc::UnboundedSender<Event>);

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.1.send(Event::Ended(self.0));
    }
}

impl Gate {
    pub(crate) async fn in_front_of(engine: &str, clients: usize) -> Gate {
        let (sender, events) = mpsc::unbounded_channel();
        let engine: Arc<str> = engine.trim_start_matches("http://").into();
        let mut endpoints = Vec::new();
        for client in 0..clients {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            endpoints.push(format!("http://{}", listener.local_addr().unwrap()));
            let (engine, sender) = (Arc::clone(&engine), sender.clone());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (engine, sender) = (Arc::clone(&engine), sender.clone());
                    // A connection ends with its client.
                    tokio::spawn(async move {
                        let _ = serve(stream, &engine, client, &sender).await;
                    });
                }
            });
        }
        Gate { endpoints, sender, events }
    }

    pub(crate) fn endpoint(&self, client: usize) -> &str {
        &self.endpoints[client]
    }

    pub(crate) fn client(&self, client: usize) -> Client {
        Client(client, self.sender.clone())
    }

    /// Lets requests through until all clients have ended. What was chosen where several could come next is given, and
    /// then the first of them always; how many they were each time comes back.
    pub(crate) async fn run(&mut self, choices: &[usize]) -> Vec<usize> {
        let mut waiting: Vec<Option<(bool, oneshot::Sender<()>)>> = self.endpoints.iter().map(|_| None).collect();
        let mut ended = vec![false; waiting.len()];
        // Whose request was tried first in another order that differs by nothing from those in which it comes now.
        let mut asleep = vec![false; waiting.len()];
        let mut options = Vec::new();
        loop {
            while (0..waiting.len()).any(|client| waiting[client].is_none() && !ended[client]) {
                match self.events.recv().await.unwrap() {
                    Event::Waits(client, writes, pass) => {
                        assert!(waiting[client].is_none(), "a client makes one request at a time");
                        waiting[client] = Some((writes, pass));
                    }
                    Event::Ended(client) => ended[client] = true,
                }
            }
            let ready: Vec<usize> = (0..waiting.len()).filter(|client| waiting[*client].is_some()).collect();
            let awake: Vec<usize> = ready.iter().copied().filter(|client| !asleep[*client]).collect();
            let Some(first) = ready.first().copied() else { return options };
            let mut chosen = first;
            if !awake.is_empty() {
                let choice = choices.get(options.len()).copied().unwrap_or(0);
                options.push(awake.len());
                chosen = awake[choice];
                for client in &awake[..choice] {
                    asleep[*client] = true;
                }
            }
            let (writes, pass) = waiting[chosen].take().unwrap();
            for (client, asleep) in asleep.iter_mut().enumerate() {
                let its = waiting[client].as_ref().is_some_and(|(writes, _)| *writes);
                *asleep = *asleep && client != chosen && !writes && !its;
            }
            // The next event is the end of this client's request: its next one, or its end.
            let _ = pass.send(());
        }
    }
}

impl Gate {
    /// As [`run`](Self::run), but a client goes on until it ends, except for so many `switches` to another one: most faults
    /// of concurrency need very few (Musuvathi and Qadeer, "Iterative context bounding", 2007).
    pub(crate) async fn run_switching(&mut self, choices: &[usize], switches: usize) -> Vec<usize> {
        let mut waiting: Vec<Option<oneshot::Sender<()>>> = self.endpoints.iter().map(|_| None).collect();
        let mut ended = vec![false; waiting.len()];
        let (mut options, mut running, mut switched) = (Vec::new(), 0, 0);
        loop {
            while (0..waiting.len()).any(|client| waiting[client].is_none() && !ended[client]) {
                match self.events.recv().await.unwrap() {
                    Event::Waits(client, _, pass) => {
                        assert!(waiting[client].is_none(), "a client makes one request at a time");
                        waiting[client] = Some(pass);
                    }
                    Event::Ended(client) => ended[client] = true,
                }
            }
            let goes_on = waiting[running].is_some();
            let mut ready: Vec<usize> = (0..waiting.len()).filter(|client| waiting[*client].is_some()).collect();
            ready.sort_by_key(|client| *client != running);
            if goes_on && switched == switches {
                ready.truncate(1);
            }
            if ready.is_empty() {
                return options;
            }
            let choice = choices.get(options.len()).copied().unwrap_or(0);
            options.push(ready.len());
            switched += usize::from(goes_on && choice > 0);
            running = ready[choice];
            let _ = waiting[running].take().unwrap().send(());
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    engine: &str,
    client: usize,
    events: &mpsc::UnboundedSender<Event>,
) -> io::Result<()> {
    let mut upstream = TcpStream::connect(engine).await?;
    upstream.set_nodelay(true)?;
    stream.set_nodelay(true)?;
    loop {
        let request = message(&mut stream).await?;
        let (pass, passed) = oneshot::channel();
        let reads = ["GetItem", "Query", "Scan"].iter().any(|read| has(&request, &format!("{read}\r\n")));
        let _ = events.send(Event::Waits(client, !reads, pass));
        passed.await.map_err(io::Error::other)?;
        upstream.write_all(&request).await?;
        let response = message(&mut upstream).await?;
        stream.write_all(&response).await?;
    }
}

/// Whether the head of a request has this text: `GetItem` ends the target of BatchGetItem too.
fn has(request: &[u8], text: &str) -> bool {
    request.windows(text.len()).any(|window| window == text.as_bytes())
}

/// One HTTP message with a length.
async fn message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Ok(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Calls `run` once for each way in which choices can be made: it is given what chooses.
pub(crate) async fn every_order<F, R>(mut run: F) -> usize
where
    F: FnMut(Vec<usize>) -> R,
    R: Future<Output = Vec<usize>>,
{
    // What was chosen in the last run, and among how many; the next run differs in the last choice that can.
    let mut prefix: Vec<usize> = Vec::new();
    let mut runs = 0;
    loop {
        runs += 1;
        let options = run(prefix.clone()).await;
        let mut chosen = prefix.clone();
        chosen.resize(options.len(), 0);
        let Some(last) = (0..options.len()).rev().find(|at| chosen[*at] + 1 < options[*at]) else { return runs };
        chosen.truncate(last + 1);
        chosen[last] += 1;
        prefix = chosen;
    }
}

//! The canned server: answers every request by its `X-Amz-Target` with bytes that were made before.
//!
//! It stands in a process of its own, so that its time is nobody's; a thread a connection, blocking, because nothing
//! is quicker to answer. One that answers out of a store, on a core of its own, is always awake instead.

mod answers;
mod busy;
mod store;
mod tls;

use crate::{
    args::Args,
    error::Result,
    processes::{self, Cores},
};
use answers::{Answers, Inbox};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdin, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
pub(crate) use tls::Certificates;

/// The hidden sub-command by which this program starts itself as the server.
pub(crate) const SUB_COMMAND: &str = "serve";

/// A server in a process of its own, which ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    /// The server ends when this is closed, even if nobody is left to stop it.
    _leash: Option<ChildStdin>,
    address: String,
}

impl Server {
    /// Starts a server of plain HTTP on loopback.
    pub(crate) fn start(core: usize) -> Result<Self> {
        Self::start_with(core, &[])
    }

    /// Starts a server of HTTPS for the name `localhost`.
    pub(crate) fn start_tls(core: usize, certificates: &Certificates) -> Result<Self> {
        let certificate = certificates.certificate.to_string_lossy();
        let key = certificates.key.to_string_lossy();
        Self::start_with(core, &["--certificate", &certificate, "--key", &key])
    }

    /// Starts a server of plain HTTP on loopback, of whose answers each `every`-th comes `milliseconds` late.
    pub(crate) fn start_slow(core: usize, every: u64, milliseconds: usize) -> Result<Self> {
        Self::start_with(core, &["--slow-every", &every.to_string(), "--slow-ms", &milliseconds.to_string()])
    }

    /// Starts a server of plain HTTP on loopback that answers out of this store, each time so many milliseconds late.
    pub(crate) fn start_store(cores: Cores, store: &str, milliseconds: usize) -> Result<Self> {
        let busy = (cores.client != cores.server).to_string();
        let slow = milliseconds.to_string();
        let arguments = ["--store", store, "--slow-every", "1", "--slow-ms", &slow, "--busy", &busy];
        Self::start_with(cores.server, &arguments)
    }

    fn start_with(core: usize, arguments: &[&str]) -> Result<Self> {
        let mut process = processes::this_program()?
            .args([SUB_COMMAND, "--core", &core.to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let leash = process.stdin.take();
        let mut address = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        let server = Self { process, _leash: leash, address: address.trim().to_owned() };
        match server.address.is_empty() {
            true => Err("the server ended before it listened".into()),
            false => Ok(server),
        }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until standard input is closed.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let core: usize = args.flag("core")?.ok_or("--core is missing")?;
    let certificate: Option<std::path::PathBuf> = args.flag("certificate")?;
    let key: Option<std::path::PathBuf> = args.flag("key")?;
    let slow = Slow {
        every: args.flag("slow-every")?.unwrap_or(u64::MAX),
        by: Duration::from_millis(args.flag("slow-ms")?.unwrap_or(0)),
        answers: AtomicU64::new(0),
    };
    let store: Option<String> = args.flag("store")?;
    let busy = args.flag("busy")?.unwrap_or(false);
    args.finish()?;
    processes::stay_on(core)?;
    let slow = (slow.every < u64::MAX).then(|| Arc::new(slow));

    let store = store.as_deref().map(store::named).transpose()?;
    let answers = Answers::prepare(store)?;
    let tls = match (certificate, key) {
        (Some(certificate), Some(key)) => Some(tls::server_config(&certificate, &key)?),
        (None, None) => None,
        _ => return Err("--certificate and --key go together".into()),
    };
    // Listening on the first address of the name spares a TLS client a refused connection to the other one.
    let listener = TcpListener::bind(if tls.is_some() { "localhost:0" } else { "127.0.0.1:0" })?;
    let port = listener.local_addr()?.port();
    println!("{}:{port}", if tls.is_some() { "localhost" } else { "127.0.0.1" });

    std::thread::spawn(|| {
        let ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(i32::from(ended.is_err()));
    });
    if busy {
        return busy::serve(listener, &answers, slow.map_or(Duration::ZERO, |slow| slow.by));
    }
    for stream in listener.incoming() {
        let (stream, answers, tls, slow) = (stream?, answers.clone(), tls.clone(), slow.clone());
        std::thread::spawn(move || {
            // A client that goes away in the middle of a request says so itself.
            let _ = serve(stream, answers, tls, slow.as_deref());
        });
    }
    Ok(())
}

/// One answer in so many comes late, over all connections.
#[derive(Debug)]
struct Slow {
    every: u64,
    by: Duration,
    answers: AtomicU64,
}

impl Slow {
    fn wait(&self) {
        if self.answers.fetch_add(1, Ordering::Relaxed) % self.every == self.every - 1 {
            std::thread::sleep(self.by);
        }
    }
}

fn serve(
    stream: TcpStream,
    answers: Answers,
    tls: Option<Arc<rustls::ServerConfig>>,
    slow: Option<&Slow>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        None => answer_all(stream, answers, slow),
        Some(config) => {
            answer_all(rustls::StreamOwned::new(rustls::ServerConnection::new(config)?, stream), answers, slow)
        }
    }
}

/// Answers the requests of one connection until the client closes it.
fn answer_all(mut stream: impl Read + Write, mut answers: Answers, slow: Option<&Slow>) -> Result<()> {
    let mut inbox = Inbox::default();
    loop {
        let Some(request) = inbox.request()? else {
            match stream.read(inbox.room())? {
                0 => return Ok(()),
                count => inbox.arrived(count),
            }
            continue;
        };
        if let Some(slow) = slow {
            slow.wait();
        }
        stream.write_all(answers.answer_to(&request))?;
        stream.flush()?;
        let length = request.length;
        inbox.remove(length);
    }
}

//! The engine: dynoxide on a file, in a process of its own that is killed and started again.

use super::random::Random;
use crate::{args::Args, error::Result, processes};
use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Child, ChildStdin, Stdio},
    time::{Duration, Instant},
};

/// The hidden sub-command by which this program starts itself as the engine.
pub(crate) const SUB_COMMAND: &str = "engine";

/// How long the engine runs before it is killed, in milliseconds, at least and at most.
const UP: (u64, u64) = (400, 4_000);
/// How long it stays away.
const DOWN: (u64, u64) = (10, 300);

/// The engine's process, its file and its port, which all its processes share one after the other.
#[derive(Debug)]
pub(super) struct Engine {
    process: Option<Process>,
    port: u16,
    folder: tempfile::TempDir,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// The engine ends when this is closed, even if nobody is left to stop it.
    _leash: Option<ChildStdin>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL: it has no chance to put anything in order. It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Engine {
    /// Starts the engine with an empty file.
    pub(super) fn start() -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut engine = Self { process: None, port, folder: tempfile::tempdir()? };
        engine.begin()?;
        Ok(engine)
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn begin(&mut self) -> Result<()> {
        let mut child = processes::this_program()?
            .arg(SUB_COMMAND)
            .args(["--port", &self.port.to_string()])
            .arg("--database")
            .arg(self.folder.path().join("engine.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let leash = child.stdin.take();
        let output = child.stdout.take();
        self.process = Some(Process { child, _leash: leash });
        let mut ready = String::new();
        if let Some(output) = output {
            BufReader::new(output).read_line(&mut ready)?;
        }
        if ready.trim() == "ready" { Ok(()) } else { Err("the engine ended before it listened".into()) }
    }

    /// Kills the engine and starts it again, again and again until `end`; then it runs. Returns how often. `meanwhile` is
    /// called about twenty times a second.
    pub(super) async fn restart_until(&mut self, end: Instant, seed: u64, meanwhile: impl Fn()) -> Result<u64> {
        let mut random = Random::new(seed, u64::MAX / 2);
        // A short soak has a restart too.
        let half = end.saturating_duration_since(Instant::now()).as_millis() as u64 / 2;
        let up = (UP.0, UP.1.min(half).max(UP.0 + 1));
        let mut between = |(least, most): (u64, u64)| Duration::from_millis(least + random.below(most - least));
        let mut restarts = 0;
        loop {
            let kill = Instant::now() + between(up);
            while Instant::now() < kill.min(end) {
                tokio::time::sleep(Duration::from_millis(50)).await;
                meanwhile();
            }
            if Instant::now() >= end {
                return Ok(restarts);
            }
            self.process = None;
            tokio::time::sleep(between(DOWN)).await;
            self.begin()?;
            restarts += 1;
        }
    }
}

/// Serves until standard input is closed, or it is killed.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let port: u16 = args.flag("port")?.ok_or("--port is missing")?;
    let database: PathBuf = args.flag("database")?.ok_or("--database is missing")?;
    args.finish()?;
    let database = dynoxide::Database::new(&database.to_string_lossy())?;
    std::thread::spawn(|| {
        let ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(i32::from(ended.is_err()));
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        println!("ready");
        dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()).await.map_err(Into::into)
    })
}

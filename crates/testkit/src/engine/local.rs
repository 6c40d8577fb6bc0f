//! DynamoDB Local: finding it, starting it once a process, ending it with the process.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http::header::HOST;
use http_body_util::Full;
use tokio::sync::OnceCell;

use crate::{http1, servers};

/// The folder below the workspace's `.cache` into which `./test` unpacks the emulator.
const FOLDER: &str = "dynamodb-local-1.25.1";
/// Generous: it takes 1.6 s on two idle cores, and a test run keeps these busy.
const START_LIMIT: Duration = Duration::from_secs(60);
const PORT_ATTEMPTS: usize = 5;
/// Lines of the emulator's output that are kept for an error message.
const KEPT_LINES: usize = 20;

/// Runs Java until its standard input closes, which the operating system does when the test process ends in whatever way.
const SUPERVISOR: &str = r#"
exec 3<&0 </dev/null
"$@" 2>&1 3<&- & emulator=$!
{ read -r _ <&3; kill -9 "$emulator"; } >/dev/null 2>&1 & watcher=$!
wait "$emulator"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"#;

struct Emulator {
    supervisor: Child,
    output: Arc<Mutex<Vec<String>>>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Closes its standard input: the supervisor kills Java and ends.
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

enum StartError {
    /// Worth another port.
    PortTaken,
    Failed(io::Error),
}

/// `host:port` of the emulator that all tests of this process share.
pub(super) async fn shared_emulator() -> io::Result<String> {
    static SHARED: OnceCell<Result<(Option<Emulator>, String), String>> = OnceCell::const_new();
    SHARED
        .get_or_init(|| async {
            if let Ok(endpoint) = env::var("TEST_DYNAMODB_LOCAL") {
                return Ok((None, servers::authority(&endpoint).to_owned()));
            }
            let folder = installation().map_err(|error| error.to_string())?;
            // Not on the test's runtime, whose clock may be paused and which ends before the emulator does.
            let starting =
                servers::runtime().map_err(|error| error.to_string())?.spawn(async move { start(&folder).await });
            match starting.await {
                Ok(Ok((emulator, authority))) => Ok((Some(emulator), authority)),
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        })
        .await
        .as_ref()
        .map(|(_, authority)| authority.clone())
        .map_err(|error| io::Error::other(error.clone()))
}

/// The folder that holds the emulator.
pub(super) fn installation() -> io::Result<PathBuf> {
    let folder = match env::var_os("DYNAMODB_LOCAL_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache").join(FOLDER),
    };
    if folder.join("DynamoDBLocal.jar").is_file() {
        return Ok(folder);
    }
    let message = format!(
        "DynamoDB Local is not in {}: run ./test once, which fetches it, or set DYNAMODB_LOCAL_DIR to the folder with \
         DynamoDBLocal.jar",
        folder.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

async fn start(folder: &Path) -> io::Result<(Emulator, String)> {
    for _ in 0..PORT_ATTEMPTS {
        match start_on(folder, servers::free_port()?).await {
            Ok(started) => return Ok(started),
            Err(StartError::PortTaken) => {}
            Err(StartError::Failed(error)) => return Err(error),
        }
    }
    Err(io::Error::other(format!("DynamoDB Local found no free port in {PORT_ATTEMPTS} attempts")))
}

async fn start_on(folder: &Path, port: u16) -> Result<(Emulator, String), StartError> {
    let mut emulator = spawn(folder, port).map_err(StartError::Failed)?;
    let authority = format!("127.0.0.1:{port}");
    let started = Instant::now();
    loop {
        // Checked on each round, also after an answer: it may have come from whoever took the port first. Java does not end
        // by itself then.
        let output = emulator.output.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        if output.contains("Failed to bind") || output.contains("Address already in use") {
            return Err(StartError::PortTaken);
        }
        if let Some(status) = emulator.supervisor.try_wait().map_err(StartError::Failed)? {
            return Err(failed(format!("DynamoDB Local ended with {status} (it needs Java 17 or newer): {output}")));
        }
        if output.contains("Version:") && answers(&authority).await {
            return Ok((emulator, authority));
        }
        if started.elapsed() > START_LIMIT {
            return Err(failed(format!("DynamoDB Local did not answer within {START_LIMIT:?}: {output}")));
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

fn failed(message: String) -> StartError {
    StartError::Failed(io::Error::other(message))
}

fn spawn(folder: &Path, port: u16) -> io::Result<Emulator> {
    let java =
        env::var_os("JAVA_HOME").map_or_else(|| PathBuf::from("java"), |home| PathBuf::from(home).join("bin/java"));
    let mut supervisor = Command::new("sh")
        .args(["-c", SUPERVISOR, "supervisor"])
        .arg(java)
        // Short runs on few cores: the quick compiler and the simple collector start faster and take less memory.
        .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g", "-Djava.library.path=./DynamoDBLocal_lib"])
        .args(["-jar", "DynamoDBLocal.jar", "-inMemory", "-disableTelemetry", "-port"])
        .arg(port.to_string())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = Arc::new(Mutex::new(Vec::new()));
    if let Some(stdout) = supervisor.stdout.take() {
        let kept = Arc::clone(&output);
        std::thread::Builder::new().name("dynamodb-local".to_owned()).spawn(move || keep(stdout, &kept))?;
    }
    Ok(Emulator { supervisor, output })
}

/// Reads the emulator's output to its end, so that it never blocks, and keeps the beginning.
fn keep(stdout: impl Read, kept: &Mutex<Vec<String>>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_LINES {
            kept.push(line);
        }
    }
}

/// Whether an HTTP server answers there; a GET is refused by DynamoDB Local, which is an answer.
async fn answers(authority: &str) -> bool {
    match Request::get("/").header(HOST, authority).body(Full::new(Bytes::new())) {
        Ok(request) => http1::exchange(authority, request).await.is_ok(),
        Err(_) => false,
    }
}

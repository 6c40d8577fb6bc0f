//! Sends writes from a process and from its fork.
//!
//! `forktest ENDPOINT` makes a client and sends one write with `exactly_once()`. Then it forks, and parent and child each
//! send another with the client that they share. A fork is what a snapshot that is restored more than once comes to:
//! the same memory going on in two places.

use std::error::Error;
use std::process::ExitCode;

use enhanced_dynamodb::{Client, Options};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forktest: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::args().nth(1).ok_or("usage: forktest ENDPOINT")?;
    let db = {
        let runtime = runtime()?;
        let db = runtime.block_on(Options::default().local(true).local_endpoint(endpoint).build())?;
        // Whatever generates tokens has been at work before the fork, and has state if it keeps any.
        runtime.block_on(raise(&db, "before"))?;
        // The runtime ends here, and its sockets with it: parent and child must not share one.
        db
    };
    // SAFETY: `fork` asks that the child, until it ends, calls only what is safe in a signal handler if the process has
    // other threads, since a lock of theirs would stay locked for ever. This process has one thread: the runtime above
    // was of the current thread, its blocking pool was not used (the endpoint is an address, no name), and it has ended.
    // `assert_alone` checks it.
    assert_alone()?;
    #[allow(unsafe_code, reason = "see above")]
    let forked = unsafe { fork() }?;
    match forked {
        ForkResult::Child => Ok(runtime()?.block_on(raise(&db, "child"))?),
        ForkResult::Parent { child } => {
            runtime()?.block_on(raise(&db, "parent"))?;
            match waitpid(child, None)? {
                WaitStatus::Exited(_, 0) => Ok(()),
                other => Err(format!("the child ended otherwise: {other:?}").into()),
            }
        }
    }
}

fn runtime() -> Result<Runtime, std::io::Error> {
    Builder::new_current_thread().enable_all().build()
}

async fn raise(db: &Client, who: &str) -> Result<(), enhanced_dynamodb::Error> {
    db.update("Counters").key("id", who).add("n", 1).exactly_once().send().await.map(drop)
}

/// # Errors
/// If the process has another thread, where the operating system tells.
fn assert_alone() -> Result<(), Box<dyn Error>> {
    // Elsewhere than on Linux nobody tells.
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Ok(()) };
    match tasks.count() {
        1 => Ok(()),
        threads => Err(format!("the process has {threads} threads").into()),
    }
}

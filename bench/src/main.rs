//! Benchmarks of the enhanced client beside the AWS SDK for Rust, in one run on one machine.
//!
//! `cargo run --release -p bench -- cpu|size|cold|bulk|tree|pool|hedge|observe|soak`; every sub-command is one file, this one
//! only chooses.
#![allow(clippy::print_stdout, reason = "a benchmark's product is what it prints")]

mod args;
mod bulk;
mod client;
mod cold;
mod contestant;
mod cpu;
mod data;
mod error;
mod floor;
mod hedge;
mod load;
mod minimal;
mod observe;
mod ours;
mod pool;
mod processes;
mod sdk;
mod server;
mod size;
mod soak;
mod statistics;
mod tree;

use args::Args;
use error::Result;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run --release -p bench -- SUB-COMMAND

  cpu   [--rounds 7] [--requests N] [--cores 1]
        CPU time per request: this client, the AWS SDK, the bare socket
  size  stripped binary of a minimal program, CPU time of its clean build
  cold  [--runs 40] [--cores 1]
        process start to first item over TLS 1.3; init and first invocation with 1/14 of a core
  bulk  [--items 20000] [--latency-ms 3] [--rounds 5] [--cores 2]
        many items written and read back, every answer late: wall time, CPU time, memory
  tree  [--latency-ms 3] [--rounds 3] [--cores 2]
        whole conversations read, every answer late: wall time and requests
  soak  [--seconds 60] [--seed N]
        reads and writes under random faults and restarts of the server; then every acknowledged write is looked for
  pool  [--requests 100000] [--cores 1]
        64, 256 and 1,000 callers on 50 sockets: throughput, p50, p99
  observe [--rounds 7] [--requests 20000] [--cores 1]
        what logs, spans and the count of capacity cost a GetItem, and what it costs that they could be on
  hedge [--requests 50000] [--slow-ms 50] [--cores 1]
        the tail of reads, one answer in 100 slow, without and with a second attempt

The first five print a table, then lines `ratio NAME VALUE`: how many times more the AWS SDK needs; soak prints what it saw,
then `lost N`, `doubled N`, `hung N`.";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let sub_command = words.next().unwrap_or_default();
    let args = Args::parse(words)?;
    let by_itself = [client::SUB_COMMAND, bulk::SUB_COMMAND, server::SUB_COMMAND, soak::ENGINE, "soak"]
        .contains(&sub_command.as_str());
    if cfg!(debug_assertions) && !by_itself {
        eprintln!("bench: built without --release; this shows that it runs, the figures mean nothing");
    }
    match sub_command.as_str() {
        "cpu" => cpu::run(args),
        "size" => size::run(args),
        "cold" => cold::run(args),
        "bulk" => bulk::run(args),
        bulk::SUB_COMMAND => bulk::run_client(args),
        "tree" => tree::run(args),
        "soak" => soak::run(args),
        soak::ENGINE => soak::run_engine(args),
        "pool" => pool::run(args),
        "hedge" => hedge::run(args),
        "observe" => observe::run(args),
        observe::SUB_COMMAND => observe::run_one(args),
        client::SUB_COMMAND => client::run(args),
        server::SUB_COMMAND => server::run(args),
        "" => Err(USAGE.into()),
        other => Err(format!("no sub-command `{other}`\n\n{USAGE}").into()),
    }
}

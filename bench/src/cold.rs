//! `cold`: from the start of a process to its first item, over TLS 1.3 on loopback; and the same as a function of 128 MB has
//! it, whose init phase has a processor for itself, and whose invocations have a fourteenth of one.
//!
//! What starts is each client's minimal program, configured by the environment alone, kept on one core. All trust the run's
//! own certificate authority by the means that their users have: this client by `AWS_CA_BUNDLE` beside its built-in
//! roots, the AWS SDK for JavaScript by `NODE_EXTRA_CA_CERTS`, the one for Rust (which knows no such variable) by
//! `SSL_CERT_FILE`, where the authority stands among the system's certificates that it reads by default. That one is measured
//! a second time with that authority alone, to show what the reading costs.

mod invocation;
mod programs;
mod start;
mod throttle;

use crate::{
    args::Args,
    data,
    error::Result,
    minimal,
    processes::{self, Cores},
    server::{Certificates, Server},
    statistics::{ratio, ratio_line},
};
use programs::Programs;
use start::Start;

const RUNS: usize = 40;
/// Starts before the first one that counts: they bring the program into the page cache.
const WARM_UP: usize = 3;

/// Measures, and prints medians and ratios.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let runs = args.count("runs", RUNS)?;
    let cores = Cores::chosen(&mut args)?;
    args.finish()?;

    minimal::fetch()?;
    let directory = tempfile::tempdir()?;
    let certificates = Certificates::create(directory.path())?;
    let programs = Programs::build(directory.path())?;
    let trust = start::Trust::prepare(&certificates.authority, directory.path())?;
    let server = Server::start_tls(cores.server, &certificates)?;
    processes::stay_on(cores.client)?;

    println!("TLS 1.3 on loopback, warm page cache; median of {runs} starts (lowest-highest)");
    println!("{}, client on core {}, server on core {}\n", processes::processor(), cores.client, cores.server);
    let mut starts = start::all(&programs, &trust, server.address(), directory.path());
    measure_starts(&mut starts, runs)?;
    println!();
    let invocations = invocation::measure(&programs, &trust, server.address(), directory.path(), runs)?;
    println!();
    programs.print_sizes();
    println!();

    let median = |name| starts.iter().find(|start| start.name == name).and_then(|start| start.measured.median());
    for start in &starts {
        if let Some(median) = start.measured.median() {
            println!("cold_ms {} {median:.2}", start.name);
        }
    }
    let lines = [
        ("cold_tls_vs_sdk", ratio(median("sdk"), median("ours"))),
        ("cold_vs_node", ratio(median("node"), median("ours"))),
        ("first_invoke_128mb_vs_sdk", invocations.ratio(false)),
        ("first_invoke_128mb_prewarmed_vs_sdk", invocations.ratio(true)),
        ("zip_size_vs_sdk", programs.zip_ratio()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            println!("{}", ratio_line(name, value));
        }
    }
    Ok(())
}

fn measure_starts(starts: &mut [Start], runs: usize) -> Result<()> {
    eprintln!("{runs} starts of each");
    for run in 0..WARM_UP + runs {
        let turn = run % starts.len();
        starts.rotate_left(turn);
        for start in &mut *starts {
            let taken = start.first_item()?;
            if run >= WARM_UP {
                start.measured.push(taken.as_secs_f64() * 1e3);
            }
        }
        starts.rotate_right(turn);
    }
    println!("{:44}{:>26}", "milliseconds from start to first item", "");
    for start in starts {
        println!("{:44}{:>26}", start.title, start.measured.summary(2));
    }
    Ok(())
}

/// Whether a line shows the item that all programs read.
fn shows_the_item(line: &str) -> bool {
    line.starts_with(data::ID)
}

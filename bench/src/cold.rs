//! `cold`: from the start of a process to its first item, over TLS 1.3 on loopback.
//!
//! What starts is each client's minimal program, configured by the environment alone, kept on one core. Both trust the run's
//! own certificate authority by the means that their users have: this client by `AWS_CA_BUNDLE` beside its built-in
//! roots, the SDK (which knows no such variable) by `SSL_CERT_FILE`, where the authority stands among the system's
//! certificates that it reads by default. The SDK is measured a second time with that authority alone, to show what
//! the reading costs.

use crate::{
    args::Args,
    contestant::Contestant,
    data,
    error::Result,
    minimal,
    processes::{self, Cores},
    server::{Certificates, Server},
    statistics::{Series, ratio, ratio_line},
};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const RUNS: usize = 40;
/// Starts before the first one that counts: they bring the program into the page cache.
const WARM_UP: usize = 3;

/// Where the system's certificates stand in one file, on Debian, Fedora and Alpine, and their kin.
const SYSTEM_CERTIFICATES: &[&str] =
    &["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// A program, and how it is started.
struct Start {
    name: &'static str,
    title: &'static str,
    program: PathBuf,
    trust: (&'static str, PathBuf),
    measured: Series,
}

/// Measures, and prints medians and the ratio.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let runs = args.count("runs", RUNS)?;
    let cores = Cores::chosen(&mut args)?;
    args.finish()?;

    minimal::fetch()?;
    let directory = tempfile::tempdir()?;
    let certificates = Certificates::create(directory.path())?;
    let mut starts = starts(&certificates.authority, directory.path())?;
    let server = Server::start_tls(cores.server, &certificates)?;
    processes::stay_on(cores.client)?;

    eprintln!("{runs} starts of each");
    for run in 0..WARM_UP + runs {
        let turn = run % starts.len();
        starts.rotate_left(turn);
        for start in &mut starts {
            let taken = first_item(start, server.address(), directory.path())?;
            if run >= WARM_UP {
                start.measured.push(taken.as_secs_f64() * 1e3);
            }
        }
        starts.rotate_right(turn);
    }

    println!("milliseconds from the start of the process to its first item, TLS 1.3 on loopback, warm page cache");
    println!(
        "median of {runs} starts (lowest-highest), client on core {}, server on core {}\n",
        cores.client, cores.server
    );
    for start in &starts {
        println!("{:36}{:>24}", start.title, start.measured.summary(2));
    }
    println!();
    let median = |name| starts.iter().find(|start| start.name == name).and_then(|start| start.measured.median());
    for start in &starts {
        if let Some(median) = median(start.name) {
            println!("cold_ms {} {median:.2}", start.name);
        }
    }
    if let Some(value) = ratio(median("sdk"), median("ours")) {
        println!("{}", ratio_line("cold_vs_sdk", value));
    }
    Ok(())
}

/// Builds the programs and says how each is started.
fn starts(authority: &Path, directory: &Path) -> Result<Vec<Start>> {
    let with_system = directory.join("system-and-authority.pem");
    let mut bundle = std::fs::read(authority)?;
    match SYSTEM_CERTIFICATES.iter().find_map(|file| std::fs::read(file).ok()) {
        Some(system) => bundle.extend_from_slice(&system),
        None => eprintln!("no certificates of the system were found: the AWS SDK is spared reading them"),
    }
    std::fs::write(&with_system, bundle)?;

    let target = minimal::shared_target()?;
    let mut starts = Vec::new();
    let mut add = |name, title, program: &Path, variable, trusted: &Path| {
        let (program, trust) = (program.to_owned(), (variable, trusted.to_owned()));
        starts.push(Start { name, title, program, trust, measured: Series::default() });
    };
    for client in Contestant::clients() {
        eprintln!("building the minimal program of {}", client.title());
        let program = minimal::build(client, &target)?.file;
        match client {
            Contestant::Ours => add("ours", "this client", &program, "AWS_CA_BUNDLE", authority),
            Contestant::Sdk => {
                add("sdk", "AWS SDK", &program, "SSL_CERT_FILE", &with_system);
                add("sdk_one_root", "AWS SDK, one root certificate", &program, "SSL_CERT_FILE", authority);
            }
            Contestant::Floor => {}
        }
    }
    Ok(starts)
}

/// Starts the program and waits for the line that shows its item.
fn first_item(start: &Start, address: &str, home: &Path) -> Result<Duration> {
    let (variable, trusted) = &start.trust;
    let mut command = Command::new(&start.program);
    command
        .env_clear()
        .env("HOME", home)
        .env("AWS_REGION", data::REGION)
        .env("AWS_ACCESS_KEY_ID", data::ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", data::SECRET_ACCESS_KEY)
        .env("AWS_ENDPOINT_URL_DYNAMODB", format!("https://{address}"))
        .env(variable, trusted)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());

    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", start.program.display()))?;
    let mut output = BufReader::new(child.stdout.take().ok_or("the program has no output")?);
    let mut line = String::new();
    output.read_line(&mut line)?;
    let taken = started.elapsed();

    std::io::copy(&mut output, &mut std::io::sink())?;
    let status = child.wait()?;
    match status.success() && line.starts_with(data::ID) {
        true => Ok(taken),
        false => Err(format!("{}: {status}, first line `{}`", start.title, line.trim()).into()),
    }
}

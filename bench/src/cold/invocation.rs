//! The init phase and the first invocation of a function of 128 MB.

use super::{
    WARM_UP,
    programs::Programs,
    shows_the_item,
    start::{Start, Trust},
    throttle::Throttle,
};
use crate::{
    error::Result,
    statistics::{Series, ratio},
};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

/// A function: a client, with or without a connection made in its init phase.
struct Function {
    start: Start,
    is_ours: bool,
    prewarmed: bool,
    init: Series,
    invocation: Series,
}

/// What was measured.
pub(super) struct Invocations(Vec<Function>);

impl Invocations {
    /// How many times longer the first invocation of the AWS SDK's function takes.
    pub(super) fn ratio(&self, prewarmed: bool) -> Option<f64> {
        let median = |ours| {
            let found = self.0.iter().find(|function| function.is_ours == ours && function.prewarmed == prewarmed);
            found.and_then(|function| function.invocation.median())
        };
        ratio(median(false), median(true))
    }
}

pub(super) fn measure(
    programs: &Programs,
    trust: &Trust,
    address: &str,
    home: &Path,
    runs: usize,
) -> Result<Invocations> {
    let throttle = Throttle::new();
    let mut functions = Vec::new();
    for prewarmed in [false, true] {
        let (ours, sdk) = match prewarmed {
            false => ("this client", "AWS SDK for Rust"),
            true => ("this client, prewarm(1) in init", "AWS SDK for Rust, a call in init"),
        };
        let trusts = (("AWS_CA_BUNDLE", &*trust.authority), ("SSL_CERT_FILE", &*trust.with_system));
        let starts = [
            (true, Start::new("ours", ours, &programs.ours_invoked, trusts.0, address, home)),
            (false, Start::new("sdk", sdk, &programs.sdk_invoked, trusts.1, address, home)),
        ];
        for (is_ours, start) in starts {
            let start = if prewarmed { start.with_variable("PREWARM", "1") } else { start };
            functions.push(Function {
                start,
                is_ours,
                prewarmed,
                init: Series::default(),
                invocation: Series::default(),
            });
        }
    }
    eprintln!("{runs} first invocations of each");
    for run in 0..WARM_UP + runs {
        for function in &mut functions {
            let (init, invocation) = invoke(&function.start, &throttle)?;
            if run >= WARM_UP {
                function.init.push(init.as_secs_f64() * 1e3);
                function.invocation.push(invocation.as_secs_f64() * 1e3);
            }
        }
    }
    println!("as a function of 128 MB: init unthrottled, then {}; the server is not throttled", throttle.describe());
    println!("{:44}{:>26}{:>26}", "milliseconds", "init", "first invocation");
    for function in &functions {
        let (init, invocation) = (function.init.summary(2), function.invocation.summary(2));
        println!("{:44}{init:>26}{invocation:>26}", function.start.title);
    }
    Ok(Invocations(functions))
}

/// Starts a function, waits for the end of its init phase, throttles it and invokes it.
fn invoke(start: &Start, throttle: &Throttle) -> Result<(Duration, Duration)> {
    let mut command = start.command();
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let (mut input, output) = (child.stdin.take(), child.stdout.take());
    let mut output = BufReader::new(output.ok_or("the function has no output")?);
    let mut line = String::new();
    output.read_line(&mut line)?;
    let init = begun.elapsed();
    if line.trim() != "ready" {
        return Err(format!("{}: the init phase said `{}`", start.title, line.trim()).into());
    }
    let held = throttle.hold(child.id())?;
    line.clear();
    let begun = Instant::now();
    input.as_mut().ok_or("the function has no input")?.write_all(b"invoke\n")?;
    output.read_line(&mut line)?;
    let invocation = begun.elapsed();
    drop(held);
    // A process that was stopped just now must not stay so.
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id())?);
    // It may have ended by itself.
    let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT);
    std::io::copy(&mut output, &mut std::io::sink())?;
    let status = child.wait()?;
    match status.success() && shows_the_item(&line) {
        true => Ok((init, invocation)),
        false => Err(format!("{}: {status}, the invocation said `{}`", start.title, line.trim()).into()),
    }
}

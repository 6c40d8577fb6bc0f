//! `observe`: what logs, spans and the count of capacity cost a GetItem, in processor time; and what it costs that one
//! could turn them on.
//!
//! Off, a call looks three times whether anybody listens. There is no client without these looks to measure against, so
//! that the looks themselves are measured: the same macros of `tracing`, alone.

use crate::{
    args::Args,
    data::{ID, Message, TABLE},
    error::Result,
    load,
    processes::{self, Cores},
    server::Server,
    statistics::{Series, ratio_line},
};
use enhanced_dynamodb::{Client, Options};
use std::{
    hint::black_box,
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
};
use tracing::{Level, Metadata, span};

/// The hidden sub-command by which this program starts itself as a client.
pub(crate) const SUB_COMMAND: &str = "observed";

/// How often the looks are made for their figure.
const LOOKS: u32 = 1_000_000;

/// What is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing, and no subscriber.
    Off,
    /// Nothing; the program has a subscriber that listens to others.
    Deaf,
    /// A span a call.
    Calls,
    /// A span a call and a span an attempt, and the event of each call.
    Attempts,
    /// A line of JSON a call.
    Lines,
    /// The capacity is asked for and counted.
    Capacity,
}

impl Mode {
    const ALL: [(Mode, &'static str, &'static str); 6] = [
        (Mode::Off, "off", "nothing"),
        (Mode::Deaf, "deaf", "a subscriber for others"),
        (Mode::Calls, "calls", "spans of calls"),
        (Mode::Attempts, "attempts", "spans of calls and attempts"),
        (Mode::Lines, "lines", "JSON lines"),
        (Mode::Capacity, "capacity", "consumed capacity"),
    ];

    fn options(self, options: Options) -> Options {
        match self {
            Mode::Lines => options.enable_logging(true),
            Mode::Capacity => options.return_consumed_capacity(true),
            Mode::Off | Mode::Deaf | Mode::Calls | Mode::Attempts => options,
        }
    }

    /// What the program's subscriber listens to of the library, if there is a subscriber.
    fn level(self) -> Option<Option<Level>> {
        match self {
            Mode::Off | Mode::Lines | Mode::Capacity => None,
            Mode::Deaf => Some(None),
            Mode::Calls => Some(Some(Level::INFO)),
            Mode::Attempts => Some(Some(Level::DEBUG)),
        }
    }
}

/// A subscriber that does nothing with what it gets: the figure is the library's own part.
struct Listener {
    level: Option<Level>,
    spans: AtomicU64,
}

impl tracing::Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "enhanced_dynamodb" && self.level.is_some_and(|level| *metadata.level() <= level)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        black_box(values);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        black_box(event);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Measures and prints.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let rounds = args.count("rounds", 7)?;
    let requests = args.count("requests", 20_000)?;
    let cores = Cores::chosen(&mut args)?;
    args.finish()?;

    let server = Server::start(cores.server)?;
    processes::stay_on(cores.client)?;
    let mut figures: Vec<Series> = Mode::ALL.iter().map(|_| Series::default()).collect();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        // Another one first in each round.
        for turn in 0..Mode::ALL.len() {
            let at = (round + turn) % Mode::ALL.len();
            if let (Some((_, name, _)), Some(series)) = (Mode::ALL.get(at), figures.get_mut(at)) {
                series.push(measure(name, server.address(), requests)?);
            }
        }
    }
    let looks = looks_of_a_call();
    println!("CPU microseconds per GetItem of 1 KiB, median of {rounds} rounds (lowest-highest)");
    println!("{}, client on core {}, server on core {}\n", processes::processor(), cores.client, cores.server);
    for ((_, _, title), series) in Mode::ALL.iter().zip(&figures) {
        println!("{title:30}{:>24}", series.summary(2));
    }
    println!("{:30}{looks:>24.4}\n", "the looks of a call, alone");
    let Some(off) = figures.first().and_then(Series::median) else { return Ok(()) };
    println!("{}", ratio_line("observe_off", off / (off - looks)));
    for ((_, name, _), series) in Mode::ALL.iter().zip(&figures).skip(1) {
        if let Some(median) = series.median() {
            println!("{}", ratio_line(&format!("observe_{name}"), median / off));
        }
    }
    Ok(())
}

/// Microseconds of one call in this mode, in a process of its own.
fn measure(mode: &str, address: &str, requests: usize) -> Result<f64> {
    let output = processes::this_program()?
        .env_clear()
        .args([SUB_COMMAND, mode, "--address", address, "--requests", &requests.to_string()])
        // Where the lines go: to write them is part of the figure, to show them is not.
        .stderr(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(format!("{mode}: the client failed ({})", output.status).into());
    }
    let nanoseconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(nanoseconds / 1_000.0)
}

/// Makes the calls and prints the nanoseconds of one.
pub(crate) fn run_one(mut args: Args) -> Result<()> {
    let word = args.word("mode")?;
    let mode = Mode::ALL.iter().find(|(_, name, _)| *name == word).ok_or_else(|| format!("no mode `{word}`"))?.0;
    let address: String = args.flag("address")?.ok_or("--address is missing")?;
    let requests = args.count("requests", 20_000)?;
    args.finish()?;
    if let Some(level) = mode.level() {
        tracing::subscriber::set_global_default(Listener { level, spans: AtomicU64::new(0) })?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let taken = runtime.block_on(async {
        let client = mode.options(load::options(&address)).build().await?;
        read(&client, requests.div_ceil(10)).await?;
        let before = processes::cpu_time_of_this_process()?;
        read(&client, requests).await?;
        Result::Ok(processes::cpu_time_of_this_process()? - before)
    })?;
    println!("{}", taken.as_nanos() / requests as u128);
    Ok(())
}

async fn read(client: &Client, requests: usize) -> Result<()> {
    for _ in 0..requests {
        let found: Option<Message> = client.get(TABLE).key("id", ID).item().await?;
        black_box(found.ok_or("the item is missing")?);
    }
    Ok(())
}

/// Microseconds of what a call does where nobody listens: it looks for its span, for that of its attempt, and for who
/// hears its event.
fn looks_of_a_call() -> f64 {
    let begun = std::time::Instant::now();
    for _ in 0..LOOKS {
        black_box(tracing::info_span!(target: "enhanced_dynamodb", "call", operation = black_box("GetItem")));
        black_box(tracing::debug_span!(target: "enhanced_dynamodb", "attempt", operation = black_box("GetItem")));
        black_box(tracing::enabled!(target: "enhanced_dynamodb", Level::DEBUG));
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(LOOKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_has_a_name_of_its_own_and_nothing_is_on_in_the_first() {
        let mut names: Vec<&str> = Mode::ALL.iter().map(|(_, name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), Mode::ALL[0].0), (6, Mode::Off));
        assert!(Mode::Off.level().is_none() && Mode::Deaf.level() == Some(None));
    }
}

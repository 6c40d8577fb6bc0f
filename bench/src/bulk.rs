//! `bulk`: many items written and read back through a canned server that takes its time, by this client and by careful
//! loops on the AWS SDK.
//!
//! Each contestant runs in a process of its own, so that its memory and its processor time are its own.

mod loops;
mod ours;

use crate::{
    args::Args,
    data::SMALL,
    error::Result,
    processes::{self, Cores},
    server::Server,
    statistics::{Series, ratio, ratio_line},
};
use std::{
    fmt,
    process::Stdio,
    str::FromStr,
    time::{Duration, Instant},
};

/// The hidden sub-command by which this program starts itself as a contestant.
pub(crate) const SUB_COMMAND: &str = "bulk-client";

const ITEMS: usize = 20_000;
const LATENCY_MS: usize = 3;
const ROUNDS: usize = 5;

/// Requests that are in flight at most, on either client: this one's sockets by default.
const IN_FLIGHT: usize = 50;

/// Who writes and reads, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contestant {
    Ours,
    SequentialSdk,
    ConcurrentSdk,
}

impl Contestant {
    const ALL: [Self; 3] = [Self::Ours, Self::ConcurrentSdk, Self::SequentialSdk];

    fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::SequentialSdk => "sequential_sdk",
            Self::ConcurrentSdk => "concurrent_sdk",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Ours => "this client",
            Self::SequentialSdk => "AWS SDK, one request at a time",
            Self::ConcurrentSdk => "AWS SDK, 50 in flight",
        }
    }
}

impl FromStr for Contestant {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        let found = Self::ALL.into_iter().find(|contestant| contestant.name() == name);
        found.ok_or_else(|| format!("no contestant `{name}`"))
    }
}

/// What a contestant needed. Printed by its process, one number a line's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Needed {
    write: Duration,
    read: Duration,
    write_cpu: Duration,
    read_cpu: Duration,
    /// Of the process, at its highest, above what it had before it made its client, all code loaded: in bytes.
    memory: u64,
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for time in [self.write, self.read, self.write_cpu, self.read_cpu] {
            write!(f, "{} ", time.as_nanos())?;
        }
        write!(f, "{}", self.memory)
    }
}

impl FromStr for Needed {
    type Err = String;

    fn from_str(line: &str) -> std::result::Result<Self, String> {
        let numbers: std::result::Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
        match numbers.as_deref() {
            Ok([write, read, write_cpu, read_cpu, memory]) => Ok(Self {
                write: Duration::from_nanos(*write),
                read: Duration::from_nanos(*read),
                write_cpu: Duration::from_nanos(*write_cpu),
                read_cpu: Duration::from_nanos(*read_cpu),
                memory: *memory,
            }),
            _ => Err(format!("`{line}` are not five numbers")),
        }
    }
}

/// Whoever writes items and reads them back.
trait Bulk {
    /// Writes the items with the numbers from 0.
    ///
    /// # Errors
    ///
    /// One was not written.
    async fn write(&self, items: usize) -> Result<()>;

    /// Reads them back and looks at each.
    ///
    /// # Errors
    ///
    /// One was not read, or is not as it was written.
    async fn read(&self, items: usize) -> Result<()>;
}

/// One contestant, once.
pub(crate) fn run_client(mut args: Args) -> Result<()> {
    let contestant = Contestant::from_str(&args.word("contestant")?)?;
    let address: String = args.flag("address")?.ok_or("--address is missing")?;
    let items = args.count("items", ITEMS)?;
    args.finish()?;
    // The program has both clients in it: what is loaded before either is made is nobody's.
    processes::load_this_program()?;
    let before = processes::peak_memory_of_this_process()?;
    processes::warm_up();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut needed = runtime.block_on(async {
        match contestant {
            Contestant::Ours => measure(ours::Ours::connect(&address).await?, items).await,
            Contestant::SequentialSdk => measure(loops::Sdk::connect(&address, 1).await?, items).await,
            Contestant::ConcurrentSdk => measure(loops::Sdk::connect(&address, IN_FLIGHT).await?, items).await,
        }
    })?;
    needed.memory = needed.memory.saturating_sub(before);
    println!("{needed}");
    Ok(())
}

async fn measure(client: impl Bulk, items: usize) -> Result<Needed> {
    let (begun, cpu) = (Instant::now(), processes::cpu_time_of_this_process()?);
    client.write(items).await?;
    let (write, write_cpu) = (begun.elapsed(), processes::cpu_time_of_this_process()? - cpu);
    let (begun, cpu) = (Instant::now(), processes::cpu_time_of_this_process()?);
    client.read(items).await?;
    let (read, read_cpu) = (begun.elapsed(), processes::cpu_time_of_this_process()? - cpu);
    Ok(Needed { write, read, write_cpu, read_cpu, memory: processes::peak_memory_of_this_process()? })
}

fn start(contestant: Contestant, address: &str, items: usize) -> Result<Needed> {
    let output = processes::this_program()?
        .env_clear()
        .args([SUB_COMMAND, contestant.name(), "--address", address, "--items", &items.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{}: the client failed ({})", contestant.name(), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.parse()?)
}

/// Measurements of one contestant, one a round.
#[derive(Debug, Default)]
struct Row {
    write: Series,
    read: Series,
    write_cpu: Series,
    read_cpu: Series,
    memory: Series,
}

/// Measures all, and prints medians and ratios.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let items = args.count("items", ITEMS)?;
    let latency = args.count("latency-ms", LATENCY_MS)?;
    let rounds = args.count("rounds", ROUNDS)?;
    let cores = match args.flag::<usize>("cores")? {
        None | Some(2) => Cores::two()?,
        Some(1) => Cores::one()?,
        Some(other) => return Err(format!("--cores {other}: 1 for client and server, or 2, one for each").into()),
    };
    args.finish()?;

    let server = Server::start_store(cores, &format!("bulk:{items}"), latency)?;
    processes::stay_on(cores.client)?;
    let mut rows = Contestant::ALL.map(|_| Row::default());
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for (contestant, row) in Contestant::ALL.into_iter().zip(&mut rows) {
            let needed = start(contestant, server.address(), items)?;
            row.write.push(needed.write.as_secs_f64() * 1e3);
            row.read.push(needed.read.as_secs_f64() * 1e3);
            row.write_cpu.push(needed.write_cpu.as_secs_f64() * 1e3);
            row.read_cpu.push(needed.read_cpu.as_secs_f64() * 1e3);
            row.memory.push(needed.memory as f64 / (1024.0 * 1024.0));
        }
    }
    println!(
        "{items} items of {SMALL} B written and read back, each answer after {latency} ms; median of {rounds} rounds"
    );
    println!("{}, client on core {}, server on core {}\n", processes::processor(), cores.client, cores.server);
    println!(
        "{:32}{:>24}{:>20}{:>24}{:>20}{:>20}",
        "", "write, ms", "its CPU, ms", "read, ms", "its CPU, ms", "memory added, MiB"
    );
    for (contestant, row) in Contestant::ALL.into_iter().zip(&rows) {
        println!(
            "{:32}{:>24}{:>20}{:>24}{:>20}{:>20}",
            contestant.title(),
            row.write.summary(0),
            row.write_cpu.summary(0),
            row.read.summary(0),
            row.read_cpu.summary(0),
            row.memory.summary(1)
        );
    }
    println!();
    let [ours, concurrent, sequential] = &rows;
    let lines = [
        ("bulk_write_vs_sequential_sdk", &sequential.write, &ours.write),
        ("bulk_write_vs_concurrent_sdk", &concurrent.write, &ours.write),
        ("bulk_write_cpu_vs_sdk", &concurrent.write_cpu, &ours.write_cpu),
        ("bulk_read_vs_sequential_sdk", &sequential.read, &ours.read),
        ("bulk_read_vs_concurrent_sdk", &concurrent.read, &ours.read),
        ("bulk_read_cpu_vs_sdk", &concurrent.read_cpu, &ours.read_cpu),
        ("bulk_memory_vs_concurrent_sdk", &concurrent.memory, &ours.memory),
    ];
    for (name, theirs, our) in lines {
        if let Some(value) = ratio(theirs.median(), our.median()) {
            println!("{}", ratio_line(name, value));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_contestant_needed_survives_its_line() {
        let needed = Needed {
            write: Duration::from_nanos(1),
            read: Duration::from_secs(2),
            write_cpu: Duration::from_micros(3),
            read_cpu: Duration::ZERO,
            memory: 5,
        };
        assert_eq!(needed.to_string().parse(), Ok(needed));
        assert!("1 2 3".parse::<Needed>().is_err());
    }
}

//! The client under random faults and restarts of the server, for as long as one likes: are acknowledged writes there, is
//! nothing applied twice, does every call end in time?
//!
//! Half of the workers go through a proxy that cuts, delays and drips, and a responder that throttles and fails; the other
//! half directly to the engine, a process of its own that is killed and started again all the time. At the end the table is
//! read, without any fault, and compared with what the client said.

mod engine;
mod faults;
mod gauges;
mod ledger;
mod random;
mod worker;

use crate::{args::Args, error::Result};
use engine::Engine;
use enhanced_dynamodb::{Client, Credentials, Options};
use faults::Faults;
use gauges::Gauges;
use ledger::{Ledger, Verdict};
use std::{
    collections::HashMap,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use worker::Worker;

pub(crate) use engine::{SUB_COMMAND as ENGINE, run as run_engine};

const TABLE: &str = "Soak";
const WORKERS: usize = 32;
/// Fewer than the workers of each client, so that the queue is part of it.
const SOCKETS: usize = 12;
/// What one call may take in all, and what one attempt.
const CALL_LIMIT: Duration = Duration::from_secs(5);
const ATTEMPT_LIMIT: Duration = Duration::from_millis(800);

/// Runs for `--seconds`, then checks.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let seconds = args.count("seconds", 60)?;
    let seed = args.flag("seed")?.unwrap_or_else(random::seed);
    args.finish()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(soak(Duration::from_secs(seconds.try_into()?), seed))
}

async fn soak(time: Duration, seed: u64) -> Result<()> {
    println!("soak of {} s, {WORKERS} workers, --seed {seed}", time.as_secs());
    let mut engine = Engine::start()?;
    let faults = Faults::start(&engine.endpoint(), seed).await?;
    let judge = options(&engine.endpoint()).build().await?;
    judge.create_table(TABLE).partition_key("id", enhanced_dynamodb::table::AttributeType::String).send().await?;
    let clients = [limited(&faults.endpoint()).build().await?, limited(&engine.endpoint()).build().await?];
    let at_start = Gauges::read(&clients)?;

    let stop = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|number| {
            let client = clients[number % clients.len()].clone();
            tokio::spawn(Worker::new(number, client, seed).run(Arc::clone(&stop)))
        })
        .collect();
    let restarts = engine.restart_until(begun + time, seed, || faults.forget()).await?;
    stop.store(true, Ordering::Relaxed);
    let mut ledgers = Vec::new();
    for worker in workers {
        ledgers.push(worker.await?);
    }
    let took = begun.elapsed();
    let at_end = Gauges::read(&clients)?;

    let table = everything(&judge).await?;
    let mut verdict = Verdict::default();
    ledgers.iter().for_each(|ledger| verdict.judge(ledger, &table));
    let (struck, requests) = faults.struck();
    print_calls(&ledgers, took);
    println!("restarts of the server {restarts}; the proxy struck {struck} of {requests} requests");
    for (name, client) in ["through faults", "directly"].into_iter().zip(&clients) {
        let stats = client.stats();
        println!(
            "{name}: calls {}, attempts {}, retries {}, throttled {}, sockets replaced {}, connects {}",
            stats.calls, stats.attempts, stats.retries, stats.throttled, stats.replaced_sockets, stats.pool.connects
        );
    }
    for client in &clients {
        client.close().await;
    }
    // The proxy's ends of the closed sockets are in this process too.
    tokio::time::sleep(Duration::from_millis(500)).await;
    println!("at start:    {at_start}");
    println!("at the end:  {at_end}");
    println!("when closed: {}", Gauges::read(&clients)?);
    for detail in verdict.details() {
        println!("{detail}");
    }
    println!("lost {}", verdict.lost);
    println!("doubled {}", verdict.doubled);
    println!("hung {}", verdict.hung);
    verdict.outcome()
}

fn options(endpoint: &str) -> Options {
    Options::default()
        .local(true)
        .local_endpoint(endpoint)
        .region(crate::data::REGION)
        .credentials(Credentials::new(crate::data::ACCESS_KEY_ID, crate::data::SECRET_ACCESS_KEY))
}

fn limited(endpoint: &str) -> Options {
    options(endpoint).max_sockets(SOCKETS).request_timeout(ATTEMPT_LIMIT)
}

/// The number `n` of each item of the table.
async fn everything(judge: &Client) -> Result<HashMap<String, u64>> {
    #[derive(serde::Deserialize)]
    struct Entry {
        id: String,
        n: u64,
    }
    let mut all = HashMap::new();
    let mut cursor: Option<String> = None;
    loop {
        let scan = judge.scan(TABLE).consistent_read(true);
        let scan = match cursor {
            Some(cursor) => scan.cursor(cursor),
            None => scan,
        };
        let page = scan.send::<Entry>().await?;
        cursor = page.cursor().map(str::to_owned);
        all.extend(page.items.into_iter().map(|entry| (entry.id, entry.n)));
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn print_calls(ledgers: &[Ledger], took: Duration) {
    let mut ends: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    let mut acknowledged = 0;
    for ledger in ledgers {
        acknowledged += ledger.acknowledged;
        for (end, count) in &ledger.errors {
            *ends.entry(end.clone()).or_default() += count;
        }
    }
    let slowest = ledgers.iter().map(|ledger| ledger.slowest).max().unwrap_or_default();
    let throughput = acknowledged as f64 / took.as_secs_f64();
    println!("throughput {throughput:.0} calls a second: {acknowledged} succeeded in {:.1} s", took.as_secs_f64());
    println!("slowest call {:.0} ms, of {} ms that it may take", slowest.as_secs_f64() * 1e3, CALL_LIMIT.as_millis());
    for (end, count) in ends {
        println!("  {end} {count}");
    }
}

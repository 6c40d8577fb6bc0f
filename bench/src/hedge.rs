//! The tail of reads against a server of which one answer in 100 is slow, with and without a second attempt.

use crate::{args::Args, error::Result, load, processes, processes::Cores, server::Server};
use enhanced_dynamodb::Hedge;
use std::time::Duration;

const CALLERS: usize = 8;
/// One answer in so many is slow.
const SLOW_EVERY: u64 = 100;

/// Measures and prints.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let requests = args.count("requests", 50_000)?;
    let slow = args.count("slow-ms", 50)?;
    let cores = Cores::chosen(&mut args)?;
    args.finish()?;

    let server = Server::start_slow(cores.server, SLOW_EVERY, slow)?;
    processes::stay_on(cores.client)?;
    println!(
        "{}; GetItem of 1 KiB, {requests} calls a line, {CALLERS} callers, 1 answer in {SLOW_EVERY} takes {slow} ms",
        processes::processor()
    );
    println!(
        "{:>12} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8}",
        "hedge", "p50 us", "p95 us", "p99 us", "p99.9 us", "hedges", "wins"
    );
    let ways =
        [("none", Hedge::never()), ("p95", Hedge::p95()), ("after 5 ms", Hedge::after(Duration::from_millis(5)))];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for (name, hedge) in ways {
            let client = load::options(server.address()).hedge(hedge).build().await?;
            load::run(&client, CALLERS, requests.div_ceil(10)).await?;
            let before = client.stats();
            let load = load::run(&client, CALLERS, requests).await?;
            let after = client.stats();
            println!(
                "{name:>12} {:>10.0} {:>10.0} {:>10.0} {:>10.0} {:>8} {:>8}",
                load.microseconds(500),
                load.microseconds(950),
                load.microseconds(990),
                load.microseconds(999),
                after.hedges - before.hedges,
                after.hedge_wins - before.hedge_wins
            );
            client.close().await;
        }
        Ok(())
    })
}

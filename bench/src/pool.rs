//! More callers than sockets: throughput, and what a caller waits, queue included.

use crate::{args::Args, error::Result, load, processes, processes::Cores, server::Server};

const SOCKETS: usize = 50;
const CALLERS: [usize; 3] = [64, 256, 1_000];

/// Measures and prints.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let requests = args.count("requests", 100_000)?;
    let cores = Cores::chosen(&mut args)?;
    args.finish()?;

    let server = Server::start(cores.server)?;
    processes::stay_on(cores.client)?;
    println!("{}; GetItem of 1 KiB, {requests} calls a line, {SOCKETS} sockets", processes::processor());
    println!("{:>8} {:>10} {:>10} {:>10} {:>9}", "callers", "calls/s", "p50 us", "p99 us", "connects");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for callers in CALLERS {
            let client = load::options(server.address()).max_sockets(SOCKETS).build().await?;
            // Warms up, and opens the sockets.
            load::run(&client, callers, requests.div_ceil(10)).await?;
            let load = load::run(&client, callers, requests).await?;
            let pool = client.stats().pool;
            println!(
                "{callers:>8} {:>10.0} {:>10.0} {:>10.0} {:>9}",
                load.throughput(),
                load.microseconds(500),
                load.microseconds(990),
                pool.connects
            );
            if pool.open > SOCKETS || pool.in_use > 0 || pool.queued > 0 {
                return Err(format!("the pool is not whole: {pool:?}").into());
            }
            client.close().await;
        }
        Ok(())
    })
}

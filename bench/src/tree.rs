//! `tree`: conversations read through a canned server that takes its time, by this client's strategies and by what people
//! write on the AWS SDK.

mod ours;
mod sdk;
pub(crate) mod shape;

use crate::{
    args::Args,
    error::Result,
    processes::{self, Cores},
    server::Server,
    statistics::{Series, ratio, ratio_line},
};
use sdk::Read;
use shape::Shape;
use std::time::Instant;

const LATENCY_MS: usize = 3;
const ROUNDS: usize = 3;
/// Requests in flight at most: this client's sockets by default.
const IN_FLIGHT: usize = 50;

/// Who reads, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contestant {
    ByHand,
    SameStrategy,
    Adjacency,
    KeptCounts,
    Collection,
}

impl Contestant {
    const ALL: [Self; 5] = [Self::ByHand, Self::SameStrategy, Self::Adjacency, Self::KeptCounts, Self::Collection];

    fn title(self) -> &'static str {
        match self {
            Self::ByHand => "AWS SDK, a query a node by hand",
            Self::SameStrategy => "AWS SDK, 50 queries in flight",
            Self::Adjacency => "this client, adjacency",
            Self::KeptCounts => "this client, adjacency, kept counts",
            Self::Collection => "this client, collection",
        }
    }

    /// By hand it takes half a minute a conversation: once says enough.
    fn rounds(self, rounds: usize) -> usize {
        if self == Self::ByHand { 1 } else { rounds }
    }
}

/// Measures, and prints medians and ratios.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let latency = args.count("latency-ms", LATENCY_MS)?;
    let rounds = args.count("rounds", ROUNDS)?;
    let cores = match args.flag::<usize>("cores")? {
        None | Some(2) => Cores::two()?,
        Some(1) => Cores::one()?,
        Some(other) => return Err(format!("--cores {other}: 1 for client and server, or 2, one for each").into()),
    };
    args.finish()?;

    let servers = Shape::ALL
        .iter()
        .map(|shape| Server::start_store(cores, &format!("tree:{}", shape.name()), latency))
        .collect::<Result<Vec<_>>>()?;
    processes::stay_on(cores.client)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!(
        "each answer after {latency} ms; {}, client on core {}, server on core {}",
        processes::processor(),
        cores.client,
        cores.server
    );
    let mut ratios = Vec::new();
    for (shape, server) in Shape::ALL.iter().copied().zip(&servers) {
        println!("\n{}: {} nodes, {} of them with children", shape.name(), shape.count(), shape.inner());
        println!("{:40}{:>24}{:>12}", "", "ms", "requests");
        let mut medians = Vec::new();
        for contestant in Contestant::ALL {
            eprintln!("{}: {}", shape.name(), contestant.title());
            let (mut taken, mut requests) = (Series::default(), 0);
            for _ in 0..contestant.rounds(rounds) {
                let (milliseconds, read) = runtime.block_on(measure(contestant, server.address()))?;
                if read.nodes != shape.count() {
                    return Err(format!("{} nodes of {} were read", read.nodes, shape.count()).into());
                }
                taken.push(milliseconds);
                requests = read.requests;
            }
            println!("{:40}{:>24}{:>12}", contestant.title(), taken.summary(1), requests);
            medians.push(taken.median());
        }
        let missed = runtime
            .block_on(async { sdk::missed_by_one_query(&crate::sdk::client(server.address()).await, shape).await })?;
        println!("one query for the root's children, its first page alone, misses {missed} nodes and attaches none");
        let [by_hand, same, adjacency, counts, collection] = medians[..] else {
            return Err("a contestant was not measured".into());
        };
        let name = shape.name();
        // A deep thread is read by its conversation, anything else node by node.
        let best = if shape == Shape::Deep { collection } else { adjacency };
        ratios.push((format!("tree_{name}_vs_byhand"), ratio(by_hand, best)));
        ratios.push((format!("tree_{name}_vs_sdk_same"), ratio(same, adjacency)));
        ratios.push((format!("tree_{name}_kept_counts_vs_byhand"), ratio(by_hand, counts)));
        ratios.push((format!("tree_{name}_collection_vs_byhand"), ratio(by_hand, collection)));
    }
    println!();
    for (name, value) in ratios {
        if let Some(value) = value {
            println!("{}", ratio_line(&name, value));
        }
    }
    Ok(())
}

/// Milliseconds, and what was read. Connections are made before.
async fn measure(contestant: Contestant, address: &str) -> Result<(f64, Read)> {
    match contestant {
        Contestant::ByHand | Contestant::SameStrategy => {
            let client = crate::sdk::client(address).await;
            sdk::warm_up(&client).await?;
            let begun = Instant::now();
            let read = match contestant {
                Contestant::SameStrategy => sdk::same_strategy(&client, IN_FLIGHT).await?,
                _ => sdk::by_hand(&client).await?,
            };
            Ok((begun.elapsed().as_secs_f64() * 1e3, read))
        }
        Contestant::Adjacency | Contestant::KeptCounts | Contestant::Collection => {
            let client = ours::connect(address).await?;
            client.prewarm(1).await?;
            let begun = Instant::now();
            let read = ours::read(&client, contestant).await?;
            let taken = begun.elapsed();
            client.close().await;
            Ok((taken.as_secs_f64() * 1e3, read))
        }
    }
}

//! `cpu`: processor time per request, user and system, beside the AWS SDK and the bare socket.
//!
//! Every figure comes from a process of its own: `getrusage` of the client at start and end of the measured part,
//! threads and background tasks of its runtime included. Contestants take turns within each round, so that a
//! disturbance meets them all.
//!
//! Client and canned server stay on one core. On two, each waits for the other idle, and on a virtual machine waking an
//! idle core can cost ten times what the bare socket does: noise in which the clients' own differences drown.
//! `--cores 2` shows it.

use crate::{
    args::Args,
    client::Task,
    contestant::{Contestant, Operation},
    error::Result,
    processes::{self, Cores},
    sdk,
    server::Server,
    statistics::{Series, ratio, ratio_line},
};
use std::collections::BTreeMap;

const ROUNDS: usize = 7;

/// Microseconds per request.
type Measured = BTreeMap<(Operation, Contestant), Series>;

/// Measures, and prints the table and the ratios.
pub(crate) fn run(mut args: Args) -> Result<()> {
    let rounds = args.count("rounds", ROUNDS)?;
    let requests: Option<usize> = args.flag("requests")?;
    let cores = Cores::chosen(&mut args)?;
    args.finish()?;
    if requests == Some(0) {
        return Err("--requests must be at least 1".into());
    }

    let server = Server::start(cores.server)?;
    processes::stay_on(cores.client)?;
    let mut measured = Measured::new();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for &operation in Operation::ALL {
            for contestant in in_turn(round) {
                let requests = requests.unwrap_or(operation.requests_a_round());
                let taken = Task { contestant, operation, address: server.address(), requests }.measure()?;
                measured.entry((operation, contestant)).or_default().push(taken.as_secs_f64() * 1e6);
            }
        }
    }

    println!(
        "CPU microseconds per request (user + system, getrusage of the client), median of {rounds} rounds (lowest-highest)"
    );
    println!("aws-sdk-dynamodb {}, plain HTTP, system allocator, current-thread runtime", sdk::VERSION);
    println!("{}, client on core {}, server on core {}\n", processes::processor(), cores.client, cores.server);
    print_table(&measured);
    println!();
    for (name, value) in ratios(&measured) {
        match value {
            Some(value) => println!("{}", ratio_line(&name, value)),
            None => println!("# {name}: no difference was measured; more --requests or --rounds may show one"),
        }
    }
    Ok(())
}

/// All contestants, another one first in each round.
fn in_turn(round: usize) -> impl Iterator<Item = Contestant> {
    let all = Contestant::ALL;
    all.iter().copied().cycle().skip(round % all.len()).take(all.len())
}

fn print_table(measured: &Measured) {
    print!("{:26}", "");
    for contestant in Contestant::ALL {
        print!("{:>24}", contestant.title());
    }
    println!();
    for &operation in Operation::ALL {
        print!("{:26}", operation.title());
        for &contestant in Contestant::ALL {
            let summary = measured.get(&(operation, contestant)).map_or_else(String::new, |series| series.summary(1));
            print!("{summary:>24}");
        }
        println!();
    }
}

/// For each operation: what the SDK adds to the bare socket by what this client adds, then gross by gross, then this
/// client by the bare socket. Without this client there are no ratios.
fn ratios(measured: &Measured) -> Vec<(String, Option<f64>)> {
    let median = |operation, contestant| measured.get(&(operation, contestant)).and_then(Series::median);
    let mut ratios = Vec::new();
    for &operation in Operation::ALL {
        let (floor, sdk) = (median(operation, Contestant::Floor), median(operation, Contestant::Sdk));
        let Some(ours) = median(operation, Contestant::Ours) else { continue };
        let above_floor = |gross: f64| floor.map(|floor| gross - floor);
        let name = operation.name();
        ratios.push((format!("{name}_net"), ratio(sdk.and_then(above_floor), above_floor(ours))));
        ratios.push((format!("{name}_vs_sdk"), ratio(sdk, Some(ours))));
        ratios.push((format!("{name}_vs_floor"), ratio(Some(ours), floor)));
    }
    ratios
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn measured(figures: &[(Contestant, f64)]) -> Measured {
        let mut measured = Measured::new();
        for &(contestant, figure) in figures {
            measured.entry((Operation::GetItem, contestant)).or_default().push(figure);
        }
        measured
    }

    #[test]
    fn net_is_what_each_client_adds_to_the_bare_socket() {
        let figures = [(Contestant::Floor, 7.0), (Contestant::Ours, 10.0), (Contestant::Sdk, 40.0)];
        let ratios = ratios(&measured(&figures));
        let expected = [("get_net", 11.0), ("get_vs_sdk", 4.0), ("get_vs_floor", 10.0 / 7.0)];
        assert_eq!(ratios, expected.map(|(name, value)| (name.to_owned(), Some(value))));
    }

    #[test]
    fn a_client_no_dearer_than_the_bare_socket_has_no_net_ratio() {
        let figures = [(Contestant::Floor, 7.0), (Contestant::Ours, 6.9), (Contestant::Sdk, 40.0)];
        assert_eq!(ratios(&measured(&figures)).first().unwrap(), &("get_net".to_owned(), None));
    }

    #[test]
    fn every_contestant_comes_once_a_round_and_first_in_its_turn() {
        let all = Contestant::ALL.len();
        let firsts: Vec<_> = (0..all).filter_map(|round| in_turn(round).next()).collect();
        assert_eq!(firsts, Contestant::ALL);
        assert_eq!(in_turn(5).count(), all);
    }
}

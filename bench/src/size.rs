//! `size`: bytes of a minimal program, stripped, and the processor time of its clean build.

use crate::{
    args::Args,
    contestant::Contestant,
    error::Result,
    minimal,
    statistics::{ratio, ratio_line},
};

/// Builds each client's minimal program in a directory of its own, and prints bytes, seconds and ratios.
pub(crate) fn run(args: Args) -> Result<()> {
    args.finish()?;
    minimal::fetch()?;
    let mut built = Vec::new();
    for client in Contestant::clients() {
        eprintln!("building the minimal program of {} from nothing", client.title());
        let target = tempfile::tempdir()?;
        let program = minimal::build(client, target.path())?;
        built.push((client, std::fs::metadata(&program.file)?.len() as f64, program.build.as_secs_f64()));
    }

    println!("a program that reads one item: opt-level 3, fat LTO, one codegen unit, panic = abort, stripped\n");
    println!("{:14}{:>14}{:>26}", "", "bytes", "clean build CPU seconds");
    for (client, bytes, seconds) in &built {
        println!("{:14}{bytes:>14}{seconds:>26.1}", client.title());
    }
    println!();
    for (client, bytes, seconds) in &built {
        println!("size_bytes {} {bytes}", client.name());
        println!("build_cpu_seconds {} {seconds:.1}", client.name());
    }
    let of = |wanted| built.iter().find(|(client, ..)| *client == wanted);
    let (ours, sdk) = (of(Contestant::Ours), of(Contestant::Sdk));
    let bytes = ratio(sdk.map(|(_, bytes, _)| *bytes), ours.map(|(_, bytes, _)| *bytes));
    let seconds = ratio(sdk.map(|(.., seconds)| *seconds), ours.map(|(.., seconds)| *seconds));
    for (name, value) in [("size_vs_sdk", bytes), ("build_cpu_vs_sdk", seconds)] {
        if let Some(value) = value {
            println!("{}", ratio_line(name, value));
        }
    }
    Ok(())
}

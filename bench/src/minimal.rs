//! The minimal programs: one item read, once on the enhanced client and once on the AWS SDK.

use crate::{contestant::Contestant, error::Result, processes};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// A minimal program that was built.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) file: PathBuf,
    /// Processor time of all processes that the build took; next to nothing if it was built before.
    pub(crate) build: Duration,
}

/// Downloads what is missing, so that no build waits for the network.
pub(crate) fn fetch() -> Result<()> {
    succeed(cargo().args(["fetch", "--locked"]))
}

/// Builds the client's minimal program with the profile `minimal`.
pub(crate) fn build(client: Contestant, target: &Path) -> Result<Program> {
    build_program(client, package(client)?, target)
}

/// Builds one of the programs beside the client's minimal one.
pub(crate) fn build_program(client: Contestant, program: &str, target: &Path) -> Result<Program> {
    let package = package(client)?;
    let before = processes::cpu_time_of_ended_children()?;
    let mut cargo = cargo();
    cargo.args(["build", "--locked", "--offline", "--quiet", "--profile", "minimal", "--package", package]);
    cargo.args(["--bin", program]);
    succeed(cargo.arg("--target-dir").arg(target))?;
    let build = processes::cpu_time_of_ended_children()? - before;
    Ok(Program { file: target.join("minimal").join(program), build })
}

/// The target directory of this program's own build: what was built there before need not be built again.
pub(crate) fn shared_target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("this program does not stand in a target directory")?;
    Ok(target.to_owned())
}

fn package(client: Contestant) -> Result<&'static str> {
    match client {
        Contestant::Ours => Ok("minimal-ours"),
        Contestant::Sdk => Ok("minimal-sdk"),
        Contestant::Floor => Err("the bare socket has no minimal program".into()),
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // A cache of compilations would make the clean build look cheap.
    cargo.env("CARGO_BUILD_RUSTC_WRAPPER", "").env_remove("RUSTC_WRAPPER");
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    cargo
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    status.success().then_some(()).ok_or_else(|| format!("{command:?}: {status}").into())
}

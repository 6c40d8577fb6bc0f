//! The programs that are started: built, bundled, and packed as Lambda takes them.

use crate::{contestant::Contestant, error::Result, minimal, statistics::ratio};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the program on the AWS SDK for JavaScript stands.
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/minimal-node");

/// All programs.
pub(super) struct Programs {
    pub(super) ours: PathBuf,
    pub(super) sdk: PathBuf,
    /// Those that wait for an invocation after their init phase.
    pub(super) ours_invoked: PathBuf,
    pub(super) sdk_invoked: PathBuf,
    /// Node.js and the bundled program; none where Node.js is missing.
    pub(super) node: Option<(PathBuf, PathBuf)>,
    /// Bytes of the deployment packages of the first two.
    zips: (u64, u64),
}

impl Programs {
    pub(super) fn build(directory: &Path) -> Result<Self> {
        let target = minimal::shared_target()?;
        let build = |client: Contestant, program| {
            eprintln!("building {program}");
            minimal::build_program(client, program, &target).map(|built| built.file)
        };
        let ours = build(Contestant::Ours, "minimal-ours")?;
        let sdk = build(Contestant::Sdk, "minimal-sdk")?;
        let zips = (zip(&ours, &directory.join("ours.zip"))?, zip(&sdk, &directory.join("sdk.zip"))?);
        Ok(Self {
            ours,
            sdk,
            ours_invoked: build(Contestant::Ours, "invoked-ours")?,
            sdk_invoked: build(Contestant::Sdk, "invoked-sdk")?,
            node: node()?,
            zips,
        })
    }

    pub(super) fn print_sizes(&self) {
        println!("bytes of the deployment package, zipped: this client {}, AWS SDK {}", self.zips.0, self.zips.1);
    }

    pub(super) fn zip_ratio(&self) -> Option<f64> {
        ratio(Some(self.zips.1 as f64), Some(self.zips.0 as f64))
    }
}

/// The size of a zip file that holds the program under the name that Lambda starts, `bootstrap`.
fn zip(program: &Path, file: &Path) -> Result<u64> {
    let script = "import sys, zipfile\n\
                  zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED, compresslevel=9).write(sys.argv[1], 'bootstrap')";
    let status = Command::new("python3").args(["-c", script]).arg(program).arg(file).status();
    match status.map_err(|error| format!("python3, which packs the programs: {error}"))?.success() {
        true => Ok(std::fs::metadata(file)?.len()),
        false => Err("packing a program failed".into()),
    }
}

/// Installs and bundles the program on the AWS SDK for JavaScript.
fn node() -> Result<Option<(PathBuf, PathBuf)>> {
    let version = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    if version.is_err() {
        eprintln!("Node.js is missing: the AWS SDK for JavaScript is left out");
        return Ok(None);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let node = std::env::split_paths(&path).map(|folder| folder.join("node")).find(|file| file.is_file());
    let node = node.ok_or("node is not in PATH")?;
    eprintln!("bundling the program on the AWS SDK for JavaScript");
    for arguments in [&["ci", "--silent", "--no-audit", "--no-fund"][..], &["run", "--silent", "bundle"][..]] {
        let status = Command::new("npm").args(arguments).current_dir(NODE).status()?;
        if !status.success() {
            return Err(format!("npm {}: {status}", arguments.join(" ")).into());
        }
    }
    Ok(Some((node, Path::new(NODE).join("dist/index.mjs"))))
}

//! How a program is started, and how long it takes to its first item.

use super::{programs::Programs, shows_the_item};
use crate::{data, error::Result, statistics::Series};
use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Where the system's certificates stand in one file, on Debian, Fedora and Alpine, and their kin.
const SYSTEM_CERTIFICATES: &[&str] =
    &["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Files with the run's own certificate authority.
pub(super) struct Trust {
    /// The authority alone.
    pub(super) authority: PathBuf,
    /// It, among the system's.
    pub(super) with_system: PathBuf,
}

impl Trust {
    pub(super) fn prepare(authority: &Path, directory: &Path) -> Result<Self> {
        let with_system = directory.join("system-and-authority.pem");
        let mut bundle = std::fs::read(authority)?;
        match SYSTEM_CERTIFICATES.iter().find_map(|file| std::fs::read(file).ok()) {
            Some(system) => bundle.extend_from_slice(&system),
            None => eprintln!("no certificates of the system were found: the AWS SDK is spared reading them"),
        }
        std::fs::write(&with_system, bundle)?;
        Ok(Self { authority: authority.to_owned(), with_system })
    }
}

/// A program, and how it is started.
pub(super) struct Start {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    pub(super) measured: Series,
}

/// All that are compared.
pub(super) fn all(programs: &Programs, trust: &Trust, address: &str, home: &Path) -> Vec<Start> {
    let new = |name, title, program: &Path, variable, trusted: &Path| {
        Start::new(name, title, program, (variable, trusted), address, home)
    };
    let mut starts = vec![
        new("ours", "this client", &programs.ours, "AWS_CA_BUNDLE", &trust.authority),
        new("sdk", "AWS SDK for Rust", &programs.sdk, "SSL_CERT_FILE", &trust.with_system),
        new("sdk_one_root", "AWS SDK for Rust, one root certificate", &programs.sdk, "SSL_CERT_FILE", &trust.authority),
    ];
    if let Some((node, bundle)) = &programs.node {
        let start = new("node", "AWS SDK for JavaScript", node, "NODE_EXTRA_CA_CERTS", &trust.authority);
        starts.push(start.with_argument(bundle));
    }
    starts
}

impl Start {
    pub(super) fn new(
        name: &'static str,
        title: &'static str,
        program: &Path,
        (variable, trusted): (&'static str, &Path),
        address: &str,
        home: &Path,
    ) -> Self {
        let environment = vec![
            ("HOME", home.into()),
            ("AWS_REGION", data::REGION.into()),
            ("AWS_ACCESS_KEY_ID", data::ACCESS_KEY_ID.into()),
            ("AWS_SECRET_ACCESS_KEY", data::SECRET_ACCESS_KEY.into()),
            ("AWS_ENDPOINT_URL_DYNAMODB", format!("https://{address}").into()),
            (variable, trusted.into()),
        ];
        let (program, arguments) = (program.to_owned(), Vec::new());
        Self { name, title, program, arguments, environment, measured: Series::default() }
    }

    fn with_argument(mut self, argument: &Path) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(super) fn with_variable(mut self, variable: &'static str, value: &str) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// The command, with what is started seeing nothing of this process's environment.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        for (variable, value) in &self.environment {
            command.env(variable, value);
        }
        command
    }

    /// Starts the program and waits for the line that shows its item.
    pub(super) fn first_item(&self) -> Result<Duration> {
        let mut command = self.command();
        let started = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", self.program.display()))?;
        let mut output = BufReader::new(child.stdout.take().ok_or("the program has no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let taken = started.elapsed();

        std::io::copy(&mut output, &mut std::io::sink())?;
        let status = child.wait()?;
        match status.success() && shows_the_item(&line) {
            true => Ok(taken),
            false => Err(format!("{}: {status}, first line `{}`", self.title, line.trim()).into()),
        }
    }
}

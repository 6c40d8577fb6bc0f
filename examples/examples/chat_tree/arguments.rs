//! The command line, and the engine that it names.

use std::env;
use std::path::PathBuf;

use enhanced_dynamodb::{Client, Error};

use crate::Failure;

pub(crate) const HELP: &str = "\
Writes a conversation to DynamoDB, reads it back as a tree, forks a branch of it, moves one and deletes one,
and writes the tree as a page for a browser.

Usage: cargo run --example chat_tree -- [options]

Options:
  --embedded       Use an engine inside this process, whatever the environment says
  --endpoint URL   Use the engine there: http://… is DynamoDB Local, https://… gets real credentials
  --table NAME     Use this table, which is created if it is missing [default: ChatTree]
  --html PATH      Write the page there [default: tree.html]
  -h, --help       Print this help

Without --embedded and --endpoint the environment decides: variables such as DYNAMODB_LOCAL=true
or AWS_REGION lead to DynamoDB Local or AWS. If there are none, the engine is embedded.
On AWS the table stays, and each run adds a conversation of its own. It is scanned once.
";

/// Each of these says where DynamoDB is.
const VARIABLES: [&str; 8] = [
    "DYNAMODB_LOCAL",
    "DYNAMODB_REGION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
];

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) help: bool,
    embedded: bool,
    endpoint: Option<String>,
    pub(crate) table: String,
    pub(crate) html: PathBuf,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
        let (table, html) = ("ChatTree".to_owned(), PathBuf::from("tree.html"));
        let mut arguments = Arguments { table, html, ..Arguments::default() };
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || value.clone().or_else(|| words.next()).ok_or_else(|| format!("{flag} needs a value"));
            match flag {
                "--help" | "-h" => arguments.help = true,
                "--embedded" => arguments.embedded = true,
                "--endpoint" => arguments.endpoint = Some(value()?),
                "--table" => arguments.table = value()?,
                "--html" => arguments.html = value()?.into(),
                _ => return Err(format!("{word} is not understood: --help says what is").into()),
            }
        }
        if arguments.embedded && arguments.endpoint.is_some() {
            return Err("--embedded and --endpoint name two engines: give one of them".into());
        }
        Ok(arguments)
    }

    /// The client, and in words where it leads.
    pub(crate) async fn connect(&self) -> Result<(Client, String), Error> {
        let db = match &self.endpoint {
            Some(url) if url.starts_with("https://") => Client::builder().endpoint_url(url).build().await?,
            Some(url) => Client::builder().local(true).local_endpoint(url).build().await?,
            None if !self.embedded && environment_names_a_place() => Client::shared().await?,
            None => {
                let db = Client::embedded().await?;
                return Ok((db, "embedded in this process: no server, no account".to_owned()));
            }
        };
        let config = db.config();
        let place = match config.endpoint_url() {
            Some(url) if config.is_local() => format!("DynamoDB Local at {url}"),
            Some(url) => format!("DynamoDB at {url}"),
            None => format!("DynamoDB in the AWS Region {}", config.region()),
        };
        Ok((db, place))
    }
}

fn environment_names_a_place() -> bool {
    let is_set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    VARIABLES.iter().any(is_set) || env::var_os("NODE_ENV").is_some_and(|value| value == "development")
}

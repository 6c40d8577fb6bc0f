//! A conversation, written to DynamoDB message by message and read back as a tree in one call.
//!
//! `cargo run --example chat_tree` needs nothing but Rust; `-- --help` says what else it can do.
#![forbid(unsafe_code)]

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use enhanced_dynamodb::operation::ReturnValues;
use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{Node, TreeSchema};
use enhanced_dynamodb::{Client, ErrorKind, Tree, attr};
use serde::{Deserialize, Serialize};

const HELP: &str = "\
Writes a conversation to DynamoDB and reads it back as a tree.

Usage: cargo run --example chat_tree -- [options]

Options:
  --embedded       Use an engine inside this process, whatever the environment says
  --endpoint URL   Use the engine there: http://… is DynamoDB Local, https://… gets real credentials
  --table NAME     Use this table, which is created if it is missing [default: ChatTree]
  -h, --help       Print this help

Without --embedded and --endpoint the environment decides: variables such as DYNAMODB_LOCAL=true
or AWS_REGION lead to DynamoDB Local or AWS. If there are none, the engine is embedded.
On AWS the table stays, and each run adds a conversation of its own.
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

/// The conversation: a line a message, two spaces deeper for a reply to the line above.
const CONVERSATION: &str = include_str!("../conversations/cold_radiator.txt");

const INDEX: &str = "parent-index";

type Failure = Box<dyn std::error::Error>;

/// One message: the item that is written and read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    /// The message that this one answers. The root has none, and so does not appear in the index.
    parent: Option<String>,
    author: String,
    text: String,
    /// Whether it replaces what its author asked before, so that the conversation goes another way from here.
    edited: bool,
    /// Milliseconds since 1970; replies to one message are ordered by it.
    created_at: u64,
    /// Messages in the conversation; only the root counts them.
    message_count: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&mut io::stdout().lock()).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads this has seen enough: `chat_tree | head`.
        Err(failure) if is_broken_pipe(&failure) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("chat_tree: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(out: &mut impl Write) -> Result<(), Failure> {
    let arguments = Arguments::parse(env::args().skip(1))?;
    if arguments.help {
        write!(out, "{HELP}")?;
        return Ok(());
    }
    let table = &arguments.table;
    let (db, place) = arguments.connect().await?;
    writeln!(out, "Engine   {place}")?;

    let state = prepare_table(&db, table).await?;
    writeln!(out, "Table    {table} with {INDEX}, {state}")?;

    let messages = conversation()?;
    let root = &messages[0];
    let count = post(&db, table, &messages).await?;
    writeln!(out, "Written  {} messages; the root's messageCount is now {count}", messages.len())?;

    let refusal = post_again(&db, table, root).await?;
    writeln!(out, "Refused  {refusal}\n")?;

    let tree = read(&db, table, root, messages.len()).await?;
    draw(&tree, out)?;

    let metadata = tree.metadata();
    writeln!(
        out,
        "\nRead     {} nodes, {} deep, in {:.1?} with {} requests",
        metadata.node_count, metadata.depth, metadata.elapsed, metadata.requests
    )?;
    let stats = db.stats();
    writeln!(out, "In all   {} requests over {} connections", stats.attempts, stats.pool.connects)?;
    db.close().await;
    Ok(())
}

/// Creates the table, unless it is there from an earlier run.
async fn prepare_table(db: &Client, table: &str) -> Result<&'static str, Failure> {
    let created = db
        .create_table(table)
        .partition_key("id", AttributeType::String)
        .global_index(IndexDefinition::new(INDEX).partition_key("parent", AttributeType::String))
        .send()
        .await;
    let state = match created {
        Ok(_) => "created",
        Err(error) if error.kind() == ErrorKind::ResourceInUse => "there already",
        Err(error) => return Err(error.into()),
    };
    let description = db.wait_until_active(table).send().await?;
    if description.is_some_and(|table| table.index(INDEX).is_none()) {
        return Err(format!("the table {table} has no index {INDEX}: name another one with --table").into());
    }
    Ok(state)
}

/// The messages, in the order in which they were written, under ids that no other run has.
fn conversation() -> Result<Vec<Message>, Failure> {
    let began = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let (name, began_at) = (format!("radiator-{}", began.as_nanos()), u64::try_from(began.as_millis())?);

    let mut messages: Vec<Message> = Vec::new();
    // The ids from the root down to the message above.
    let mut path: Vec<String> = Vec::new();
    for (number, line) in (0..).zip(CONVERSATION.lines()) {
        let message = line.trim_start();
        let (author, text) = message.split_once(": ").ok_or_else(|| format!("no author in {line:?}"))?;
        path.truncate((line.len() - message.len()) / 2);
        let id = format!("{name}-{number:02}");
        messages.push(Message {
            id: id.clone(),
            parent: path.last().cloned(),
            author: author.trim_end_matches(", edited").to_owned(),
            text: text.to_owned(),
            edited: author.ends_with(", edited"),
            created_at: began_at + 60_000 * number,
            message_count: None,
        });
        path.push(id);
    }
    match messages.is_empty() {
        true => Err("the conversation is empty".into()),
        false => Ok(messages),
    }
}

/// Writes the messages and counts them on the root; gives the count that DynamoDB has come to.
async fn post(db: &Client, table: &str, messages: &[Message]) -> Result<u64, Failure> {
    let mut count = 0;
    for message in messages {
        db.put(table, message).condition(attr("id").not_exists()).send().await?;
        let updated = db
            .update(table)
            .key("id", &messages[0].id)
            .set("messageCount", attr("messageCount").if_not_exists(0) + 1)
            .return_values(ReturnValues::AllNew)
            .send()
            .await?;
        count = updated.attributes::<Message>()?.and_then(|root| root.message_count).unwrap_or(0);
    }
    Ok(count)
}

/// Posts a message whose id is taken. The condition refuses it, and shows the item that stands in the way.
async fn post_again(db: &Client, table: &str, message: &Message) -> Result<String, Failure> {
    let put = db.put(table, message).condition(attr("id").not_exists()).return_item_on_condition_failure();
    match put.send().await {
        Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => {
            let author = error.item::<Message>()?.map_or_else(|| "somebody".to_owned(), |there| there.author);
            Ok(format!("a second message under the root's id, which is {author}'s: {}", error.code()))
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(format!("{} was written over, although the condition forbids it", message.id).into()),
    }
}

/// Reads the whole conversation.
async fn read(db: &Client, table: &str, root: &Message, expected: usize) -> Result<Tree<Message>, Failure> {
    let schema = TreeSchema::default().index(INDEX).order_by("createdAt");
    let mut tries = 0;
    loop {
        let tree: Tree<Message> = db.read_tree(table, &root.id).schema(schema.clone()).send().await?;
        tries += 1;
        // An index of AWS is eventually consistent: the last messages may take a moment to show up in it.
        if tree.len() == expected || tries == 20 {
            return Ok(tree);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Draws the tree: a line a message, the whole no wider than a terminal.
fn draw(tree: &Tree<Message>, out: &mut impl Write) -> io::Result<()> {
    // For each depth down to the node: whether more replies follow below it.
    let mut more_follow: Vec<bool> = Vec::new();
    for node in tree.preorder() {
        more_follow.truncate(node.depth() as usize);
        let more = !is_last_reply(node);
        let mut line = String::new();
        for more in more_follow.iter().skip(1) {
            line.push_str(if *more { "│ " } else { "  " });
        }
        if node.depth() > 0 {
            line.push_str(if more { "├ " } else { "└ " });
        }
        more_follow.push(more);

        let message = node.value();
        line.push_str(&message.author);
        line.push_str(if message.edited { " (edited): " } else { ": " });
        let room = 100_usize.saturating_sub(line.chars().count());
        writeln!(out, "{line}{}", shortened(&message.text, room))?;
    }
    Ok(())
}

fn is_last_reply(node: Node<'_, Message>) -> bool {
    let last = node.parent().and_then(|parent| parent.children().next_back());
    last.is_none_or(|last| last.id() == node.id())
}

/// The text in so many characters, cut between words.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let cut: String = text.chars().take(room.saturating_sub(1)).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end_matches([',', '.', ':']))
}

/// What the command line says.
#[derive(Debug, Default)]
struct Arguments {
    help: bool,
    embedded: bool,
    endpoint: Option<String>,
    table: String,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
        let mut arguments = Arguments { table: "ChatTree".to_owned(), ..Arguments::default() };
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
                _ => return Err(format!("{word} is not understood: --help says what is").into()),
            }
        }
        if arguments.embedded && arguments.endpoint.is_some() {
            return Err("--embedded and --endpoint name two engines: give one of them".into());
        }
        Ok(arguments)
    }

    /// The client, and in words where it leads.
    async fn connect(&self) -> Result<(Client, String), enhanced_dynamodb::Error> {
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

fn is_broken_pipe(failure: &Failure) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

//! A conversation in DynamoDB: written message by message, read back as a tree in one call, forked, pruned and drawn.
//!
//! `cargo run --example chat_tree` needs nothing but Rust; `-- --help` says what else it can do.
#![forbid(unsafe_code)]

mod arguments;
mod conversation;
mod drawing;

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use enhanced_dynamodb::operation::ReturnValues;
use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::TreeSchema;
use enhanced_dynamodb::{AttributeValue, Client, ErrorKind, Tree, attr};

use arguments::{Arguments, HELP};
use conversation::{Message, conversation, find, thread};
use drawing::{draw, line, said, section};

const INDEX: &str = "parent-index";

type Failure = Box<dyn std::error::Error>;

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
    let (db, place) = arguments.connect().await?;
    writeln!(out, "Engine   {place}")?;
    let state = prepare_table(&db, &arguments.table).await?;
    writeln!(out, "Table    {} with {INDEX}, {state}", arguments.table)?;

    let messages = conversation()?;
    // The nodes' key is `id` and names its parent in `parent`, as in every TreeSchema that does not say otherwise.
    let schema = TreeSchema::default().index(INDEX).order_by("createdAt");
    let mut chat = Chat { db: &db, table: &arguments.table, schema, root: &messages[0], messages: 0 };

    section(out, "Write", "each message on the condition that the one it answers exists")?;
    chat.write(&messages, out).await?;
    section(out, "Read", "the conversation as a tree, in one call")?;
    chat.read(out).await?;
    section(out, "Path to root", "what came before a message, for whoever goes on from there")?;
    chat.path_to_root(find(&messages, "A quarter of a turn!")?, out).await?;
    section(out, "Fork", "a branch again under new ids, and there another end")?;
    chat.fork(find(&messages, "The pin does not move")?, find(&messages, "It jumped out")?, out).await?;
    section(out, "Move", "a branch about something else, up to the root")?;
    chat.move_branch(find(&messages, "The landlord has to pay")?, find(&messages, "Paragraph 8")?, out).await?;
    section(out, "Delete", "a branch with what should not be read by all")?;
    chat.delete_branch(find(&messages, "What is the password")?, out).await?;
    section(out, "Verify", "no circle, no message without the one it answers")?;
    writeln!(out, "{}", db.verify_tree(&arguments.table).schema(chat.schema.clone()).send().await?)?;
    section(out, "Page", "the conversation as it is now, for a browser")?;
    chat.write_page(&arguments.html, out).await?;

    let stats = db.stats();
    writeln!(out, "\nIn all   {} requests over {} connections", stats.attempts, stats.pool.connects)?;
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

/// A conversation in a table.
struct Chat<'a> {
    db: &'a Client,
    table: &'a str,
    schema: TreeSchema,
    root: &'a Message,
    /// How many there are now.
    messages: usize,
}

impl Chat<'_> {
    /// Writes the messages, and shows that none is written over another.
    async fn write(&mut self, messages: &[Message], out: &mut impl Write) -> Result<(), Failure> {
        let mut count = 0;
        for message in messages {
            let insert = match &message.parent {
                None => self.db.create_root(self.table, message),
                Some(parent) => self.db.insert_child(self.table, parent, message),
            };
            insert.schema(self.schema.clone()).send().await?;
            count = self.count(1).await?;
        }
        writeln!(out, "Written  {} messages; the root's messageCount is now {count}", messages.len())?;

        // The condition refuses an id that is taken, and shows the item that stands in the way.
        let put = self.db.put(self.table, self.root).condition(attr("id").not_exists());
        match put.return_item_on_condition_failure().send().await {
            Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => {
                let author = error.item::<Message>()?.map_or_else(|| "somebody".to_owned(), |there| there.author);
                let code = error.code();
                writeln!(out, "Refused  a second message under the root's id, which is {author}'s: {code}")?;
            }
            Err(error) => return Err(error.into()),
            Ok(_) => return Err("the root was written over, although the condition forbids it".into()),
        }
        Ok(())
    }

    /// Counts messages on the root, `change` more or fewer; gives the count that DynamoDB has come to.
    async fn count(&mut self, change: i64) -> Result<u64, Failure> {
        let update = self.db.update(self.table).key("id", &self.root.id);
        let updated = update
            .set("messageCount", attr("messageCount").if_not_exists(0) + change)
            .return_values(ReturnValues::AllNew)
            .send()
            .await?;
        let count = updated.attributes::<Message>()?.and_then(|root| root.message_count).unwrap_or(0);
        self.messages = usize::try_from(count)?;
        Ok(count)
    }

    /// Reads what is below a message, which are so many messages with itself.
    async fn tree(&self, message: &str, expected: usize) -> Result<Tree<Message>, Failure> {
        let mut tries = 0;
        loop {
            let read = self.db.read_tree(self.table, message).schema(self.schema.clone());
            let tree: Tree<Message> = read.send().await?;
            tries += 1;
            // An index of AWS is eventually consistent: the last messages may take a moment to show up in it.
            if tree.len() == expected || tries == 20 {
                return Ok(tree);
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn read(&self, out: &mut impl Write) -> Result<(), Failure> {
        let tree = self.tree(&self.root.id, self.messages).await?;
        draw(&tree, out)?;
        let metadata = tree.metadata();
        writeln!(
            out,
            "\nRead     {} nodes, {} deep, in {:.1?} with {} requests",
            metadata.node_count, metadata.depth, metadata.elapsed, metadata.requests
        )?;
        Ok(())
    }

    /// Needs no index, and sees what was written a moment ago.
    async fn path_to_root(&self, message: &Message, out: &mut impl Write) -> Result<(), Failure> {
        let path = self.db.path_to_root(self.table, &message.id).schema(self.schema.clone());
        let path = path.send::<Message>().await?;
        for (number, message) in (1..).zip(&path.nodes) {
            line(out, &format!("{number:>2} "), message)?;
        }
        writeln!(out, "\nPath     {} messages with {} requests", path.nodes.len(), path.requests)?;
        Ok(())
    }

    /// Copies a branch to beside itself, and lets the copy go another way: from the copy of `from` on.
    async fn fork(&mut self, branch: &Message, from: &Message, out: &mut impl Write) -> Result<(), Failure> {
        let parent = branch.parent.as_ref().ok_or("the whole conversation is no branch")?;
        let copy_of = |id: &str| format!("{id}-fork");
        let fork = self
            .db
            .copy_subtree(self.table, &branch.id)
            .schema(self.schema.clone())
            .under(parent)
            .new_ids(move |id| AttributeValue::from(copy_of(id.as_s().unwrap_or_default())))
            .send()
            .await?;

        let from = Message { id: copy_of(&from.id), ..from.clone() };
        let turns = [
            ("Nora", "The bedroom radiator had the same fault. There the pin stays in, even after the spoon."),
            ("Sam", "Then the insert is worn. It can be changed under pressure, with a lock tool."),
        ];
        let append = self.db.append(self.table, &from.id, thread(&from, &turns));
        let appended = append.schema(self.schema.clone()).send().await?;
        self.count(i64::try_from(fork.nodes + appended.nodes)?).await?;

        draw(&self.tree(&copy_of(&branch.id), fork.nodes + appended.nodes).await?, out)?;
        writeln!(out, "\nForked   {} messages under new ids; transactions: {}", fork.nodes, fork.transactions)?;
        writeln!(out, "Appended {} messages as a thread; transactions: {}", appended.nodes, appended.transactions)?;
        Ok(())
    }

    /// Moves a branch to the root, and shows that the root cannot be moved below it. `below` is a message of the branch.
    async fn move_branch(&self, branch: &Message, below: &Message, out: &mut impl Write) -> Result<(), Failure> {
        let schema = || self.schema.clone();
        let path = || self.db.path_to_root(self.table, &below.id).schema(schema()).send::<Message>();
        let before = path().await?.nodes.len();
        let moved = self.db.move_subtree(self.table, &branch.id, &self.root.id).schema(schema()).send().await?;
        let path = path().await?.nodes;
        for (depth, message) in path.iter().enumerate() {
            line(out, &format!("{}{}", "  ".repeat(depth), if depth > 0 { "└ " } else { "" }), message)?;
        }
        let how = if moved.atomic { "in one transaction" } else { "in several transactions" };
        let after = path.len();
        writeln!(out, "\nMoved    with all below it, {how}: the path has {after} messages now, not {before}")?;

        match self.db.move_subtree(self.table, &self.root.id, &below.id).schema(schema()).send().await {
            Err(error) if error.kind() == ErrorKind::TreeCycle => {
                writeln!(out, "Refused  a move of the root below it, which would make a circle: TreeCycle")?;
                Ok(())
            }
            Err(error) => Err(error.into()),
            Ok(_) => Err("the root was moved below one of its own messages".into()),
        }
    }

    /// Says what would be deleted, and deletes it.
    async fn delete_branch(&mut self, branch: &Message, out: &mut impl Write) -> Result<(), Failure> {
        let delete = || self.db.delete_subtree(self.table, &branch.id).schema(self.schema.clone());
        let planned = delete().dry_run().send().await?;
        writeln!(out, "Planned  {} messages, the deepest first:", planned.deleted.len())?;
        for id in planned.deleted.iter().filter_map(AttributeValue::as_s) {
            if let Some(message) = self.db.get(self.table).key("id", id).send::<Message>().await?.item {
                line(out, "         ", &message)?;
            }
        }
        let deleted = delete().send().await?;
        let count = self.count(-i64::try_from(deleted.deleted.len())?).await?;
        writeln!(out, "Deleted  {} messages; the root's messageCount is now {count}", deleted.deleted.len())?;
        Ok(())
    }

    async fn write_page(&self, path: &Path, out: &mut impl Write) -> Result<(), Failure> {
        let tree = self.tree(&self.root.id, self.messages).await?;
        let page = tree.render_html("The cold radiator", |node| said(node.value()));
        let shown = path.display();
        std::fs::write(path, page).map_err(|error| {
            format!("the page cannot be written to {shown}: {error}; name another file with --html")
        })?;
        writeln!(out, "Page     {shown} with {} messages: open it in a browser", tree.len())?;
        Ok(())
    }
}

fn is_broken_pipe(failure: &Failure) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

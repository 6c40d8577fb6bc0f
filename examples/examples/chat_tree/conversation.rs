//! The messages.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::Failure;

/// The conversation: a line a message, two spaces deeper for a reply to the line above.
const CONVERSATION: &str = include_str!("../../conversations/cold_radiator.txt");

/// One message: the item that is written and read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) id: String,
    /// The message that this one answers. The root has none, and so does not appear in the index.
    pub(crate) parent: Option<String>,
    pub(crate) author: String,
    pub(crate) text: String,
    /// Whether it replaces what its author asked before, so that the conversation goes another way from here.
    pub(crate) edited: bool,
    /// Milliseconds since 1970; replies to one message are ordered by it.
    pub(crate) created_at: u64,
    /// Messages in the conversation; only the root counts them.
    pub(crate) message_count: Option<u64>,
}

/// The messages, in the order in which they were written, under ids that no other run has.
pub(crate) fn conversation() -> Result<Vec<Message>, Failure> {
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

/// The message that begins so.
pub(crate) fn find<'a>(messages: &'a [Message], begins: &str) -> Result<&'a Message, Failure> {
    let found = messages.iter().find(|message| message.text.starts_with(begins));
    found.ok_or_else(|| format!("nobody says {begins:?} in the conversation").into())
}

/// What is said in the hours after `message`, each in answer to the one before. Appending fills in the parents.
pub(crate) fn thread(message: &Message, turns: &[(&str, &str)]) -> Vec<Message> {
    let turn = |(number, (author, text)): (u64, &(&str, &str))| Message {
        id: format!("{}-{number}", message.id),
        parent: None,
        author: (*author).to_owned(),
        text: (*text).to_owned(),
        edited: false,
        created_at: message.created_at + 3_600_000 * number,
        message_count: None,
    };
    (1..).zip(turns).map(turn).collect()
}

//! Messages as lines of a terminal.

use std::io::{self, Write};

use enhanced_dynamodb::Tree;
use enhanced_dynamodb::tree::Node;

use crate::conversation::Message;

/// Columns of a line.
const WIDTH: usize = 100;

/// The headline of what comes next.
pub(crate) fn section(out: &mut impl Write, name: &str, says: &str) -> io::Result<()> {
    writeln!(out, "\n── {name}: {says}\n")
}

/// Draws the tree, a line a message.
pub(crate) fn draw(tree: &Tree<Message>, out: &mut impl Write) -> io::Result<()> {
    // For each depth down to the node: whether more replies follow below it.
    let mut more_follow: Vec<bool> = Vec::new();
    for node in tree.preorder() {
        more_follow.truncate(node.depth() as usize);
        let more = !is_last_reply(node);
        let mut lead = String::new();
        for more in more_follow.iter().skip(1) {
            lead.push_str(if *more { "│ " } else { "  " });
        }
        if node.depth() > 0 {
            lead.push_str(if more { "├ " } else { "└ " });
        }
        more_follow.push(more);
        line(out, &lead, node.value())?;
    }
    Ok(())
}

/// A message on one line.
pub(crate) fn line(out: &mut impl Write, lead: &str, message: &Message) -> io::Result<()> {
    let said = said(message);
    let room = WIDTH.saturating_sub(lead.chars().count());
    writeln!(out, "{lead}{}", shortened(&said, room))
}

/// Who says what.
pub(crate) fn said(message: &Message) -> String {
    format!("{}{}: {}", message.author, if message.edited { " (edited)" } else { "" }, message.text)
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

//! Writes the pages that the browser test looks at, into the folder that is named: `big.html`, a tree of 5,000 messages,
//! and `hostile.html`, messages that would be more than text if they could.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;

use enhanced_dynamodb::Tree;

/// Texts that are the label, the key and the title of something. The test has them too.
const HOSTILE: &str = include_str!("hostile.json");

const NODES: usize = 5_000;

/// So many messages are one thread, each in answer to the one before: deeper than a page can indent.
const THREAD: usize = 200;

/// Answers to each of the other messages.
const ANSWERS: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("name the folder for the pages")?.into();
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("big.html"), big()?)?;
    std::fs::write(folder.join("hostile.html"), hostile()?)?;
    Ok(())
}

fn big() -> Result<String, enhanced_dynamodb::Error> {
    let parent = |number: usize| match number {
        0 => None,
        number if number < THREAD => Some(number - 1),
        // The others are the answers to the root, then those to its answers, and so on.
        number if number < THREAD + ANSWERS => Some(0),
        number => Some(THREAD + (number - THREAD - ANSWERS) / ANSWERS),
    };
    let key = |number: usize| format!("m{number}");
    let nodes = (0..NODES).map(|number| (key(number), parent(number).map(key), number));
    let tree = Tree::from_nodes(nodes)?;
    Ok(tree.render_html("Five thousand messages", |node| {
        let number = node.value();
        format!("Message {number}, {}", "one word more, ".repeat(number % 12))
    }))
}

fn hostile() -> Result<String, Box<dyn Error>> {
    let texts: Vec<String> = serde_json::from_str(HOSTILE)?;
    let title = texts.concat();
    // Each is the child of the one before it or of the one before that, so that there is every kind of row.
    let parent = |number: usize| (number > 0).then(|| number.saturating_sub(1 + number % 2));
    let key = |number: usize| format!("{number}{}", texts[number]);
    let nodes = (0..texts.len()).map(|number| (key(number), parent(number).map(key), number));
    let tree = Tree::from_nodes(nodes)?;
    Ok(tree.render_html(&title, |node| texts[*node.value()].as_str()))
}

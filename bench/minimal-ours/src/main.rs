//! Reads one item through the enhanced client, configured by the environment alone: what `bench -- size` weighs
//! and `bench -- cold` starts.
#![allow(clippy::print_stdout, reason = "the line printed is what the program is for")]

use enhanced_dynamodb::Client;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    author: String,
    text: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = Client::shared().await?;

    let message: Option<Message> = db.get("Messages").key("id", "m1").item().await?;

    match message {
        Some(Message { id, author, text }) => println!("{id} {author}: {text}"),
        None => println!("no such message"),
    }
    Ok(())
}

//! A function on the enhanced client as it lives in Lambda: an init phase, then an invocation when it comes, as a line on
//! standard input. With `PREWARM` set, the init phase opens the connection.
#![allow(clippy::print_stdout, reason = "the lines printed are what the program is for")]

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
    if std::env::var_os("PREWARM").is_some() {
        db.prewarm(1).await?;
    }
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;

    let message: Option<Message> = db.get("Messages").key("id", "m1").item().await?;
    match message {
        Some(Message { id, author, text }) => println!("{id} {author}: {text}"),
        None => println!("no such message"),
    }
    Ok(())
}

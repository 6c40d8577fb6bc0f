//! Reads one item through the AWS SDK for Rust, configured by the environment alone: what `bench -- size` weighs
//! and `bench -- cold` starts.
#![allow(clippy::print_stdout, reason = "the line printed is what the program is for")]

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    author: String,
    text: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let db = aws_sdk_dynamodb::Client::new(&config);

    let found = db.get_item().table_name("Messages").key("id", AttributeValue::S("m1".into())).send().await?;
    let message: Option<Message> = found.item.map(serde_dynamo::aws_sdk_dynamodb_1::from_item).transpose()?;

    match message {
        Some(Message { id, author, text }) => println!("{id} {author}: {text}"),
        None => println!("no such message"),
    }
    Ok(())
}

//! A function on the AWS SDK for Rust as it lives in Lambda: an init phase, then an invocation when it comes, as a line on
//! standard input. With `PREWARM` set, the init phase makes a call, which is how its users open a connection ahead.
#![allow(clippy::print_stdout, reason = "the lines printed are what the program is for")]

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    author: String,
    text: String,
}

async fn read(db: &aws_sdk_dynamodb::Client) -> Result<Option<Message>, Box<dyn std::error::Error>> {
    let found = db.get_item().table_name("Messages").key("id", AttributeValue::S("m1".into())).send().await?;
    Ok(found.item.map(serde_dynamo::aws_sdk_dynamodb_1::from_item).transpose()?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let db = aws_sdk_dynamodb::Client::new(&config);
    if std::env::var_os("PREWARM").is_some() {
        read(&db).await?;
    }
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;

    match read(&db).await? {
        Some(Message { id, author, text }) => println!("{id} {author}: {text}"),
        None => println!("no such message"),
    }
    Ok(())
}

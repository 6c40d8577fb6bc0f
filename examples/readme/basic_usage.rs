//! Quick Start, Basic Usage: the process's one client, an item in, an item out.

use enhanced_dynamodb::{Client, Error};
use serde::{Deserialize, Serialize};

/// An item of the table `MyTable`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The table's key.
    pub id: String,
    /// As they want to be called.
    pub name: String,
}

/// Gets the process's one client, which is made on first use.
///
/// # Errors
/// A variable that is not understood, or a client that was made with other options.
pub async fn client() -> Result<Client, Error> {
    Client::shared_with(|options| options.enable_logging(true).max_retries(5)).await
}

/// Writes an item and reads it.
///
/// # Errors
/// Those of the service.
pub async fn run(db: &Client) -> Result<Option<Person>, Error> {
    let person = Person { id: "123".to_owned(), name: "John Doe".to_owned() };
    db.put("MyTable", &person).send().await?;

    let item: Option<Person> = db.get("MyTable").key("id", "123").item().await?;
    Ok(item)
}

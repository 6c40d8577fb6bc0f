//! Local Development: DynamoDB Local, or an engine in the process.

use enhanced_dynamodb::{Client, Error};

/// A client of DynamoDB Local, started as `docker run -p 8000:8000 amazon/dynamodb-local` does it.
///
/// # Errors
/// An endpoint that is no URL.
pub async fn client(endpoint: &str) -> Result<Client, Error> {
    Client::builder().local(true).local_endpoint(endpoint).build().await
}

/// A client of an engine of its own in this process: neither Docker nor Java.
///
/// # Errors
/// An engine that does not start.
pub async fn embedded() -> Result<Client, Error> {
    Client::embedded().await
}

/// Looks what is there.
///
/// # Errors
/// Those of the engine. If nothing listens at the endpoint, the error says what to do.
pub async fn run(db: &Client) -> Result<Vec<String>, Error> {
    db.list_tables().all().await
}

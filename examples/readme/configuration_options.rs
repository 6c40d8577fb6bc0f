//! Configuration Options: every option of the original, here with its default.

use std::time::Duration;

use enhanced_dynamodb::{Client, Error};

/// Makes a client of its own with all options said.
///
/// # Errors
/// An option that is out of its range, or a variable that is not understood.
pub async fn run() -> Result<Client, Error> {
    Client::builder()
        .region("us-east-1")
        .local(false)
        .local_endpoint("http://localhost:8000")
        .max_retries(3)
        .max_sockets(50)
        .request_timeout(Duration::from_secs(30))
        .connection_timeout(Duration::from_secs(5))
        .enable_logging(false)
        .build()
        .await
}

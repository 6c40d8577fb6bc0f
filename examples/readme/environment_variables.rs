//! Environment Variables: the same client, configured from outside.

use enhanced_dynamodb::config::Config;
use enhanced_dynamodb::{Error, Options};

/// What the original's variables lead to. (`Client::shared()` reads those of the process.)
///
/// # Errors
/// A variable that is not understood: the error names it, its value and what is allowed.
pub fn run() -> Result<Config, Error> {
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("NODE_ENV", "development"),
        ("DYNAMODB_LOCAL_ENDPOINT", "http://localhost:8001"),
        ("DYNAMODB_MAX_RETRIES", "5"),
        ("DYNAMODB_MAX_SOCKETS", "100"),
        ("DYNAMODB_REQUEST_TIMEOUT", "10000"),
        ("DYNAMODB_CONNECTION_TIMEOUT", "2000"),
        ("DYNAMODB_ENABLE_LOGGING", "true"),
    ];
    Config::from_variables(&Options::default(), variables)
}

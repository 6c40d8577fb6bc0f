//! Error Handling: the service's own names, matched.

use enhanced_dynamodb::{Client, Error, Item};

/// Reads an item, and says what went wrong if it cannot.
///
/// # Errors
/// Those of the service.
pub async fn run(db: &Client) -> Result<Option<Item>, Error> {
    let result = db.get("MyTable").key("id", "123").item().await;
    if let Err(error) = &result {
        println!("{}", explain(error));
    }
    result
}

/// What an error means to the one who called.
#[must_use]
pub fn explain(error: &Error) -> String {
    match error.code() {
        "ProvisionedThroughputExceededException" => "Request was throttled, and so was every retry".to_owned(),
        "ValidationException" => "Invalid request parameters".to_owned(),
        "ResourceNotFoundException" => "Table not found".to_owned(),
        "ConditionalCheckFailedException" => "Condition check failed".to_owned(),
        _ => format!("Unexpected error: {error}"),
    }
}

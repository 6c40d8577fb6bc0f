//! Batch operations: any number of puts and deletes, over any tables.

use enhanced_dynamodb::batch::{BatchOperation, BatchOutcome};
use enhanced_dynamodb::{Client, Error, item, key};

/// Writes the operations, and gives what became of each.
///
/// # Errors
/// Only what keeps the whole batch from being sent: what becomes of an operation is in the outcome.
pub async fn run(db: &Client) -> Result<BatchOutcome, Error> {
    let operations = [
        BatchOperation::put("MyTable", &item! { "id": "1", "name": "Item 1" }),
        BatchOperation::put("MyTable", &item! { "id": "2", "name": "Item 2" }),
        BatchOperation::delete("MyTable", &key! { "id": "3" }),
        // ... up to millions of operations: any iterator or stream will do
    ];
    db.batch_operations(operations).send().await
}

/// The same from the original's JSON, `[{ "type": "put", "tableName": …, "item": … }, …]`.
///
/// # Errors
/// If the text is not of that form; if anything was not written.
pub async fn from_json(db: &Client, text: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let operations: Vec<BatchOperation> = serde_json::from_str(text)?;
    let outcome = db.batch_operations(operations).send().await?.into_result()?;
    Ok(outcome.written)
}

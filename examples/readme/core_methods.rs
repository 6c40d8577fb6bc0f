//! API Reference, Core Methods: each once. (Transactions have a sample of their own.)

use enhanced_dynamodb::{Client, Error, Item, attr, item, key};

/// What the methods gave.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// By `get`.
    pub got: Option<Item>,
    /// What `batch_write` left undone; `batch_write().retry(…)` takes it after a pause.
    pub left_over: usize,
    /// By `query`.
    pub queried: Vec<Item>,
    /// By `scan`, with a filter.
    pub scanned: u64,
    /// By `batch_get`.
    pub batch: Vec<Item>,
    /// By `get`, after the `delete`.
    pub deleted: Option<Item>,
}

/// Calls them all.
///
/// # Errors
/// Those of the service.
pub async fn run(db: &Client) -> Result<Found, Error> {
    let mut found = Found::default();

    db.put("MyTable", &item! { "id": "a", "count": 1 }).send().await?;
    db.update("MyTable").key("id", "a").set("count", attr("count") + 1).send().await?;
    found.got = db.get("MyTable").key("id", "a").item().await?;

    let written = db
        .batch_write()
        .put("MyTable", &item! { "id": "b", "count": 5 })
        .put("MyTable", &item! { "id": "c", "count": 8 })
        .delete("MyTable", &key! { "id": "nobody" })
        .send()
        .await?;
    found.left_over = written.unprocessed.len();

    let read = db.batch_get().get("MyTable", &key! { "id": "b" }).get("MyTable", &key! { "id": "c" }).send().await?;
    found.batch = read.items("MyTable")?;

    found.queried = db.query("MyTable").partition("id", "b").items().try_collect().await?;
    found.scanned = db.scan("MyTable").filter(attr("count").gt(1)).count().await?;

    db.delete("MyTable").key("id", "a").condition(attr("count").eq(2)).send().await?;
    found.deleted = db.get("MyTable").key("id", "a").consistent_read(true).item().await?;
    Ok(found)
}

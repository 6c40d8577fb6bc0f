//! API Reference, Utility Methods: what `destroy()` became, and what the client says of itself.

use enhanced_dynamodb::{Client, Error, Stats};

/// Uses the client once more, closes it, and gives its counters.
///
/// # Errors
/// Those of the service.
pub async fn run(db: &Client) -> Result<Stats, Error> {
    db.list_tables().send().await?;
    let stats = db.stats();
    println!("{} calls, {} requests, {} open connections", stats.calls, stats.attempts, stats.pool.open);

    // Lets calls in flight end, then closes all connections. `destroy()` in the original.
    db.close().await;
    Ok(stats)
}

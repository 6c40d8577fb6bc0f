//! Health checks: whether a table can be reached and used, without a scan.

use enhanced_dynamodb::Client;

/// Checks a table, and says on stderr what is wrong.
pub async fn run(db: &Client) -> bool {
    let is_healthy = db.health_check("MyTable").await;

    if !is_healthy && let Some(problem) = db.health("MyTable").send().await.problem {
        eprintln!("DynamoDB is not accessible: {}. {}", problem.reason, problem.advice);
    }
    is_healthy
}

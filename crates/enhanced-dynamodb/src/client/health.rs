//! Whether a table can be used.

use super::Client;
use crate::table::HealthCheck;

impl Client {
    /// Whether a table can be used now. It takes two seconds at most, and reads no item; [`health`](Client::health)
    /// says why not.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) {
    /// if !db.health_check("Messages").await {
    ///     eprintln!("DynamoDB is not accessible");
    /// }
    /// # }
    /// ```
    #[doc(alias = "healthCheck")]
    pub async fn health_check(&self, table: impl Into<String>) -> bool {
        self.health(table).send().await.healthy
    }

    /// How well a table is: its state, how fast it answers, from where, with which pool; and when it is not well, the
    /// reason and what to do.
    ///
    /// It describes the table. Where that is not allowed (or only the service's control plane fails), it asks for an
    /// item with a key that is no key of the table, which costs nothing: to have that refused proves as much. It needs
    /// `dynamodb:DescribeTable`, or else `dynamodb:GetItem` or `dynamodb:Query`.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) {
    /// let health = db.health("Messages").send().await;
    /// if let Some(problem) = &health.problem {
    ///     eprintln!("{}: {} {}", health.table, problem.reason, problem.advice);
    /// }
    /// # }
    /// ```
    #[doc(alias = "healthCheck")]
    pub fn health(&self, table: impl Into<String>) -> HealthCheck {
        HealthCheck::new(self.core(), table.into())
    }
}

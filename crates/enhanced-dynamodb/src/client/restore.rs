//! What a client does when its process comes back from a snapshot.

use super::Client;

impl Client {
    /// Closes all sockets that rest, and has credentials asked for anew: for a process that was restored from a snapshot
    /// (Lambda SnapStart), where both are those of another machine. Calls that are made later find everything as after
    /// a start; configuration and counters stay.
    ///
    /// A process that was only frozen needs nothing of the kind: sockets and credentials are looked at before use.
    /// With the feature `lambda` a restored function does it by itself, through `lambda::LambdaLayer` or by registering
    /// the client with `lambda_runtime`.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// db.after_restore();
    /// db.prewarm(1).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn after_restore(&self) {
        self.core.forget();
    }

    /// The process came back from a snapshot: the first time that it is told, everything of before is forgotten.
    #[cfg(feature = "lambda")]
    pub(crate) fn restored(&self) {
        self.core.forget_once();
    }

    /// What the client's clock shows.
    #[cfg(feature = "lambda")]
    pub(crate) fn now(&self) -> std::time::Instant {
        self.core.time().now()
    }
}

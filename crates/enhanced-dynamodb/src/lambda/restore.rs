//! The init phase and the return from a snapshot.

use std::time::Duration;

use lambda_runtime::{BoxFuture, Error, SnapStartResource};

use super::Initialization;
use crate::Client;
use crate::deadline;

/// How long the init phase waits for a connection. It has 10 s in all, and what it does not reach the first invocation
/// does.
const INIT_LIMIT: Duration = Duration::from_secs(2);

/// Readies a client in the init phase, where the CPU is not throttled: one connection is opened, TLS included, so that
/// the first invocation finds it done. Gives how many connections are ready.
///
/// It never fails: a function that cannot reach its table still starts, and its first call says why; a warning is
/// logged (`tracing`). Before a SnapStart snapshot nothing is opened, for it would not outlive the snapshot. It takes two seconds at most.
///
/// ```
/// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
/// let db = enhanced_dynamodb::Client::shared().await?;
/// enhanced_dynamodb::lambda::init(&db).await;
/// # Ok(())
/// # }
/// ```
pub async fn init(client: &Client) -> usize {
    match Initialization::of_process() {
        Initialization::SnapStart => 0,
        Initialization::OnDemand | Initialization::Provisioned => open(client).await,
    }
}

async fn open(client: &Client) -> usize {
    let limit = client.now().checked_add(INIT_LIMIT);
    let opened = match limit {
        Some(limit) => deadline::scope(limit, client.prewarm(1)).await,
        None => client.prewarm(1).await,
    };
    opened.unwrap_or_else(|error| {
        tracing::warn!(target: "enhanced_dynamodb", %error, "no connection was opened in the init phase");
        0
    })
}

/// A client may be registered with `lambda_runtime` as a part that SnapStart concerns:
/// `Runtime::register_snapstart_resource(Arc::new(db.clone()))`. Before the snapshot its sockets are closed; after a
/// restore credentials are got anew and a connection is opened.
impl SnapStartResource for Client {
    fn before_snapshot(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.after_restore();
            Ok(())
        })
    }

    fn after_restore(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.restored();
            open(self).await;
            Ok(())
        })
    }
}

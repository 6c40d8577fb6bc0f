//! A deadline for all calls of a task.
//!
//! A call ends by the earliest of its deadlines: its own [`deadline`](crate::operation::GetItem::deadline) and
//! [`timeout`](crate::operation::GetItem::timeout), its client's
//! ([`Client::with_deadline`](crate::Client::with_deadline)), and that of the [`scope`] it is made in. A task has its
//! scope for itself: a task that it spawns has none, unless it is given one.

use std::future::Future;
use std::time::Instant;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs a future all of whose calls must have ended by `deadline`. In another scope, the earlier deadline holds.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use std::time::{Duration, Instant};
/// use enhanced_dynamodb::{Item, deadline};
///
/// let by = Instant::now() + Duration::from_secs(2);
/// let found: Option<Item> = deadline::scope(by, async { db.get("Messages").key("id", "m1").item().await }).await?;
/// # let _ = found;
/// # Ok(())
/// # }
/// ```
pub async fn scope<F: Future>(deadline: Instant, future: F) -> F::Output {
    let deadline = current().map_or(deadline, |outer| outer.min(deadline));
    DEADLINE.scope(deadline, future).await
}

/// The deadline of the scope that this runs in.
#[must_use]
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// Runs one poll of a future whose scope this is.
#[cfg(feature = "lambda")]
pub(crate) fn enter<T>(deadline: Option<Instant>, poll: impl FnOnce() -> T) -> T {
    match earliest(deadline, current()) {
        Some(deadline) => DEADLINE.sync_scope(deadline, poll),
        None => poll(),
    }
}

/// The earlier of two deadlines, either of which there may be.
pub(crate) fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

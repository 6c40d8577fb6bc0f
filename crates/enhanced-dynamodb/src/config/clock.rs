//! Time and chance, injected: backoff, deadlines and frozen functions are tested without sleeping.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

/// The clocks that the client reads and the sleep that it waits with.
///
/// The default is the machine's own. Another one serves tests: it can stand still, jump as a frozen function's clocks
/// do, or end every sleep at once.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Monotonic time: never goes backwards, may stand still while a function is frozen.
    fn monotonic(&self) -> Instant;

    /// Wall-clock time: what the service's signatures and credentials are judged by.
    fn wall(&self) -> SystemTime;

    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The chance that backoff is spread with.
pub trait Random: fmt::Debug + Send + Sync + 'static {
    /// A number in `0.0..1.0`, evenly spread.
    fn unit(&self) -> f64;
}

/// The clock in use: the machine's without any indirection, or an injected one.
#[derive(Clone, Debug, Default)]
pub(crate) enum Time {
    #[default]
    System,
    Injected(Arc<dyn Clock>),
}

impl Time {
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        match self {
            Time::System => Instant::now(),
            Time::Injected(clock) => clock.monotonic(),
        }
    }

    #[inline]
    pub(crate) fn wall(&self) -> SystemTime {
        match self {
            Time::System => SystemTime::now(),
            Time::Injected(clock) => clock.wall(),
        }
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        match self {
            Time::System => tokio::time::sleep(duration).await,
            Time::Injected(clock) => clock.sleep(duration).await,
        }
    }

    /// What `future` gives, or nothing if it takes longer than `limit`. The future is pinned by whoever has it: handed on
    /// by value, it would be moved, and have its room, once more at each step.
    pub(crate) async fn timeout<F: Future>(&self, limit: Duration, mut future: Pin<&mut F>) -> Option<F::Output> {
        match self {
            Time::System => tokio::time::timeout(limit, future).await.ok(),
            Time::Injected(clock) => {
                let mut sleep = clock.sleep(limit);
                std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
                    Poll::Ready(output) => Poll::Ready(Some(output)),
                    Poll::Pending => sleep.as_mut().poll(cx).map(|()| None),
                })
                .await
            }
        }
    }
}

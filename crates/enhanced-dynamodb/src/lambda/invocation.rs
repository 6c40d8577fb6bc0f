//! One invocation, from plain values: what holds for all calls inside it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Task, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::HeaderValue;
use lambda_runtime::Context;

use super::Initialization;
use crate::deadline;
use crate::observe::invocation::{self, Facts};

/// What is kept of an invocation's time for its answer if nothing else is said. A function of 128 MB has a fourteenth of
/// a core: what takes 10 ms elsewhere takes 140 there.
pub const DEFAULT_MARGIN: Duration = Duration::from_millis(200);

/// Lambda was announced on 13 November 2014. A deadline before that is none: local emulators (`cargo lambda watch`) send
/// such numbers.
const FIRST_DEADLINE: u64 = 1_415_836_800_000;

/// Whether an invocation has begun in this process.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// An invocation of a function: what all calls inside it are bound by, and what they are known by.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client, deadline_ms: u64) -> Result<(), enhanced_dynamodb::Error> {
/// use std::time::Duration;
/// use enhanced_dynamodb::Item;
/// use enhanced_dynamodb::lambda::Invocation;
///
/// let invocation = Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd", deadline_ms).margin(Duration::from_millis(300));
/// let found: Option<Item> = invocation.run(async { db.get("Messages").key("id", "m1").item().await }).await?;
/// # let _ = found;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Invocation {
    request_id: String,
    deadline_ms: u64,
    trace_id: Option<String>,
    margin: Duration,
}

impl Invocation {
    /// An invocation by its request id and its deadline in milliseconds since 1970, as the Runtime API gives them
    /// (`Lambda-Runtime-Aws-Request-Id`, `Lambda-Runtime-Deadline-Ms`). A deadline before 2014 counts as none.
    pub fn new(request_id: impl Into<String>, deadline_ms: u64) -> Self {
        Invocation { request_id: request_id.into(), deadline_ms, trace_id: None, margin: DEFAULT_MARGIN }
    }

    /// The X-Ray trace that it belongs to (`Lambda-Runtime-Trace-Id`). Requests made inside carry it as
    /// `X-Amzn-Trace-Id`, as those of the AWS SDKs do.
    #[must_use]
    pub fn trace_id(mut self, trace_id: impl Into<String>) -> Self {
        self.trace_id = Some(trace_id.into()).filter(|id| !id.is_empty());
        self
    }

    /// What is kept of the time for the answer: calls end so much before the deadline. Default: [`DEFAULT_MARGIN`].
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// The moment by which calls inside must have ended: the deadline less the margin; `None` if there is no deadline.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline_at(SystemTime::now(), Instant::now())
    }

    fn deadline_at(&self, wall: SystemTime, now: Instant) -> Option<Instant> {
        if self.deadline_ms < FIRST_DEADLINE {
            return None;
        }
        let end = UNIX_EPOCH.checked_add(Duration::from_millis(self.deadline_ms))?;
        let left = end.duration_since(wall).unwrap_or_default().saturating_sub(self.margin);
        now.checked_add(left)
    }

    /// Runs the handler's future: every call inside it ends by the deadline. A task that is spawned inside stands
    /// outside, unless [`in_current`] takes it along.
    pub fn run<F: Future>(self, future: F) -> InvocationFuture<F> {
        let first = !BEGUN.swap(true, Ordering::Relaxed);
        InvocationFuture {
            deadline: self.deadline(),
            facts: Some(Arc::new(Facts {
                trace: self.trace_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()),
                request_id: self.request_id,
                trace_id: self.trace_id,
                // A process that was ready before anybody asked for it made nobody wait.
                cold_start: first && Initialization::of_process() != Initialization::Provisioned,
            })),
            future: Box::pin(future),
        }
    }
}

impl From<&Context> for Invocation {
    fn from(context: &Context) -> Self {
        let invocation = Invocation::new(&context.request_id, context.deadline);
        match &context.xray_trace_id {
            Some(id) => invocation.trace_id(id),
            None => invocation,
        }
    }
}

/// Runs a future all of whose calls end by the invocation's deadline, less `margin` for the answer. [`Invocation`] does
/// the same from plain values.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use std::time::Duration;
/// use enhanced_dynamodb::{Item, lambda};
/// use lambda_runtime::{Context, LambdaEvent};
/// use serde_json::Value;
///
/// async fn handle(event: LambdaEvent<Value>, db: &enhanced_dynamodb::Client) -> Result<Option<Item>, enhanced_dynamodb::Error> {
///     let work = async { db.get("Messages").key("id", "m1").item().await };
///     lambda::with_deadline(&event.context, Duration::from_millis(300), work).await
/// }
/// # let _ = handle;
/// # Ok(())
/// # }
/// ```
pub fn with_deadline<F: Future>(context: &Context, margin: Duration, future: F) -> InvocationFuture<F> {
    Invocation::from(context).margin(margin).run(future)
}

/// Takes the deadline and the invocation that this runs in along to a task of its own.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use enhanced_dynamodb::{Item, lambda};
///
/// let other = db.clone();
/// let task = tokio::spawn(lambda::in_current(async move { other.get("Users").key("id", "u1").item::<Item>().await }));
/// let message: Option<Item> = db.get("Messages").key("id", "m1").item().await?;
/// let user = task.await??;
/// # let _ = (message, user);
/// # Ok(())
/// # }
/// ```
pub fn in_current<F: Future>(future: F) -> InvocationFuture<F> {
    InvocationFuture { deadline: deadline::current(), facts: invocation::current(), future: Box::pin(future) }
}

/// A future inside an invocation. Made by [`Invocation::run`] and [`in_current`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct InvocationFuture<F> {
    deadline: Option<Instant>,
    facts: Option<Arc<Facts>>,
    future: Pin<Box<F>>,
}

impl<F> InvocationFuture<F> {
    /// Does something inside the invocation.
    pub(super) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        invocation::enter(self.facts.as_ref(), work)
    }
}

impl<F: Future> Future for InvocationFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        deadline::enter(this.deadline, || invocation::enter(this.facts.as_ref(), || this.future.as_mut().poll(task)))
    }
}

/// The invocation that a program is in.
#[derive(Clone, Debug)]
pub struct CurrentInvocation(Arc<Facts>);

/// The invocation that this runs in; `None` outside of one, and in tasks that were spawned inside.
#[must_use]
pub fn current() -> Option<CurrentInvocation> {
    invocation::current().map(CurrentInvocation)
}

impl CurrentInvocation {
    /// Lambda's id of it.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The X-Ray trace that it belongs to.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// Whether it is the first one of its process, and waited for the process to start.
    #[must_use]
    pub fn is_cold_start(&self) -> bool {
        self.0.cold_start
    }
}

#[cfg(test)]
mod tests {
    use super::Invocation;
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    const NOW_MS: u64 = 1_764_000_000_000;

    fn left(deadline_ms: u64, margin: u64) -> Option<Duration> {
        let (wall, now) = (UNIX_EPOCH + Duration::from_millis(NOW_MS), Instant::now());
        let invocation = Invocation::new("r", deadline_ms).margin(Duration::from_millis(margin));
        invocation.deadline_at(wall, now).map(|deadline| deadline - now)
    }

    #[test]
    fn calls_end_a_margin_before_the_deadline() {
        assert_eq!(left(NOW_MS + 3_000, 250), Some(Duration::from_millis(2_750)));
        assert_eq!(left(NOW_MS + 3_000, 0), Some(Duration::from_secs(3)));
        assert_eq!(left(NOW_MS + 100, 250), Some(Duration::ZERO));
        assert_eq!(left(NOW_MS - 1, 0), Some(Duration::ZERO), "it has passed");
    }

    #[test]
    fn a_number_that_is_no_time_of_lambdas_is_no_deadline() {
        assert_eq!(left(0, 0), None);
        assert_eq!(left(600_000, 0), None);
    }

    #[tokio::test]
    async fn a_trace_that_cannot_be_a_header_is_told_but_not_sent() {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let invocation = Invocation::new("r", wall + 60_000).trace_id("Root=1\n");
        let seen = async { (super::current(), crate::observe::invocation::trace_header(), crate::deadline::current()) };
        let (current, header, deadline) = invocation.run(seen).await;
        assert_eq!(current.as_ref().and_then(super::CurrentInvocation::trace_id), Some("Root=1\n"));
        assert!(header.is_none() && deadline.is_some() && super::current().is_none());
    }
}

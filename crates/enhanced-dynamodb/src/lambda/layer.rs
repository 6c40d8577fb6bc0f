//! The layer around a handler.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Context, LambdaEvent};

use super::Initialization;
use super::invocation::{DEFAULT_MARGIN, Invocation, InvocationFuture};
use super::metrics::Metrics;
use crate::Client;

/// What a handler gets, with the invocation's context in it.
pub trait HasContext {
    /// The context; `None` if it was lost on the way.
    fn context(&self) -> Option<&Context>;
}

impl<T> HasContext for LambdaEvent<T> {
    fn context(&self) -> Option<&Context> {
        Some(&self.context)
    }
}

/// `lambda_http::Request` is one: its context is among the extensions.
impl<B> HasContext for http::Request<B> {
    fn context(&self) -> Option<&Context> {
        self.extensions().get::<Context>()
    }
}

/// A layer of [tower](https://docs.rs/tower) around the handler that `lambda_runtime::run` or `lambda_http::run` is
/// given: see [the module](super).
///
/// It goes around the handler itself, not around the runtime (`Runtime::layer`), so that what it writes is written before
/// the answer leaves: after the answer the process may be frozen at any time.
#[derive(Clone, Debug)]
pub struct LambdaLayer {
    client: Client,
    margin: Duration,
    metrics: Option<Arc<Metrics>>,
}

impl LambdaLayer {
    /// A layer for a program that uses this client. The deadline holds for other clients too.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        LambdaLayer { client: client.clone(), margin: DEFAULT_MARGIN, metrics: None }
    }

    /// What is kept of each invocation's time for its answer. Default: [`DEFAULT_MARGIN`].
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// Writes the client's [`Metrics`] once an invocation, before the answer, under this namespace of CloudWatch.
    #[must_use]
    pub fn metrics(mut self, namespace: impl Into<String>) -> Self {
        self.metrics = Some(Arc::new(Metrics::new(&self.client).namespace(namespace)));
        self
    }
}

impl<S> Layer<S> for LambdaLayer {
    type Service = LambdaService<S>;

    fn layer(&self, inner: S) -> LambdaService<S> {
        LambdaService { inner, layer: self.clone() }
    }
}

/// A handler inside a [`LambdaLayer`].
#[derive(Clone, Debug)]
pub struct LambdaService<S> {
    inner: S,
    layer: LambdaLayer,
}

impl<S, R> Service<R> for LambdaService<S>
where
    S: Service<R>,
    R: HasContext,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = LambdaFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: R) -> LambdaFuture<S::Future> {
        let LambdaLayer { client, margin, metrics } = &self.layer;
        if Initialization::of_process() == Initialization::SnapStart {
            client.restored();
        }
        let invocation = match request.context() {
            Some(context) => Invocation::from(context),
            // Nothing is known of it, so that nothing is bound by it.
            None => Invocation::new("", 0),
        };
        LambdaFuture { inner: invocation.margin(*margin).run(self.inner.call(request)), metrics: metrics.clone() }
    }
}

/// The future of a handler inside a [`LambdaLayer`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct LambdaFuture<F> {
    inner: InvocationFuture<F>,
    /// Until they are written.
    metrics: Option<Arc<Metrics>>,
}

impl<F> LambdaFuture<F> {
    fn write_metrics(&mut self) {
        if let Some(metrics) = self.metrics.take() {
            self.inner.enter(|| metrics.write());
        }
    }
}

/// A handler that panics has its metrics too.
impl<F> Drop for LambdaFuture<F> {
    fn drop(&mut self) {
        self.write_metrics();
    }
}

impl<F: Future> Future for LambdaFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<F::Output> {
        let output = Pin::new(&mut self.inner).poll(task);
        if output.is_ready() {
            self.write_metrics();
        }
        output
    }
}

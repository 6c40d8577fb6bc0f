//! For functions on AWS Lambda (feature `lambda`).
//!
//! [`LambdaLayer`] goes around the handler of `lambda_runtime` or `lambda_http`. Inside it, every call of every client
//! ends in time for the function to answer: by the invocation's own deadline, less a margin. Logs and spans name the
//! invocation, requests carry its X-Ray trace, and a function that was restored by SnapStart uses no socket and no
//! credentials of before. With [`metrics`](LambdaLayer::metrics), CloudWatch learns what each invocation did.
//!
//! ```no_run
//! use enhanced_dynamodb::lambda::{self, LambdaLayer};
//! use enhanced_dynamodb::{Client, Item};
//! use lambda_runtime::tower::Layer;
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use serde_json::{Value, json};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let db = Client::shared().await?;
//!     lambda::init(&db).await;
//!     let layer = LambdaLayer::new(&db).metrics("Messages");
//!     lambda_runtime::run(layer.layer(service_fn(handler))).await
//! }
//!
//! async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     let db = Client::shared().await?;
//!     let id = event.payload["id"].as_str().unwrap_or_default();
//!     let found: Option<Item> = db.get("Messages").key("id", id).item().await?;
//!     Ok(json!({ "found": found.is_some() }))
//! }
//! ```
//!
//! Without the layer, [`with_deadline`] does the same for one future; [`Invocation`] works from plain values, without a
//! type of `lambda_runtime`.

mod invocation;
mod layer;
mod metrics;
mod restore;

pub use invocation::{
    CurrentInvocation, DEFAULT_MARGIN, Invocation, InvocationFuture, current, in_current, with_deadline,
};
pub use layer::{HasContext, LambdaFuture, LambdaLayer, LambdaService};
pub use metrics::{DEFAULT_NAMESPACE, Metrics};
pub use restore::init;

/// How Lambda prepared the process that this function runs in (`AWS_LAMBDA_INITIALIZATION_TYPE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Initialization {
    /// For an invocation that waits for it; or this is not Lambda.
    OnDemand,
    /// Ahead of invocations.
    Provisioned,
    /// From a snapshot.
    SnapStart,
}

impl Initialization {
    fn of_process() -> Self {
        Initialization::named(std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").ok().as_deref())
    }

    fn named(name: Option<&str>) -> Self {
        match name {
            Some("provisioned-concurrency") => Initialization::Provisioned,
            Some("snap-start") => Initialization::SnapStart,
            Some(_) | None => Initialization::OnDemand,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Initialization;

    #[test]
    fn how_a_process_was_prepared_is_told_by_lambdas_variable() {
        assert_eq!(Initialization::named(Some("snap-start")), Initialization::SnapStart);
        assert_eq!(Initialization::named(Some("provisioned-concurrency")), Initialization::Provisioned);
        for other in [None, Some("on-demand"), Some("lambda-managed-instances")] {
            assert_eq!(Initialization::named(other), Initialization::OnDemand);
        }
    }
}

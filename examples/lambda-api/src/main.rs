//! The function's entry: what is done once is done before the first invocation.
#![forbid(unsafe_code)]

use std::convert::Infallible;

use enhanced_dynamodb::Client;
use lambda_api::{Api, Config};
use lambda_http::{Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let config = Config::from_env()?;
    let db = Client::shared().await?;
    // In the init phase, where the CPU is not throttled. A table that cannot be reached yet is a matter of the calls.
    if let Err(error) = db.prewarm(1).await {
        eprintln!("no connection ahead of need: {error}");
    }
    let api = Api::new(db, config);
    lambda_http::run(service_fn(|request: Request| async { Ok::<_, Infallible>(api.handle(request).await) })).await
}

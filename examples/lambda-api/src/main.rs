//! The function's entry: what is done once is done before the first invocation.
#![forbid(unsafe_code)]

use std::sync::Arc;

use enhanced_dynamodb::{Client, lambda};
use lambda_api::{Api, Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    #[cfg(feature = "local")]
    if let Some(arguments) = lambda_api::local::Arguments::read(std::env::args().skip(1))? {
        return locally(&arguments).await;
    }
    let config = Config::from_env()?;
    let db = Client::shared().await?;
    // In the init phase, where the CPU is not throttled. A table that cannot be reached yet is a matter of the calls.
    lambda::init(&db).await;
    let handler = Api::new(db.clone(), config).into_handler();
    lambda_http::runtime(handler).register_snapstart_resource(Arc::new(db)).run().await
}

/// The API on this machine, with an engine in the process.
#[cfg(feature = "local")]
async fn locally(arguments: &lambda_api::local::Arguments) -> Result<(), lambda_http::Error> {
    let api = lambda_api::local::api(arguments).await?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    eprintln!("http://{}/items", listener.local_addr()?);
    lambda_api::local::serve(listener, api).await?;
    Ok(())
}

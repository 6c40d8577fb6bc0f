//! Lambda Function Example: an item by the id in the path.

use std::convert::Infallible;
use std::env;

use enhanced_dynamodb::{Client, Item};
use lambda_http::http::StatusCode;
use lambda_http::{Error, Request, RequestExt, service_fn};
use serde_json::{Value, json};

/// Answers an event of API Gateway or of a function URL.
///
/// # Errors
/// None: what fails is a 500.
pub async fn handler(event: Request) -> Result<(StatusCode, Value), Infallible> {
    match item(&event).await {
        Ok(item) => Ok((StatusCode::OK, json!(item))),
        Err(error) => {
            eprintln!("Error: {error}");
            Ok((StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "Internal server error" })))
        }
    }
}

async fn item(event: &Request) -> Result<Option<Item>, Error> {
    let dynamodb = Client::shared().await?;
    let id = event.path_parameters();
    Ok(dynamodb.get(env::var("TABLE_NAME")?).key("id", id.first("id")).item().await?)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(handler)).await
}

//! The Lambda function of the original README, in a process of its own: its client is the process's, made from variables.

use enhanced_dynamodb::item;
use serde_json::json;
use testkit::on_both_engines;
use tokio::process::Command;

use crate::common::{Function, Source, call, function};

#[path = "../../../readme/lambda_function_example.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main is for Lambda")]
mod lambda_function_example;

/// Set in the child: what the handler is to answer.
const EXPECTED: &str = "LAMBDA_API_TEST_EXPECTED";

async fn answers(function: &Function, table: &str, id: &str, expected: &str) {
    let config = function.db.config();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "readme::the_handler_in_its_process", "--nocapture"])
        .env("AWS_ENDPOINT_URL_DYNAMODB", config.endpoint_url().unwrap())
        .env("AWS_REGION", config.region())
        .env("AWS_ACCESS_KEY_ID", &function.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("TABLE_NAME", table)
        .env(EXPECTED, format!("{id} {expected}"))
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

/// Without the variable there is nothing to do.
#[tokio::test]
async fn the_handler_in_its_process() {
    let Ok(expected) = std::env::var(EXPECTED) else { return };
    let (id, expected) = expected.split_once(' ').unwrap();
    for source in Source::ALL {
        let event = call("GET", format!("/items/{id}")).path_parameter("id", id).event(source);
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let (status, body) = lambda_function_example::handler(request).await.unwrap();
        assert_eq!(format!("{} {body}", status.as_u16()), expected);
    }
}

on_both_engines! {
    async fn the_short_handler_reads_an_item(engine: Engine) {
        let function = function(&engine).await;
        function.db.put("Items", &item! { "id": "123", "name": "John Doe" }).send().await.unwrap();
        answers(&function, "Items", "123", &format!("200 {}", json!({ "id": "123", "name": "John Doe" }))).await;
        answers(&function, "Items", "124", "200 null").await;
        answers(&function, "Nothing", "123", &format!("500 {}", json!({ "error": "Internal server error" }))).await;
    }
}

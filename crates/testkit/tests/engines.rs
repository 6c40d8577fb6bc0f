//! The engines answer, start empty, are kept apart, and end with their process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use serde_json::json;

testkit::on_both_engines! {
    async fn an_item_that_was_put_can_be_read_back(engine: Engine) {
        engine.create_table("Messages").await.unwrap();
        let item = json!({"id": {"S": "m1"}, "text": {"S": "hello"}});
        engine.call("PutItem", json!({"TableName": "Messages", "Item": item})).await.unwrap();
        let found = engine.call("GetItem", json!({"TableName": "Messages", "Key": {"id": {"S": "m1"}}})).await.unwrap();
        assert_eq!(found["Item"], item);
    }

    async fn two_engines_do_not_see_each_others_tables(engine: Engine) {
        engine.create_table("Messages").await.unwrap();
        let other = match engine.kind() {
            EngineKind::Dynoxide => Engine::dynoxide().await.unwrap(),
            EngineKind::DynamodbLocal => Engine::dynamodb_local().await.unwrap(),
        };
        assert_eq!(other.call("ListTables", json!({})).await.unwrap(), json!({"TableNames": []}));
        other.create_table("Messages").await.unwrap();
    }

    async fn an_error_carries_the_services_code(engine: Engine) -> Result<(), testkit::CallError> {
        let error = engine.call("GetItem", json!({"TableName": "Missing", "Key": {"id": {"S": "1"}}})).await.unwrap_err();
        assert_eq!(error.code(), Some("ResourceNotFoundException"), "{error}");
        Ok(())
    }
}

#[tokio::test]
async fn a_dropped_dynoxide_stops_listening() {
    let engine = testkit::Engine::dynoxide().await.unwrap();
    let address = engine.endpoint().strip_prefix("http://").unwrap().to_owned();
    drop(engine);
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(&address).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("still listening on {address}");
}

#[tokio::test]
async fn nothing_listens_on_a_refused_endpoint() {
    let endpoint = testkit::refused_endpoint().unwrap();
    let error = tokio::net::TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

/// Tells the process that is to be killed from a run of all ignored tests.
const HELD: &str = "TEST_HOLD_AN_EMULATOR";

/// Runs as a process of its own, started by the test below.
#[tokio::test]
#[ignore = "started by the_emulator_ends_with_its_test_process_even_if_that_is_killed"]
async fn hold_an_emulator() {
    if std::env::var_os(HELD).is_none() {
        return;
    }
    let engine = testkit::Engine::dynamodb_local().await.unwrap();
    println!("\nendpoint={}", engine.endpoint());
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
}

#[test]
fn the_emulator_ends_with_its_test_process_even_if_that_is_killed() {
    use std::io::{BufRead, BufReader};
    let engines = std::env::var("TEST_ENGINES").unwrap_or_default();
    if !engines.contains("local") {
        eprintln!("skipped: TEST_ENGINES does not ask for DynamoDB Local");
        return;
    }
    let mut process = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "hold_an_emulator", "--nocapture"])
        .env(HELD, "1")
        .env_remove("TEST_DYNAMODB_LOCAL")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let endpoint =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("endpoint=http://").map(str::to_owned));
    process.kill().unwrap();
    process.wait().unwrap();
    let endpoint = endpoint.expect("the emulator started");
    for _ in 0..200 {
        if std::net::TcpStream::connect(&endpoint).is_err() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("the emulator still listens on {endpoint}");
}

//! The API on this machine, by HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lambda_api::local::{self, Arguments};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn arguments(words: &[&str]) -> Result<Option<Arguments>, String> {
    Arguments::read(words.iter().map(|word| (*word).to_owned())).map_err(|error| error.to_string())
}

async fn request(port: u16, head: &str, body: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let head =
        format!("{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() })
}

#[tokio::test]
async fn an_item_is_made_and_read_by_http() {
    let arguments = arguments(&["--port", "0"]).unwrap().unwrap();
    let api = local::api(&arguments).await.unwrap();
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(local::serve(listener, api));

    let item = json!({ "id": "m 1", "text": "ö", "version": 1 });
    assert_eq!(request(port, "POST /items", item.to_string().as_bytes()).await, (201, item.clone()));
    assert_eq!(request(port, "GET /items/m%201", b"").await, (200, item.clone()));
    let list = json!({ "items": [item], "cursor": null });
    assert_eq!(request(port, "GET /items?limit=5", b"").await, (200, list));
    assert_eq!(request(port, "GET /trees/nobody", b"").await.0, 404);
    // What is no text comes as base64, and is no JSON either.
    assert_eq!(request(port, "POST /items", b"\xff\xfe").await.0, 400);
    assert_eq!(request(port, "DELETE /items/m%201", b"").await, (204, Value::Null));
}

#[tokio::test]
async fn a_file_keeps_the_items() {
    let file = std::env::temp_dir().join(format!("lambda-api-{}.db", std::process::id()));
    let arguments = arguments(&["--port", "0", "--data", file.to_str().unwrap()]).unwrap().unwrap();
    for _ in 0..2 {
        // The tables are there the second time.
        local::api(&arguments).await.unwrap();
    }
    assert!(file.exists());
    std::fs::remove_file(file).unwrap();
}

#[test]
fn the_command_line_is_understood_or_refused() {
    assert_eq!(arguments(&[]), Ok(None));
    assert_eq!(arguments(&["--port", "3000"]).unwrap().unwrap().port, 3_000);
    assert_eq!(arguments(&["--port"]), Err("--port needs a value".to_owned()));
    assert!(arguments(&["--port", "web"]).unwrap_err().starts_with("--port: "));
    assert_eq!(arguments(&["--data", "x"]), Err("--data needs --port".to_owned()));
    assert_eq!(arguments(&["-h"]), Err("-h is not known; there are --port PORT and --data FILE".to_owned()));
}

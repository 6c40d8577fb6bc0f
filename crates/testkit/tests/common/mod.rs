//! A client by hand: hyper where an answer is expected, a bare socket where bytes matter.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use testkit::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub async fn engine_with_table() -> Engine {
    let engine = Engine::dynoxide().await.unwrap();
    engine.create_table("Messages").await.unwrap();
    engine
}

pub fn put(id: &str) -> Value {
    json!({"TableName": "Messages", "Item": {"id": {"S": id}}})
}

pub async fn count(engine: &Engine) -> u64 {
    engine.call("Scan", json!({"TableName": "Messages"})).await.unwrap()["Count"].as_u64().unwrap()
}

/// One keep-alive connection.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    authorization: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn crc_fits(&self) -> bool {
        self.header("x-amz-crc32") == crc32fast::hash(&self.body).to_string()
    }
}

impl Client {
    pub async fn connect(endpoint: &str, engine: Option<&Engine>) -> Client {
        Client::try_connect(endpoint, engine).await.unwrap()
    }

    /// A connection that is reset as soon as it is accepted may be so before `connect` returns.
    pub async fn try_connect(endpoint: &str, engine: Option<&Engine>) -> std::io::Result<Client> {
        let stream = TcpStream::connect(authority(endpoint)).await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Ok(Client { sender, authorization: engine.map(Engine::authorization).unwrap_or_default() })
    }

    pub async fn call(&mut self, operation: &str, body: Value) -> Result<Answer, hyper::Error> {
        self.sender.ready().await?;
        let request = Request::post("/")
            .header("host", "localhost")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("x-amz-date", "20250101T000000Z")
            .header("authorization", &self.authorization)
            .body(Full::new(Bytes::from(body.to_string())))
            .unwrap();
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// A connection on which every byte is seen.
pub struct Socket(pub TcpStream);

impl Socket {
    pub async fn connect(endpoint: &str) -> Socket {
        Socket::try_connect(endpoint).await.unwrap()
    }

    /// As [`Client::try_connect`].
    pub async fn try_connect(endpoint: &str) -> std::io::Result<Socket> {
        TcpStream::connect(authority(endpoint)).await.map(Socket)
    }

    pub async fn send(&mut self, engine: &Engine, operation: &str, body: &Value) -> std::io::Result<()> {
        let body = body.to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-target: DynamoDB_20120810.{operation}\r\nx-amz-date: 20250101T000000Z\r\nauthorization: {}\r\n\
             content-length: {}\r\n\r\n{body}",
            engine.authorization(),
            body.len()
        );
        self.0.write_all(request.as_bytes()).await
    }

    /// All that comes until the connection ends, and how it ends.
    pub async fn read_to_end(&mut self) -> (Vec<u8>, std::io::Result<()>) {
        let mut bytes = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(10), self.0.read_to_end(&mut bytes)).await;
        (bytes, end.expect("the connection ends").map(drop))
    }
}

pub fn authority(endpoint: &str) -> &str {
    endpoint.strip_prefix("http://").unwrap()
}

/// Waits for something that happens soon, on another task.
pub async fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

//! The client's signatures against those of `aws-sigv4`, the AWS SDK's own signer: a server on loopback takes what the
//! client sends and computes the signature again from the headers that arrived.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use enhanced_dynamodb::Client;
use enhanced_dynamodb::config::Credentials;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Received {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        &found.unwrap_or_else(|| panic!("no header {name}")).1
    }
}

/// Takes one request and answers it with an empty object.
async fn receive(listener: &TcpListener) -> Received {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let mut received = Received { path, headers, body: bytes[head_end..].to_vec() };
    let length: usize = received.header("content-length").parse().unwrap();
    while received.body.len() < length {
        assert_ne!(stream.read_buf(&mut received.body).await.unwrap(), 0);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-amz-crc32: 2745614147\r\n\r\n{}").await.unwrap();
    received
}

/// `20150830T123600Z`
fn time(stamp: &str) -> SystemTime {
    let number = |range: std::ops::Range<usize>| stamp[range].parse::<u64>().unwrap();
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days = years + lengths.iter().take(month as usize - 1).sum::<u64>() + day - 1;
    UNIX_EPOCH + Duration::from_secs(days * 86_400 + number(9..11) * 3600 + number(11..13) * 60 + number(13..15))
}

/// The `Authorization` header that `aws-sigv4` gives a request with the headers that the client signs.
fn expected(received: &Received, region: &str, token: Option<&str>) -> String {
    let identity = AwsCredentials::new(KEY, SECRET, token.map(str::to_owned), None, "test").into();
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("dynamodb")
        .time(time(received.header("x-amz-date")))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let uri = format!("http://{}{}", received.header("host"), received.path);
    let headers = ["content-type", "x-amz-target"].map(|name| (name, received.header(name)));
    let request = SignableRequest::new("POST", uri, headers.into_iter(), SignableBody::Bytes(&received.body)).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let (headers, _) = instructions.into_parts();
    let authorization = headers.iter().find(|header| header.name() == "authorization").expect("it is signed");
    authorization.value().to_owned()
}

async fn compare(path: &str, region: &str, token: Option<&str>, key: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let mut credentials = Credentials::new(KEY, SECRET);
    if let Some(token) = token {
        credentials = credentials.with_session_token(token);
    }
    let client =
        Client::builder().endpoint_url(url).region(region).credentials(credentials).build().await.expect("a client");
    let call = client.get("Messages").key("id", key);
    let (received, answered) = tokio::join!(receive(&listener), call.item::<serde_json::Value>());
    assert_eq!(answered.expect("an answer"), None);
    assert_eq!(received.header("authorization"), expected(&received, region, token), "{path} {region} {token:?}");
    assert_eq!(token, token.map(|_| received.header("x-amz-security-token")));
}

#[tokio::test]
async fn signatures_are_those_of_the_aws_sdk() {
    let long = "IQoJb3JpZ2luX2VjE".repeat(60) + "+/==";
    for path in ["", "/", "/base", "/base/", "/a%20b/c~d", "/a/../b//c/./"] {
        for region in ["us-east-1", "eu-central-1"] {
            for token in [None, Some("token/+=="), Some(long.as_str())] {
                compare(path, region, token, "m1").await;
            }
        }
    }
    for key in ["ünïcödé", &"x".repeat(1500)] {
        compare("/", "us-east-1", None, key).await;
    }
}

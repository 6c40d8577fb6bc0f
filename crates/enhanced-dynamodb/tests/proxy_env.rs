//! An endpoint behind a proxy: `HTTPS_PROXY` and `NO_PROXY`, in options and in the environment of a real process.
#![cfg(feature = "ring")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/tls.rs"]
mod tls;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use enhanced_dynamodb::{Client, Credentials, Error, ErrorKind, Item, Options};
use tls::TlsServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A name that only the proxy knows.
const HOST: &str = "dynamodb.test";

/// A proxy that opens every tunnel to one server, whatever its name, and keeps what it was asked.
struct ConnectProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    async fn start(to: SocketAddr, answer: &'static str) -> ConnectProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(client.read_u8().await?);
                    }
                    seen.lock().unwrap().push(String::from_utf8(head).unwrap());
                    client.write_all(answer.as_bytes()).await?;
                    if answer.contains(" 200 ") {
                        let mut server = TcpStream::connect(to).await?;
                        tokio::io::copy_bidirectional(&mut client, &mut server).await?;
                    }
                    std::io::Result::Ok(())
                });
            }
        });
        ConnectProxy { address, heads }
    }

    async fn open(to: SocketAddr) -> ConnectProxy {
        ConnectProxy::start(to, "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn options(server: &TlsServer, host: &str) -> Options {
    Options::new()
        .endpoint_url(format!("https://{host}:{}", server.address.port()))
        .ca_bundle_pem(server.certificate.as_bytes())
        .credentials(Credentials::new("key", "secret"))
        .max_retries(0)
}

async fn get(client: &Client) -> Result<Option<Item>, Error> {
    client.get("Messages").key("id", "m1").item().await
}

#[tokio::test]
async fn a_call_goes_through_a_tunnel_whose_name_the_proxy_resolves() {
    let server = TlsServer::start(HOST, usize::MAX).await;
    let proxy = ConnectProxy::open(server.address).await;
    let client = options(&server, HOST).proxy(format!("http://{}", proxy.address)).build().await.unwrap();
    assert_eq!(client.prewarm(2).await.unwrap(), 2);
    for _ in 0..5 {
        assert_eq!(get(&client).await.unwrap(), None);
    }
    let authority = format!("{HOST}:{}", server.address.port());
    let head = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    assert_eq!(proxy.heads(), [head.clone(), head], "one tunnel a socket, nothing of the calls in it");
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn user_and_password_of_the_url_go_to_the_proxy_alone() {
    let server = TlsServer::start(HOST, usize::MAX).await;
    let proxy = ConnectProxy::open(server.address).await;
    let url = format!("http://me:pass%20word@{}", proxy.address);
    let client = options(&server, HOST).proxy(url).build().await.unwrap();
    get(&client).await.unwrap();
    assert!(proxy.heads()[0].contains("\r\nProxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n"), "{:?}", proxy.heads());
    assert!(!format!("{client:?}").contains("pass"), "{client:?}");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_with_what_to_do() {
    let server = TlsServer::start(HOST, usize::MAX).await;
    let cases = [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", ErrorKind::Connect, "with HTTP status 403"),
        ("HTTP/1.1 503 Busy\r\n\r\n", ErrorKind::Connect, "exempt the endpoint with no_proxy (NO_PROXY)"),
        (
            "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n",
            ErrorKind::InvalidConfiguration,
            "does not accept the user name and password of its URL (407)",
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", ErrorKind::Connect, "does not answer as an HTTP proxy does"),
        ("HTTP/1.1 200 OK\r\n\r\nsomething", ErrorKind::Connect, "does not answer as an HTTP proxy does"),
        ("", ErrorKind::Connect, "ended the connection"),
    ];
    for (answer, kind, text) in cases {
        let proxy = ConnectProxy::start(server.address, answer).await;
        let url = format!("http://me:hidden@{}", proxy.address);
        let client = options(&server, HOST).proxy(url).build().await.unwrap();
        let error = get(&client).await.unwrap_err();
        let line = error.to_string();
        assert_eq!(error.kind(), kind, "{line}");
        assert!(line.contains(text) && line.contains(&proxy.address.to_string()), "{line}");
        assert!(!format!("{error:?} {line}").contains("hidden"), "{line}");
        assert_eq!(client.stats().pool.open, 0);
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_answer_takes_no_longer_than_a_connection_may() {
    let server = TlsServer::start(HOST, usize::MAX).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = options(&server, HOST)
        .proxy(format!("http://{}", silent.local_addr().unwrap()))
        .connection_timeout(Duration::from_millis(200))
        .build()
        .await
        .unwrap();
    let begun = Instant::now();
    assert_eq!(get(&client).await.unwrap_err().kind(), ErrorKind::ConnectTimeout);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn hosts_of_no_proxy_and_this_machine_are_reached_directly() {
    let server = TlsServer::start("localhost", usize::MAX).await;
    let proxy = ConnectProxy::open(server.address).await;
    let url = format!("http://{}", proxy.address);
    let client = options(&server, "localhost").proxy(url.as_str()).build().await.unwrap();
    get(&client).await.unwrap();
    // Exempt, so that the name has to resolve here, which it does not.
    let client = options(&server, HOST).proxy(url).no_proxy(".test").build().await.unwrap();
    let error = get(&client).await.unwrap_err();
    assert!(error.to_string().contains("the name dynamodb.test does not resolve"), "{error}");
    assert!(proxy.heads().is_empty());
}

/// The other process of the test below; without the variable there is nothing to do.
#[tokio::test]
async fn in_another_process() {
    let Ok(endpoint) = std::env::var("PROXY_TEST_ENDPOINT") else { return };
    let options = Options::new().endpoint_url(endpoint).credentials(Credentials::new("key", "secret")).max_retries(0);
    get(&options.build().await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_variables_of_the_environment_are_honoured() {
    let server = TlsServer::start(HOST, usize::MAX).await;
    let proxy = ConnectProxy::open(server.address).await;
    let bundle = std::env::temp_dir().join(format!("enhanced-dynamodb-proxy-{}.pem", std::process::id()));
    std::fs::write(&bundle, &server.certificate).unwrap();
    let run = |variable: &'static str, no_proxy: Option<&'static str>| {
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "in_another_process"]).env_clear();
        child.env("PROXY_TEST_ENDPOINT", format!("https://{HOST}:{}", server.address.port()));
        child.env("AWS_CA_BUNDLE", &bundle).env(variable, format!("http://{}", proxy.address));
        child.envs(no_proxy.map(|list| ("NO_PROXY", list)));
        async move { child.output().await.unwrap().status.success() }
    };
    assert!(run("HTTPS_PROXY", None).await);
    assert!(run("https_proxy", Some("example.com")).await);
    assert_eq!(proxy.heads().len(), 2);
    assert!(!run("HTTPS_PROXY", Some("*")).await, "without the proxy nobody knows the name");
    assert!(!run("HTTP_PROXY", None).await, "which is for plaintext, and read by nobody here");
    assert_eq!(proxy.heads().len(), 2);
    std::fs::remove_file(bundle).unwrap();
}

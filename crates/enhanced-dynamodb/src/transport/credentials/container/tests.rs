//! Against a real HTTP server on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::{CredentialsCache, TlsSource};
use crate::config::{Clock, Config, Credentials, Options};
use crate::error::{Error, ErrorKind};

const GOOD: &str = r#"{"AccessKeyId":"ASIA1","SecretAccessKey":"sec\/ret","Token":"tok","AccountId":"123456789012",
    "Expiration":"2099-02-25T06:03:31Z","RoleArn":"x","Extra":{"a":[1]}}"#;

fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Answers one request after the other with these texts, and keeps the requests. An empty text closes the
/// connection.
async fn server(answers: Vec<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                let count = stream.read(&mut buffer).await.unwrap();
                assert!(count > 0, "the request ends early");
                request.extend_from_slice(&buffer[..count]);
            }
            seen.lock().unwrap().push(String::from_utf8(request).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (format!("http://{address}"), requests)
}

/// The machine's clock, with sleeps that end at once.
#[derive(Debug)]
struct NoSleep;

impl Clock for NoSleep {
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

fn no_tls() -> TlsSource {
    Arc::new(|| Err(Error::new(ErrorKind::InvalidConfiguration, "no TLS here")))
}

async fn load(variables: &[(&str, &str)]) -> Result<Arc<Credentials>, Error> {
    let options = Options::new().clock(Arc::new(NoSleep));
    let config = Config::from_variables(&options, variables.iter().copied()).unwrap();
    CredentialsCache::new(&config, no_tls()).get().await
}

async fn load_from(url: &str) -> Result<Arc<Credentials>, Error> {
    load(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)]).await
}

#[tokio::test]
async fn the_full_uri_is_asked_with_the_token() {
    let (url, requests) = server(vec![response("200 OK", GOOD)]).await;
    let url = format!("{url}/v1/credentials?a=b");
    let variables =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer abc")];
    let credentials = load(&variables).await.unwrap();
    assert_eq!(credentials.access_key_id(), "ASIA1");
    assert_eq!(credentials.secret_access_key(), "sec/ret");
    assert_eq!(credentials.session_token(), Some("tok"));
    assert_eq!(credentials.account_id(), Some("123456789012"));
    assert_eq!(credentials.expiry(), Some(UNIX_EPOCH + Duration::from_secs(4_075_682_611)));
    let request = requests.lock().unwrap()[0].clone();
    assert!(request.starts_with("GET /v1/credentials?a=b HTTP/1.1\r\n"), "{request}");
    for header in ["authorization: Bearer abc\r\n", "accept: application/json\r\n", "host: 127.0.0.1:"] {
        assert!(request.contains(header), "{request}");
    }
}

#[tokio::test]
async fn the_token_file_is_read_anew_and_ranks_above_the_token() {
    let path = std::env::temp_dir().join(format!("enhanced-dynamodb-token-{}", std::process::id()));
    std::fs::write(&path, "first\n").unwrap();
    let (url, requests) = server(vec![response("200 OK", GOOD), response("200 OK", GOOD)]).await;
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "other"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path.to_str().unwrap()),
    ];
    let config = Config::from_variables(&Options::new(), variables).unwrap();
    let cache = CredentialsCache::new(&config, no_tls());
    let first = cache.get().await.unwrap();
    std::fs::write(&path, "second").unwrap();
    assert!(cache.invalidate(&first));
    cache.get().await.unwrap();
    let requests = requests.lock().unwrap().clone();
    assert!(requests[0].contains("authorization: first\r\n") && requests[1].contains("authorization: second\r\n"));

    for (content, expected) in
        [(None, "cannot be read"), (Some("a\r\nb: c"), "no HTTP header can carry"), (Some(""), "is empty")]
    {
        std::fs::remove_file(&path).ok();
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let error = load(&variables).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.message().contains(expected), "{error}");
    }
    std::fs::remove_file(&path).ok();
}

#[tokio::test]
async fn what_may_pass_is_tried_three_times() {
    let answers = vec![response("500 Oops", ""), response("200 OK", "<html>"), response("200 OK", GOOD)];
    let (url, requests) = server(answers).await;
    assert_eq!(load_from(&url).await.unwrap().access_key_id(), "ASIA1");
    assert_eq!(requests.lock().unwrap().len(), 3);

    let answers = vec![String::new(), response("429 Slow", ""), response("503 No", r#"{"message":"starting"}"#)];
    let (url, requests) = server(answers).await;
    let error = load_from(&url).await.unwrap_err();
    assert_eq!(
        error.message(),
        format!(
            "the container endpoint {url}, named by AWS_CONTAINER_CREDENTIALS_FULL_URI, gives none: it answers HTTP \
             503 (starting) (3 tries)"
        )
    );
    assert_eq!(requests.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again_and_says_why() {
    for (answer, expected) in [
        (
            response("403 Forbidden", r#"{"code":"AccessDenied","message":"bad token"}"#),
            "it answers HTTP 403 (AccessDenied: bad token) (1 try)",
        ),
        (response("404 Not Found", "nothing"), "it answers HTTP 404 (1 try)"),
        (response("302 Found", ""), "it answers HTTP 302 (1 try)"),
        (response("200 OK", r#"{"Code":"Failed","Message":"no role"}"#), "it answers Failed: no role (1 try)"),
        (response("200 OK", &" ".repeat(70_000)), "its answer is larger than 65536 bytes (1 try)"),
    ] {
        let (url, requests) = server(vec![answer]).await;
        let error = load_from(&url).await.unwrap_err();
        assert!(error.message().ends_with(expected), "{error}");
        assert_eq!(requests.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_lacks_something_names_it_and_no_secret() {
    for (body, expected) in [
        (r#"{"SecretAccessKey":"topsecret"}"#, "its answer has no AccessKeyId (3 tries)"),
        (r#"{"AccessKeyId":"A","SecretAccessKey":null}"#, "its answer has no SecretAccessKey (3 tries)"),
        (
            r#"{"AccessKeyId":"A","SecretAccessKey":"topsecret","Expiration":"tomorrow"}"#,
            "its Expiration \"tomorrow\" is no date of RFC 3339 (3 tries)",
        ),
        (r#"{"AccessKeyId":"A","SecretAccessKey":"topsecret}"#, "its answer is not the JSON of credentials (3 tries)"),
        (r#"["topsecret"]"#, "its answer is not the JSON of credentials (3 tries)"),
    ] {
        let (url, _) = server(vec![response("200 OK", body); 3]).await;
        let error = load_from(&url).await.unwrap_err();
        assert!(error.message().ends_with(expected), "{error}");
        assert!(!format!("{error:?}").contains("topsecret"));
    }
    let broken = r#"{"AccessKeyId":"A B","SecretAccessKey":"topsecret"}"#;
    let (url, _) = server(vec![response("200 OK", broken)]).await;
    let error = load_from(&url).await.unwrap_err();
    assert!(error.message().contains("gives credentials that cannot sign: the access key has characters"), "{error}");
}

#[tokio::test]
async fn only_allowed_addresses_are_asked_without_encryption() {
    for url in ["http://10.0.0.1/", "http://169.254.169.254/", "http://[fd00:ec2::24]/", "http://0.0.0.0/"] {
        let error = load_from(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.message().contains("may not be asked for credentials without encryption"), "{error}");
        assert!(error.advice().contains("169.254.170.23"), "{error}");
    }
    // A name is judged by all that it stands for.
    let (url, _) = server(vec![response("200 OK", GOOD)]).await;
    let url = url.replace("127.0.0.1", "localhost");
    assert_eq!(load_from(&url).await.unwrap().access_key_id(), "ASIA1");
    // https is allowed anywhere, and asks for TLS.
    let (url, _) = server(vec![String::new()]).await;
    let error = load_from(&url.replace("http:", "https:")).await.unwrap_err();
    assert!(error.message().contains("no TLS here"), "{error}");
    let error = load_from("ftp://127.0.0.1/").await.unwrap_err();
    assert!(error.message().starts_with("AWS_CONTAINER_CREDENTIALS_FULL_URI names no URL: "), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_is_an_error_that_names_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = load_from(&url).await.unwrap_err();
    assert!(error.message().contains(&url) && error.message().contains("no connection: "), "{error}");
    assert!(error.message().ends_with("(3 tries)"), "{error}");
}

#[test]
fn a_relative_uri_is_asked_at_the_address_of_ecs() {
    for path in ["/v2/credentials/x", "v2/credentials/x"] {
        let variables = [
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://ignored/"),
        ];
        let config = Config::from_variables(&Options::new(), variables).unwrap();
        let crate::config::CredentialsSource::Chain(chain) = config.credentials else { panic!() };
        let (variable, url) = super::url(&chain.container.unwrap()).unwrap();
        assert_eq!(variable, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        assert_eq!(url.to_string(), "http://169.254.170.2/v2/credentials/x");
    }
}

/// A server on loopback whose certificate a test authority signs, and what trusts that authority.
async fn tls_server(answer: String) -> (String, TlsSource) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(crate::crypto::server_tls_provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key.serialize_der().try_into().unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let authority = rustls::pki_types::CertificateDer::from(authority.der().to_vec());
    let tls: TlsSource = Arc::new(move || {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.clone()).unwrap();
        let client = rustls::ClientConfig::builder_with_provider(crate::crypto::tls_provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(client).into())
    });
    (url, tls)
}

#[tokio::test]
async fn an_https_endpoint_is_asked_over_tls() {
    let (url, tls) = tls_server(response("200 OK", GOOD)).await;
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)];
    let config = Config::from_variables(&Options::new(), variables).unwrap();
    assert_eq!(CredentialsCache::new(&config, tls).get().await.unwrap().access_key_id(), "ASIA1");
}

proptest::proptest! {
    #[test]
    fn no_answer_panics(body in r#"(\{|\}|\[|"|:|,|AccessKeyId|SecretAccessKey|Expiration|null|\\|\PC){0,40}"#, status in 0u16..700) {
        let _read = super::read(status, body.as_bytes());
    }
}

//! Endpoints to which no connection comes about.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use enhanced_dynamodb::{Client, Credentials, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::calls::{CALLS, TRANSIENT_WAITS, end_of};
use crate::support::{TestClock, options};

/// No request left, so every call is tried four times; all say the same.
async fn is_tried_four_times(client: &Client, kind: ErrorKind, says: &[&str]) -> Duration {
    let mut shortest = Duration::MAX;
    for call in CALLS {
        let end = end_of(call, client).await;
        end.failed(kind, 4, TRANSIENT_WAITS);
        assert!(!end.replayed);
        for part in says {
            assert!(end.text().contains(part), "`{part}` in: {}", end.text());
        }
        shortest = shortest.min(end.took);
    }
    let pool = client.stats().pool;
    assert_eq!((pool.open, pool.in_use, pool.connects), (0, 0, 0));
    shortest
}

#[tokio::test]
async fn a_closed_port_says_where_nothing_listens_and_what_to_start() {
    let endpoint = testkit::refused_endpoint().unwrap();
    let client = options(&endpoint, &TestClock::new()).build().await.unwrap();
    let address = endpoint.trim_start_matches("http://");
    is_tried_four_times(&client, ErrorKind::Connect, &[address, "Start DynamoDB Local there"]).await;
}

#[tokio::test]
async fn a_name_that_does_not_resolve_says_which_and_what_to_check() {
    let client = options("http://localhost:1", &TestClock::new())
        .local(false)
        .endpoint_url("https://dynamodb.nowhere.invalid")
        .credentials(Credentials::new("key", "secret"))
        .build()
        .await
        .unwrap();
    let says = ["dynamodb.nowhere.invalid", "Check the Region and the endpoint"];
    is_tried_four_times(&client, ErrorKind::Connect, &says).await;
}

#[tokio::test]
async fn a_stalled_tls_handshake_ends_at_the_connection_timeout() {
    // The operating system accepts, and nobody answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let limit = Duration::from_millis(200);
    let client = options(&format!("https://localhost:{port}"), &TestClock::with_short(limit / 2))
        .connection_timeout(limit)
        .build()
        .await
        .unwrap();
    let says = [format!("no connection to localhost:{port} in 200ms"), "raise connection_timeout".to_owned()];
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    let took = is_tried_four_times(&client, ErrorKind::ConnectTimeout, &says).await;
    assert!(took >= limit * 4, "{took:?}");
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A TLS server on loopback that shows a certificate for `name` and answers nothing; returns its port.
    async fn serve(&self, name: &str) -> u16 {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(certificate)],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The client refuses it, which is the test.
                tokio::spawn(acceptor.accept(stream));
            }
        });
        port
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_says_where_to_name_it() {
    let port = Authority::new().serve("localhost").await;
    let client = options(&format!("https://localhost:{port}"), &TestClock::new()).build().await.unwrap();
    let certificate = format!("the certificate of localhost:{port}");
    let says = [certificate.as_str(), "name its file as ca_bundle or in AWS_CA_BUNDLE"];
    is_tried_four_times(&client, ErrorKind::Connect, &says).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_says_for_which() {
    let authority = Authority::new();
    let port = authority.serve("other.example").await;
    let client = options(&format!("https://localhost:{port}"), &TestClock::new())
        .ca_bundle_pem(authority.0.pem())
        .build()
        .await
        .unwrap();
    let says = ["the certificate of localhost", "not valid for name", "other.example"];
    is_tried_four_times(&client, ErrorKind::Connect, &says).await;
}

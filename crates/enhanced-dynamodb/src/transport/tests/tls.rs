//! TLS against a server whose certificates a test authority signs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::support::{Ask, Seen, answer, echo, endpoint, options, request, server};
use crate::ErrorKind;
use crate::config::{CaBundle, Time};
use crate::crypto::server_tls_provider;
use crate::transport::attempt::{Sender, SenderOptions};
use crate::transport::endpoint::Scheme;
use crate::transport::tls::Tls;
use crate::transport::{Endpoint, Failure, FailureKind, Flushed};

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn bundle(&self) -> Option<CaBundle> {
        Some(CaBundle::Pem(Arc::from(self.issuer.pem().as_bytes())))
    }

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let chain = vec![CertificateDer::from(certificate)];
        let mut config = rustls::ServerConfig::builder_with_provider(server_tls_provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// A server that answers with the request's body over TLS; once on each connection if it is to close it.
    async fn echo(&self, name: &str, close: bool) -> (SocketAddr, Arc<Seen>) {
        let acceptor = self.acceptor(name);
        server(move |stream, _, seen| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
                while let Some((_, body)) = request(&mut stream, &seen).await {
                    if stream.write_all(&answer(&body)).await.is_err() {
                        return;
                    }
                    if close {
                        seen.close.notified().await;
                        let _ = stream.shutdown().await;
                        return;
                    }
                }
            }
        })
        .await
    }
}

fn sender(bundle: Option<CaBundle>) -> Sender {
    let mut options = options(5);
    options.tls = Tls::new(bundle);
    Sender::new(options, Time::System)
}

fn secure(address: SocketAddr) -> Arc<Endpoint> {
    Arc::new(Endpoint { scheme: Scheme::Https, host: "localhost".to_owned(), ..Endpoint::clone(&endpoint(address)) })
}

async fn failure(bundle: Option<CaBundle>, address: SocketAddr) -> Failure {
    Ask::default().of(&sender(bundle), &secure(address)).await.unwrap_err()
}

#[tokio::test]
async fn requests_go_over_tls_and_share_a_connection() {
    let authority = Authority::new();
    let (address, seen) = authority.echo("localhost", false).await;
    let (sender, endpoint) = (sender(authority.bundle()), secure(address));
    for length in [2, 20_000, 3_000_000, 2] {
        let body = vec![b' '; length];
        let response = Ask::body(body.clone()).of(&sender, &endpoint).await.unwrap();
        assert!(response.body == body, "{length}");
        assert!(Ask::once().of(&sender, &endpoint).await.unwrap().reused);
    }
    assert_eq!((seen.accepted(), seen.requests()), (1, 8));
}

#[tokio::test]
async fn a_bundle_is_read_from_a_file() {
    let authority = Authority::new();
    let (address, _) = authority.echo("localhost", false).await;
    let path = std::env::temp_dir().join(format!("ca-{}.pem", std::process::id()));
    std::fs::write(&path, authority.issuer.pem()).unwrap();
    let bundle = CaBundle::File { path: path.clone(), named_by: "AWS_CA_BUNDLE" };
    Ask::default().of(&sender(Some(bundle)), &secure(address)).await.unwrap();
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_connection_that_ended_in_peace_is_replaced_at_once() {
    let authority = Authority::new();
    let (address, seen) = authority.echo("localhost", true).await;
    let (sender, endpoint) = (sender(authority.bundle()), secure(address));
    for _ in 0..4 {
        Ask::once().of(&sender, &endpoint).await.unwrap();
        seen.close_one().await;
    }
    assert_eq!((seen.accepted(), seen.requests(), sender.pool().stale), (4, 4, 3));
}

#[tokio::test]
async fn an_unknown_authority_is_refused_with_advice() {
    let authority = Authority::new();
    let (address, seen) = authority.echo("localhost", false).await;
    for bundle in [None, Authority::new().bundle()] {
        let failure = failure(bundle, address).await;
        assert_eq!((failure.kind, failure.flushed), (FailureKind::Tls, Flushed::Nothing));
        assert!(failure.message.starts_with("the certificate of localhost:"), "{failure:?}");
        let error = failure.into_error();
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(error.advice().contains("AWS_CA_BUNDLE"), "{error}");
    }
    assert_eq!(seen.requests(), 0);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let (address, seen) = authority.echo("other.example", false).await;
    let failure = failure(authority.bundle(), address).await;
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.message.contains("not valid for name"), "{failure:?}");
    assert_eq!(seen.requests(), 0);
}

#[tokio::test]
async fn a_server_without_tls_is_told_from_one_with_a_bad_certificate() {
    let (address, _) = server(|mut stream, _, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let failure = failure(None, address).await;
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.message.ends_with("does not speak TLS: should the endpoint begin with http://?"), "{failure:?}");
}

#[tokio::test]
async fn a_connection_that_ends_in_the_handshake_is_no_fault_of_tls() {
    let (address, _) = server(|mut stream, _, _| async move {
        let _ = stream.read(&mut [0; 64]).await;
        let _ = stream.set_zero_linger();
    })
    .await;
    let failure = failure(None, address).await;
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Connect, Flushed::Nothing));
}

#[tokio::test]
async fn a_stalled_handshake_ends_at_the_connection_timeout() {
    let (address, _) = server(|stream, _, _| async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        drop(stream);
    })
    .await;
    let hasty = Sender::new(SenderOptions { connection_timeout: Duration::from_secs(1), ..options(5) }, Time::System);
    let failure = Ask::default().of(&hasty, &secure(address)).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::ConnectTimeout, Flushed::Nothing));
    assert_eq!(failure.message, format!("no connection to localhost:{} in 1s", address.port()));
}

#[tokio::test]
async fn a_bundle_that_is_none_is_an_error_only_where_it_is_needed() {
    for (pem, message) in [
        ("", "the CA bundle has no certificate"),
        ("hello", "the CA bundle has no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "the CA bundle has a certificate that"),
        ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "the CA bundle is no PEM"),
    ] {
        let (address, _) = echo(Duration::ZERO).await;
        let sender = sender(Some(CaBundle::Pem(Arc::from(pem.as_bytes()))));
        Ask::default().of(&sender, &endpoint(address)).await.unwrap();
        let failure = Ask::default().of(&sender, &secure(address)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Configuration);
        assert!(failure.message.starts_with(message), "{failure:?}");
        assert_eq!(failure.into_error().kind(), ErrorKind::InvalidConfiguration);
    }
}

#[tokio::test]
async fn a_request_that_tls_has_not_sent_whole_is_told_from_one_that_is() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost");
    let (address, _) = server(move |stream, _, _| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(stream);
        }
    })
    .await;
    let (sender, endpoint) = (sender(authority.bundle()), secure(address));
    let large = Ask { body: vec![b' '; 16 * 1024 * 1024].into(), ..Ask::within(1500) };
    let failure = large.of(&sender, &endpoint).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Timeout, Flushed::Part));
    let failure = Ask::within(500).of(&sender, &endpoint).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Timeout, Flushed::All));
}

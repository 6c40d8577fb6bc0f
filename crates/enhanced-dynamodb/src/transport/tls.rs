//! TLS, set up at the first connection that needs it.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;

use super::failure::{Failure, FailureKind};
use crate::crypto::tls_provider;
use crate::error::{Error, ErrorKind};

/// Certificate authorities of the user's own, trusted beside those of the web.
#[derive(Clone, Debug)]
pub(crate) enum Authorities {
    /// None but those of the web.
    Web,
    /// A PEM file.
    File(PathBuf),
    /// PEM text.
    Pem(Bytes),
}

/// Makes TLS connections.
pub(crate) struct Tls {
    authorities: Authorities,
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    pub(crate) fn new(authorities: Authorities) -> Self {
        Tls { authorities, connector: OnceCell::new() }
    }

    /// # Errors
    /// If the user's certificate authorities cannot be read.
    pub(crate) async fn connector(&self) -> Result<&TlsConnector, Error> {
        self.connector.get_or_try_init(async || connector(&self.authorities)).await
    }
}

fn connector(authorities: &Authorities) -> Result<TlsConnector, Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    match authorities {
        Authorities::Web => {}
        Authorities::File(path) => {
            let name = format!("the certificate file {}", path.display());
            let pem = std::fs::read(path)
                .map_err(|error| unusable(format!("{name} cannot be read: {error}")).with_source(error))?;
            add(&mut roots, &pem, &name)?;
        }
        Authorities::Pem(pem) => add(&mut roots, pem, "the certificate bundle")?,
    }
    let mut config = ClientConfig::builder_with_provider(tls_provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(format!("TLS cannot be set up: {error}")).with_source(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn add(roots: &mut RootCertStore, pem: &[u8], name: &str) -> Result<(), Error> {
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unusable(format!("{name} is no PEM: {error}")))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(format!("{name} holds a certificate that cannot be used: {error}")))?;
        found = true;
    }
    if found { Ok(()) } else { Err(unusable(format!("{name} holds no certificate"))) }
}

fn unusable(message: String) -> Error {
    Error::new(ErrorKind::InvalidConfiguration, message)
        .with_advice("ca_bundle (AWS_CA_BUNDLE) must name a PEM file of certificate authorities.")
}

/// The name that the server's certificate must have.
///
/// # Errors
/// If the host is neither a DNS name nor an address.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, Error> {
    ServerName::try_from(host.to_owned()).map_err(|error| {
        Error::new(ErrorKind::InvalidConfiguration, format!("no certificate can name the host {host}"))
            .with_source(error)
    })
}

/// A handshake that failed: the certificate's fault, the protocol's, or the network's.
pub(crate) fn handshake_failed(error: std::io::Error, address: &str) -> Failure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let (kind, message) = match tls {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            (FailureKind::Tls, format!("the certificate of {address} is not acceptable: {reason}"))
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            (FailureKind::Tls, format!("{address} does not speak TLS: should the endpoint begin with http://?"))
        }
        Some(reason) => (FailureKind::Tls, format!("TLS with {address} failed: {reason}")),
        None => (FailureKind::Connect, format!("the connection to {address} ended in the TLS handshake: {error}")),
    };
    Failure::new(kind, message).at(address).with_source(error)
}

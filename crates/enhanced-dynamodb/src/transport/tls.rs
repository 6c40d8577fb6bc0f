//! TLS, set up at the first connection that needs it.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::failure::{Failure, FailureKind};
use crate::config::CaBundle;
use crate::crypto::tls_provider;
use crate::error::{Error, ErrorKind};

/// Makes TLS connections. Clones share what was set up.
#[derive(Clone)]
pub(crate) struct Tls(Arc<Setup>);

struct Setup {
    /// Certificate authorities to trust instead of those of the web.
    authorities: Option<CaBundle>,
    connector: OnceLock<TlsConnector>,
}

impl Tls {
    pub(crate) fn new(authorities: Option<CaBundle>) -> Self {
        Tls(Arc::new(Setup { authorities, connector: OnceLock::new() }))
    }

    /// # Errors
    /// If the user's certificate authorities cannot be read.
    pub(crate) fn connector(&self) -> Result<TlsConnector, Error> {
        if let Some(connector) = self.0.connector.get() {
            return Ok(connector.clone());
        }
        // Of several that are set up at the same time one stays, so that all share its sessions.
        let connector = connector(self.0.authorities.as_ref())?;
        Ok(self.0.connector.get_or_init(|| connector).clone())
    }
}

fn connector(authorities: Option<&CaBundle>) -> Result<TlsConnector, Error> {
    let roots = match authorities {
        Some(bundle) => own_roots(&bundle.read()?)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let mut config = ClientConfig::builder_with_provider(tls_provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(format!("TLS cannot be set up: {error}")).with_source(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn own_roots(pem: &[u8]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unusable(format!("the CA bundle is no PEM: {error}")))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(format!("the CA bundle has a certificate that cannot be used: {error}")))?;
    }
    if roots.is_empty() { Err(unusable("the CA bundle has no certificate".to_owned())) } else { Ok(roots) }
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

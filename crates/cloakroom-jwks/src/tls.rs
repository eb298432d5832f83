use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::InvalidConfig;

/// TLS 1.2 and 1.3 against these roots, on AWS-LC, whatever provider the program has installed for others.
pub(crate) fn connector(roots: RootCertStore) -> Result<TlsConnector, InvalidConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| InvalidConfig::Tls(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The certificates in `pems`, and those that the system trusts.
pub(crate) fn roots(pems: &[Vec<u8>], with_system: bool) -> Result<RootCertStore, InvalidConfig> {
    let mut roots = RootCertStore::empty();
    for pem in pems {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| InvalidConfig::Certificate(error.into()))?;
            roots
                .add(certificate)
                .map_err(|error| InvalidConfig::Certificate(error.into()))?;
        }
        if roots.len() == before {
            return Err(InvalidConfig::Certificate("there is no certificate in it".into()));
        }
    }
    if with_system {
        // One that the system holds and rustls cannot read is no reason to stop; a chain to it will not verify.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(InvalidConfig::NoRoots);
    }
    Ok(roots)
}

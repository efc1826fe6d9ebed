//! A client certificate and its key.

use std::{fmt, sync::Arc};

use rustls::{
    client::ResolvesClientCert,
    crypto::aws_lc_rs,
    sign::{CertifiedKey, SingleCertAndKey},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use slipway_core::secret::Secret;

/// Who we are to a peer that asks for a client certificate. Holds a key: made for a burst of requests and dropped afterwards.
#[derive(Clone)]
pub struct ClientIdentity(Arc<CertifiedKey>);

/// Why a client certificate cannot be used. Says nothing of the contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// The PEM text has no certificate, or a damaged one.
    #[error("it holds no usable client certificate in PEM")]
    Certificate,
    /// The PEM text has no key of a known kind, or an encrypted one.
    #[error("it holds no usable private key in PEM; keys must not be encrypted")]
    Key,
    /// The key is not that of the certificate.
    #[error("the private key is not that of the client certificate")]
    Mismatch,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientIdentity([secret])")
    }
}

impl ClientIdentity {
    /// Reads a certificate with its intermediates, the certificate first, and an unencrypted key (PKCS #8, PKCS #1 or SEC 1), all in
    /// PEM.
    ///
    /// Errors: [`IdentityFault`].
    pub fn from_pem(certificates: &str, key: &Secret) -> Result<Self, IdentityFault> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| IdentityFault::Certificate)?;
        if chain.is_empty() {
            return Err(IdentityFault::Certificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| IdentityFault::Key)?;
        let key = aws_lc_rs::default_provider()
            .key_provider
            .load_private_key(key)
            .map_err(|_| IdentityFault::Key)?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
                Ok(Self(Arc::new(certified)))
            }
            Err(rustls::Error::InconsistentKeys(_)) => Err(IdentityFault::Mismatch),
            Err(_) => Err(IdentityFault::Certificate),
        }
    }

    pub(crate) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::new(SingleCertAndKey::from(self.0.clone()))
    }
}

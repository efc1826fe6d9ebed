//! Certificates of a fleet, a cloud or a rack: its own CA, a foreign one, and a leaf per address made at its first connection.

use crate::guarded::Guarded;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::NoServerSessionStorage;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate itself.
    #[error("making a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The server's settings.
    #[error("TLS settings: {0}")]
    Settings(#[from] rustls::Error),
}

/// A certificate authority.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Result<Self, TlsError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a client or an instance with this subject and key.
    pub(crate) fn sign(&self, mut params: CertificateParams, key: &KeyPair) -> Result<String, TlsError> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        Ok(params.signed_by(key, &self.issuer)?.pem())
    }

    fn leaf(&self, address: Ipv4Addr, names: &[String]) -> Result<Leaf, TlsError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(names.to_vec())?;
        params.distinguished_name.push(DnType::CommonName, format!("bmc-{address}"));
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(address)));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)?;
        // A resumed session would skip the certificate that a test has just changed, and a cache costs memory.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Leaf { certificate, config: Arc::new(config) })
    }
}

#[derive(Debug, Clone)]
struct Leaf {
    certificate: CertificateDer<'static>,
    config: Arc<ServerConfig>,
}

/// The two authorities of a fleet.
#[derive(Debug)]
pub(crate) struct Authorities {
    pub(crate) own: Authority,
    pub(crate) foreign: Authority,
}

impl Authorities {
    pub(crate) fn new() -> Result<Self, TlsError> {
        Self::named("Simulated rack CA")
    }

    pub(crate) fn named(name: &str) -> Result<Self, TlsError> {
        Ok(Self { own: Authority::new(name)?, foreign: Authority::new("Somebody else's CA")? })
    }
}

/// The certificate that one server presents.
#[derive(Debug)]
pub(crate) struct Presented {
    authorities: Arc<Authorities>,
    address: Ipv4Addr,
    names: Vec<String>,
    current: Guarded<Option<Leaf>>,
}

impl Presented {
    pub(crate) fn new(authorities: Arc<Authorities>, address: Ipv4Addr) -> Self {
        Self { authorities, address, names: Vec::new(), current: Guarded::default() }
    }

    /// For these DNS names as well.
    pub(crate) fn with_names(self, names: Vec<String>) -> Self {
        Self { names, ..self }
    }

    /// The CA that signs what is presented, in PEM.
    pub(crate) fn ca_pem(&self) -> &str {
        self.authorities.own.pem()
    }

    fn leaf(&self) -> Result<Leaf, TlsError> {
        let mut current = self.current.lock();
        if let Some(leaf) = &*current {
            return Ok(leaf.clone());
        }
        let leaf = self.authorities.own.leaf(self.address, &self.names)?;
        *current = Some(leaf.clone());
        Ok(leaf)
    }

    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        self.leaf().map(|leaf| leaf.config)
    }

    pub(crate) fn certificate(&self) -> Result<CertificateDer<'static>, TlsError> {
        self.leaf().map(|leaf| leaf.certificate)
    }

    /// Replaces key and certificate, signed by the fleet's CA or by the foreign one.
    pub(crate) fn replace(&self, foreign: bool) -> Result<(), TlsError> {
        let authority = if foreign { &self.authorities.foreign } else { &self.authorities.own };
        let leaf = authority.leaf(self.address, &self.names)?;
        *self.current.lock() = Some(leaf);
        Ok(())
    }
}

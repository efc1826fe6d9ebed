//! What is read from a peer's certificate.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::ClientConnection;
use rustls_pki_types::UnixTime;
use slipway_core::trust::Pin;
use x509_parser::{certificate::X509Certificate, prelude::FromDer, time::ASN1Time};

/// The parts of a certificate that pinning and messages need.
pub(crate) struct Certificate<'a>(X509Certificate<'a>);

impl<'a> Certificate<'a> {
    /// Reads DER; `None` when it is not a certificate.
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        X509Certificate::from_der(der).ok().map(|(_, certificate)| Self(certificate))
    }

    /// The key that the other side showed in its handshake.
    pub(crate) fn shown(connection: &ClientConnection) -> Option<Pin> {
        let certificate = connection.peer_certificates()?.first()?;
        Certificate::read(certificate).map(|read| read.pin())
    }

    /// SHA-256 of the public key, as RFC 7469 writes it.
    pub(crate) fn pin(&self) -> Pin {
        let hash = digest::digest(&digest::SHA256, self.0.tbs_certificate.subject_pki.raw);
        Pin::new(format!("sha256/{}", STANDARD.encode(hash)))
    }

    /// Whether it names itself as its issuer.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.0.tbs_certificate.issuer.as_raw() == self.0.tbs_certificate.subject.as_raw()
    }

    /// Whether the moment is within its validity.
    pub(crate) fn is_valid_at(&self, now: UnixTime) -> bool {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        ASN1Time::from_timestamp(seconds)
            .is_ok_and(|moment| self.0.tbs_certificate.validity.is_valid_at(moment))
    }
}

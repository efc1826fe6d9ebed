//! Why a peer was not trusted.

use std::fmt::Write as _;

use rustls::{CertificateError, Error, OtherError};
use rustls_pki_types::CertificateDer;

use crate::certificate::Certificate;

/// Why a peer's certificate was not accepted; travels inside rustls' error to the message for a person.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Distrust {
    /// Not by the authorities, the name or the dates.
    #[error("{0}")]
    Untrusted(String),
    /// Another key than the pinned one.
    #[error("its key is {shown}, and the pin is {pinned}")]
    Changed {
        /// Pin of the key that was shown.
        shown: String,
        /// Pin that was expected.
        pinned: String,
    },
}

impl Distrust {
    /// Words for what rustls found wrong.
    pub(crate) fn of(error: &Error, certificate: &CertificateDer<'_>) -> Self {
        let read = Certificate::read(certificate);
        let mut why = match error {
            Error::InvalidCertificate(error) => words(error, read.as_ref()),
            other => format!("it cannot be checked ({other})"),
        };
        if let Some(read) = read {
            // Writing to a String cannot fail.
            let _ = write!(why, "; the key it shows is {}", read.pin().as_str());
        }
        Self::Untrusted(why)
    }

    /// As the verifier hands it to rustls.
    pub(crate) fn into_tls(self) -> Error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(std::sync::Arc::new(self))))
    }
}

fn words(error: &CertificateError, certificate: Option<&Certificate<'_>>) -> String {
    let self_signed = certificate.is_some_and(Certificate::is_self_signed);
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        CertificateError::NotValidForName => "it is for another name".to_owned(),
        CertificateError::NotValidForNameContext { .. } => format!("it is for another name ({error})"),
        CertificateError::UnknownIssuer if self_signed => "it is self-signed".to_owned(),
        // An authority of the same name and another key looks like a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "it is issued by an unknown authority".to_owned()
        }
        _ if self_signed => "it is self-signed".to_owned(),
        other => format!("it is not sound ({other})"),
    }
}

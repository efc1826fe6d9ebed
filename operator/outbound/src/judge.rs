//! The verdict on a peer's certificate, made before anything is written to the peer.

use std::sync::Arc;

use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    server::ParsedCertificate,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::{certificate::Certificate, distrust::Distrust};

/// A verifier for one [`slipway_core::trust::Trust`]. Whatever the rule, the peer must prove that it holds the key it shows.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) rule: Rule,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
}

/// What makes a certificate acceptable.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Issued by one of these, for the name, within its dates. `exact`: the certificates given, of which one may be the
    /// peer's own, as people do with self-signed ones.
    Authorities { verifier: Arc<WebPkiServerVerifier>, exact: Vec<CertificateDer<'static>> },
    /// Nobody: the system has no certificates of authorities.
    Nobody,
    /// Its key is the pinned one.
    Pin(String),
    /// Any key; the caller learns which.
    Any,
    /// What one of these accepts; the last one says why not.
    OneOf(Vec<Arc<Judge>>),
}

impl Judge {
    fn by_authorities(
        verifier: &WebPkiServerVerifier,
        exact: &[CertificateDer<'static>],
        shown: &Shown<'_>,
    ) -> Result<(), Error> {
        if exact.iter().any(|given| given == shown.certificate) {
            let valid = Certificate::read(shown.certificate).is_some_and(|read| read.is_valid_at(shown.now));
            if !valid {
                return Err(rustls::CertificateError::Expired.into());
            }
            return verify_server_name(&ParsedCertificate::try_from(shown.certificate)?, shown.name);
        }
        verifier
            .verify_server_cert(shown.certificate, shown.intermediates, shown.name, shown.ocsp, shown.now)
            .map(|_| ())
    }

    fn by_pin(pinned: &str, shown: &Shown<'_>) -> Result<(), Distrust> {
        let Some(certificate) = Certificate::read(shown.certificate) else {
            return Err(Distrust::Untrusted("it cannot be read".to_owned()));
        };
        let key = certificate.pin();
        if key.as_str() == pinned {
            return Ok(());
        }
        Err(Distrust::Changed { shown: key.as_str().to_owned(), pinned: pinned.to_owned() })
    }
}

/// What a peer shows in its handshake.
struct Shown<'a> {
    certificate: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    ocsp: &'a [u8],
    now: UnixTime,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Rule::OneOf(judges) = &self.rule {
            let ask = |judge: &Arc<Self>| {
                judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            };
            let mut verdict = Err(Distrust::Untrusted("nobody is trusted".to_owned()).into_tls());
            for judge in judges {
                verdict = verdict.or_else(|_| ask(judge));
            }
            return verdict;
        }
        let shown =
            Shown { certificate: end_entity, intermediates, name: server_name, ocsp: ocsp_response, now };
        let verdict = match &self.rule {
            Rule::Authorities { verifier, exact } => Self::by_authorities(verifier, exact, &shown)
                .map_err(|error| Distrust::of(&error, end_entity)),
            Rule::Nobody => Err(Distrust::Untrusted("this system knows no authority at all".to_owned())),
            Rule::Pin(pinned) => Self::by_pin(pinned, &shown),
            Rule::Any | Rule::OneOf(_) => Ok(()),
        };
        verdict.map(|()| ServerCertVerified::assertion()).map_err(Distrust::into_tls)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

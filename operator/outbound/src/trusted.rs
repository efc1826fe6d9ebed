//! TLS configurations, shared by all peers that are trusted in the same way.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    ClientConfig, RootCertStore,
    client::{Resumption, WebPkiServerVerifier},
    crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use slipway_core::{failure::Failure, reason::Reason, trust::Trust};

use crate::{
    identity::ClientIdentity,
    judge::{Judge, Rule},
};

/// Configurations kept at once. A fleet has one CA, seldom a handful; pins are cheap to make and not kept.
const KEPT: usize = 32;

/// A way of trusting a peer, ready for use. A clone is one pointer, so a thousand peers under one CA share one.
#[derive(Clone)]
pub struct Trusted {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) reports_pin: bool,
    judge: Arc<Judge>,
    pub(crate) mend: &'static str,
}

/// What a person does about a certificate that is not accepted, when the trust is from `tls` of a spec.
const MEND: &str = "Give the right CA in `tls.caRef`, pin the key with `tls.pin`, or renew the certificate";

impl Trusted {
    /// The same, and messages about a certificate that is not accepted end with this sentence, without its full stop: for trust that
    /// is not from `tls` of a spec.
    #[must_use]
    pub fn mended_by(self, mend: &'static str) -> Self {
        Self { mend, ..self }
    }
}

impl fmt::Debug for Trusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Trusted").field("reports_pin", &self.reports_pin).finish_non_exhaustive()
    }
}

/// The last used configurations.
pub(crate) struct Vault {
    provider: Arc<CryptoProvider>,
    kept: Mutex<VecDeque<(Trust, Trusted)>>,
}

impl Vault {
    pub(crate) fn new() -> Self {
        Self { provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()), kept: Mutex::default() }
    }

    /// The configuration for one way of trusting.
    pub(crate) fn trusted(&self, trust: &Trust) -> Result<Trusted, Failure> {
        if let Trust::Pin(_) = trust {
            return self.make(trust);
        }
        if let Some(found) = self.find(trust) {
            return Ok(found);
        }
        let made = self.make(trust)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front((trust.clone(), made.clone()));
        Ok(made)
    }

    /// The same with a client certificate. Never kept: what is kept must not hold keys.
    pub(crate) fn trusted_as(&self, trust: &Trust, identity: &ClientIdentity) -> Result<Trusted, Failure> {
        let trusted = self.trusted(trust)?;
        let mut config = ClientConfig::clone(&trusted.config);
        config.client_auth_cert_resolver = identity.resolver();
        Ok(Trusted { config: Arc::new(config), ..trusted })
    }

    /// For an https proxy on the way to a peer: never with the peer's client certificate, and by the authorities that are given
    /// for the peer or by those of the system. A pin is one of the peer's key and says nothing of a proxy.
    pub(crate) fn proxy(&self, trusted: &Trusted) -> Result<Arc<ClientConfig>, Failure> {
        let system = self.trusted(&Trust::System)?.judge;
        let rules = match trusted.judge.rule {
            Rule::Authorities { .. } => vec![trusted.judge.clone(), system],
            _ => vec![system],
        };
        self.config(&Arc::new(self.judge(Rule::OneOf(rules))))
    }

    fn find(&self, trust: &Trust) -> Option<Trusted> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| known == trust)?;
        let entry = kept.remove(place)?;
        let trusted = entry.1.clone();
        kept.push_front(entry);
        Some(trusted)
    }

    fn make(&self, trust: &Trust) -> Result<Trusted, Failure> {
        let judge = Arc::new(self.judge(self.rule(trust)?));
        Ok(Trusted {
            config: self.config(&judge)?,
            reports_pin: *trust == Trust::FirstUse,
            judge,
            mend: MEND,
        })
    }

    fn judge(&self, rule: Rule) -> Judge {
        Judge { rule, algorithms: self.provider.signature_verification_algorithms }
    }

    fn config(&self, judge: &Arc<Judge>) -> Result<Arc<ClientConfig>, Failure> {
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                Failure::new(Reason::Internal, format!("no TLS configuration can be made: {error}"))
            })?
            .dangerous()
            .with_custom_certificate_verifier(judge.clone())
            .with_no_client_auth();
        // A resumed connection would skip the verdict, and its tickets would be kept for every idle peer.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn rule(&self, trust: &Trust) -> Result<Rule, Failure> {
        match trust {
            Trust::System => {
                let found = rustls_native_certs::load_native_certs().certs;
                // A system without any is no fault before somebody has to be trusted: plain HTTP goes on.
                Ok(self
                    .verifier(&found)
                    .map_or(Rule::Nobody, |verifier| Rule::Authorities { verifier, exact: vec![] }))
            }
            Trust::Authorities(pem) => {
                let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
                let exact = read.map_err(|_| unusable())?;
                let verifier = self.verifier(&exact).ok_or_else(unusable)?;
                Ok(Rule::Authorities { verifier, exact })
            }
            Trust::Pin(pin) => Ok(Rule::Pin(pin.as_str().to_owned())),
            Trust::FirstUse | Trust::Anything => Ok(Rule::Any),
        }
    }

    fn verifier(&self, given: &[CertificateDer<'static>]) -> Option<Arc<WebPkiServerVerifier>> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(given.iter().cloned());
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone()).build().ok()
    }
}

fn unusable() -> Failure {
    let message = "the bundle of `tls.caRef` holds no usable CA certificate; give one or more in PEM";
    Failure::new(Reason::CertificateUntrusted, message)
}

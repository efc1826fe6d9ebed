//! What went wrong on the way, in words for a person: the address and the mend, never a body, never a secret.

use std::{error::Error as StdError, io, sync::Arc, time::Duration};

use reqwest::Method;
use rustls::{AlertDescription, CertificateError};
use slipway_core::{failure::Failure, reason::Reason};

use crate::distrust::Distrust;

/// What a peer says to a client certificate that it does not take (RFC 8446 §6.2); `DecryptError` when it is of an authority that has
/// the name of a known one and another key.
const CLIENT_REFUSED: [AlertDescription; 9] = [
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::AccessDenied,
    AlertDescription::DecryptError,
    AlertDescription::CertificateRequired,
];

/// What is remembered of a request to explain its failure.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) label: Arc<str>,
    pub(crate) method: Method,
    pub(crate) limit: Duration,
    /// What a person does about a certificate that is not accepted.
    pub(crate) mend: &'static str,
}

/// The failure that an HTTP error stands for.
pub(crate) fn of(error: &reqwest::Error, sent: &Sent) -> Failure {
    // Only the handshake judges certificates; an alert may come at any time after it.
    if error.is_connect() {
        return of_greeting(error, sent);
    }
    of_exchange(error, sent)
}

/// The failure of a request that may have been written.
pub(crate) fn of_exchange(error: &(dyn StdError + 'static), sent: &Sent) -> Failure {
    if let Some(tls) = find::<rustls::Error>(error) {
        return of_tls(tls, sent, false);
    }
    let message =
        format!("{} closed the connection before its answer to {} was complete", sent.label, sent.method);
    after_writing(Failure::new(Reason::Unreachable, message), sent)
}

/// The failure of a connection over which nothing was to be sent.
pub(crate) fn of_greeting(error: &(dyn StdError + 'static), sent: &Sent) -> Failure {
    match find::<rustls::Error>(error) {
        Some(tls) => of_tls(tls, sent, true),
        None => unreached(error, &sent.label),
    }
}

fn unreached(error: &(dyn StdError + 'static), label: &str) -> Failure {
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            let message =
                format!("{label} refuses connections; check the port and that the service is enabled");
            Failure::new(Reason::ConnectionRefused, message)
        }
        _ => Failure::new(
            Reason::Unreachable,
            format!("{label} cannot be reached; check cabling, routes and firewalls"),
        ),
    }
}

/// The deadline passed.
pub(crate) fn too_slow(sent: &Sent) -> Failure {
    let message = format!("{} did not answer {} within {:?}", sent.label, sent.method, sent.limit);
    after_writing(Failure::new(Reason::Unreachable, message), sent)
}

/// The answer is larger than the cap, in bytes.
pub(crate) fn too_large(sent: &Sent, cap: u64) -> Failure {
    let message = format!(
        "the answer of {} to {} is larger than {cap} bytes; check the address",
        sent.label, sent.method
    );
    after_writing(Failure::new(Reason::AnswerTooLarge, message), sent)
}

fn of_tls(error: &rustls::Error, sent: &Sent, connecting: bool) -> Failure {
    let label = &sent.label;
    let distrust = match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.downcast_ref::<Distrust>()
        }
        _ => None,
    };
    match distrust {
        Some(why @ Distrust::Untrusted(_)) => {
            let message = format!(
                "the certificate of {label} is not trusted: {why}; no credential was sent. {}",
                sent.mend
            );
            Failure::new(Reason::CertificateUntrusted, message)
        }
        Some(why @ Distrust::Changed { .. }) => {
            let message = format!(
                "{label} shows another key than the pinned one: {why}; no credential was sent. If the change is wanted, put the \
                 new pin into `tls.pin`"
            );
            Failure::new(Reason::CertificateChanged, message)
        }
        None if matches!(error, rustls::Error::InvalidCertificate(_)) => {
            let message =
                format!("the certificate of {label} is not sound ({error}); no credential was sent");
            Failure::new(Reason::CertificateUntrusted, message)
        }
        None => {
            let message = match error {
                rustls::Error::AlertReceived(alert) if CLIENT_REFUSED.contains(alert) => {
                    format!("{label} refuses the client certificate, or the lack of one ({error})")
                }
                _ => format!("{label} does not speak TLS as it should ({error})"),
            };
            let failure = Failure::new(Reason::Unreachable, message);
            if connecting { failure } else { after_writing(failure, sent) }
        }
    }
}

fn after_writing(failure: Failure, sent: &Sent) -> Failure {
    if sent.method.is_safe() { failure } else { failure.with_unknown_effect() }
}

/// The first error of a kind among the causes, also inside `io::Error`, which hides its own.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<E>() {
            return Some(found);
        }
        let inner = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => current.source(),
        };
    }
    None
}

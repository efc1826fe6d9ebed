//! Where in the spec and in which Secret a trouble lies.

use slipway_core::{failure::Failure, reason::Reason, subscription::ClusterAccess};

use crate::fault::Fault;

/// What a person does about a certificate of a cluster.
pub(crate) const MEND: &str =
    "Put the CA that issued it into `certificate-authority-data` of the kubeconfig, or renew the certificate";

/// The field of the spec and the Secret that lead to a cluster; every message begins with them.
pub(crate) struct Place<'a>(pub(crate) &'a ClusterAccess);

impl Place<'_> {
    /// A failure at this place.
    pub(crate) fn failure(&self, reason: Reason, what: &str) -> Failure {
        Failure::new(reason, self.located(what))
    }

    /// The kubeconfig cannot be used.
    pub(crate) fn unusable(&self, fault: &Fault) -> Failure {
        self.failure(Reason::KubeconfigInvalid, &fault.to_string())
    }

    /// A failure on the way to the cluster. That it was not reached says the same in many ways, and nothing of the spec is wrong.
    pub(crate) fn on_the_way(&self, mut failure: Failure) -> Failure {
        failure.reason = match failure.reason {
            Reason::NameNotResolved
            | Reason::ConnectionRefused
            | Reason::Unreachable
            | Reason::AnswerTooLarge => Reason::ClusterUnreachable,
            Reason::InvalidSpec => Reason::KubeconfigInvalid,
            other => other,
        };
        failure.message = self.located(&failure.message);
        failure
    }

    /// The kubeconfig wants no certificate to be checked, or has none to check by.
    pub(crate) fn untrusting(&self, failure: Failure) -> Failure {
        match failure.reason {
            Reason::InsecureNotAllowed => self.failure(
                Reason::InsecureNotAllowed,
                "`cluster.insecure-skip-tls-verify` is set, and the operator does not allow it; give `certificate-authority-data` instead",
            ),
            Reason::CertificateUntrusted => self.unusable(&Fault::field(
                "cluster.certificate-authority-data",
                "holds no usable CA certificate; give one or more in PEM, in base64",
            )),
            _ => self.on_the_way(failure),
        }
    }

    fn located(&self, what: &str) -> String {
        format!("`{}` (Secret {}): {what}", self.0.field.trim_matches('`'), self.0.secret_name)
    }
}

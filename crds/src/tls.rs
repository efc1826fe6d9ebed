//! How a peer's certificate is trusted (design, security rules).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reference::LocalObjectReference;

/// How the peer's certificate is trusted: exactly one of the fields. Without this object the system's authorities count.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = trust_rule())]
pub struct TlsTrust {
    /// Secret of this namespace with the authorities' certificates (PEM) under the key `ca.crt`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_ref: Option<LocalObjectReference>,
    /// Digest of the peer's public key (SHA-256 over the `SubjectPublicKeyInfo`): `sha256/` and 64 hexadecimal
    /// digits, or base64. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    #[x_kube(validation = pin_rule())]
    pub pin: Option<String>,
    /// Trust the key that answers first and hold on to it: it is recorded in `status.tls.pin`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_on_first_use: Option<bool>,
    /// Do not verify at all. Works only when the operator also runs with its flag for it. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure_skip_verify: Option<bool>,
}

/// What is known about the peer's key.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsStatus {
    /// Key trusted on first use, in the form of `tls.pin`. Written once; give `tls.pin` in the spec to trust another key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    pub pin: Option<String>,
}

fn trust_rule() -> kube::core::Rule {
    kube::core::Rule::new(
        "[has(self.caRef), has(self.pin), has(self.trustOnFirstUse) && self.trustOnFirstUse, \
         has(self.insecureSkipVerify) && self.insecureSkipVerify].exists_one(chosen, chosen)",
    )
    .message(
        "tls needs exactly one of: caRef, pin, trustOnFirstUse: true, insecureSkipVerify: true; \
         leave tls out to trust the system's authorities",
    )
}

fn pin_rule() -> kube::core::Rule {
    kube::core::Rule::new("self.matches('^sha256/([A-Za-z0-9+/]{43}=?|[0-9A-Fa-f]{64})$')")
        .message("pin must be sha256/ followed by 64 hexadecimal digits or by the digest in base64 (43 characters and =)")
}

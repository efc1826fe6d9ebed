//! How a peer's certificate is judged.

/// What makes a TLS peer trusted (`facts/reliability-ux.md §2.5`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Certificates that the system trusts, by name and validity.
    System,
    /// Only certificates issued by one of these authorities (PEM), by name and validity.
    Authorities(String),
    /// The peer's public key is the pinned one; names and validity do not matter.
    Pin(Pin),
    /// The first key seen is trusted and reported in [`crate::host::Observation::pin`]; from then on it is a [`Trust::Pin`].
    FirstUse,
    /// Any certificate. Needs the operator's own switch besides the object's.
    Anything,
}

/// SHA-256 of a public key (`SubjectPublicKeyInfo`, DER), written `sha256/<base64>` as RFC 7469 does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pin(String);

impl Pin {
    /// Takes the written form; its shape is checked by the resource's schema.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The written form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

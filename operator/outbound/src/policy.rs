//! What the administrator allows.

use std::time::Duration;

use ipnet::IpNet;

/// What the administrator allows; the same for every peer (`facts/reliability-ux.md §2.4`).
#[derive(Debug, Clone)]
pub struct Policy {
    /// Networks that may be reached although they would be denied; wins over everything else.
    pub allowed: Vec<IpNet>,
    /// Networks denied besides the built-in ones: the cluster's Pod and Service ranges, the API server.
    pub denied: Vec<IpNet>,
    /// Whether peers may be left unverified: [`slipway_core::trust::Trust::Anything`], and credentials over plain HTTP.
    pub allow_insecure: bool,
    /// Time for the lookup of the name, and again for the connection and its TLS handshake.
    pub connect_timeout: Duration,
}

impl Default for Policy {
    /// Nothing is re-admitted, nothing is insecure, five seconds to connect (`facts/reliability-ux.md §1.8`).
    fn default() -> Self {
        Self {
            allowed: vec![],
            denied: vec![],
            allow_insecure: false,
            connect_timeout: Duration::from_secs(5),
        }
    }
}

/// Whether an `http` address will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plaintext {
    /// For what is sealed in another way, as images with a digest are.
    Allowed,
    /// For peers that get credentials: only with [`Policy::allow_insecure`].
    IfInsecureAllowed,
}

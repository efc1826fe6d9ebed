//! What an account service is started with.

use super::switches::OcmSwitches;
use jiff::Timestamp;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How the tokens are signed; clients do not check it (`facts/ocm.md §1.2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OcmSignature {
    /// `alg: none`.
    Unsigned,
    /// HMAC with SHA-256.
    #[default]
    Hs256,
}

/// Settings of an account service with its sign-on; the defaults are the documented service, with its clock at the
/// present moment.
#[derive(Debug, Clone)]
pub struct OcmConfig {
    /// Loopback address of all listeners.
    pub address: Ipv4Addr,
    /// DNS names in the certificate besides the address and `localhost`.
    pub names: Vec<String>,
    /// What the service's clock shows at start.
    pub epoch: Timestamp,
    /// Seconds of the service's clock a second.
    pub speed: f64,
    /// Lifetime of access tokens by the service's clock: 900 s (`facts/ocm.md §1.3`).
    pub token_life: Duration,
    /// Lifetime of refresh tokens that are no offline tokens, by the service's clock.
    pub refresh_life: Duration,
    /// Offline tokens lapse when unused this long, by the service's clock; `None`: never. The real ones do after 30
    /// days (`facts/ocm.md §1.3`).
    pub offline_idle: Option<Duration>,
    /// A used refresh or offline token is replaced by another one and good for nothing any more.
    pub rotate_refresh: bool,
    /// How tokens are signed.
    pub signature: OcmSignature,
    /// How the service behaves where the real one's way is not known.
    pub switches: OcmSwitches,
    /// Calls kept in the journal; older ones are dropped.
    pub recorded_calls: usize,
}

impl Default for OcmConfig {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST,
            names: Vec::new(),
            epoch: Timestamp::now(),
            speed: 1.0,
            token_life: Duration::from_mins(15),
            refresh_life: Duration::from_hours(10),
            offline_idle: None,
            rotate_refresh: false,
            signature: OcmSignature::default(),
            switches: OcmSwitches::default(),
            recorded_calls: 100_000,
        }
    }
}

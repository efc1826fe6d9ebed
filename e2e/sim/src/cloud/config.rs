//! What a cloud is started with.

use jiff::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// Settings of a cloud; the defaults are the documented service, with its clock at the present moment.
#[derive(Debug, Clone)]
pub struct CloudConfig {
    /// Loopback address of both listeners.
    pub address: Ipv4Addr,
    /// TCP port of the HTTPS listener; 0 asks the system.
    pub port: u16,
    /// More addresses with HTTPS, such as port 12250 for workload tokens (facts/oci.md §2.8).
    pub also: Vec<SocketAddr>,
    /// DNS names in the certificate besides the address and `localhost`.
    pub names: Vec<String>,
    /// What the service's clock shows at start.
    pub epoch: Timestamp,
    /// Seconds of the service's clock a second.
    pub speed: f64,
    /// How long the service takes.
    pub timings: CloudTimings,
    /// Lifetime of tokens that the token endpoints give out, by the wall's clock.
    pub token_lifetime: Duration,
    /// Writes fields without a value as `null`; the documents allow absent and null alike (facts/oci.md §1.3).
    pub nulls: bool,
    /// Calls kept in the journal; older ones are dropped.
    pub recorded_calls: usize,
}

impl Default for CloudConfig {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST,
            port: 0,
            also: Vec::new(),
            names: Vec::new(),
            epoch: Timestamp::now(),
            speed: 1.0,
            timings: CloudTimings::default(),
            token_lifetime: 20 * MINUTE,
            nulls: false,
            recorded_calls: 100_000,
        }
    }
}

/// How long things take by the service's clock (facts/oci.md §1.4).
#[derive(Debug, Clone, Copy)]
pub struct CloudTimings {
    /// Shortest time in REJECT before the rack's contact is taken: 20 minutes.
    pub reject: Duration,
    /// From the rack's contact with the right PIN to REQUEST.
    pub request: Duration,
    /// From REQUEST to the fingerprint.
    pub fingerprint: Duration,
    /// From READY to CONNECTED.
    pub connect: Duration,
    /// Longest unbroken time in CONNECTED, after which the service goes to REJECT: 90 days.
    pub connection: Duration,
    /// Longest outage after which DISCONNECTED goes back to CONNECTED by itself; `None`: any (unverified in the
    /// documents; they name 15 minutes as the reason to reconnect).
    pub outage: Option<Duration>,
}

impl Default for CloudTimings {
    fn default() -> Self {
        Self {
            reject: 20 * MINUTE,
            request: Duration::from_secs(5),
            fingerprint: Duration::from_secs(5),
            connect: Duration::from_secs(30),
            connection: 90 * DAY,
            outage: None,
        }
    }
}

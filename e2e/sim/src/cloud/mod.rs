//! Oracle's Compute Cloud@Customer service, simulated: its API with signatures checked, its states on a clock to turn, the
//! token endpoints and the instance metadata service (facts/oci.md §1, §2).
//!
//! ```no_run
//! # use slipway_sim::{Cloud, CloudConfig, Fault, Rack, RackConfig, Trouble};
//! # use std::time::Duration;
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let cloud = Cloud::start(CloudConfig::default()).await?;
//! let account = cloud.add_account()?;
//! let rack = Rack::start(&cloud, RackConfig::named("rack-a")).await?;
//! let id = cloud.create_infrastructure(&account, "rack-a");
//! cloud.clock().advance(Duration::from_secs(20 * 60));
//! cloud.add_fault(Trouble::FingerprintColons.into());
//! // A client with account.config_text(..), cloud.endpoint() and cloud.ca_pem() connects rack.url() and `id`.
//! assert!(cloud.violations().is_empty() && rack.pins().is_empty());
//! # let _ = id;
//! # Ok(())
//! # }
//! ```

mod account;
mod api;
mod config;
mod connection;
mod control;
mod federation;
mod fields;
mod files;
mod infrastructure;
mod journal;
mod key;
mod lever;
mod metadata;
mod page;
mod principal;
mod recurrence;
mod refusal;
mod schedule;
mod service;
mod signature;
mod token;
mod world;
mod write;

pub use account::{Account, Session};
pub use config::{CloudConfig, CloudTimings};
pub use control::serve as serve_control;
pub use files::ClientFiles;
pub use infrastructure::ConnectionState;
pub use journal::{CloudCall, Offence, Violation};
pub use key::KeyError;
pub use metadata::InstanceError;

use crate::door::Door;
use crate::fault::{Fault, FaultId};
use crate::fleet::SimError;
use crate::guarded::Guarded;
use crate::tls::{Authorities, Authority, Presented};
use crate::wire::{Clock, Gate, Station, Trouble, listen};
use jiff::{SignedDuration, Timestamp};
use journal::Journal;
use key::Pair;
use metadata::Instance;
use principal::Principals;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use token::Subject;
use tokio::task::JoinSet;
use world::World;

/// Everything of one cloud that its servers and its handles share.
#[derive(Debug)]
pub(crate) struct Inner {
    station: Station,
    world: Guarded<World>,
    principals: Principals,
    journal: Journal,
    /// How many there are.
    accounts: AtomicUsize,
    /// Signs the tokens.
    issuer: &'static Pair,
    /// Signs instances' certificates.
    identities: Authority,
    /// Who may have a token for which certificate, by SHA-256.
    instances: Guarded<HashMap<String, Subject>>,
    instance: Guarded<Option<Instance>>,
    service_accounts: Guarded<HashMap<String, Subject>>,
    enhanced: Guarded<bool>,
    token_lifetime: Guarded<Duration>,
    /// How far the service's idea of the wall's clock is off.
    skew: Guarded<SignedDuration>,
}

impl Inner {
    /// The wall's clock as the service has it.
    fn wall(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(*self.skew.lock()).unwrap_or(now)
    }
}

/// A running cloud; copies are one cloud, and it stops when the last is dropped.
#[derive(Debug, Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
    sockets: Arc<Sockets>,
}

#[derive(Debug)]
struct Sockets {
    tls: SocketAddr,
    plain: SocketAddr,
    also: Vec<SocketAddr>,
    /// A door whose handle is gone is shut: all are kept.
    doors: Vec<Door>,
    /// Holds the tasks that accept connections.
    _tasks: JoinSet<()>,
}

impl Cloud {
    /// Starts the service: HTTPS with a CA of its own, and the same over plain HTTP on another port. Needs a tokio
    /// runtime with time and net.
    pub async fn start(config: CloudConfig) -> Result<Self, SimError> {
        let loopback = config.address.is_loopback() && config.also.iter().all(|one| one.ip().is_loopback());
        if !loopback {
            return Err(SimError::Config("a cloud listens on loopback addresses".to_owned()));
        }
        let inner = Arc::new(Inner::new(&config)?);
        let mut tasks = JoinSet::new();
        let (tls, door) = open(&inner, (config.address, config.port).into(), true, &mut tasks).await?;
        let (plain, second) = open(&inner, (config.address, 0).into(), false, &mut tasks).await?;
        let (mut also, mut doors) = (Vec::new(), vec![door, second]);
        for address in &config.also {
            let (address, door) = open(&inner, *address, true, &mut tasks).await?;
            also.push(address);
            doors.push(door);
        }
        let sockets = Sockets { tls, plain, also, doors, _tasks: tasks };
        Ok(Self { inner, sockets: Arc::new(sockets) })
    }

    /// `https://127.0.0.1:PORT`, what goes into an endpoint override; clients add `/20221208`. The token endpoints are
    /// below it too: `/v1/x509`, `/v1/authentication/refresh` and `/resourcePrincipalSessionTokens`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.sockets.tls)
    }

    /// Socket address of [`Cloud::endpoint`].
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.sockets.tls
    }

    /// The sockets of [`CloudConfig::also`], in order.
    #[must_use]
    pub fn also(&self) -> &[SocketAddr] {
        &self.sockets.also
    }

    /// The same service over plain HTTP.
    #[must_use]
    pub fn plain_endpoint(&self) -> String {
        format!("http://{}", self.sockets.plain)
    }

    /// Base URL of the instance metadata service, for `OCI_METADATA_BASE_URL` (facts/oci.md §2.6).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        format!("{}/opc/v2", self.plain_endpoint())
    }

    /// The CA of the HTTPS certificate, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.inner.station.presented.ca_pem()
    }

    /// The service's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.station.clock
    }

    /// Counts and holds the calls to this cloud and to its racks.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.inner.station.gate
    }

    /// Sets a fault; [`Fault`] says which requests it meets and how often. Paths are those of the API, an OCID is a
    /// good part of one.
    #[expect(clippy::must_use_candidate, reason = "a fault that is never lifted needs no name")]
    pub fn add_fault(&self, fault: Fault<Trouble>) -> FaultId {
        self.inner.station.faults.add(fault)
    }

    /// Lifts a fault.
    pub fn remove_fault(&self, id: FaultId) {
        self.inner.station.faults.remove(id);
    }

    /// Lifts all faults.
    pub fn clear_faults(&self) {
        self.inner.station.faults.clear();
    }

    /// How many requests a fault has met; 0 once it is lifted.
    #[must_use]
    pub fn fault_hits(&self, id: FaultId) -> u64 {
        self.inner.station.faults.hits(id)
    }

    /// The faults that are set and how many requests each has met.
    #[must_use]
    pub fn faults(&self) -> Vec<(FaultId, Fault<Trouble>, u64)> {
        self.inner.station.faults.list()
    }

    /// Refuses connections at every port and cuts the open ones, or takes them again.
    pub async fn refuse_connections(&self, refuse: bool) {
        for door in &self.sockets.doors {
            door.set_open(!refuse).await;
        }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

async fn open(
    inner: &Arc<Inner>,
    address: SocketAddr,
    tls: bool,
    tasks: &mut JoinSet<()>,
) -> Result<(SocketAddr, Door), SimError> {
    let listening = listen(address, tls).await.map_err(|source| SimError::Listen { address, source })?;
    let address = listening.address;
    Ok((address, listening.serve(inner, tasks)))
}

impl Inner {
    fn new(config: &CloudConfig) -> Result<Self, SimError> {
        let authorities = Arc::new(Authorities::named("Simulated cloud CA")?);
        let mut names = vec!["localhost".to_owned()];
        names.extend(config.names.iter().cloned());
        let presented = Presented::new(authorities, config.address).with_names(names);
        let station = Station {
            faults: crate::fault::FaultBook::default(),
            gate: Gate::default(),
            clock: Clock::new(config.epoch, config.speed),
            presented,
        };
        Ok(Self {
            station,
            world: Guarded::new(World::new(config.timings, config.nulls)),
            principals: Principals::default(),
            journal: Journal::new(config.recorded_calls),
            accounts: AtomicUsize::new(0),
            issuer: issuer().map_err(|error| SimError::Config(error.to_string()))?,
            identities: Authority::new("PKISVC Identity Intermediate sim")?,
            instances: Guarded::default(),
            instance: Guarded::default(),
            service_accounts: Guarded::default(),
            enhanced: Guarded::new(true),
            token_lifetime: Guarded::new(config.token_lifetime),
            skew: Guarded::default(),
        })
    }
}

/// One key for all clouds of a process: making one takes longer than starting a cloud.
fn issuer() -> Result<&'static Pair, KeyError> {
    static ISSUER: OnceLock<Pair> = OnceLock::new();
    if let Some(pair) = ISSUER.get() {
        return Ok(pair);
    }
    let pair = Pair::generate()?;
    Ok(ISSUER.get_or_init(|| pair))
}

impl From<Trouble> for Fault<Trouble> {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble)
    }
}

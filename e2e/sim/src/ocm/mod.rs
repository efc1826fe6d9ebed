//! Red Hat's sign-on and account service, simulated (`facts/ocm.md §1, §2, §8`).
//!
//! ```no_run
//! # use slipway_sim::{Fault, Ocm, OcmConfig, Telemetry, Trouble};
//! # use std::time::Duration;
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let ocm = Ocm::start(OcmConfig::default()).await?;
//! let account = ocm.account("slipway-sa").ok_or("no account")?;
//! ocm.add_fault(Fault::new(Trouble::CutAfter).on("POST", "cluster_authorizations").once());
//! // A client with account.client_id, account.client_secret, ocm.token_url(), ocm.url() and ocm.ca_pem() reserves.
//! ocm.telemetry("0e2c7b1a-0000-4000-8000-000000000000", &Telemetry::default());
//! ocm.clock().advance(Duration::from_secs(25 * 3600));
//! assert!(ocm.violations().is_empty() && ocm.deleted_while("Active").is_empty());
//! # let _ = account;
//! # Ok(())
//! # }
//! ```

mod access;
mod account;
mod api;
mod authorization;
mod cluster;
mod config;
mod journal;
mod ksuid;
mod label;
mod labels;
mod lever;
mod list;
mod moment;
mod patch;
mod people;
mod query;
mod quota;
mod record;
mod refusal;
mod role;
mod search;
mod service;
mod sso;
mod subscription;
mod switches;
mod table;
mod telemetry;
mod token;
mod world;

pub use account::{OcmAccount, OcmRights, Reach};
pub use config::{OcmConfig, OcmSignature};
pub use journal::{OcmCall, OcmTransition, OcmViolation};
pub use sso::OcmTokenRequest;
pub use switches::{AfterDelete, Leniency, OcmShape, OcmSwitches, RepeatedClusterId};
pub use telemetry::Telemetry;

use crate::door::Door;
use crate::fault::{Fault, FaultBook, FaultId};
use crate::fleet::SimError;
use crate::guarded::Guarded;
use crate::tls::{Authorities, Presented};
use crate::wire::{Clock, Gate, Station, Trouble, listen};
use journal::Journal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use token::Mint;
use tokio::task::JoinSet;
use world::World;

/// The token endpoint, as the real one's path is (`facts/ocm.md §1.1`).
const TOKEN_PATH: &str = "/auth/realms/redhat-external/protocol/openid-connect/token";

/// Everything of one service that its servers and its handles share.
#[derive(Debug)]
struct Inner {
    station: Station,
    world: Guarded<World>,
    mint: Guarded<Mint>,
    journal: Journal,
    rotate_refresh: AtomicBool,
    offline_idle: Option<Duration>,
}

/// A running account service with its sign-on; copies are one, and it stops when the last is dropped. Several stand side
/// by side and know nothing of each other.
#[derive(Debug, Clone)]
pub struct Ocm {
    inner: Arc<Inner>,
    sockets: Arc<Sockets>,
}

#[derive(Debug)]
struct Socket {
    address: SocketAddr,
    /// A door whose handle is gone is shut: all are kept.
    door: Door,
}

#[derive(Debug)]
struct Sockets {
    api: [Socket; 2],
    sso: [Socket; 2],
    /// Holds the tasks that accept connections.
    _tasks: JoinSet<()>,
}

impl Ocm {
    /// Starts sign-on and account service, each over HTTPS with a CA of its own and over plain HTTP, on ports that the
    /// system gives. Needs a tokio runtime with time and net. The accounts `jdoe`, `slipway-sa`, `limited-sa` and
    /// `banned` are in organization `A`, `other` is in `B`.
    pub async fn start(config: OcmConfig) -> Result<Self, SimError> {
        if !config.address.is_loopback() {
            return Err(SimError::Config("an account service listens on loopback addresses".to_owned()));
        }
        let inner = Arc::new(Inner::new(&config)?);
        let mut tasks = JoinSet::new();
        let address = (config.address, 0).into();
        let api =
            [open(&inner, address, true, &mut tasks).await?, open(&inner, address, false, &mut tasks).await?];
        let sso =
            [open(&inner, address, true, &mut tasks).await?, open(&inner, address, false, &mut tasks).await?];
        let ocm = Self { inner, sockets: Arc::new(Sockets { api, sso, _tasks: tasks }) };
        ocm.populate();
        Ok(ocm)
    }

    /// `https://127.0.0.1:PORT`: the API's base.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.sockets.api[0].address)
    }

    /// The token endpoint over HTTPS, with its path.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("https://{}{TOKEN_PATH}", self.sockets.sso[0].address)
    }

    /// The API's base over plain HTTP.
    #[must_use]
    pub fn plain_url(&self) -> String {
        format!("http://{}", self.sockets.api[1].address)
    }

    /// The token endpoint over plain HTTP, with its path.
    #[must_use]
    pub fn plain_token_url(&self) -> String {
        format!("http://{}{TOKEN_PATH}", self.sockets.sso[1].address)
    }

    /// Socket address of [`Ocm::url`].
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.sockets.api[0].address
    }

    /// Socket address of [`Ocm::token_url`].
    #[must_use]
    pub fn token_socket(&self) -> SocketAddr {
        self.sockets.sso[0].address
    }

    /// The CA of the HTTPS certificates, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.inner.station.presented.ca_pem()
    }

    /// The service's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.station.clock
    }

    /// Counts and holds the calls to the sign-on and to the API, in one row.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.inner.station.gate
    }

    /// Sets a fault; [`Fault`] says which requests it meets and how often. The sign-on's path has `openid-connect/token`
    /// in it; the API's paths stand with their query, percent-encoded.
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
        self.refuse_api(refuse).await;
        self.refuse_sso(refuse).await;
    }

    /// The same for the API alone.
    pub async fn refuse_api(&self, refuse: bool) {
        for socket in &self.sockets.api {
            socket.door.set_open(!refuse).await;
        }
    }

    /// The same for the sign-on alone.
    pub async fn refuse_sso(&self, refuse: bool) {
        for socket in &self.sockets.sso {
            socket.door.set_open(!refuse).await;
        }
    }
}

async fn open(
    inner: &Arc<Inner>,
    address: SocketAddr,
    tls: bool,
    tasks: &mut JoinSet<()>,
) -> Result<Socket, SimError> {
    let listening = listen(address, tls).await.map_err(|source| SimError::Listen { address, source })?;
    let address = listening.address;
    Ok(Socket { address, door: listening.serve(inner, tasks) })
}

impl Inner {
    fn new(config: &OcmConfig) -> Result<Self, SimError> {
        let authorities = Arc::new(Authorities::named("Simulated account service CA")?);
        let mut names = vec!["localhost".to_owned()];
        names.extend(config.names.iter().cloned());
        let station = Station {
            faults: FaultBook::default(),
            gate: Gate::default(),
            clock: Clock::new(config.epoch, config.speed),
            presented: Presented::new(authorities, config.address).with_names(names),
        };
        let world = World { switches: config.switches.clone(), ..World::default() };
        Ok(Self {
            station,
            world: Guarded::new(world),
            mint: Guarded::new(Mint::new(config.signature, config.token_life, config.refresh_life)),
            journal: Journal::new(config.recorded_calls),
            rotate_refresh: AtomicBool::new(config.rotate_refresh),
            offline_idle: config.offline_idle,
        })
    }
}

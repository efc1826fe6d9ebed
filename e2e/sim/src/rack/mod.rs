//! A rack's endpoint that takes the PIN (facts/oci.md §1.5).

mod service;

use crate::cloud::{Cloud, Inner as CloudInner};
use crate::door::Door;
use crate::fault::{Fault, FaultBook, FaultId};
use crate::fleet::SimError;
use crate::guarded::Guarded;
use crate::tls::{Authorities, Presented, TlsError};
use crate::wire::{Station, Trouble, listen};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Settings of a rack.
#[derive(Debug, Clone)]
pub struct RackConfig {
    /// Name in the cloud's journal; each rack of a cloud has its own.
    pub name: String,
    /// Loopback address of the endpoint.
    pub address: Ipv4Addr,
    /// TCP port; 0 asks the system.
    pub port: u16,
    /// DNS names in the certificate besides the address and `localhost`.
    pub names: Vec<String>,
}

impl RackConfig {
    /// A rack of this name on 127.0.0.1.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), address: Ipv4Addr::LOCALHOST, port: 0, names: Vec::new() }
    }
}

/// A PIN that was posted to a rack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinPost {
    /// The PIN; `None` when the body had none.
    pub pin: Option<String>,
    /// By the service's clock.
    pub at: Timestamp,
    /// By the wall's clock.
    pub wall: Timestamp,
    /// HTTP status of the answer; `None` when none was sent (yet).
    pub status: Option<u16>,
    /// Whether the rack took the PIN: not when a fault came first.
    pub taken: bool,
    /// Fingerprint in the answer as it was sent.
    pub fingerprint: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    posts: Vec<PinPost>,
    /// PINs that the rack has taken.
    taken: HashSet<String>,
    /// The link to the cloud is cut.
    cut: bool,
    /// What the rack tells the cloud when the link is back: PIN and fingerprint.
    waiting: Option<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    name: String,
    station: Station,
    cloud: Arc<CloudInner>,
    state: Guarded<State>,
}

/// A running rack; copies are one rack, and it stops when the last is dropped.
#[derive(Debug, Clone)]
pub struct Rack {
    inner: Arc<Inner>,
    socket: SocketAddr,
    door: Arc<Door>,
    _tasks: Arc<JoinSet<()>>,
}

impl Rack {
    /// Starts a rack that makes contact with this cloud: HTTPS with a CA of its own. Needs a tokio runtime.
    pub async fn start(cloud: &Cloud, config: RackConfig) -> Result<Self, SimError> {
        if !config.address.is_loopback() {
            return Err(SimError::Config("a rack listens on a loopback address".to_owned()));
        }
        let authorities = Arc::new(Authorities::named(&format!("CA of {}", config.name))?);
        let mut names = vec!["localhost".to_owned()];
        names.extend(config.names);
        let cloud = Arc::clone(cloud.inner());
        let station = Station {
            faults: FaultBook::default(),
            gate: cloud.gate(),
            clock: cloud.clock().clone(),
            presented: Presented::new(authorities, config.address).with_names(names),
        };
        let inner = Arc::new(Inner { name: config.name, station, cloud, state: Guarded::default() });
        let address = SocketAddr::from((config.address, config.port));
        let listening = listen(address, true).await.map_err(|source| SimError::Listen { address, source })?;
        let mut tasks = JoinSet::new();
        let socket = listening.address;
        let door = Arc::new(listening.serve(&inner, &mut tasks));
        Ok(Self { inner, socket, door, _tasks: Arc::new(tasks) })
    }

    /// Name in the cloud's journal.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.socket)
    }

    /// `https://127.0.0.1:PORT/rps_pin`, where the guide's `curl` posts the PIN.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/rps_pin", self.endpoint())
    }

    /// Socket address of the endpoint.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The CA of the certificate, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.inner.station.presented.ca_pem()
    }

    /// DER of the certificate that it presents now.
    pub fn certificate(&self) -> Result<Vec<u8>, TlsError> {
        self.inner.station.presented.certificate().map(|certificate| certificate.to_vec())
    }

    /// Another key and certificate from now on, signed by its own CA or by a foreign one.
    pub fn replace_certificate(&self, foreign: bool) -> Result<(), TlsError> {
        self.inner.station.presented.replace(foreign)
    }

    /// Every POST so far, oldest first.
    #[must_use]
    pub fn posts(&self) -> Vec<PinPost> {
        self.inner.state.lock().posts.clone()
    }

    /// The PINs of the POSTs so far, oldest first, those that a fault kept from the rack as well.
    #[must_use]
    pub fn pins(&self) -> Vec<String> {
        self.inner.state.lock().posts.iter().filter_map(|post| post.pin.clone()).collect()
    }

    /// Cuts the rack's link to the cloud, or mends it. A PIN that comes meanwhile is used when the link is back.
    pub fn set_contact(&self, contact: bool) {
        let mut state = self.inner.state.lock();
        state.cut = !contact;
        let waiting = if contact { state.waiting.take() } else { None };
        drop(state);
        self.inner.cloud.set_rack_contact(&self.inner.name, contact);
        if let Some((pin, fingerprint)) = waiting {
            self.inner.cloud.contact(&self.inner.name, &pin, &fingerprint);
        }
    }

    /// Sets a fault for the POSTs to this rack.
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

    /// Refuses connections and cuts the open ones, or takes them again.
    pub async fn refuse_connections(&self, refuse: bool) {
        self.door.set_open(!refuse).await;
    }
}

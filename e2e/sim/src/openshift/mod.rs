//! A simulated OpenShift cluster: what its API server says of the installation (facts/ocm.md §2.5, facts/ocm.md §9.2).

mod kubeconfig;
mod porch;
mod service;

use crate::fault::{Fault, FaultBook, FaultId};
use crate::fleet::SimError;
use crate::guarded::Guarded;
use crate::tls::{Authorities, Presented};
use crate::wire::{Clock, Gate, Station, Trouble, listen};
use jiff::Timestamp;
use kubeconfig::Holder;
use porch::Porch;
use serde::Serialize;
use service::Entrance;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::task::JoinSet;

/// One request as the API server saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenShiftCall {
    /// HTTP method.
    pub method: String,
    /// Path with the query.
    pub path: String,
    /// Who asked; `None` for nobody that is known.
    pub user: Option<String>,
    /// HTTP status of the answer; `None` when none was sent (yet).
    pub status: Option<u16>,
}

#[derive(Debug, Clone)]
struct Version {
    cluster_id: String,
    completed: bool,
}

#[derive(Debug, Default)]
enum Console {
    #[default]
    Absent,
    Unaddressed,
    At(String),
}

#[derive(Debug, Default)]
struct State {
    version: Option<Version>,
    console: Console,
    denied: bool,
    away: Option<FaultId>,
    calls: Vec<OpenShiftCall>,
}

#[derive(Debug)]
struct Inner {
    station: Station,
    holder: Holder,
    state: Guarded<State>,
}

/// A running cluster; copies are one cluster, and it stops when the last is dropped.
///
/// It starts without a `ClusterVersion`, as an API server that is just up, and without a `Console`. HTTPS on 127.0.0.1 with a CA of its
/// own; users come with a client certificate of that CA or with a bearer token.
#[derive(Debug, Clone)]
pub struct OpenShift {
    inner: Arc<Inner>,
    socket: SocketAddr,
    _tasks: Arc<JoinSet<()>>,
}

impl OpenShift {
    /// Starts a cluster on a free port. Needs a tokio runtime.
    pub async fn start() -> Result<Self, SimError> {
        let authorities = Arc::new(Authorities::named("Simulated OpenShift CA")?);
        let holder = Holder::new(&authorities.own)?;
        let porch = Porch::new(&authorities.own)?;
        let station = Station {
            faults: FaultBook::default(),
            gate: Gate::default(),
            clock: Clock::new(Timestamp::now(), 1.0),
            presented: Presented::new(authorities, Ipv4Addr::LOCALHOST),
        };
        let inner = Arc::new(Inner { station, holder, state: Guarded::default() });
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let free = |tls| async move {
            listen(any, tls).await.map_err(|source| SimError::Listen { address: any, source })
        };
        let mut tasks = JoinSet::new();
        let mut rooms = Vec::new();
        for certified in [false, true] {
            let room = free(false).await?;
            rooms.push(room.address);
            let entrance = Arc::new(Entrance::new(Arc::clone(&inner), certified));
            tasks.spawn(async move {
                let mut served = JoinSet::new();
                let _door = room.serve(&entrance, &mut served);
                while served.join_next().await.is_some() {}
            });
        }
        let front = free(true).await?;
        let socket = front.address;
        if let [unknown, certified] = rooms[..] {
            tasks.spawn(porch.attend(front.listener, unknown, certified));
        }
        Ok(Self { inner, socket, _tasks: Arc::new(tasks) })
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.socket)
    }

    /// Socket address of the API server.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The CA of its certificate and of its users' certificates, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.inner.station.presented.ca_pem()
    }

    /// The token of [`OpenShift::kubeconfig_with_token`].
    #[must_use]
    pub fn token(&self) -> &str {
        self.inner.holder.token()
    }

    /// A kubeconfig with a client certificate, as the installer leaves it.
    #[must_use]
    pub fn kubeconfig(&self) -> String {
        self.inner.holder.with_certificate(&self.url(), self.ca_pem())
    }

    /// A kubeconfig with a token, as for a service account.
    #[must_use]
    pub fn kubeconfig_with_token(&self) -> String {
        self.inner.holder.with_token(&self.url(), self.ca_pem())
    }

    /// There is a `ClusterVersion` with this id, whose installation is complete or still under way.
    pub fn set_version(&self, cluster_id: &str, completed: bool) {
        let version = Version { cluster_id: cluster_id.to_owned(), completed };
        self.inner.state.lock().version = Some(version);
    }

    /// There is no `ClusterVersion`, and nothing else of OpenShift's: plain Kubernetes.
    pub fn remove_cluster_version(&self) {
        self.inner.state.lock().version = None;
    }

    /// There is a `Console` with this address, or with none yet.
    pub fn set_console(&self, url: Option<&str>) {
        let console = url.map_or(Console::Unaddressed, |url| Console::At(url.to_owned()));
        self.inner.state.lock().console = console;
    }

    /// There is no `Console`.
    pub fn remove_console(&self) {
        self.inner.state.lock().console = Console::Absent;
    }

    /// From now on every request is cut off without an answer, or answered again.
    pub fn go_away(&self, away: bool) {
        let faults = &self.inner.station.faults;
        let mut state = self.inner.state.lock();
        if let Some(before) = state.away.take() {
            faults.remove(before);
        }
        state.away = away.then(|| faults.add(Fault::new(Trouble::CutBefore)));
    }

    /// From now on users may read nothing (403), or may again.
    pub fn deny(&self, denied: bool) {
        self.inner.state.lock().denied = denied;
    }

    /// Every request so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<OpenShiftCall> {
        self.inner.state.lock().calls.clone()
    }

    /// Sets a fault.
    #[expect(clippy::must_use_candidate, reason = "a fault that is never lifted needs no name")]
    pub fn add_fault(&self, fault: Fault<Trouble>) -> FaultId {
        self.inner.station.faults.add(fault)
    }

    /// Lifts a fault.
    pub fn remove_fault(&self, id: FaultId) {
        self.inner.station.faults.remove(id);
    }

    /// Holds calls for kill tests.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.inner.station.gate.clone()
    }
}

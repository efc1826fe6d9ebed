//! A fleet: its BMCs, machines, certificates and file server.

use crate::bmc::{Bmc, Parts, attend};
use crate::config::FleetConfig;
use crate::door::door;
use crate::guarded::Guarded;
use crate::identity::{Identity, USERNAME, address};
use crate::images::Images;
use crate::machine::{Machine, Site};
use crate::recording::Counters;
use crate::tls::{Authorities, Presented, TlsError};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Why a fleet did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The settings do not fit together.
    #[error("settings: {0}")]
    Config(String),
    /// A socket could not be had.
    #[error("listening on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running fleet; dropping it stops everything.
#[derive(Debug)]
pub struct Fleet {
    port: u16,
    base: Ipv4Addr,
    bmcs: Vec<Bmc>,
    site: Arc<Site>,
    authorities: Arc<Authorities>,
    images: Images,
    /// Holds the tasks that accept connections.
    _tasks: JoinSet<()>,
}

// Somebody else may hold the port on one of the other addresses.
const PORT_TRIES: usize = 8;

impl Fleet {
    /// Starts BMCs, machines and the file server. Needs a tokio runtime with time and net.
    pub async fn start(config: FleetConfig) -> Result<Self, SimError> {
        if config.count == 0 || config.shapes.is_empty() {
            return Err(SimError::Config("a fleet needs a BMC and a shape".to_owned()));
        }
        raise_file_limit();
        let addresses: Option<Vec<_>> = (0..config.count).map(|index| address(config.base, index)).collect();
        let addresses =
            addresses.ok_or_else(|| SimError::Config(format!("{} is no loopback base", config.base)))?;
        let listeners = listen(&addresses, config.port).await?;
        let port = listeners.first().map_or(0, |(address, _)| address.port());
        let authorities = Arc::new(Authorities::new()?);
        let site = Arc::new(Site {
            started: Instant::now(),
            timings: config.timings,
            firmware: config.firmware,
            markers: config.markers.clone(),
            boot_url: Guarded::new(config.boot_url.clone()),
        });
        let mut tasks = JoinSet::new();
        let images = Images::start(&mut tasks).await.map_err(|source| SimError::Listen {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            source,
        })?;
        let mut bmcs = Vec::with_capacity(config.count);
        for (index, (address, listener)) in listeners.into_iter().enumerate() {
            let bmc = make(index, &config, &site, &authorities);
            let served = bmc.clone();
            let (door, task) = door(listener, address, move |stream| attend(served.clone(), stream));
            bmc.hang_door(door);
            tasks.spawn(task);
            bmcs.push(bmc);
        }
        Ok(Self { port, base: config.base, bmcs, site, authorities, images, _tasks: tasks })
    }

    /// Number of BMCs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bmcs.len()
    }

    /// Never: a fleet has at least one BMC.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bmcs.is_empty()
    }

    /// One BMC.
    ///
    /// # Panics
    /// When the fleet has no such index.
    #[must_use]
    pub fn bmc(&self, index: usize) -> Bmc {
        self.bmcs[index].clone()
    }

    /// Every BMC, in order of the index.
    pub fn bmcs(&self) -> impl Iterator<Item = &Bmc> {
        self.bmcs.iter()
    }

    /// The machine behind one BMC.
    ///
    /// # Panics
    /// When the fleet has no such index.
    #[must_use]
    pub fn machine(&self, index: usize) -> Machine {
        self.bmcs[index].machine()
    }

    /// Address of a BMC as the operator wants it: `https://127.20.0.1:PORT`.
    #[must_use]
    pub fn address(&self, index: usize) -> String {
        format!("https://{}", self.socket(index))
    }

    /// Socket address of a BMC.
    #[must_use]
    pub fn socket(&self, index: usize) -> SocketAddr {
        let address = address(self.base, index).unwrap_or(Ipv4Addr::UNSPECIFIED);
        SocketAddr::from((address, self.port))
    }

    /// TCP port of every BMC.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The CA that signs the BMCs' certificates, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.authorities.own.pem()
    }

    /// The CA of certificates that `Bmc::replace_certificate(true)` presents, in PEM.
    #[must_use]
    pub fn foreign_ca_pem(&self) -> &str {
        self.authorities.foreign.pem()
    }

    /// Login name of every BMC.
    #[must_use]
    pub fn username(&self) -> &'static str {
        USERNAME
    }

    /// Password of a BMC as it is now.
    #[must_use]
    pub fn password(&self, index: usize) -> String {
        self.bmcs[index].password()
    }

    /// MAC address that boots, lower case with colons, as the fleet started.
    #[must_use]
    pub fn mac(&self, index: usize) -> String {
        Identity::of(index).macs.swap_remove(0)
    }

    /// UUID as the fleet started.
    #[must_use]
    pub fn uuid(&self, index: usize) -> String {
        Identity::of(index).uuid
    }

    /// Serial number as the fleet started.
    #[must_use]
    pub fn serial(&self, index: usize) -> String {
        Identity::of(index).serial
    }

    /// The file server for kernels and initrds.
    #[must_use]
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// Base URL of the boot service that DHCP announces, without a trailing slash; `None` when there is none.
    pub fn set_boot_url(&self, url: Option<&str>) {
        *self.site.boot_url.lock() = url.map(|url| url.trim_end_matches('/').to_owned());
    }

    /// Sums over all BMCs.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut sum = Counters::default();
        for bmc in &self.bmcs {
            sum.add(&bmc.counters());
        }
        sum
    }

    /// Forgets the calls and sums of all BMCs.
    pub fn clear_calls(&self) {
        self.bmcs.iter().for_each(Bmc::clear_calls);
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for bmc in &self.bmcs {
            bmc.machine().halt();
        }
    }
}

fn make(index: usize, config: &FleetConfig, site: &Arc<Site>, authorities: &Arc<Authorities>) -> Bmc {
    let shape = config.shapes[index % config.shapes.len()].clone();
    let maker = (shape.system.manufacturer.clone(), shape.system.model.clone());
    let machine = Machine::new(index, Arc::clone(site), config, maker, shape.boot.persistent);
    let own = address(config.base, index).unwrap_or(Ipv4Addr::LOCALHOST);
    Bmc::new(Parts {
        index,
        shape,
        latency: config.latency,
        machine,
        presented: Presented::new(Arc::clone(authorities), own),
        started: site.started,
        recorded_calls: config.recorded_calls,
    })
}

type Listening = Vec<(SocketAddr, TcpListener)>;

async fn listen(addresses: &[Ipv4Addr], port: Option<u16>) -> Result<Listening, SimError> {
    if let Some(port) = port {
        return listen_on(addresses, port).await;
    }
    let mut last = listen_on(addresses, 0).await;
    for _ in 1..PORT_TRIES {
        if last.is_ok() {
            break;
        }
        last = listen_on(addresses, 0).await;
    }
    last
}

/// Port 0 takes the port that the system gives to the first address for all others.
async fn listen_on(addresses: &[Ipv4Addr], port: u16) -> Result<Listening, SimError> {
    let mut port = port;
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        let address = SocketAddr::from((*address, port));
        let error = |source| SimError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(error)?;
        let address = listener.local_addr().map_err(error)?;
        port = address.port();
        listeners.push((address, listener));
    }
    Ok(listeners)
}

/// A thousand BMCs need more open files than a login shell grants; the hard limit is left as it is.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "limit of open files not raised");
    }
}

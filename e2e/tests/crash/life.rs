//! One operator with one host, killed at one point.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt as _;
use slipway_e2e::{ApiProxy, ControlPlane, Killer, Moment, OperatorOptions, Rack, Rule, Then, wait_for};
use slipway_sim::{Bmc, Effect, Fault, FleetConfig};

use crate::point::{Point, Way};
use crate::relay::Relay;

/// Longest time from the point to the end of a life.
const LIMIT: Duration = Duration::from_mins(1);
/// Lives at once: more would only wait for each other on two cores.
const AT_ONCE: usize = 3;

/// One operator with one host.
pub struct Life {
    pub rack: Rack,
    pub proxy: ApiProxy,
    pub relay: Relay,
}

/// How a life went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// The operator was killed at the point, and started again.
    Killed,
    /// The wish was carried out in fewer calls than the point's number: so many.
    NotReached(u64),
}

/// The kill that is to come.
struct Armed {
    struck: Arc<AtomicBool>,
    _watching: Option<tokio::task::JoinHandle<()>>,
}

impl Life {
    /// An operator that serves a fleet of one through proxy and relay. No host object is there yet.
    pub async fn begin(fleet: FleetConfig, test: &str) -> anyhow::Result<Self> {
        let control_plane = ControlPlane::shared().await?;
        control_plane.install().await?;
        let proxy = ApiProxy::start(control_plane).await?;
        let operator = OperatorOptions::default()
            .api(proxy.url(), proxy.ca_pem())
            .poll_interval("1s")
            .arg("--reset-timeout=2s");
        let rack = Rack::options().fleet(fleet).operator(operator).start(control_plane, test).await?;
        let relay = Relay::start(rack.boot).await?;
        rack.fleet.set_boot_url(Some(relay.url()));
        // What the operator writes of the profile is no part of a host's life.
        let wait = ["wait", "iprof", "--all", "--for=condition=Ready", "--timeout=30s"];
        rack.kubectl.ok(&wait).await?;
        Ok(Self { rack, proxy, relay })
    }

    pub fn bmc(&self) -> Bmc {
        self.rack.fleet.bmc(0)
    }

    /// Counts from here on.
    pub fn count_anew(&self) {
        self.proxy.reset();
        self.bmc().clear_calls();
    }

    /// How many calls there were so far on a way.
    pub fn calls(&self, way: Way) -> u64 {
        match way {
            Way::Write => self.proxy.writes(),
            Way::Bmc => self.bmc().counters().calls,
            Way::Boot => self.relay.requests(),
        }
    }

    fn arm(&self, point: Point) -> anyhow::Result<Armed> {
        let killer = self.rack.operator.killer()?;
        let struck = Arc::new(AtomicBool::new(false));
        let mut watching = None;
        match point.way {
            Way::Write => self.proxy.install(kill_at_write(point, killer, Arc::clone(&struck))),
            Way::Bmc => watching = Some(kill_at_call(self.bmc(), point, killer, Arc::clone(&struck))),
            Way::Boot => self.relay.arm(point, killer, Arc::clone(&struck)),
        }
        Ok(Armed { struck, _watching: watching })
    }

    /// Begins to count, makes the wish, and has the operator killed at the point and started again. `carried_out` looks
    /// whether all that was wished has come about.
    pub async fn live<W>(
        &mut self,
        point: Point,
        wish: impl Future<Output = anyhow::Result<()>>,
        carried_out: impl Fn() -> W,
    ) -> anyhow::Result<Course>
    where
        W: Future<Output = anyhow::Result<()>>,
    {
        Ok(Course::Killed)
    }
}

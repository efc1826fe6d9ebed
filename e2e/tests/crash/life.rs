//! One operator with one host, killed at one point.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use slipway_e2e::{ApiProxy, ControlPlane, Killer, Moment, OperatorOptions, Rack, Rule, Then, wait_for};
use slipway_sim::{Bmc, Effect, Fault, FleetConfig, StepKind};
use tokio::sync::Semaphore;

use crate::point::{Point, Way};
use crate::relay::Relay;

/// Longest wait for the point, and for the operator to look at its host again.
const LIMIT: Duration = Duration::from_mins(1);
/// Lives at once, of all tests. Most of a life is waiting: for the next look, for the machine, and for the operator to be back.
const AT_ONCE: usize = 8;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// One operator with one host.
pub(crate) struct Life {
    pub(crate) rack: Rack,
    proxy: ApiProxy,
    relay: Relay,
}

/// How a life went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// The operator was killed at the point, and started again.
    Killed,
    /// All was done in fewer calls than the point's number.
    NotReached,
}

/// A kill that is to come, and whether it has.
#[derive(Clone)]
pub(crate) struct Kill {
    killer: Killer,
    struck: Arc<AtomicBool>,
}

impl Kill {
    /// Kills.
    pub(crate) fn strike(&self) {
        self.struck.store(true, Ordering::SeqCst);
        self.killer.kill();
    }
}

impl Life {
    /// An operator that serves a fleet of one through proxy and relay. No host object is there yet.
    pub(crate) async fn begin(fleet: FleetConfig, test: &str) -> anyhow::Result<Self> {
        let control_plane = ControlPlane::shared().await?;
        let proxy = ApiProxy::start(control_plane).await?;
        let operator = OperatorOptions::default()
            .api(proxy.url(), proxy.ca_pem())
            .poll_interval("500ms")
            .arg("--reset-timeout=2s");
        let options = Rack::options().fleet(fleet).operator(operator);
        let rack = options.start(control_plane, test).await?;
        let relay = Relay::start(rack.boot).await?;
        rack.fleet.set_boot_url(Some(relay.url()));
        // What the operator writes of the profile is no part of a host's life.
        rack.wait_profile().await?;
        Ok(Self { rack, proxy, relay })
    }

    pub(crate) fn bmc(&self) -> Bmc {
        self.rack.fleet.bmc(0)
    }

    /// How many calls there were on a way since [`Life::arm`].
    pub(crate) fn calls(&self, way: Way) -> u64 {
        match way {
            Way::Write => self.proxy.writes(),
            Way::Bmc => self.bmc().counters().calls,
            Way::Boot => self.relay.requests(),
        }
    }

    /// Counts from here on, and kills at the point.
    pub(crate) fn arm(&self, point: Option<Point>) -> anyhow::Result<Kill> {
        let kill = Kill { killer: self.rack.operator.killer()?, struck: Arc::default() };
        self.proxy.reset();
        self.bmc().clear_calls();
        match point {
            Some(point) if point.way == Way::Write => self.proxy.install(at_write(point, kill.clone())),
            Some(point) if point.way == Way::Bmc => at_call(self.bmc(), point, kill.clone()),
            Some(point) => self.relay.arm(point, kill.clone()),
            None => {}
        }
        Ok(kill)
    }

    /// What the machine did.
    fn story(&self) -> Vec<StepKind> {
        self.rack.fleet.machine(0).steps().into_iter().map(|step| step.kind).collect()
    }

    /// Waits for the kill, starts the operator again and waits until all is done.
    pub(crate) async fn go_on(
        &mut self,
        point: Point,
        kill: &Kill,
        done: impl AsyncFn(&Rack) -> anyhow::Result<()>,
    ) -> anyhow::Result<Course> {
        let done_before = tokio::select! {
            biased;
            ended = self.rack.operator.wait_ended(LIMIT) => ended.map(|_| false),
            done = done(&self.rack) => done.map(|()| true),
        };
        let calls = self.calls(point.way);
        if done_before.context("before the kill")? && calls < point.number {
            return Ok(Course::NotReached);
        }
        self.rack.operator.wait_ended(LIMIT).await?;
        let status = self.rack.operator.kill().await?;
        ensure!(status.signal() == Some(9) && kill.struck.load(Ordering::SeqCst), "ended by {status}");
        self.rack.operator.start_again().await?;
        done(&self.rack).await.with_context(|| format!("after the kill, the machine: {:?}", self.story()))?;
        Ok(Course::Killed)
    }
}

fn at_write(point: Point, kill: Kill) -> Rule {
    Rule::at_write(point.number, point.moment, move |_| {
        kill.strike();
        Then::Cut
    })
}

fn at_call(bmc: Bmc, point: Point, kill: Kill) {
    let effect = match point.moment {
        Moment::BeforeForwarding => Effect::Hang,
        Moment::BeforeAnswering => Effect::HangAfter,
    };
    let id = bmc.add_fault(Fault::new(effect).after(point.number - 1).once());
    tokio::spawn(async move {
        if bmc.wait_for_hits(id, 1, LIMIT).await {
            kill.strike();
        }
    });
}

/// Waits until the operator has looked at its host so many times more.
pub(crate) async fn looks(rack: &Rack, count: u64) -> anyhow::Result<()> {
    let gets = || rack.fleet.bmc(0).counters().gets;
    let enough = gets() + count;
    wait_for("the operator's next looks", LIMIT, || async {
        ensure!(gets() >= enough, "{} GETs", gets());
        Ok(())
    })
    .await
}

/// Has one life for each point. Every life must go well, and the kill must come at nearly every point: two reports of the machine that
/// come together may make one write, so that a life may have fewer calls than the one that was counted.
pub(crate) async fn all<L>(points: Vec<Point>, life: impl Fn(Point) -> L)
where
    L: Future<Output = anyhow::Result<Course>>,
{
    let lives = points.iter().map(|point| {
        let life = life(*point);
        async move {
            let _place = PLACES.acquire().await;
            (*point, life.await)
        }
    });
    let ended: Vec<_> = futures::stream::iter(lives).buffer_unordered(AT_ONCE).collect().await;
    let failed: Vec<_> = ended
        .iter()
        .filter_map(|(point, end)| Some(format!("killed {point}: {:#}", end.as_ref().err()?)))
        .collect();
    assert!(failed.is_empty(), "{} of {} lives:\n{}", failed.len(), ended.len(), failed.join("\n\n"));
    for way in [Way::Write, Way::Bmc, Way::Boot] {
        let of_way: Vec<_> = ended.iter().filter(|(point, _)| point.way == way).collect();
        let killed = of_way.iter().filter(|(_, end)| matches!(end, Ok(Course::Killed))).count();
        assert!(3 * killed >= 2 * of_way.len(), "killed in {killed} of {} lives: {of_way:?}", of_way.len());
    }
}

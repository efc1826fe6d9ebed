//! One operator with one rack, killed at one point.

use std::os::unix::process::ExitStatusExt as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use slipway_e2e::{ApiProxy, ControlPlane, Killer, Moment, OperatorOptions, Rule, Site, Then};
use slipway_sim::{Clock, CloudCall, CloudConfig, CloudTimings, ConnectionState, Gate, Hold, Position};
use tokio::sync::{Notify, Semaphore};

use crate::person::Person;
use crate::point::{Counts, Point};

/// Longest wait for the point; lives end earlier.
const LIMIT: Duration = Duration::from_mins(5);
/// Lives at once, of all tests. Most of a life is waiting: for its turn at Oracle Cloud, and for the waiting time.
const AT_ONCE: usize = 16;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);
/// Seconds of Oracle Cloud's clock a second: the 20 minutes of a waiting time are less than a look at a rack at rest takes.
const SPEED: f64 = 1800.0;
/// Calls of an operator that is back, before Oracle Cloud's clock goes on, and how long they are waited for.
const LOOKS: u64 = 2;
const PATIENCE: Duration = Duration::from_secs(1);

/// Oracle Cloud, where everything but the waiting time takes a moment that is over before the operator looks again. What is looked at twice is so because
/// of a fault, and not by the pace of this machine: the points are then the same in every life.
fn cloud() -> CloudConfig {
    let moment = Duration::from_secs(1);
    let timings =
        CloudTimings { request: moment, fingerprint: moment, connect: moment, ..CloudTimings::default() };
    CloudConfig { speed: SPEED, timings, ..CloudConfig::default() }
}

/// One operator with one rack.
pub(crate) struct Life {
    pub(crate) site: Site,
    proxy: ApiProxy,
    calls_before: u64,
}

/// How a life went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// The operator was killed at the point, and started again.
    Killed,
    /// All was done in fewer calls than the point's number.
    NotReached,
}

/// A kill that is to come. Oracle Cloud's clock stands still from the moment of the kill until the operator has looked again: the operator that comes
/// back finds the PIN that was in use, and the waiting time where it was.
enum Strike {
    /// When a call is held. The first hold, where there is one, is at the same call before its effect.
    Call(Option<Hold>, Hold),
    /// The hook at a write has killed already.
    Write(Arc<Notify>),
}

impl Strike {
    fn at_call(gate: &Gate, number: u64, position: Position) -> Self {
        let first = (position != Position::BeforeEffect).then(|| gate.hold(number, Position::BeforeEffect));
        Self::Call(first, gate.hold(number, position))
    }

    fn at_write(proxy: &ApiProxy, number: u64, moment: Moment, killer: Killer) -> Self {
        let struck = Arc::new(Notify::new());
        let told = Arc::clone(&struck);
        proxy.install(Rule::at_write(number, moment, move |_| {
            killer.kill();
            told.notify_one();
            Then::Cut
        }));
        Self::Write(struck)
    }

    /// Stops the clock when the moment of the kill has come.
    async fn due(&mut self, clock: &Clock) -> anyhow::Result<()> {
        match self {
            Self::Call(first, hold) => {
                let before = first.as_ref().unwrap_or(hold);
                ensure!(before.reached(LIMIT).await, "the call never came");
                clock.set_speed(0.0);
                if let Some(first) = first.take() {
                    first.release();
                }
                ensure!(hold.reached(LIMIT).await, "the call never had an effect");
            }
            Self::Write(struck) => {
                struck.notified().await;
                clock.set_speed(0.0);
            }
        }
        Ok(())
    }
}

impl Life {
    /// An operator that serves one rack through the proxy. No object is there yet.
    pub(crate) async fn begin(test: &str) -> anyhow::Result<Self> {
        let control_plane = ControlPlane::shared().await?;
        let proxy = ApiProxy::start(control_plane).await?;
        let operator = OperatorOptions::default().api(proxy.url(), proxy.ca_pem()).poll_interval("200ms");
        let site = Site::options().cloud(cloud()).operator(operator).start(control_plane, test).await?;
        let calls_before = site.cloud.gate().calls();
        proxy.reset();
        Ok(Self { site, proxy, calls_before })
    }

    /// Whoever uses the rack.
    pub(crate) async fn person(&self) -> anyhow::Result<Person> {
        Ok(Person::of(&self.site, ControlPlane::shared().await?.client().await?))
    }

    /// What there was so far.
    pub(crate) fn counts(&self) -> Counts {
        Counts { writes: self.proxy.writes(), calls: self.site.cloud.gate().calls() - self.calls_before }
    }

    fn arm(&self, point: Point) -> anyhow::Result<Strike> {
        Ok(match point {
            Point::Call(number, position) => Strike::at_call(self.site.cloud.gate(), number, position),
            Point::Write(number, moment) => {
                Strike::at_write(&self.proxy, number, moment, self.site.operator.killer()?)
            }
        })
    }

    /// Lets somebody live who does not know of the kill: the operator is killed at the point and started again.
    pub(crate) async fn live<T>(
        &mut self,
        point: Point,
        living: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<(T, Course)> {
        let mut strike = self.arm(point)?;
        let cloud = self.site.cloud.clone();
        let mut living = pin!(living);
        tokio::select! {
            biased;
            due = strike.due(cloud.clock()) => due?,
            lived = &mut living => return Ok((self.explained(lived)?, Course::NotReached)),
        }
        let operator = &mut self.site.operator;
        let again = async {
            let status = operator.kill().await?;
            ensure!(status.signal() == Some(9), "ended by {status}");
            // Only now is the held call cut: nobody is left who could see it.
            drop(strike);
            operator.start_again().await?;
            let seen = cloud.gate().calls() + LOOKS;
            // Where it has nothing to do, it looks later.
            _ = cloud.wait_until(PATIENCE, |cloud| cloud.gate().calls() >= seen).await;
            cloud.clock().set_speed(SPEED);
            anyhow::Ok(())
        };
        let (again, lived) = tokio::join!(again, living);
        again?;
        let lived = lived.context("after the kill");
        Ok((self.explained(lived)?, Course::Killed))
    }

    /// Adds to a failure what the operator, Oracle Cloud and the rack have to say.
    pub(crate) fn explained<T>(&self, lived: anyhow::Result<T>) -> anyhow::Result<T> {
        lived.map_err(|error| {
            let calls: Vec<_> = self.site.cloud.calls().iter().map(told).collect();
            let (log, posts) = (self.site.operator.log().tail(30), self.site.racks[0].posts());
            anyhow::anyhow!("{error:#}\noperator:\n{log}\ncalls:\n{}\nposts: {posts:?}", calls.join("\n"))
        })
    }
}

fn told(call: &CloudCall) -> String {
    let state = |state: Option<ConnectionState>| state.map(ConnectionState::word).unwrap_or_default();
    let (before, after) = (state(call.state_before), state(call.state_after));
    format!("{} {} {} {:?} {before} {after}", call.wall, call.at, call.method, call.status)
}

/// Has one life for each point. Every life must go well, and the kill must come at nearly every point: what the operator writes at leisure may be one
/// write less in a life than in the one that was counted.
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
    let missed: Vec<_> = ended.iter().filter(|(_, end)| matches!(end, Ok(Course::NotReached))).collect();
    assert!(missed.len() * 10 <= ended.len(), "{} lives without a kill: {missed:?}", missed.len());
}

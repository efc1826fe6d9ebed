//! One operator that has one life after the other, and is killed in each.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::FutureExt as _;
use serde_json::json;
use slipway_e2e::{ApiProxy, ControlPlane, Killer, Moment, OperatorOptions, Registry, Rule, Then};
use slipway_sim::{FaultId, Gate, Hold, Ocm, OcmCall, OcmConfig, OcmSwitches, Position, RepeatedClusterId};
use tokio::sync::Notify;

use crate::person::Person;
use crate::point::{Counts, Point};
use crate::tale::Tale;
use crate::verdict;

/// Longest wait for a point; lives end earlier.
const LIMIT: Duration = Duration::from_mins(5);

/// How quickly everything goes: the operator's polling interval, which is how long a lost record is searched for, and how long
/// the registrar's lists lag behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    poll: &'static str,
    lag: Duration,
}

/// Lists are right at once.
pub(crate) const PROMPT: Pace = Pace { poll: "300ms", lag: Duration::ZERO };
/// Lists lag behind for nearly as long as a lost record is searched for.
pub(crate) const LAGGING: Pace = Pace { poll: "2s", lag: Duration::from_millis(1700) };

/// An operator behind a proxy.
pub(crate) struct Stage {
    registry: Registry,
    proxy: ApiProxy,
    pace: Pace,
    lives: usize,
}

/// A life: its account service, and the points at which the operator is killed, one after the other.
pub(crate) struct Life {
    pub(crate) ocm: Ocm,
    pub(crate) kills: Vec<Point>,
    pub(crate) fault: Option<FaultId>,
}

/// How a life went.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    /// How many kills there were.
    pub(crate) killed: usize,
    /// What there was; writes since the last kill.
    pub(crate) counts: Counts,
}

/// A kill that is to come.
enum Strike {
    /// When a call is held. The first hold, where there is one, is at the same call before its effect.
    Call(Hold),
    /// The same, but the call goes on when the operator is gone.
    Late(Hold),
    /// The hook at a write has killed already.
    Write(Arc<Notify>),
    Fault(Ocm, FaultId),
}

impl Strike {
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

    async fn due(&self) -> anyhow::Result<()> {
        match self {
            Self::Call(hold) | Self::Late(hold) => ensure!(hold.reached(LIMIT).await, "the call never came"),
            Self::Write(struck) => struck.notified().await,
            Self::Fault(ocm, fault) => {
                let met = ocm.wait_until(LIMIT, |ocm| ocm.fault_hits(*fault) > 0).await;
                ensure!(met, "the fault was never met");
            }
        }
        Ok(())
    }

    /// The operator is gone: nobody is left who could see how the held call ends.
    fn end(self) {
        if let Self::Late(hold) = self {
            hold.release();
        }
    }
}

impl Life {
    /// A life at a new account service, the worst that is thinkable.
    pub(crate) async fn at(pace: Pace) -> anyhow::Result<Self> {
        let switches = OcmSwitches {
            repeated: RepeatedClusterId::Second,
            search_lag: pace.lag,
            ..OcmSwitches::default()
        };
        let ocm = Ocm::start(OcmConfig { switches, ..OcmConfig::default() }).await?;
        Ok(Self { ocm, kills: vec![], fault: None })
    }

    /// With a kill at each of these points.
    pub(crate) fn killed_at(self, points: impl IntoIterator<Item = Point>) -> Self {
        Self { kills: points.into_iter().collect(), ..self }
    }
}

impl Stage {
    pub(crate) async fn begin(test: &str, pace: Pace) -> anyhow::Result<Self> {
        let control_plane = ControlPlane::shared().await?;
        let proxy = ApiProxy::start(control_plane).await?;
        let operator = OperatorOptions::default().api(proxy.url(), proxy.ca_pem());
        let options = Registry::options().operator(operator).poll_interval(pace.poll);
        Ok(Self { registry: options.start(control_plane, test).await?, proxy, pace, lives: 0 })
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    async fn person(&mut self, ocm: &Ocm) -> anyhow::Result<Person> {
        self.lives += 1;
        let name = format!("edge-{}", self.lives);
        let registrar = self.registry.admit(&format!("ocm-{}", self.lives), ocm).await?;
        let object = self.registry.subscription(&name, &json!({"registrar": registrar}));
        let (api, objects) = (self.registry.api(), self.registry.objects.clone());
        Ok(Person { api, objects, name, ocm: ocm.clone(), object })
    }

    fn arm(&self, life: &Life, point: Point) -> anyhow::Result<Strike> {
        self.proxy.clear_rules();
        self.proxy.reset();
        let gate: &Gate = life.ocm.gate();
        Ok(match point {
            Point::Call(number, position) => Strike::Call(gate.hold(number, position)),
            Point::Late(number) => Strike::Late(gate.hold(number, Position::BeforeEffect)),
            Point::Write(number, moment) => {
                Strike::at_write(&self.proxy, number, moment, self.registry.operator.killer()?)
            }
            Point::Made => {
                Strike::Call(gate.hold_on("POST", "cluster_authorizations", 1, Position::AfterEffect))
            }
            Point::Fault => Strike::Fault(life.ocm.clone(), life.fault.context("no fault")?),
        })
    }

    async fn kill(&mut self, strike: Strike) -> anyhow::Result<()> {
        let operator = &mut self.registry.operator;
        let status = operator.kill().await?;
        ensure!(status.signal() == Some(9), "ended by {status}");
        strike.end();
        operator.start_again().await
    }

    /// Lets somebody live a tale who does not know of the kills, and judges the life.
    pub(crate) async fn live(&mut self, tale: Tale, life: Life) -> anyhow::Result<Course> {
        let person = self.person(&life.ocm).await?;
        let lived = self.lived(tale, &life, person).await;
        let log = std::fs::read_to_string(self.registry.operator.log_file())?;
        let judged = lived.and_then(|course| verdict::judge(tale, &life.ocm, &log).map(|()| course));
        judged.map_err(|error| {
            let calls: Vec<_> = life.ocm.calls().iter().map(told).collect();
            let api: Vec<_> =
                self.proxy.calls().iter().map(|call| format!("{:?} {}", call.verb, call.path)).collect();
            let log = self.registry.operator.log().tail(40);
            anyhow::anyhow!(
                "{error:#}\noperator:\n{log}\ncalls:\n{}\nAPI:\n{}",
                calls.join("\n"),
                api.join("\n")
            )
        })
    }

    async fn lived(&mut self, tale: Tale, life: &Life, person: Person) -> anyhow::Result<Course> {
        // A kill that did not come in the life before would come in this one.
        self.proxy.clear_rules();
        self.proxy.reset();
        if self.registry.operator.exit_status().is_some() {
            self.registry.operator.start_again().await?;
        }
        let mut killed = 0;
        let mut strike = life.kills.first().map(|point| self.arm(life, *point)).transpose()?;
        let mut living = tokio::spawn(tale.live(person));
        while let Some(present) = strike.take() {
            tokio::select! {
                biased;
                due = present.due() => due?,
                lived = &mut living => {
                    lived??;
                    self.proxy.clear_rules();
                    // A kill at the very last write is not heard of before the life is over.
                    if present.due().now_or_never().is_some() {
                        self.kill(present).await?;
                        killed += 1;
                    }
                    return Ok(Course { killed, counts: self.counts(life) });
                }
            }
            self.kill(present).await?;
            killed += 1;
            strike = life.kills.get(killed).map(|point| self.arm(life, *point)).transpose()?;
        }
        living.await?.context("after the kill")?;
        Ok(Course { killed, counts: self.counts(life) })
    }

    fn counts(&self, life: &Life) -> Counts {
        let calls = life.ocm.calls().into_iter().map(|call| call.method).collect();
        Counts { writes: self.proxy.writes(), calls }
    }
}

fn told(call: &OcmCall) -> String {
    format!("{} {} {} {:?} {}", call.wall, call.method, call.path, call.status, call.body)
}

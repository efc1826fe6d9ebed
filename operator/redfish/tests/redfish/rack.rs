//! A simulated rack and the adapter that speaks to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use slipway_core::{
    clock::{Clock, SignedDuration, Timestamp},
    failure::Failure,
    host::{Depth, Endpoint, HostKey, HostPort, Observation},
    secret::Secret,
    trust::Trust,
};
use slipway_outbound::{Connector, Observer, Policy};
use slipway_redfish::{Limits, RedfishHosts};
use slipway_sim::{Bmc, Call, Fleet, FleetConfig, Shape};

/// A clock that stands until it is moved.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl HandClock {
    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(SignedDuration::try_from(by).unwrap()).unwrap();
    }
}

/// Counts requests by operation and class.
#[derive(Default)]
pub(crate) struct Tally(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl Observer for Tally {
    fn request(&self, system: &'static str, op: &'static str, code_class: &'static str, seconds: f64) {
        assert!(system == "bmc" && seconds >= 0.0);
        *self.0.lock().unwrap().entry((op, code_class)).or_default() += 1;
    }
}

/// A fleet, and the adapter with a clock of its own.
pub(crate) struct Rack {
    pub(crate) fleet: Fleet,
    pub(crate) hosts: Arc<RedfishHosts>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) tally: Arc<Tally>,
}

/// Limits under which a BMC that hangs costs a test two seconds, and one that is busy a moment.
pub(crate) fn short() -> Limits {
    Limits {
        request: Duration::from_secs(2),
        reset: Duration::from_secs(2),
        busy_pause: Duration::from_millis(5),
        release: Duration::from_secs(2),
        ..Limits::default()
    }
}

impl Rack {
    pub(crate) async fn new() -> Self {
        Self::of(Shape::generic()).await
    }

    pub(crate) async fn of(shape: Shape) -> Self {
        Self::with(FleetConfig { shapes: vec![shape], ..FleetConfig::new(1) }, Limits::default()).await
    }

    pub(crate) async fn named(shape: &str) -> Self {
        Self::of(Shape::named(shape).unwrap()).await
    }

    pub(crate) async fn impatient() -> Self {
        Self::with(FleetConfig::new(1), short()).await
    }

    pub(crate) async fn with(config: FleetConfig, limits: Limits) -> Self {
        let fleet = Fleet::start(config).await.unwrap();
        let clock = Arc::new(HandClock(Mutex::new("2026-11-20T10:00:00Z".parse().unwrap())));
        let tally = Arc::new(Tally::default());
        let hosts = Arc::new(RedfishHosts::new(connector(), clock.clone(), limits, tally.clone()));
        Self { fleet, hosts, clock, tally }
    }

    /// The adapter as after a restart of the operator: nothing remembered.
    pub(crate) fn restarted(&self) -> Arc<RedfishHosts> {
        Arc::new(RedfishHosts::new(connector(), self.clock.clone(), Limits::default(), self.tally.clone()))
    }

    pub(crate) fn bmc(&self) -> Bmc {
        self.fleet.bmc(0)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint_of(0)
    }

    pub(crate) fn endpoint_of(&self, index: usize) -> Endpoint {
        let name = format!("u{index:02}");
        Endpoint {
            host: HostKey { namespace: "rack1".to_owned(), uid: format!("{name}-uid"), name },
            address: self.fleet.address(index).parse().unwrap(),
            system_id: None,
            username: self.fleet.username().to_owned(),
            password: Secret::new(self.fleet.password(index)),
            credentials_version: "secret-1".to_owned(),
            trust: Trust::Authorities(self.fleet.ca_pem().to_owned()),
        }
    }

    pub(crate) async fn observe(&self, depth: Depth) -> Result<Observation, Failure> {
        self.hosts.observe(&self.endpoint(), depth).await
    }

    /// Calls since the last look, as "GET /path 200".
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = self.bmc().calls().iter().map(line).collect();
        self.bmc().clear_calls();
        calls
    }

    /// How often an operation ended in a class of answers.
    pub(crate) fn counted(&self, op: &'static str, code_class: &'static str) -> u64 {
        self.tally.0.lock().unwrap().get(&(op, code_class)).copied().unwrap_or_default()
    }
}

fn line(call: &Call) -> String {
    let status = call.status.map_or("-".to_owned(), |status| status.to_string());
    format!("{} {} {status}", call.method, call.path)
}

fn connector() -> Arc<Connector> {
    let policy = Policy { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() };
    Arc::new(Connector::new(policy))
}

/// How many of the calls start so.
pub(crate) fn count(calls: &[String], start: &str) -> usize {
    calls.iter().filter(|call| call.starts_with(start)).count()
}

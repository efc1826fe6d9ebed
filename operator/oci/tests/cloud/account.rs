//! An account at a test's server, and the port that speaks for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use slipway_core::{
    clock::{Clock, Timestamp},
    infrastructure::{Account, Creation, ScheduleCreation, UpgradeEvent},
    secret::Secret,
    trust::Trust,
};
use slipway_oci::{Environment, Keyring, Limits, OciCloud, OperatorIdentity};
use slipway_outbound::{Connector, Observer, Policy};

/// Our clock in all tests; what servers say in `Date` is beside it.
pub(crate) const NOW: &str = "2026-01-01T00:00:00Z";
pub(crate) const RACK: &str = "ocid1.cccinfrastructure.oc1..rack";
pub(crate) const COMPARTMENT: &str = "ocid1.compartment.oc1..home";

/// A clock that stands still unless it is set.
pub(crate) struct Still(Mutex<Timestamp>);

impl Still {
    pub(crate) fn set(&self, now: &str) {
        *self.0.lock().unwrap() = at(now);
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// What was counted: system, operation, class.
#[derive(Default)]
pub(crate) struct Counted(Mutex<Vec<String>>);

impl Counted {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Counted {
    fn request(&self, system: &'static str, op: &'static str, code_class: &'static str, seconds: f64) {
        assert!((0.0..60.0).contains(&seconds));
        self.0.lock().unwrap().push(format!("{system} {op} {code_class}"));
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Loopback may be reached, and over plain HTTP.
pub(crate) fn connector() -> Arc<Connector> {
    let (allowed, connect_timeout) = (vec!["127.0.0.0/8".parse().unwrap()], Duration::from_secs(1));
    Arc::new(Connector::new(Policy { allowed, allow_insecure: true, connect_timeout, ..Policy::default() }))
}

/// Pauses of nothing, so that tests need none; the budget is out of the way.
pub(crate) fn limits() -> Limits {
    let pause = Duration::from_millis(1);
    Limits {
        calls_per_minute: 600_000,
        burst: 1000,
        pause,
        request: Duration::from_secs(10),
        ..Limits::default()
    }
}

pub(crate) fn cloud(limits: Limits) -> (OciCloud, Arc<Counted>) {
    cloud_at(NOW, limits)
}

pub(crate) fn cloud_at(now: &str, limits: Limits) -> (OciCloud, Arc<Counted>) {
    let counted = Arc::new(Counted::default());
    let clock = Arc::new(Still(Mutex::new(at(now))));
    (OciCloud::new(connector(), keyring(&BTreeMap::new()), clock, limits, counted.clone()), counted)
}

fn keyring(variables: &BTreeMap<String, String>) -> Arc<Keyring> {
    let environment = Environment::from_variables(variables).unwrap();
    Arc::new(Keyring::new(connector(), environment, OperatorIdentity::Permitted))
}

/// A port whose operator runs in a resource with this token, and its clock.
pub(crate) fn cloud_of_resource(token: &str) -> (OciCloud, Arc<Still>) {
    let data: Value = serde_json::from_str(include_str!("../data/keys.json")).unwrap();
    let variables = [
        ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2"),
        ("OCI_RESOURCE_PRINCIPAL_RPST", token),
        ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", data["keys"]["pkcs8"].as_str().unwrap()),
    ];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let clock = Arc::new(Still(Mutex::new(at(NOW))));
    let counted = Arc::new(Counted::default());
    (OciCloud::new(connector(), keyring(&variables), clock.clone(), limits(), counted), clock)
}

/// An account whose endpoint is this address; `secret` tells it from others.
pub(crate) fn account_of(url: &str, secret: &str) -> Account {
    let data: Value = serde_json::from_str(include_str!("../data/keys.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fields = [
        ("tenancy", "ocid1.tenancy.oc1..aaaa".to_owned()),
        ("user", "ocid1.user.oc1..aaaa".to_owned()),
        ("fingerprint", text(&data["fingerprint"])),
        ("key", text(&data["keys"]["pkcs8"])),
    ];
    Account {
        region: "us-ashburn-1".to_owned(),
        endpoint: Some(url.parse().unwrap()),
        credentials: fields.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect(),
        secret_name: "oci-login".to_owned(),
        credentials_version: format!("{secret}/1"),
        trust: Trust::System,
    }
}

pub(crate) fn account(url: &str) -> Account {
    account_of(url, "uid")
}

/// A record, with more fields; each is a JSON member with a comma behind it.
pub(crate) fn record(more: &str) -> String {
    format!(
        "{{{more}\"id\":\"{RACK}\",\"displayName\":\"north\",\"compartmentId\":\"{COMPARTMENT}\",\"lifecycleState\":\"ACTIVE\",\
         \"timeCreated\":\"2025-12-31T23:00:00.123Z\"}}"
    )
}

pub(crate) fn creation() -> Creation {
    Creation {
        compartment_id: COMPARTMENT.to_owned(),
        display_name: "north".to_owned(),
        description: None,
        subnet_id: "ocid1.subnet.oc1..s".to_owned(),
        owner: "racks/north".to_owned(),
        retry_token: "token-1".to_owned(),
    }
}

pub(crate) fn event() -> UpgradeEvent {
    UpgradeEvent {
        description: "first weekend".to_owned(),
        time_start: at("2026-02-07T00:00:00Z"),
        duration: Duration::from_hours(48),
        recurrence: Some("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA".to_owned()),
    }
}

pub(crate) fn schedule_creation() -> ScheduleCreation {
    ScheduleCreation {
        compartment_id: COMPARTMENT.to_owned(),
        display_name: "weekends".to_owned(),
        events: vec![event()],
        owner: "racks/north".to_owned(),
        retry_token: "token-2".to_owned(),
    }
}

/// How many different values there are.
pub(crate) fn different<'a>(values: impl IntoIterator<Item = &'a str>) -> usize {
    values.into_iter().collect::<BTreeSet<_>>().len()
}

//! An inventory, an account at it, and the port that speaks for it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use slipway_core::{
    clock::{Clock, Timestamp},
    secret::Secret,
    subscription::{Account, Reservation},
    trust::Trust,
};
use slipway_outbound::{Connector, Observer, Policy};
use slipway_sim::{Inventory, InventoryConfig};
use slipway_webhook::{Limits, WebhookRegistrar};

pub(crate) const CLUSTER: &str = "6f1d2b1e-7c1f-4c57-9c3e-1a2b3c4d5e6f";

/// The wall's clock, some hours off.
pub(crate) struct Wall(pub(crate) i64);

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::now() + jiff::SignedDuration::from_hours(self.0)
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

/// No pauses, so that tests need none.
pub(crate) fn limits() -> Limits {
    let (interval, pause) = (Duration::ZERO, Duration::from_millis(1));
    Limits { interval, pause, request: Duration::from_secs(10), ..Limits::default() }
}

/// Loopback may be reached, and over plain HTTP.
pub(crate) fn connector() -> Arc<Connector> {
    let (allowed, connect_timeout) = (vec!["127.0.0.0/8".parse().unwrap()], Duration::from_secs(1));
    Arc::new(Connector::new(Policy { allowed, allow_insecure: true, connect_timeout, ..Policy::default() }))
}

pub(crate) fn registrar_with(limits: Limits, hours_off: i64) -> (WebhookRegistrar, Arc<Counted>) {
    let counted = Arc::new(Counted::default());
    let registrar = WebhookRegistrar::new(connector(), Arc::new(Wall(hours_off)), counted.clone());
    (registrar.with_limits(limits), counted)
}

/// An account with this URL, secret and trust.
pub(crate) fn account_of(url: &str, secret: &str, trust: Trust) -> Account {
    Account {
        url: url.parse().unwrap(),
        token_url: None,
        proxy: None,
        username: None,
        credentials: BTreeMap::from([("secret".to_owned(), Secret::new(secret))]),
        secret_name: "inventory-secret".to_owned(),
        credentials_version: "uid/1".to_owned(),
        trust,
    }
}

pub(crate) fn reservation() -> Reservation {
    Reservation {
        cluster_id: CLUSTER.to_owned(),
        display_name: "north".to_owned(),
        product_id: "OCP".to_owned(),
        product_category: "AssistedInstall".to_owned(),
    }
}

/// A site and who speaks to it.
pub(crate) struct Scene {
    pub(crate) site: Inventory,
    pub(crate) account: Account,
    pub(crate) registrar: WebhookRegistrar,
    pub(crate) counted: Arc<Counted>,
}

pub(crate) async fn scene() -> Scene {
    scene_with(limits()).await
}

pub(crate) async fn scene_with(limits: Limits) -> Scene {
    let site = Inventory::start(InventoryConfig::default()).await.unwrap();
    let trust = Trust::Authorities(site.ca_pem().to_owned());
    let account = account_of(&site.url(), &site.secret(), trust);
    let (registrar, counted) = registrar_with(limits, 0);
    Scene { site, account, registrar, counted }
}

impl Scene {
    /// Types of the messages so far.
    pub(crate) fn types(&self) -> Vec<String> {
        self.site.calls().into_iter().map(|call| call.kind).collect()
    }
}

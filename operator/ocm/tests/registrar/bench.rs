//! A registrar that speaks to a simulated account service.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use slipway_core::{
    clock::{Clock, Timestamp},
    failure::Failure,
    secret::Secret,
    subscription::{Account, RegistrarPort, Reservation},
    trust::Trust,
};
use slipway_ocm::{Limits, OcmRegistrar};
use slipway_outbound::{Connector, Observer, Policy};
use slipway_sim::{Fault, Ocm, OcmAccount, OcmConfig, Trouble};

pub(crate) const LIMIT: Duration = Duration::from_secs(20);
pub(crate) const AGE: Duration = Duration::from_mins(10);
pub(crate) const RESERVE: (&str, &str) = ("POST", "cluster_authorizations");
pub(crate) const LIST: (&str, &str) = ("GET", "/subscriptions?");

pub(crate) struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Remembers what was counted.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Vec<(&'static str, &'static str)>>);

impl Seen {
    pub(crate) fn count(&self, op: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|(known, _)| *known == op).count()
    }

    pub(crate) fn all(&self) -> BTreeSet<(&'static str, &'static str)> {
        self.0.lock().unwrap().iter().copied().collect()
    }
}

impl Observer for Seen {
    fn request(&self, system: &'static str, op: &'static str, code: &'static str, seconds: f64) {
        assert!(system == "registrar" && seconds >= 0.0);
        self.0.lock().unwrap().push((op, code));
    }
}

pub(crate) struct Bench {
    pub(crate) ocm: Ocm,
    pub(crate) registrar: OcmRegistrar,
    pub(crate) seen: Arc<Seen>,
    pub(crate) account: Account,
}

/// As fast as tests want it.
pub(crate) fn limits() -> Limits {
    Limits {
        requests_per_second: 1000,
        burst: 1000,
        pause: Duration::from_millis(20),
        gather: Duration::from_millis(50),
        ..Limits::default()
    }
}

pub(crate) fn connector() -> Arc<Connector> {
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    Arc::new(Connector::new(Policy { allowed, allow_insecure: true, ..Policy::default() }))
}

pub(crate) fn secret(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::new(*value))).collect()
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(OcmConfig::default(), limits()).await
    }

    pub(crate) async fn with(config: OcmConfig, limits: Limits) -> Self {
        let ocm = Ocm::start(config).await.unwrap();
        let seen = Arc::new(Seen::default());
        let registrar = OcmRegistrar::new(connector(), Arc::new(Wall), limits, seen.clone());
        let user = ocm.account("slipway-sa").unwrap();
        let account = Account {
            url: ocm.plain_url().parse().unwrap(),
            token_url: Some(ocm.plain_token_url().parse().unwrap()),
            proxy: None,
            username: None,
            credentials: secret(&[("clientId", &user.client_id), ("clientSecret", &user.client_secret)]),
            secret_name: "ocm".to_owned(),
            credentials_version: "uid/1".to_owned(),
            trust: Trust::System,
        };
        Self { ocm, registrar, seen, account }
    }

    pub(crate) fn user(&self, name: &str) -> OcmAccount {
        self.ocm.account(name).unwrap()
    }

    /// The account with another Secret.
    pub(crate) fn with_secret(&self, version: &str, pairs: &[(&str, &str)]) -> Account {
        let credentials_version = format!("uid/{version}");
        Account { credentials: secret(pairs), credentials_version, ..self.account.clone() }
    }

    pub(crate) fn fault(&self, trouble: Trouble, on: (&str, &str)) {
        self.ocm.add_fault(Fault::new(trouble).on(on.0, on.1));
    }

    pub(crate) async fn reserve(&self, key: &str) -> Result<String, Failure> {
        self.registrar.reserve(&self.account, &reservation(key)).await
    }

    /// Calls whose path and query contain this text.
    pub(crate) fn calls(&self, method: &str, part: &str) -> usize {
        let calls = self.ocm.calls();
        let contains = |path: &str, query: &str| format!("{path}?{query}").contains(part);
        calls.iter().filter(|call| call.method == method && contains(&call.path, &call.query)).count()
    }

    pub(crate) fn lists(&self) -> usize {
        self.calls(LIST.0, LIST.1)
    }
}

pub(crate) fn reservation(key: &str) -> Reservation {
    Reservation {
        cluster_id: key.to_owned(),
        display_name: format!("name of {key}"),
        product_id: "OCP".to_owned(),
        product_category: "AssistedInstall".to_owned(),
    }
}

//! The controllers' metrics: the standard set under the names that dashboards for controller-runtime know, and Slipway's own
//! (`facts/reliability-ux.md §4`). Labels come from closed sets.

mod per_object;
mod racks;
mod subscriptions;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use kube::runtime::reflector::Store;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use slipway_core::{clock::Clock, infrastructure::HandshakeResult, subscription::Account};
use slipway_crds::{
    condition::READY,
    v1alpha1::{BareMetalHost, ClusterSubscription, Infrastructure},
};

use per_object::{PerObject, Stores};
use subscriptions::Words;

/// Orphaned records by the address of their registrar and the uid of the Secret of the account.
type Orphans = Arc<Mutex<BTreeMap<(String, String), usize>>>;

/// One controller and how a reconcile of it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReconcileLabels {
    pub(crate) controller: &'static str,
    pub(crate) result: &'static str,
}

/// One controller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ControllerLabels {
    pub(crate) controller: &'static str,
}

/// One reset and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PowerLabels {
    pub(crate) action: &'static str,
    pub(crate) initiator: &'static str,
    pub(crate) result: &'static str,
}

/// One operation of a host's life and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OperationLabels {
    pub(crate) operation: &'static str,
    pub(crate) result: &'static str,
}

/// How an attempt to connect a rack ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct HandshakeLabels {
    pub(crate) result: &'static str,
}

/// All metrics of the controllers.
#[derive(Debug)]
pub struct Metrics {
    pub(crate) reconciles: Family<ReconcileLabels, Counter>,
    pub(crate) reconcile_errors: Family<ControllerLabels, Counter>,
    pub(crate) reconcile_time: Family<ControllerLabels, Histogram>,
    pub(crate) active_workers: Family<ControllerLabels, Gauge>,
    pub(crate) power_actions: Family<PowerLabels, Counter>,
    pub(crate) operation_duration: Family<OperationLabels, Histogram>,
    pub(crate) drift: Counter,
    pub(crate) handshakes: Family<HandshakeLabels, Counter>,
    pub(crate) subscriptions_abandoned: Counter,
    orphans: Orphans,
    stores: Stores<BareMetalHost>,
    racks: Stores<Infrastructure>,
    subscriptions: Stores<ClusterSubscription>,
}

impl Metrics {
    /// Makes the metrics and enters them into `registry`.
    pub fn register(registry: &mut Registry, clock: Arc<dyn Clock>) -> Arc<Self> {
        let metrics = Arc::new(Self {
            reconciles: Family::default(),
            reconcile_errors: Family::default(),
            reconcile_time: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 17))
            }),
            active_workers: Family::default(),
            power_actions: Family::default(),
            operation_duration: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(1.0, 2.0, 14))
            }),
            drift: Counter::default(),
            handshakes: Family::default(),
            subscriptions_abandoned: Counter::default(),
            orphans: Orphans::default(),
            stores: Arc::default(),
            racks: Arc::default(),
            subscriptions: Arc::default(),
        });
        // A counter that begins at 1 shows no increase.
        for result in HandshakeResult::ALL {
            drop(metrics.handshakes.get_or_create(&HandshakeLabels { result: result.as_str() }));
        }
        let all = Arc::clone(&metrics);
        registry.register(
            "controller_runtime_reconcile",
            "Reconciles by how they ended",
            all.reconciles.clone(),
        );
        registry.register(
            "controller_runtime_reconcile_errors",
            "Reconciles that failed",
            all.reconcile_errors.clone(),
        );
        registry.register(
            "controller_runtime_reconcile_time_seconds",
            "Duration of a reconcile",
            all.reconcile_time.clone(),
        );
        registry.register(
            "controller_runtime_active_workers",
            "Reconciles under way",
            all.active_workers.clone(),
        );
        registry.register("slipway_power_actions", "Resets sent to BMCs", all.power_actions.clone());
        registry.register(
            "slipway_operation_duration_seconds",
            "Duration of an operation of a host's life",
            all.operation_duration.clone(),
        );
        registry.register(
            "slipway_drift",
            "Differences from the spec that were corrected",
            all.drift.clone(),
        );
        registry.register(
            "slipway_handshake",
            "Attempts to connect a rack by how they ended",
            all.handshakes.clone(),
        );
        registry.register(
            "slipway_subscription_abandoned",
            "Objects let go without carrying out their deletion policy at the registrar",
            all.subscriptions_abandoned.clone(),
        );
        registry.register_collector(Box::new(HostStates { stores: Arc::clone(&metrics.stores) }));
        let (stores, gauges) = (Arc::clone(&metrics.racks), racks::GAUGES);
        registry.register_collector(Box::new(PerObject { stores, clock: Arc::clone(&clock), gauges }));
        let (stores, gauges) = (Arc::clone(&metrics.subscriptions), subscriptions::GAUGES);
        registry.register_collector(Box::new(PerObject { stores, clock, gauges }));
        let (stores, orphans) = (Arc::clone(&metrics.subscriptions), Arc::clone(&metrics.orphans));
        registry.register_collector(Box::new(Words { stores, orphans }));
        metrics
    }

    /// Counts the hosts of one more store at each scrape.
    pub(crate) fn watch(&self, store: Store<BareMetalHost>) {
        self.stores.write().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// Shows the racks of one more store at each scrape.
    pub(crate) fn watch_infrastructures(&self, store: Store<Infrastructure>) {
        self.racks.write().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// Shows the subscriptions of one more store at each scrape.
    pub(crate) fn watch_subscriptions(&self, store: Store<ClusterSubscription>) {
        self.subscriptions.write().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// Notes how many orphaned records an account has at its registrar.
    pub(crate) fn found_orphans(&self, account: &Account, count: usize) {
        let secret = account.credentials_version.split('/').next().unwrap_or_default();
        let key = (account.url.to_string(), secret.to_owned());
        self.orphans.lock().unwrap_or_else(PoisonError::into_inner).insert(key, count);
    }

    pub(crate) fn observe_operation(
        &self,
        operation: &'static str,
        result: &'static str,
        duration: Duration,
    ) {
        self.operation_duration
            .get_or_create(&OperationLabels { operation, result })
            .observe(duration.as_secs_f64());
    }
}

/// Counts hosts by state when somebody scrapes, so that nothing has to be kept up to date in between.
#[derive(Debug)]
struct HostStates {
    stores: Arc<RwLock<Vec<Store<BareMetalHost>>>>,
}

const PHASES: [&str; 7] =
    ["New", "Registering", "Available", "Installing", "Installed", "Failed", "Deleting"];
const READINESS: [&str; 3] = ["True", "False", "Unknown"];

impl Collector for HostStates {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut phases = [0_u64; PHASES.len()];
        let mut ready = [0_u64; READINESS.len()];
        let (mut intents, mut stalled) = (0_u64, 0_u64);
        for host in self.stores.read().unwrap_or_else(PoisonError::into_inner).iter().flat_map(Store::state) {
            let status = host.status.as_ref();
            let phase = status
                .and_then(|status| status.phase)
                .map_or_else(|| "New".to_owned(), |phase| format!("{phase:?}"));
            tally(&mut phases, &PHASES, &phase);
            let conditions = status.map_or(&[][..], |status| &status.conditions);
            let truth = conditions
                .iter()
                .find(|condition| condition.type_ == READY)
                .map_or("Unknown", |condition| condition.status.as_str());
            tally(&mut ready, &READINESS, truth);
            intents += u64::from(status.is_some_and(|status| status.intent.is_some()));
            stalled += u64::from(
                conditions.iter().any(|condition| condition.type_ == slipway_crds::condition::STALLED),
            );
        }
        gauges(&mut encoder, "slipway_host_state", "Hosts by state", "state", &PHASES, &phases)?;
        gauges(
            &mut encoder,
            "slipway_objects",
            "BareMetalHosts by their Ready condition",
            "ready",
            &READINESS,
            &ready,
        )?;
        gauges(
            &mut encoder,
            "slipway_hosts_stalled",
            "Hosts that wait for a person",
            "kind",
            &["BareMetalHost"],
            &[stalled],
        )?;
        gauges(
            &mut encoder,
            "slipway_intents_open",
            "Resets begun and not yet seen to end",
            "kind",
            &["BareMetalHost"],
            &[intents],
        )
    }
}

fn tally(counts: &mut [u64], names: &[&str], name: &str) {
    if let Some(count) = names.iter().position(|known| *known == name).and_then(|index| counts.get_mut(index))
    {
        *count += 1;
    }
}

fn gauges(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &str,
    values: &[&str],
    counts: &[u64],
) -> Result<(), std::fmt::Error> {
    let family = ConstGauge::<u64>::new(0);
    let mut metric = encoder.encode_descriptor(name, help, None, family.metric_type())?;
    for (value, count) in values.iter().zip(counts) {
        let labels = [(label, *value)];
        ConstGauge::<u64>::new(*count).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}

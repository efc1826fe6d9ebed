//! What telemetry says of each cluster, and how its record stands. Clusters are few enough for a line each.

use std::{collections::BTreeMap, sync::PoisonError};

use kube::{ResourceExt, runtime::reflector::Store};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
};
use slipway_core::subscription::{Capability, capability_labels};
use slipway_crds::{
    condition::{DUPLICATE, READY, STALLED},
    v1alpha1::{ClusterMetrics, ClusterSubscription, ClusterSubscriptionStatus},
};

use super::per_object::{Gauge, Stores};
use crate::cluster_subscription::is_pending;

/// What is shown of a subscription.
pub(super) const GAUGES: &[Gauge<ClusterSubscription>] = &[
    ("slipway_subscription_ready", "Whether the record is as its spec asks", |object, _| {
        Some(i64::from(is_true(object, READY)))
    }),
    ("slipway_subscription_stalled", "Whether the subscription waits for a person", |object, _| {
        Some(i64::from(is_true(object, STALLED)))
    }),
    (
        "slipway_subscription_duplicate",
        "Whether another living record speaks of the same cluster",
        |object, _| Some(i64::from(is_true(object, DUPLICATE))),
    ),
    ("slipway_subscription_release_pending", "Whether a deletion waits for the registrar", |object, _| {
        Some(i64::from(is_pending(object)))
    }),
    (
        "slipway_subscription_capabilities_skipped",
        "Capabilities of the organization that cannot be labels",
        |object, _| {
            let shown = object.status.as_ref()?.capabilities.iter();
            let known =
                shown.map(|known| Capability { name: known.name.clone(), value: known.value.clone() });
            let (_, skipped) = capability_labels(&known.collect::<Vec<_>>());
            i64::try_from(skipped.len()).ok()
        },
    ),
    (
        "slipway_subscription_last_telemetry_timestamp_seconds",
        "When the registrar last saw telemetry of the cluster, to the hour, in seconds since 1970",
        |object, _| Some(object.status.as_ref()?.last_telemetry_at.as_ref()?.0.as_second()),
    ),
    ("slipway_subscription_nodes", "Nodes of the cluster as telemetry says", |object, _| {
        Some(metrics(object)?.nodes_total?.into())
    }),
    ("slipway_subscription_cpu_cores", "Cores of the cluster as telemetry says", |object, _| {
        Some(metrics(object)?.cpu_total?.into())
    }),
    ("slipway_subscription_memory_bytes", "Memory of the cluster as telemetry says", |object, _| {
        metrics(object)?.memory_total_mib?.checked_shl(20)
    }),
    (
        "slipway_subscription_critical_alerts",
        "Critical alerts that fire in the cluster as telemetry says",
        |object, _| Some(metrics(object)?.critical_alerts_firing?.into()),
    ),
];

fn metrics(object: &ClusterSubscription) -> Option<&ClusterMetrics> {
    object.status.as_ref()?.metrics.as_ref()
}

fn is_true(object: &ClusterSubscription, kind: &str) -> bool {
    let conditions = object.status.as_ref().map_or(&[][..], |status| &status.conditions);
    conditions.iter().any(|condition| condition.type_ == kind && condition.status == "True")
}

/// One line a subscription with the registrar's word, the cluster's health and its version, and the orphans by registrar.
pub(super) struct Words {
    pub(super) stores: Stores<ClusterSubscription>,
    pub(super) orphans: super::Orphans,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Words").finish_non_exhaustive()
    }
}

fn words(status: &ClusterSubscriptionStatus) -> [(&'static str, String); 3] {
    let metrics = status.metrics.clone().unwrap_or_default();
    [
        ("status", status.remote_status.clone().unwrap_or_default()),
        ("health", metrics.health_state.unwrap_or_default()),
        ("version", metrics.openshift_version.unwrap_or_default()),
    ]
}

impl Collector for Words {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let kind = ConstGauge::<i64>::new(0);
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        let help =
            "Status of the record, health and version of the cluster, in the registrar's words; always 1";
        let mut metric =
            encoder.encode_descriptor("slipway_subscription_info", help, None, kind.metric_type())?;
        for object in stores.iter().flat_map(Store::state) {
            let Some(status) = &object.status else { continue };
            let [status, health, version] = words(status);
            let named = [("namespace", object.namespace().unwrap_or_default()), ("name", object.name_any())];
            let labels = [named[0].clone(), named[1].clone(), status, health, version];
            ConstGauge::<i64>::new(1).encode(metric.encode_family(&labels)?)?;
        }
        let mut orphans: BTreeMap<String, usize> = BTreeMap::new();
        for ((registrar, _), count) in self.orphans.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            *orphans.entry(registrar.clone()).or_default() += count;
        }
        let help = "Reserved records of this installation that no object keeps any more";
        let mut metric =
            encoder.encode_descriptor("slipway_subscription_orphans", help, None, kind.metric_type())?;
        for (registrar, count) in orphans {
            let labels = [("registrar", registrar)];
            ConstGauge::<i64>::new(i64::try_from(count).unwrap_or(i64::MAX))
                .encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

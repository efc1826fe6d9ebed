//! What telemetry says of a cluster (`facts/ocm.md §4.2`).

use serde::Deserialize;
use slipway_core::{clock::Timestamp, subscription};

use super::loose::{self, small, whole};

#[derive(Debug, Deserialize)]
pub(crate) struct Metrics {
    #[serde(default, deserialize_with = "loose::time")]
    query_timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "loose::text")]
    health_state: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    state: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    openshift_version: Option<String>,
    #[serde(default, deserialize_with = "loose::part")]
    upgrade: Option<Upgrade>,
    #[serde(default, deserialize_with = "loose::part")]
    nodes: Option<Nodes>,
    #[serde(default, deserialize_with = "loose::part")]
    cpu: Option<Usage>,
    #[serde(default, deserialize_with = "loose::part")]
    sockets: Option<Usage>,
    #[serde(default, deserialize_with = "loose::part")]
    memory: Option<Usage>,
    #[serde(default, deserialize_with = "loose::number")]
    critical_alerts_firing: Option<f64>,
    #[serde(default, deserialize_with = "loose::number")]
    operators_condition_failing: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Upgrade {
    #[serde(default, deserialize_with = "loose::switch")]
    available: Option<bool>,
    #[serde(default, deserialize_with = "loose::text")]
    state: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Nodes {
    #[serde(default, deserialize_with = "loose::number")]
    total: Option<f64>,
    #[serde(default, deserialize_with = "loose::number")]
    master: Option<f64>,
    #[serde(default, deserialize_with = "loose::number")]
    compute: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "loose::part")]
    total: Option<Amount>,
}

#[derive(Debug, Deserialize)]
struct Amount {
    #[serde(default, deserialize_with = "loose::number")]
    value: Option<f64>,
}

fn total(usage: Option<Usage>) -> Option<f64> {
    usage?.total?.value
}

impl From<Metrics> for subscription::Metrics {
    fn from(wire: Metrics) -> Self {
        let upgrade = wire.upgrade.unwrap_or(Upgrade { available: None, state: None });
        let nodes = wire.nodes.unwrap_or(Nodes { total: None, master: None, compute: None });
        Self {
            queried_at: wire.query_timestamp,
            health_state: wire.health_state,
            state: wire.state,
            openshift_version: wire.openshift_version,
            upgrade_available: upgrade.available,
            upgrade_state: upgrade.state,
            nodes_total: nodes.total.and_then(small),
            nodes_control_plane: nodes.master.and_then(small),
            nodes_compute: nodes.compute.and_then(small),
            cpu_total: total(wire.cpu).and_then(small),
            socket_total: total(wire.sockets).and_then(small),
            memory_total: total(wire.memory).and_then(whole),
            critical_alerts_firing: wire.critical_alerts_firing.and_then(small),
            operators_condition_failing: wire.operators_condition_failing.and_then(small),
        }
    }
}

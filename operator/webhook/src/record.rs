//! Records as a site writes them.

use std::collections::BTreeMap;

use serde::Deserialize;
use slipway_core::{
    clock::Timestamp,
    subscription::{Metrics, Record, RemoteStatus, Support},
};

/// Most bytes of a text that is taken; a longer one counts as absent.
const LONGEST: usize = 2048;

/// One record. Unknown members are passed over, `null` and empty texts are absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written {
    id: String,
    status: String,
    cluster_id: Option<String>,
    external_cluster_id: Option<String>,
    display_name: Option<String>,
    console_url: Option<String>,
    support: Option<WrittenSupport>,
    labels: Option<BTreeMap<String, String>>,
    plan_id: Option<String>,
    organization_id: Option<String>,
    provenance: Option<String>,
    last_telemetry_at: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    metrics: Option<WrittenMetrics>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WrittenSupport {
    level: Option<String>,
    usage: Option<String>,
    service_level: Option<String>,
    system_units: Option<String>,
    product_bundle: Option<String>,
    cpu_total: Option<i32>,
    socket_total: Option<i32>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WrittenMetrics {
    queried_at: Option<String>,
    health_state: Option<String>,
    state: Option<String>,
    openshift_version: Option<String>,
    upgrade_available: Option<bool>,
    upgrade_state: Option<String>,
    nodes_total: Option<i32>,
    nodes_control_plane: Option<i32>,
    nodes_compute: Option<i32>,
    cpu_total: Option<i32>,
    socket_total: Option<i32>,
    memory_total: Option<i64>,
    critical_alerts_firing: Option<i32>,
    operators_condition_failing: Option<i32>,
}

impl Written {
    /// As the domain has it; `None` when there is no sound id or status.
    pub(crate) fn read(self) -> Option<Record> {
        Some(Record {
            id: text(Some(self.id))?,
            status: RemoteStatus::from(text(Some(self.status))?.as_str()),
            cluster_id: text(self.cluster_id),
            external_cluster_id: text(self.external_cluster_id),
            display_name: text(self.display_name),
            console_url: text(self.console_url),
            support: self.support.unwrap_or_default().read(),
            keeps_labels: self.labels.is_some(),
            labels: self.labels.unwrap_or_default(),
            plan_id: text(self.plan_id),
            organization_id: text(self.organization_id),
            provenance: text(self.provenance),
            last_telemetry_at: time(self.last_telemetry_at),
            created_at: time(self.created_at),
            updated_at: time(self.updated_at),
            metrics: self.metrics.map(WrittenMetrics::read),
        })
    }
}

impl WrittenSupport {
    fn read(self) -> Support {
        Support {
            level: text(self.level),
            usage: text(self.usage),
            service_level: text(self.service_level),
            system_units: text(self.system_units),
            product_bundle: text(self.product_bundle),
            cpu_total: self.cpu_total,
            socket_total: self.socket_total,
        }
    }
}

impl WrittenMetrics {
    fn read(self) -> Metrics {
        Metrics {
            queried_at: time(self.queried_at),
            health_state: text(self.health_state),
            state: text(self.state),
            openshift_version: text(self.openshift_version),
            upgrade_available: self.upgrade_available,
            upgrade_state: text(self.upgrade_state),
            nodes_total: self.nodes_total,
            nodes_control_plane: self.nodes_control_plane,
            nodes_compute: self.nodes_compute,
            cpu_total: self.cpu_total,
            socket_total: self.socket_total,
            memory_total: self.memory_total,
            critical_alerts_firing: self.critical_alerts_firing,
            operators_condition_failing: self.operators_condition_failing,
        }
    }
}

fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text.len() <= LONGEST)
}

/// A time in another form than RFC 3339, or before 1970, counts as absent: none of them decides anything alone.
fn time(text: Option<String>) -> Option<Timestamp> {
    text?.parse().ok().filter(|time| *time > Timestamp::UNIX_EPOCH)
}

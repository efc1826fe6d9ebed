//! A registrar's record of a cluster.

use std::collections::BTreeMap;

use super::RemoteStatus;
use crate::clock::Timestamp;

/// What a registrar knows of a cluster (`facts/ocm.md §2.5`). Empty texts and zero times are read as absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Our key: the installer's own id of the cluster.
    pub cluster_id: Option<String>,
    /// Id under which the cluster sends telemetry.
    pub external_cluster_id: Option<String>,
    /// Where it is in its life.
    pub status: RemoteStatus,
    /// Name that people see.
    pub display_name: Option<String>,
    /// Address of the cluster's console.
    pub console_url: Option<String>,
    /// Support settings.
    pub support: Support,
    /// Labels, as far as the credentials may see them.
    pub labels: BTreeMap<String, String>,
    /// Whether the registrar keeps labels of records. If not, none are asked of it.
    pub keeps_labels: bool,
    /// Plan.
    pub plan_id: Option<String>,
    /// Organization that it belongs to.
    pub organization_id: Option<String>,
    /// What made it, such as `Provisioning` or `Telemetry`.
    pub provenance: Option<String>,
    /// When telemetry of the cluster was last seen.
    pub last_telemetry_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// What the cluster's telemetry says.
    pub metrics: Option<Metrics>,
}

impl Record {
    /// Whether the registrar made it by itself from telemetry, with none of our data (`facts/ocm.md §2.6`).
    #[must_use]
    pub fn is_from_telemetry(&self) -> bool {
        self.provenance.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("Telemetry"))
    }
}

/// Support settings of a record; `None`: not set there, or not managed by us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Support {
    /// Support level.
    pub level: Option<String>,
    /// Usage.
    pub usage: Option<String>,
    /// Service level.
    pub service_level: Option<String>,
    /// Unit of the size.
    pub system_units: Option<String>,
    /// Bundle the product is part of.
    pub product_bundle: Option<String>,
    /// Declared number of cores.
    pub cpu_total: Option<i32>,
    /// Declared number of sockets.
    pub socket_total: Option<i32>,
}

/// What telemetry says of a cluster (`facts/ocm.md §4.2`), in short.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// When the registrar asked its telemetry store.
    pub queried_at: Option<Timestamp>,
    /// `healthy`, `unhealthy`, `unknown` or another word.
    pub health_state: Option<String>,
    /// State in the registrar's words.
    pub state: Option<String>,
    /// Version of the cluster.
    pub openshift_version: Option<String>,
    /// Whether an upgrade is available.
    pub upgrade_available: Option<bool>,
    /// State of the upgrade in the registrar's words.
    pub upgrade_state: Option<String>,
    /// Nodes.
    pub nodes_total: Option<i32>,
    /// Control plane nodes.
    pub nodes_control_plane: Option<i32>,
    /// Compute nodes.
    pub nodes_compute: Option<i32>,
    /// Cores.
    pub cpu_total: Option<i32>,
    /// Sockets.
    pub socket_total: Option<i32>,
    /// Memory in bytes.
    pub memory_total: Option<i64>,
    /// Critical alerts that fire.
    pub critical_alerts_firing: Option<i32>,
    /// Cluster operators that report a failing condition.
    pub operators_condition_failing: Option<i32>,
}

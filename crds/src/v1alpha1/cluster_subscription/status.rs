//! What is known of a cluster's record.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::intent::IntentStatus;

/// What is known of one cluster's record. Rebuilt from the world at any time.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSubscriptionStatus {
    /// `metadata.generation` that this status speaks of; -1: no controller has seen the object yet.
    #[serde(default = "crate::never_observed")]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// Where the record is in its life. For people only: programs read the conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<SubscriptionPhase>,
    /// Our key at the registrar: `spec.clusterId` or the one that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub cluster_id: Option<String>,
    /// Id of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub subscription_id: Option<String>,
    /// Id of the organization that the record belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub organization_id: Option<String>,
    /// Status of the record in the registrar's words: `Reserved`, `Active`, `Stale`, `Archived`, `Disconnected`,
    /// `Deprovisioned` or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub remote_status: Option<String>,
    /// Plan of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub plan_id: Option<String>,
    /// Id under which the cluster sends telemetry, as the record says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub external_cluster_id: Option<String>,
    /// Address of the cluster's console, as the record says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub console_url: Option<String>,
    /// Name that the record shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub display_name: Option<String>,
    /// Support settings, as the record says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<RecordedSupport>,
    /// Labels of ours, as the record says, without `slipway.`; at most 32.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "labels_schema")]
    pub labels: BTreeMap<String, String>,
    /// Fields that somebody else changed at the registrar: reported, or put right within the last day. At most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["field".into()]))]
    pub drift: Vec<Drift>,
    /// When the registrar last saw telemetry of the cluster (RFC 3339), to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_telemetry_at: Option<Time>,
    /// What the cluster's telemetry says, in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<ClusterMetrics>,
    /// Capabilities of the organization, at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub capabilities: Vec<Capability>,
    /// The effect that was begun and is not yet known to be done; at most one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<IntentStatus>,
    /// What would happen next, in order, also while suspended. At most 32 lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 512)))]
    pub plan: Vec<String>,
    /// When the step that failed is tried again (RFC 3339); left out: nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_retry_at: Option<Time>,
    /// `Ready`, `Reconciling`, `Stalled`, `Reachable`, `CredentialsValid`, `Registered`, `ClusterObserved`, `Synced`, `Activated`,
    /// `TelemetryFresh`, `CapabilitiesSynced`, `Duplicate`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

impl Default for ClusterSubscriptionStatus {
    fn default() -> Self {
        Self {
            observed_generation: crate::NEVER_OBSERVED,
            phase: None,
            cluster_id: None,
            subscription_id: None,
            organization_id: None,
            remote_status: None,
            plan_id: None,
            external_cluster_id: None,
            console_url: None,
            display_name: None,
            support: None,
            labels: BTreeMap::new(),
            drift: Vec::new(),
            last_telemetry_at: None,
            metrics: None,
            capabilities: Vec::new(),
            intent: None,
            plan: Vec::new(),
            next_retry_at: None,
            conditions: Vec::new(),
        }
    }
}

fn labels_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 32,
        "additionalProperties": { "type": "string", "maxLength": 255 },
    })
}

/// Support settings in the registrar's words; a field is left out when the record does not say.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedSupport {
    /// Support level.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub level: Option<String>,
    /// Usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub usage: Option<String>,
    /// Service level.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub service_level: Option<String>,
    /// Unit of the size.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub system_units: Option<String>,
    /// Bundle the product is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub product_bundle: Option<String>,
    /// Declared number of cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_total: Option<i32>,
    /// Declared number of sockets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket_total: Option<i32>,
}

/// A field that somebody else changed at the registrar.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The field, as this status or the spec names it: `displayName`, `support.level`, `labels.team`. Key of the list.
    #[schemars(length(min = 1, max = 80))]
    pub field: String,
    /// What it should be; empty: nothing.
    #[schemars(length(max = 500))]
    pub wanted: String,
    /// What was found; empty: nothing.
    #[schemars(length(max = 500))]
    pub found: String,
    /// How often it was put right. After three times it is left alone.
    #[schemars(range(min = 0))]
    pub corrections: i32,
    /// Whether it was as it should be before. If not, the registrar did not keep what it was given.
    pub changed_elsewhere: bool,
    /// When it was last found changed (RFC 3339).
    pub at: Time,
}

/// Where a cluster's record is in its life.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum SubscriptionPhase {
    /// There is no record yet.
    Registering,
    /// There is a record of a cluster that is not installed.
    Reserved,
    /// The cluster is installed and its record active.
    Active,
    /// The registrar has not seen telemetry for a while.
    Stale,
    /// The record is archived.
    Archived,
    /// The record is marked as disconnected.
    Disconnected,
    /// The record was deleted by somebody else.
    Lost,
    /// Nothing goes on until a person acts.
    Failed,
    /// Its object is being deleted.
    Deleting,
}

/// What a cluster's telemetry says, in short (`facts/ocm.md §4.2`); a field is left out when the registrar does not say.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterMetrics {
    /// When the registrar asked its telemetry store (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queried_at: Option<Time>,
    /// Health in the registrar's words: `healthy`, `unhealthy`, `unknown` or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub health_state: Option<String>,
    /// State in the registrar's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub state: Option<String>,
    /// Version of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub openshift_version: Option<String>,
    /// Whether an upgrade is available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_available: Option<bool>,
    /// State of the upgrade in the registrar's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub upgrade_state: Option<String>,
    /// Number of nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes_total: Option<i32>,
    /// Number of control plane nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes_control_plane: Option<i32>,
    /// Number of compute nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes_compute: Option<i32>,
    /// Number of cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_total: Option<i32>,
    /// Number of sockets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket_total: Option<i32>,
    /// Memory in MiB.
    #[serde(rename = "memoryTotalMiB", skip_serializing_if = "Option::is_none")]
    pub memory_total_mib: Option<i64>,
    /// Number of critical alerts that fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_alerts_firing: Option<i32>,
    /// Number of cluster operators that report a failing condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operators_condition_failing: Option<i32>,
}

/// One capability of the organization.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capability {
    /// Its name. Key of the list.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// Its value.
    #[schemars(length(max = 255))]
    pub value: String,
}

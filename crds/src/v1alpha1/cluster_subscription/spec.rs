//! What a person wishes of a cluster's record.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::cluster::ClusterSource;
use super::registrar::{Product, Registrar, Support};
use super::status::ClusterSubscriptionStatus;
use crate::duration::DurationText;

/// What one cluster's record at a registrar should be.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "slipway.dev",
    version = "v1alpha1",
    kind = "ClusterSubscription",
    plural = "clustersubscriptions",
    singular = "clustersubscription",
    shortname = "csub",
    category = "slipway",
    namespaced,
    status = "ClusterSubscriptionStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "ClusterSubscription is one cluster's record at a registrar.",
    printcolumn(
        name = "State",
        type_ = "string",
        json_path = ".status.phase",
        description = "Where the record is in its life; for people only"
    ),
    printcolumn(
        name = "Remote",
        type_ = "string",
        json_path = ".status.remoteStatus",
        description = "Status of the record in the registrar's words"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the record is as its spec asks"
    ),
    printcolumn(
        name = "External",
        type_ = "string",
        json_path = ".status.externalClusterId",
        description = "Id under which the cluster sends telemetry"
    ),
    printcolumn(
        name = "Telemetry",
        type_ = "date",
        json_path = ".status.lastTelemetryAt",
        description = "Time since the registrar last saw telemetry, to the hour"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why the record is ready or not"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since the object was made"
    ),
    printcolumn(
        name = "Cluster",
        type_ = "string",
        json_path = ".status.clusterId",
        priority = 1,
        description = "Our key at the registrar"
    ),
    printcolumn(
        name = "Subscription",
        type_ = "string",
        json_path = ".status.subscriptionId",
        priority = 1,
        description = "Id of the record"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1,
        description = "What is going on, in words"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = crate::rule::fixed_once_set("clusterId", "it is the key of the record; make a new object for another cluster"))]
pub struct ClusterSubscriptionSpec {
    /// The service that keeps the record: exactly one variant. Mutable.
    pub registrar: Registrar,
    /// Our key at the registrar. Left out: a UUID made once and kept in the annotation `slipway.dev/memory`. Immutable once
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*$')")
        .message("clusterId must be letters, digits and any of . _ - and start with a letter or digit: a UUID will do"))]
    pub cluster_id: Option<String>,
    /// Name that the record shows. Left out: the name of this object. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::one_line("displayName"))]
    pub display_name: Option<String>,
    /// Where the facts of the cluster come from: exactly one variant. Mutable.
    pub cluster: ClusterSource,
    /// What the record is for. Default `OCP`, `AssistedInstall`. Immutable.
    #[serde(default)]
    #[x_kube(validation = crate::rule::fixed("product", "a record is made for one product; make a new object for another"))]
    pub product: Product,
    /// The support settings of the record. Left out: not managed. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Support>,
    /// Labels of the record, at most 16. The registrar shows each name with `slipway.` before it; labels of other names are not touched.
    /// Mutable.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "labels_schema")]
    #[x_kube(validation = Rule::new("self.all(name, name.matches('^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$') && name != 'installation')")
        .message("labels: each name must be 1 to 63 lower-case letters, digits or any of . _ - and begin and end with a letter or digit; \
                  installation is kept by Slipway itself"))]
    pub labels: BTreeMap<String, String>,
    /// What to do when somebody else changed the record. Default `Correct`. Mutable.
    #[serde(default)]
    pub drift: DriftPolicy,
    /// What to do with the organization's capabilities. Left out: they are shown in the status only. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<CapabilityUse>,
    /// What happens to the record when this object is deleted. Default `DeleteReserved`. Mutable.
    #[serde(default)]
    pub deletion_policy: SubscriptionDeletionPolicy,
    /// How long a deletion may wait for the registrar before the object is let go all the same, from 1s to 168h. Default `15m`. Mutable.
    #[serde(default = "default_release_timeout")]
    #[x_kube(validation = crate::rule::duration("releaseTimeout", "1s", "168h"))]
    pub release_timeout: DurationText,
    /// Stop every effect except deletion; observing goes on, and `status.plan` shows what would be done. Default false.
    /// Mutable.
    #[serde(default)]
    pub suspend: bool,
}

/// [`ClusterSubscriptionSpec::release_timeout`] when it is left out.
fn default_release_timeout() -> DurationText {
    DurationText("15m".into())
}

fn labels_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 16,
        "additionalProperties": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\x00-\x1f\x7f]*$" },
    })
}

/// What to do with the capabilities of the organization.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityUse {
    /// Put them on this object as labels. Default false. Mutable.
    #[serde(default)]
    pub labels: bool,
}

/// What to do when the record differs from the spec.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DriftPolicy {
    /// Put it right.
    #[default]
    Correct,
    /// Say so.
    Report,
}

/// What happens to the record when its object is deleted.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SubscriptionDeletionPolicy {
    /// Delete a record that is still reserved; leave an active one.
    #[default]
    DeleteReserved,
    /// Delete it.
    Delete,
    /// Archive it.
    Archive,
    /// Leave it.
    Retain,
}

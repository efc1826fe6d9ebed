//! What a person wishes of a rack.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::connection::{ConnectionPolicy, RackEndpoint};
use super::registration::{InfrastructureCreation, InfrastructureLookup, OciAccount};
use super::status::InfrastructureStatus;
use super::upgrade::UpgradeSchedule;

/// What one rack and its connection to Oracle Cloud should be.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "slipway.dev",
    version = "v1alpha1",
    kind = "Infrastructure",
    plural = "infrastructures",
    singular = "infrastructure",
    shortname = "sinfra",
    category = "slipway",
    namespaced,
    status = "InfrastructureStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "Infrastructure is one Compute Cloud@Customer rack and its connection to Oracle Cloud Infrastructure.",
    printcolumn(
        name = "State",
        type_ = "string",
        json_path = ".status.phase",
        description = "Where the rack is in its life; for people only"
    ),
    printcolumn(
        name = "Connection",
        type_ = "string",
        json_path = ".status.connectionState",
        description = "State of the connection in OCI's words"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the rack is as its spec asks"
    ),
    printcolumn(
        name = "Rack",
        type_ = "string",
        json_path = ".status.shortName",
        description = "Short name that Oracle gave the rack"
    ),
    printcolumn(
        name = "Since",
        type_ = "date",
        json_path = ".status.connectedSince",
        description = "Age of the connection"
    ),
    printcolumn(
        name = "Refresh",
        type_ = "string",
        json_path = ".status.refreshDueAt",
        description = "When the connection should be refreshed"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why the rack is ready or not"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since the object was made"
    ),
    printcolumn(
        name = "Region",
        type_ = "string",
        json_path = ".spec.oci.region",
        priority = 1,
        description = "Region of Oracle Cloud"
    ),
    printcolumn(
        name = "OCID",
        type_ = "string",
        json_path = ".status.infrastructureId",
        priority = 1,
        description = "Identifier of the rack at OCI"
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
#[x_kube(
    validation = crate::rule::exactly_one("spec", &["infrastructureId", "lookup", "create"]),
    validation = crate::rule::fixed_once_set("infrastructureId", "make a new object for another rack"),
    validation = Rule::new("!has(self.connection) || self.connection.desired != 'Connected' || has(self.rack)")
        .message("rack is needed to connect: say where the rack takes its PIN, or remove connection to observe only"),
)]
pub struct InfrastructureSpec {
    /// The account at Oracle Cloud. Mutable but for its region.
    pub oci: OciAccount,
    /// OCID of a rack that is registered. Exactly one of infrastructureId, lookup and create. Immutable once set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::ocid("infrastructureId"))]
    pub infrastructure_id: Option<String>,
    /// Find a rack that is registered, by its name. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup: Option<InfrastructureLookup>,
    /// Register the rack when it is not registered. Mutable but for its compartment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<InfrastructureCreation>,
    /// The rack's own end. Needed to connect. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rack: Option<RackEndpoint>,
    /// What the rack's connection should be. Left out: observed only. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionPolicy>,
    /// When Oracle may upgrade the rack. Left out: not managed. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_schedule: Option<UpgradeSchedule>,
    /// What happens at OCI when this object is deleted. Default `Retain`: nothing. Mutable.
    #[serde(default)]
    pub deletion_policy: InfrastructureDeletionPolicy,
    /// Stop every effect except deletion; observing goes on, and `status.plan` shows what would be done. Default false.
    /// Mutable.
    #[serde(default)]
    pub suspend: bool,
}

/// What happens at OCI when a rack's object is deleted.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InfrastructureDeletionPolicy {
    /// Leave everything as it is.
    #[default]
    Retain,
    /// Cut the connection.
    Reject,
    /// Cut the connection and delete the record.
    Delete,
}

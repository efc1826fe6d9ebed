//! What is known of a rack.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::remote::{RackInventory, RackNetwork, UpgradeStatus};
use crate::condition::Condition;
use crate::intent::IntentStatus;
use crate::tls::TlsStatus;

/// What is known of one rack. Rebuilt from the world at any time.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InfrastructureStatus {
    /// `metadata.generation` that this status speaks of; -1: no controller has seen the object yet.
    #[serde(default = "crate::never_observed")]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// Where the rack is in its life. For people only: programs read the conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<InfrastructurePhase>,
    /// OCID of the rack.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub infrastructure_id: Option<String>,
    /// Short name that Oracle gave the rack.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub short_name: Option<String>,
    /// State of the record in OCI's words, for example `ACTIVE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub lifecycle_state: Option<String>,
    /// State of the connection in OCI's words: `REJECT`, `REQUEST`, `READY`, `CONNECTED`, `DISCONNECTED` or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub connection_state: Option<String>,
    /// When this state was first seen (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_state_since: Option<Time>,
    /// When the rack was first seen connected (RFC 3339). An outage does not end that, another state does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_since: Option<Time>,
    /// When the connection should be refreshed (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_due_at: Option<Time>,
    /// When the next handshake may begin at the earliest (RFC 3339): OCI wants 20 minutes in `REJECT` before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Time>,
    /// The latest exchange of PIN and fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<HandshakeStatus>,
    /// The latest refresh that was asked for by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RefreshStatus>,
    /// What the rack consists of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<RackInventory>,
    /// How the rack is joined to the customer's network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<RackNetwork>,
    /// The rack's software and its next upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<UpgradeStatus>,
    /// The effect that was begun and is not yet known to be done; at most one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<IntentStatus>,
    /// What would happen next, in order, also while suspended. At most 32 lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 512)))]
    pub plan: Vec<String>,
    /// What is known of the rack's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsStatus>,
    /// When the step that failed is tried again (RFC 3339); left out: nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_retry_at: Option<Time>,
    /// `Ready`, `Reconciling`, `Stalled`, `Reachable`, `CredentialsValid`, `Registered`, `TlsVerified`,
    /// `FingerprintMatched`, `Connected`, `RefreshDue`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

impl Default for InfrastructureStatus {
    fn default() -> Self {
        Self {
            observed_generation: crate::NEVER_OBSERVED,
            phase: None,
            infrastructure_id: None,
            short_name: None,
            lifecycle_state: None,
            connection_state: None,
            connection_state_since: None,
            connected_since: None,
            refresh_due_at: None,
            not_before: None,
            handshake: None,
            refresh: None,
            inventory: None,
            network: None,
            upgrade: None,
            intent: None,
            plan: Vec::new(),
            tls: None,
            next_retry_at: None,
            conditions: Vec::new(),
        }
    }
}

/// Where a rack is in its life.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum InfrastructurePhase {
    /// It is being found or registered in OCI.
    Registering,
    /// A handshake or a wait before one is going on.
    Connecting,
    /// Connected.
    Connected,
    /// It was connected and contact is lost.
    Disconnected,
    /// Cut off, as asked.
    Rejected,
    /// Nothing goes on until a person acts.
    Failed,
    /// Its object is being deleted.
    Deleting,
}

/// One exchange of PIN and fingerprint between rack and Oracle Cloud. The PIN is never here.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HandshakeStatus {
    /// Number of the attempt, from 1.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub attempt: i32,
    /// Step that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub step: Option<String>,
    /// When the attempt began (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// Fingerprint that the rack answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub rack_fingerprint: Option<String>,
    /// Fingerprint that OCI shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub oci_fingerprint: Option<String>,
    /// How it ended; left out while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub result: Option<String>,
    /// Number of attempts that failed in a row.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0))]
    pub failures: i32,
    /// Number of attempts since the last connection in which the fingerprints differed; after three a person has to act.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0))]
    pub mismatches: i32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &i32) -> bool {
    *count == 0
}

/// One refresh that was asked for by id.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshStatus {
    /// `spec.connection.refreshId` that was carried out.
    #[schemars(length(max = 64))]
    pub id: String,
    /// When the rack was connected again (RFC 3339); left out: not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
}

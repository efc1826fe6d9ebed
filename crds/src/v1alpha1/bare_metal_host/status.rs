//! What is known of a host.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hardware::HardwareStatus;
use super::install::InstallMethod;
use crate::condition::Condition;
use crate::intent::IntentStatus;
use crate::tls::TlsStatus;

/// What is known of one machine. Rebuilt from the world at any time.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BareMetalHostStatus {
    /// `metadata.generation` that this status speaks of; -1: no controller has seen the object yet.
    #[serde(default = "crate::never_observed")]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// Where the host is in its life. For people only: programs read the conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<HostPhase>,
    /// Power state in the BMC's words: `On`, `Off`, `PoweringOn`, `PoweringOff` or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub power: Option<String>,
    /// What the BMC tells of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<HardwareStatus>,
    /// The latest install.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<InstallStatus>,
    /// The latest reboot that was asked for by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reboot: Option<RebootStatus>,
    /// The effect that was begun and is not yet known to be done; at most one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<IntentStatus>,
    /// What would happen next, in order, also while suspended. At most 32 lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 512)))]
    pub plan: Vec<String>,
    /// What is known of the BMC's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsStatus>,
    /// When the step that failed is tried again (RFC 3339); left out: nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_retry_at: Option<Time>,
    /// `Ready`, `Reconciling`, `Stalled`, `Reachable`, `CredentialsValid`, `IdentityVerified`, `Powered`, `Installed`,
    /// `NotYetSupported`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

impl Default for BareMetalHostStatus {
    fn default() -> Self {
        Self {
            observed_generation: crate::NEVER_OBSERVED,
            phase: None,
            power: None,
            hardware: None,
            install: None,
            reboot: None,
            intent: None,
            plan: Vec::new(),
            tls: None,
            next_retry_at: None,
            conditions: Vec::new(),
        }
    }
}

/// Where a host is in its life.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum HostPhase {
    /// Its BMC is being reached and its identity verified.
    Registering,
    /// Known and idle.
    Available,
    /// An install is going on.
    Installing,
    /// The profile that was asked for is on it.
    Installed,
    /// The install or something before it failed for good.
    Failed,
    /// Its object is being deleted.
    Deleting,
}

/// One install of a host. Kept until the next one is asked for.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallStatus {
    /// `spec.install.id` that this install carries out.
    #[schemars(length(max = 64))]
    pub id: String,
    /// Name of the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub profile: Option<String>,
    /// Digest of the profile as it was when the install began: `sha256:` and hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    pub profile_digest: Option<String>,
    /// How the machine was made to boot the installer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<InstallMethod>,
    /// Number of the attempt, from 1.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub attempt: i32,
    /// Step of the attempt that was seen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub step: Option<String>,
    /// When this attempt began (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<Time>,
    /// When the machine first asked for its boot script in this attempt (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booted_at: Option<Time>,
    /// When the profile's proof of completion was seen (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<Time>,
    /// When the last attempt failed for good (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Time>,
    /// What happened, in words: the installer's own when it sent some.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

/// One reboot that was asked for by id.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RebootStatus {
    /// `spec.reboot.id` that was carried out or given up.
    #[schemars(length(max = 64))]
    pub id: String,
    /// When the host was seen to have been reset (RFC 3339); left out: not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// What happened, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

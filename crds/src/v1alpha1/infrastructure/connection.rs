//! The rack's own end, and what its connection to Oracle Cloud should be.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::DurationText;
use crate::tls::TlsTrust;

/// Where the rack takes its PIN: `provisioningUrl`, or `system` and `domain`.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.provisioningUrl) ? !has(self.system) && !has(self.domain) : has(self.system) && has(self.domain)")
        .message("rack needs either provisioningUrl, or system and domain together"),
)]
pub struct RackEndpoint {
    /// Address that takes the PIN, for example `https://rps.rack1.example.com/rps_pin`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::secure_url("provisioningUrl"))]
    pub provisioning_url: Option<String>,
    /// System name of the rack, as in its installation data. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$')")
        .message("system must be one DNS label, such as rack1"))]
    pub system: Option<String>,
    /// Domain of the rack, as in its installation data. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 190))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$')")
        .message("domain must be a DNS name, such as example.com"))]
    pub domain: Option<String>,
    /// How the rack's certificate is trusted; left out: by the system's authorities. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsTrust>,
}

/// What the rack's connection should be.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.approvedFingerprint) || self.approval == 'Manual'")
        .message("approvedFingerprint is for manual approval: set approval to Manual or remove approvedFingerprint"),
)]
pub struct ConnectionPolicy {
    /// Whether the rack should be connected. Default `Connected`. Mutable.
    #[serde(default)]
    pub desired: ConnectionWish,
    /// Who approves a connection. Default `Automatic`: when the two fingerprints are the same. Mutable.
    #[serde(default)]
    pub approval: ApprovalMode,
    /// Fingerprint that the administrator compared. Only with `approval: Manual`. Left out: not approved yet. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    #[x_kube(validation = crate::rule::one_line("approvedFingerprint"))]
    pub approved_fingerprint: Option<String>,
    /// Id of the wish to refresh the connection now, echoed in `status.refresh.id`; a new id refreshes again. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = crate::rule::wish_id("refreshId"))]
    pub refresh_id: Option<String>,
    /// When to refresh the connection before OCI ends it after 90 days. Left out: never without being asked. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<ConnectionRefresh>,
    /// How long an outage may last before the connection is made anew: 15m to 168h, or `Never`. Default `15m`. Mutable.
    #[serde(default = "default_outage")]
    #[x_kube(validation = crate::rule::duration_or_never("reconnectAfterOutage", "15m", "168h"))]
    pub reconnect_after_outage: DurationText,
}

impl Default for ConnectionPolicy {
    fn default() -> Self {
        Self {
            desired: ConnectionWish::default(),
            approval: ApprovalMode::default(),
            approved_fingerprint: None,
            refresh_id: None,
            refresh: None,
            reconnect_after_outage: default_outage(),
        }
    }
}

fn default_outage() -> DurationText {
    "15m".into()
}

/// When a connection is refreshed before its end.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionRefresh {
    /// How long before the end of the 90 days, in whole days from `1d` to `89d`. Mutable.
    #[x_kube(validation = Rule::new("self.matches('^([1-9]|[1-8][0-9])d$')")
        .message("refresh.before must be whole days from 1d to 89d"))]
    pub before: DurationText,
    /// When a refresh may begin. Left out: at any time. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<MaintenanceWindow>,
}

/// A time that comes again and again. All times are UTC.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceWindow {
    /// When it opens: a recurrence rule (RFC 5545) without `RRULE:`, for example `FREQ=WEEKLY;BYDAY=SU;BYHOUR=2`. Mutable.
    #[schemars(length(max = 256))]
    #[x_kube(validation = crate::rule::recurrence("window.start"))]
    pub start: String,
    /// How long it stays open: 30m to 168h. Mutable.
    #[x_kube(validation = crate::rule::duration("window.duration", "30m", "168h"))]
    pub duration: DurationText,
}

/// Whether a rack should be connected.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectionWish {
    /// Connected to Oracle Cloud.
    #[default]
    Connected,
    /// Cut off from Oracle Cloud; workloads on the rack keep running.
    Rejected,
}

/// Who approves a connection.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ApprovalMode {
    /// Slipway, when the two fingerprints are the same.
    #[default]
    Automatic,
    /// A person, by pasting the fingerprint that was compared.
    Manual,
}

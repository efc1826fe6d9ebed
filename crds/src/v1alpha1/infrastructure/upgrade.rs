//! When Oracle may upgrade a rack (`facts/oci.md §1.6`).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::duration::DurationText;

/// The upgrade schedule of a rack: one that exists (`scheduleId`), or one to keep (`displayName` and `events`).
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = crate::rule::exactly_one("upgradeSchedule", &["scheduleId", "displayName"]),
    validation = Rule::new("has(self.displayName) == (has(self.events) && size(self.events) > 0)")
        .message("upgradeSchedule: displayName and events go together; with scheduleId leave out both"),
)]
pub struct UpgradeSchedule {
    /// OCID of a schedule that exists. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::ocid("scheduleId"))]
    pub schedule_id: Option<String>,
    /// Display name of the schedule to keep in the rack's compartment. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::one_line("displayName"))]
    pub display_name: Option<String>,
    /// Times at which Oracle may upgrade, at most 16, each description once. Mutable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["description".into()]))]
    pub events: Vec<UpgradeEvent>,
}

/// One time, or recurring times, at which Oracle may upgrade.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeEvent {
    /// What it is for, one line. Key of the list.
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::one_line("description"))]
    pub description: String,
    /// First moment at which it may begin (RFC 3339, UTC). Mutable.
    pub time_start: Time,
    /// How long it lasts: 1h to 720h. OCI wants at least one of 48h or more in every three months. Mutable.
    #[x_kube(validation = crate::rule::duration("duration", "1h", "720h"))]
    pub duration: DurationText,
    /// When it comes again: a recurrence rule (RFC 5545) without `RRULE:`. Left out: once only. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(validation = crate::rule::recurrence("recurrence"))]
    pub recurrence: Option<String>,
}

//! One line a rack: there are few, and each has a date that somebody has to know.

use slipway_crds::{
    condition::{CONNECTED, READY, STALLED},
    v1alpha1::{Condition, Infrastructure},
};

use super::per_object::Gauge;

/// What is shown of a rack.
pub(super) const GAUGES: &[Gauge<Infrastructure>] = &[
    ("slipway_infrastructure_connected", "Whether the rack is connected to Oracle Cloud", |rack, _| {
        Some(i64::from(is_true(rack, CONNECTED)))
    }),
    ("slipway_infrastructure_ready", "Whether the rack is as its spec asks", |rack, _| {
        Some(i64::from(is_true(rack, READY)))
    }),
    ("slipway_infrastructure_stalled", "Whether the rack waits for a person", |rack, _| {
        Some(i64::from(is_true(rack, STALLED)))
    }),
    ("slipway_infrastructure_connection_age_seconds", "Age of the connection", |rack, now| {
        let since = rack.status.as_ref()?.connected_since.as_ref()?.0;
        Some(now.duration_since(since).as_secs())
    }),
    (
        "slipway_infrastructure_refresh_due_timestamp_seconds",
        "When the connection should be made anew, in seconds since 1970",
        |rack, _| Some(rack.status.as_ref()?.refresh_due_at.as_ref()?.0.as_second()),
    ),
];

fn is_true(rack: &Infrastructure, kind: &str) -> bool {
    let conditions: &[Condition] = rack.status.as_ref().map_or(&[], |status| &status.conditions);
    conditions.iter().any(|condition| condition.type_ == kind && condition.status == "True")
}

//! From a record to the status' words.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::{
    clock::SignedDuration,
    subscription::{Field, INSTALLATION, Metrics, Record, Support},
};
use slipway_crds::v1alpha1::{ClusterMetrics, ClusterSubscriptionStatus, RecordedSupport};

use super::known::bounded;
use crate::bare_metal_host::whole_second;

/// Telemetry comes every few minutes from every cluster: a status written for each would be all that the API server does.
const QUIET: SignedDuration = SignedDuration::from_hours(1);

/// Sets what the record says. The fields of one that is not touched stay as they were when it was: what others change meanwhile is found then.
pub(super) fn write(record: &Record, is_touched: bool, status: &mut ClusterSubscriptionStatus) {
    let is_new = status.subscription_id.as_ref() != Some(&record.id) || status.remote_status.is_none();
    let text = |value: &Option<String>, longest| value.as_ref().map(|text| bounded(text, longest));
    status.subscription_id = Some(bounded(&record.id, 128));
    status.remote_status = Some(bounded(record.status.as_str(), 64));
    status.organization_id = text(&record.organization_id, 128);
    status.plan_id = text(&record.plan_id, 128);
    if is_touched || is_new {
        status.external_cluster_id = text(&record.external_cluster_id, 128);
        status.console_url = text(&record.console_url, 500);
        status.display_name = text(&record.display_name, 255);
        status.support = (record.support != Support::default()).then(|| support(&record.support));
        status.labels = labels(record);
    }
    let seen = record.last_telemetry_at.map(|moment| Time(whole_second(moment)));
    status.last_telemetry_at = quiet(status.last_telemetry_at.take(), seen);
    status.metrics = record.metrics.as_ref().map(|seen| metrics(seen, status.metrics.as_ref()));
}

/// The labels that are ours, without their prefix.
fn labels(record: &Record) -> std::collections::BTreeMap<String, String> {
    let fields = record.fields().into_iter();
    let ours = fields.filter_map(|(field, value)| match field {
        // Our own mark is for us.
        Field::Label(name) if name != INSTALLATION => Some((name, bounded(&value, 255))),
        _ => None,
    });
    ours.take(32).collect()
}

/// The new time when it is news: the first one, an earlier one, or one that is much later.
fn quiet(before: Option<Time>, now: Option<Time>) -> Option<Time> {
    match (&before, &now) {
        (Some(shown), Some(seen)) => {
            let later = seen.0.duration_since(shown.0);
            if later >= QUIET || later.is_negative() { now } else { before }
        }
        _ => now,
    }
}

fn support(support: &Support) -> RecordedSupport {
    let word = |value: &Option<String>| value.as_ref().map(|text| bounded(text, 64));
    RecordedSupport {
        level: word(&support.level),
        usage: word(&support.usage),
        service_level: word(&support.service_level),
        system_units: word(&support.system_units),
        product_bundle: word(&support.product_bundle),
        cpu_total: support.cpu_total,
        socket_total: support.socket_total,
    }
}

fn metrics(seen: &Metrics, before: Option<&ClusterMetrics>) -> ClusterMetrics {
    let word = |value: &Option<String>| value.as_ref().map(|text| bounded(text, 64));
    let shown = before.and_then(|before| before.queried_at.clone());
    ClusterMetrics {
        queried_at: quiet(shown, seen.queried_at.map(|moment| Time(whole_second(moment)))),
        health_state: word(&seen.health_state),
        state: word(&seen.state),
        openshift_version: word(&seen.openshift_version),
        upgrade_available: seen.upgrade_available,
        upgrade_state: word(&seen.upgrade_state),
        nodes_total: seen.nodes_total,
        nodes_control_plane: seen.nodes_control_plane,
        nodes_compute: seen.nodes_compute,
        cpu_total: seen.cpu_total,
        socket_total: seen.socket_total,
        memory_total_mib: seen.memory_total.map(|bytes| bytes >> 20),
        critical_alerts_firing: seen.critical_alerts_firing,
        operators_condition_failing: seen.operators_condition_failing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time(text.parse().unwrap())
    }

    #[test]
    fn telemetry_is_written_by_the_hour() {
        let shown = at("2026-11-21T10:00:00Z");
        for (seen, wanted) in [
            (at("2026-11-21T10:59:59Z"), shown.clone()),
            (at("2026-11-21T11:00:00Z"), at("2026-11-21T11:00:00Z")),
            (at("2026-11-21T09:00:00Z"), at("2026-11-21T09:00:00Z")),
        ] {
            assert_eq!(quiet(Some(shown.clone()), Some(seen)), Some(wanted));
        }
        assert_eq!(quiet(Some(shown.clone()), None), None);
        assert_eq!(quiet(None, Some(shown.clone())), Some(shown));
    }
}

//! A record, and a change of one (`facts/ocm.md §2.5`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use slipway_core::{
    clock::Timestamp,
    subscription::{Change, Record, RemoteStatus, Support},
};

use super::{Label, loose, metrics::Metrics, principal::Reference};

/// A record that was read.
#[derive(Debug, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    #[serde(default, deserialize_with = "loose::text")]
    cluster_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    external_cluster_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    console_url: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    support_level: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    usage: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    service_level: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    system_units: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    product_bundle: Option<String>,
    #[serde(default, deserialize_with = "loose::number")]
    cpu_total: Option<f64>,
    #[serde(default, deserialize_with = "loose::number")]
    socket_total: Option<f64>,
    #[serde(default, deserialize_with = "loose::text")]
    plan_id: Option<String>,
    #[serde(default, deserialize_with = "loose::part")]
    plan: Option<Reference>,
    #[serde(default, deserialize_with = "loose::text")]
    organization_id: Option<String>,
    #[serde(default, deserialize_with = "loose::part")]
    organization: Option<Reference>,
    #[serde(default, deserialize_with = "loose::text")]
    provenance: Option<String>,
    #[serde(default, deserialize_with = "loose::time")]
    last_telemetry_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "loose::time")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "loose::time")]
    updated_at: Option<Timestamp>,
    /// Left out where labels were not asked for, which is not the same as none.
    #[serde(default, deserialize_with = "loose::part")]
    labels: Option<Vec<Label>>,
    #[serde(default, deserialize_with = "loose::parts")]
    metrics: Vec<Metrics>,
}

impl Subscription {
    /// Whether the answer says which labels there are.
    pub(crate) fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// The record.
    pub(crate) fn record(self) -> Record {
        let labels = self.labels.unwrap_or_default().into_iter();
        Record {
            id: self.id,
            cluster_id: self.cluster_id,
            external_cluster_id: self.external_cluster_id,
            status: RemoteStatus::from(self.status.as_deref().unwrap_or_default()),
            display_name: self.display_name,
            console_url: self.console_url,
            support: Support {
                level: self.support_level,
                usage: self.usage,
                service_level: self.service_level,
                system_units: self.system_units,
                product_bundle: self.product_bundle,
                cpu_total: self.cpu_total.and_then(loose::small),
                socket_total: self.socket_total.and_then(loose::small),
            },
            labels: labels
                .map(|label| (label.key, label.value.unwrap_or_default()))
                .collect::<BTreeMap<_, _>>(),
            keeps_labels: true,
            plan_id: self.plan_id.or_else(|| self.plan?.id),
            organization_id: self.organization_id.or_else(|| self.organization?.id),
            provenance: self.provenance,
            last_telemetry_at: self.last_telemetry_date,
            created_at: self.created_at,
            updated_at: self.updated_at,
            metrics: self.metrics.into_iter().next().map(Into::into),
        }
    }
}

/// The body of a change: what changes and nothing else.
pub(crate) fn patch(change: &Change) -> Map<String, Value> {
    let Change { display_name, external_cluster_id, console_url, support } = change;
    let texts = [
        ("display_name", display_name),
        ("external_cluster_id", external_cluster_id),
        ("console_url", console_url),
        ("support_level", &support.level),
        ("usage", &support.usage),
        ("service_level", &support.service_level),
        ("system_units", &support.system_units),
        ("product_bundle", &support.product_bundle),
    ];
    let numbers = [("cpu_total", support.cpu_total), ("socket_total", support.socket_total)];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.clone()?))));
    let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, Value::from(number?))));
    texts.chain(numbers).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use slipway_core::subscription::{Change, RemoteStatus, Support};

    use super::{Subscription, patch};

    #[test]
    fn a_whole_record_is_read() {
        let wire: Subscription = serde_json::from_value(json!({
            "id": "s1", "kind": "Subscription", "status": "Active", "cluster_id": "c1", "external_cluster_id": "",
            "display_name": "demo", "console_url": "https://console.example", "unknown": {"a": [1]},
            "plan": {"id": "OCP-AssistedInstall", "type": "OCP"}, "organization_id": "o1", "provenance": "Provisioning",
            "support_level": "Eval", "cpu_total": 8.0, "socket_total": "2", "managed": false,
            "last_telemetry_date": "0001-01-01T00:00:00Z", "created_at": "2026-08-01T10:00:00.123456Z",
            "updated_at": "1970-01-01T00:00:00Z",
            "labels": [{"key": "a.b", "value": "c", "internal": false}],
            "metrics": [{
                "query_timestamp": "2026-08-01T10:15:00Z", "health_state": "healthy", "state": "ready",
                "openshift_version": "4.19.3", "operating_system": "", "critical_alerts_firing": 1.0,
                "upgrade": {"available": true, "state": "", "updated_timestamp": "1970-01-01T00:00:00Z"},
                "nodes": {"total": 3, "master": 3.0},
                "memory": {"total": {"value": 101_234_567_168.0, "unit": "B"}, "used": {"value": 1.5, "unit": "B"}},
                "cpu": {"total": {"value": 24, "unit": ""}},
            }],
        }))
        .unwrap();
        assert!(wire.has_labels());
        let record = wire.record();
        assert_eq!(
            (record.external_cluster_id, record.last_telemetry_at, record.updated_at),
            (None, None, None)
        );
        assert_eq!(record.status, RemoteStatus::Active);
        assert_eq!((record.support.cpu_total, record.support.socket_total), (Some(8), Some(2)));
        assert_eq!(record.plan_id.as_deref(), Some("OCP-AssistedInstall"));
        assert_eq!(record.labels["a.b"], "c");
        assert_eq!(record.created_at.unwrap().to_string(), "2026-08-01T10:00:00.123456Z");
        let metrics = record.metrics.unwrap();
        assert_eq!(
            (metrics.nodes_total, metrics.nodes_control_plane, metrics.nodes_compute),
            (Some(3), Some(3), None)
        );
        assert_eq!((metrics.memory_total, metrics.cpu_total), (Some(101_234_567_168), Some(24)));
        assert_eq!((metrics.critical_alerts_firing, metrics.socket_total), (Some(1), None));
        assert_eq!((metrics.upgrade_available, metrics.upgrade_state), (Some(true), None));
    }

    #[test]
    fn what_does_not_fit_is_absent_and_an_id_is_needed() {
        let odd = json!({
            "id": "s1", "status": "Frozen", "labels": "x", "metrics": {"a": 1}, "cpu_total": [], "plan": 7, "created_at": "soon",
            "socket_total": 1e300, "display_name": null, "console_url": 9,
        });
        let wire: Subscription = serde_json::from_value(odd).unwrap();
        assert!(!wire.has_labels());
        let record = wire.record();
        assert_eq!(record.status, RemoteStatus::Other("Frozen".to_owned()));
        assert_eq!((record.support, record.metrics, record.created_at), (Support::default(), None, None));
        assert!(serde_json::from_value::<Subscription>(json!({"kind": "Subscription"})).is_err());
    }

    #[test]
    fn only_what_changes_is_sent() {
        let change = Change {
            external_cluster_id: Some(String::new()),
            support: Support { level: Some("Premium".to_owned()), cpu_total: Some(4), ..Support::default() },
            ..Change::default()
        };
        let expected = json!({"external_cluster_id": "", "support_level": "Premium", "cpu_total": 4});
        assert_eq!(serde_json::Value::Object(patch(&change)), expected);
        assert!(patch(&Change::default()).is_empty());
    }
}

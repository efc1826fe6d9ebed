//! A subscription as the service keeps it (`facts/ocm.md §2.5`).

use super::ksuid::ksuid;
use super::moment::{ZERO, written};
use super::switches::OcmShape;
use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

/// Fields of a JSON object.
pub(super) type Fields = Map<String, Value>;

/// The status of a record that is no more.
pub(super) const DEPROVISIONED: &str = "Deprovisioned";

/// A plan by its id: type, category and name beside it.
pub(super) fn plan(id: &str) -> Value {
    let (kind, category) = match id {
        "OCP-AssistedInstall" => ("OCP", "AssistedInstall"),
        "MOA-HostedControlPlane" => ("MOA", "HostedControlPlane"),
        _ => (id, ""),
    };
    let mut plan = json!({
        "id": id,
        "kind": "Plan",
        "href": format!("/api/accounts_mgmt/v1/plans/{id}"),
        "type": kind,
        "name": id,
    });
    if !category.is_empty() {
        plan["category"] = json!(category);
    }
    plan
}

/// One record.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) id: String,
    /// As it is now, in the service's JSON without what is shown on demand.
    pub(super) body: Fields,
    /// What it was from which moment on; the last is the present.
    versions: Vec<(Timestamp, Fields)>,
    /// When its telemetry was last heard, or it became Active.
    pub(super) heard: Option<Timestamp>,
    /// It was registered as a disconnected one.
    pub(super) disconnected: bool,
    /// What it takes of its organization's quota.
    pub(super) resources: Vec<(String, u64)>,
    pub(super) created: Timestamp,
}

impl Record {
    /// A record of an account with what its maker sets; the rest is as the service fills it.
    pub(super) fn new(now: Timestamp, creator: &str, organization: &str, set: Fields) -> Self {
        let id = ksuid(now);
        let mut body = Fields::new();
        let common = json!({
            "id": id,
            "kind": "Subscription",
            "href": format!("/api/accounts_mgmt/v1/subscriptions/{id}"),
            "creator_id": creator,
            "organization_id": organization,
            "managed": false,
            "support_level": "Eval",
            "released": false,
            "created_at": written(now),
            "updated_at": written(now),
        });
        body.extend(common.as_object().cloned().unwrap_or_default());
        body.extend(set);
        let versions = vec![(now, body.clone())];
        Self { id, body, versions, heard: None, disconnected: false, resources: Vec::new(), created: now }
    }

    pub(super) fn text(&self, field: &str) -> &str {
        self.body.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn status(&self) -> &str {
        self.text("status")
    }

    /// Not Deprovisioned.
    pub(super) fn is_live(&self) -> bool {
        self.status() != DEPROVISIONED
    }

    /// Made by the service itself when a cluster it did not know reported.
    pub(super) fn is_telemetrys(&self) -> bool {
        self.text("provenance") == "Telemetry"
    }

    /// Remembers the present version for lists, and forgets those that no list will show.
    pub(super) fn remember(&mut self, now: Timestamp, lag: std::time::Duration) {
        if lag.is_zero() {
            self.versions.clear();
        }
        self.versions.push((now, self.body.clone()));
        let seen = self.versions.iter().rposition(|(from, _)| super::token::after(*from, lag) <= now);
        self.versions.drain(..seen.unwrap_or_default());
    }

    /// As lists have it, which are behind by a time.
    pub(super) fn listed(&self, now: Timestamp, lag: std::time::Duration) -> Option<&Fields> {
        if lag.is_zero() {
            return Some(&self.body);
        }
        let seen = self.versions.iter().rfind(|(from, _)| super::token::after(*from, lag) <= now);
        seen.map(|(_, body)| body)
    }
}

/// Times of a record that have no value at first.
const TIMES: [&str; 5] = [
    "last_telemetry_date",
    "last_reconcile_date",
    "last_released_at",
    "billing_expiration_date",
    "trial_end_date",
];
/// Texts of a record that may have no value.
const TEXTS: [&str; 5] =
    ["external_cluster_id", "console_url", "service_level", "usage", "cloud_provider_id"];

/// A record as it is sent, before what is shown on demand.
pub(super) fn shaped(body: &Fields, shape: &OcmShape) -> Value {
    let mut shown = body.clone();
    shown.remove("metrics");
    let id = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let plan_id = shown.remove("plan_id");
    if let Some(plan_id) = plan_id.as_ref().and_then(Value::as_str) {
        shown.insert("plan".to_owned(), plan(plan_id));
    }
    let creator = shown.remove("creator_id");
    if let Some(creator) = creator.as_ref().and_then(Value::as_str) {
        let href = format!("/api/accounts_mgmt/v1/accounts/{creator}");
        shown.insert("creator".to_owned(), json!({"id": creator, "kind": "Account", "href": href}));
    }
    if shape.zero_dates {
        for name in TIMES {
            shown.entry(name).or_insert_with(|| json!(ZERO));
        }
    }
    if shape.nulls {
        for name in TEXTS {
            shown.entry(name).or_insert(Value::Null);
        }
    }
    if shape.unknown_fields {
        shown.insert("provider_notes".to_owned(), json!({"tier": [1, "two", null], "of": id("id")}));
        shown.insert("is_something_new".to_owned(), json!(true));
    }
    Value::Object(shown)
}

/// Leaves out what the shape leaves out, and writes numbers as it has them.
pub(super) fn finish(shown: &mut Value, shape: &OcmShape) {
    if let Value::Object(fields) = shown {
        fields.retain(|name, _| !shape.missing.contains(name));
    }
    if shape.floats {
        float(shown);
    }
}

/// Gives every integer a fraction.
fn float(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(fraction) = number.as_f64().and_then(Number::from_f64) {
                *number = fraction;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(float),
        Value::Object(fields) => fields.values_mut().for_each(float),
        _ => {}
    }
}

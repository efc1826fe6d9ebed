//! As much of the clusters service as `ocm cluster status` reads (`facts/ocm.md §1.7, §4.1`).

use super::api::{Answered, Call};
use super::record::{DEPROVISIONED, Fields};
use super::refusal::Refusal;
use super::table;
use crate::wire::Reply;
use serde_json::{Value, json};

impl Call<'_> {
    pub(super) fn clusters(&mut self, parts: &[&str]) -> Answered {
        if !matches!(parts, ["clusters"] | ["clusters", _]) {
            return Err(Refusal::no_path(self.asked.path()));
        }
        if !self.is_get() {
            return Err(self.wrong_method());
        }
        let clusters: Vec<Value> = self.listed().iter().filter_map(cluster).collect();
        let [_, id] = parts else { return self.page("Cluster", table::CLUSTER, clusters) };
        let found = clusters.into_iter().find(|one| one["id"] == *id);
        let found = found.ok_or_else(|| Refusal::not_found("Cluster", id))?;
        Ok(Reply::json(200, &found))
    }
}

/// The cluster of a record; `None` when it has none.
fn cluster(body: &Fields) -> Option<Value> {
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let id = Some(text("cluster_id")).filter(|id| !id.is_empty() && text("status") != DEPROVISIONED)?;
    let state = match text("status") {
        "Reserved" => "pending",
        "Active" => "ready",
        _ => "unknown",
    };
    let version = body.get("metrics").map_or(Value::Null, |metrics| metrics[0]["openshift_version"].clone());
    Some(json!({
        "kind": "Cluster",
        "id": id,
        "href": format!("/api/clusters_mgmt/v1/clusters/{id}"),
        "name": text("display_name"),
        "external_id": text("external_cluster_id"),
        "state": state,
        "status": {"state": state},
        "managed": false,
        "openshift_version": version,
        "product": {"id": "ocp"},
        "console": {"url": text("console_url")},
        "subscription": {
            "id": text("id"),
            "kind": "SubscriptionLink",
            "href": format!("/api/accounts_mgmt/v1/subscriptions/{}", text("id")),
        },
    }))
}

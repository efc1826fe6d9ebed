//! Records of clusters: reserved, active, drifted, lost, let go.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, Registry};

use crate::recorder::Recorder;

pub(super) async fn recorded() -> anyhow::Result<BTreeMap<String, Value>> {
    let control_plane = ControlPlane::shared().await?;
    let registry =
        Registry::options().poll_interval("100ms").start(control_plane, "record-subscriptions").await?;
    let recorder = Recorder::start(&control_plane.client().await?, registry.namespace.name()).await?;
    troubled(&registry).await?;
    whole(&registry).await?;
    away(&registry).await?;
    Ok(recorder.states())
}

fn external(number: u32) -> Value {
    json!({"installed": true, "externalClusterId": format!("4c4c4544-0038-4b10-8051-{number:012x}")})
}

/// Objects that a person has to do something about, or that wait.
async fn troubled(registry: &Registry) -> anyhow::Result<()> {
    registry.apply(&registry.subscription("held", &json!({"suspend": true}))).await?;
    let unarmed = json!({"registrar": registry.registrar("gone")});
    registry.apply(&registry.subscription("unarmed", &unarmed)).await?;
    let absent = json!({"cluster": {"kubeconfigRef": {"name": "absent"}}});
    registry.apply(&registry.subscription("awaited", &absent)).await?;
    registry.wait_condition("held", "Ready", "False", "Suspended").await?;
    registry.wait_condition("unarmed", "Ready", "False", "SecretMissing").await?;
    registry.wait_condition("awaited", "Ready", "False", "ClusterAwaited").await?;
    anyhow::ensure!(registry.ocm.set_quota("A", "cluster", 1), "no such organization");
    registry.apply(&registry.subscription("short", &json!({}))).await?;
    registry.wait_condition("short", "Ready", "False", "QuotaShort").await?;
    anyhow::ensure!(registry.ocm.set_quota("A", "cluster", 100), "no such organization");
    registry.delete("short").await?;
    registry.wait_gone("short").await
}

/// From reservation to telemetry that ends, and what somebody else does to a record.
async fn whole(registry: &Registry) -> anyhow::Result<()> {
    registry.apply(&registry.subscription("whole", &json!({"drift": "Report"}))).await?;
    registry.wait_ready("whole", "Reserved").await?;
    registry.declare("whole", &external(1)).await?;
    registry.wait_ready("whole", "Active").await?;
    let id = id(registry, "whole").await?;
    registry.ocm.edit(&id, |record| record["display_name"] = json!("somebody's"));
    registry.wait_condition("whole", "Ready", "False", "Drifted").await?;
    registry.ocm.edit(&id, |record| record["display_name"] = json!("whole"));
    registry.wait_ready("whole", "Active").await?;
    registry.advance(Duration::from_hours(24));
    registry.wait_ready("whole", "Stale").await?;
    for (name, number) in [("archived", 2), ("disconnected", 3), ("lost", 4)] {
        let spec = json!({"cluster": {"declared": external(number)}});
        registry.apply(&registry.subscription(name, &spec)).await?;
        registry.wait_ready(name, "Active").await?;
    }
    registry.ocm.archive(&self::id(registry, "archived").await?);
    registry.ocm.set_status_word(&self::id(registry, "disconnected").await?, "Disconnected");
    registry.ocm.delete(&self::id(registry, "lost").await?);
    registry.wait_condition("archived", "Ready", "False", "SubscriptionArchived").await?;
    registry.wait_condition("disconnected", "Ready", "False", "SubscriptionDisconnected").await?;
    registry.wait_condition("lost", "Ready", "False", "SubscriptionLost").await?;
    Ok(())
}

/// The registrar does not answer, and an object goes meanwhile.
async fn away(registry: &Registry) -> anyhow::Result<()> {
    registry.apply(&registry.subscription("leaving", &json!({"releaseTimeout": "3s"}))).await?;
    registry.wait_ready("leaving", "Reserved").await?;
    registry.ocm.refuse_connections(true).await;
    registry.wait_condition("leaving", "Reconciling", "True", "ConnectionRefused").await?;
    registry.delete("leaving").await?;
    registry.wait_condition("leaving", "Ready", "False", "Deleting").await?;
    registry.wait_gone("leaving").await
}

async fn id(registry: &Registry, name: &str) -> anyhow::Result<String> {
    Ok(registry.record(name).await?["id"].as_str().unwrap_or_default().to_owned())
}

//! What the registrar, its users and the cluster's telemetry do to a record.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_e2e::objects::{condition, list};
use slipway_sim::Telemetry;

use crate::scene::{assert_names, external, installed, looked, of_ours, quick, report, text, writes};

const DAY: Duration = Duration::from_hours(24);
const HEALTH: &str = "healthy";

/// An object with an active record; its id.
async fn active(registry: &Registry, name: &str, number: u32) -> anyhow::Result<String> {
    registry.apply(&registry.subscription(name, &json!({"cluster": installed(number)}))).await?;
    registry.wait_ready(name, "Active").await?;
    Ok(text(&registry.record(name).await?["id"]))
}

async fn wait_metrics(registry: &Registry, name: &str) -> anyhow::Result<Value> {
    let has = |object: &Value| {
        let status = &object["status"];
        if status["metrics"].is_object() { Ok(()) } else { Err(status.to_string()) }
    };
    registry.wait(name, "telemetry", has).await
}

/// A metric of an object; its value as text.
async fn metric(registry: &Registry, family: &str, name: &str) -> anyhow::Result<String> {
    let begin =
        format!("slipway_subscription_{family}{{namespace=\"{}\",name=\"{name}\"", registry.namespace.name());
    let metrics = registry.operator.metrics().await?;
    let line = metrics.lines().find(|line| line.starts_with(&begin));
    Ok(line.and_then(|line| line.rsplit(' ').next()).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn silence_and_new_telemetry_are_followed_and_nothing_is_written() -> anyhow::Result<()> {
    let registry = quick("silence").await?;
    let id = active(&registry, "edge-7", 1).await?;
    let before = registry.ocm.call_count();
    assert_eq!(condition(&registry.get("edge-7").await?, "TelemetryFresh")["reason"], "TelemetryAwaited");
    report(&registry, 1);
    registry.wait_condition("edge-7", "TelemetryFresh", "True", "TelemetrySeen").await?;

    registry.advance(DAY);
    let object = registry.wait_ready("edge-7", "Stale").await?;
    assert_eq!(
        (&object["status"]["remoteStatus"], &object["status"]["phase"]),
        (&json!("Stale"), &json!("Stale"))
    );
    assert_eq!(condition(&object, "TelemetryFresh")["reason"], "Stale");
    assert_eq!(condition(&object, "Activated")["reason"], "Stale");
    assert_eq!(registry.wait_event("edge-7", "Stale").await?["type"], "Warning");

    registry.advance(DAY * 30);
    let object = registry.wait_condition("edge-7", "Ready", "False", "SubscriptionArchived").await?;
    assert_eq!(
        (&object["status"]["remoteStatus"], &object["status"]["phase"]),
        (&json!("Archived"), &json!("Archived"))
    );
    assert_eq!(condition(&object, "TelemetryFresh")["status"], "False");
    assert_eq!(condition(&object, "Activated")["status"], "False");
    registry.wait_event("edge-7", "SubscriptionArchived").await?;

    report(&registry, 1);
    let object = registry.wait_ready("edge-7", "Active").await?;
    assert_eq!(
        (&object["status"]["remoteStatus"], &object["status"]["subscriptionId"]),
        (&json!("Active"), &json!(id))
    );
    assert_eq!(condition(&object, "TelemetryFresh")["status"], "True");
    looked(&registry, 2).await?;
    let writes = writes(&registry.ocm, before);
    assert!(writes.is_empty(), "{writes:?}");
    registry.assert_sound().await
}

#[tokio::test]
async fn telemetry_is_shown_and_seldom_written() -> anyhow::Result<()> {
    let registry = quick("telemetry").await?;
    active(&registry, "edge-7", 1).await?;
    report(&registry, 1);
    let object = wait_metrics(&registry, "edge-7").await?;
    let wanted = json!({"healthState": HEALTH, "openshiftVersion": "4.20.1", "nodesTotal": 5, "nodesControlPlane": 3, "nodesCompute": 2,
        "cpuTotal": 24, "memoryTotalMiB": 65536, "upgradeAvailable": false, "criticalAlertsFiring": 0, "state": "ready"});
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&object["status"]["metrics"][field], value, "{field}");
    }
    assert!(object["status"]["lastTelemetryAt"].is_string(), "{object}");
    for (family, value) in
        [("nodes", "5"), ("cpu_cores", "24"), ("memory_bytes", "68719476736"), ("critical_alerts", "0")]
    {
        assert_eq!(metric(&registry, family, "edge-7").await?, value, "{family}");
    }
    let told = registry.operator.metrics().await?;
    let info = r#"name="edge-7",status="Active",health="healthy",version="4.20.1"} 1"#;
    assert!(
        told.lines().any(|line| line.starts_with("slipway_subscription_info") && line.ends_with(info)),
        "{told}"
    );

    let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
    let before = version(&registry.get("edge-7").await?);
    for minutes in [5_u64, 7, 11] {
        registry.advance(Duration::from_mins(minutes));
        let used = f64::from(u32::try_from(minutes)?);
        registry.ocm.telemetry(&external(1), &Telemetry { cpu: (used, 24.0), ..of_ours() });
        looked(&registry, 1).await?;
    }
    looked(&registry, 1).await?;
    assert_eq!(version(&registry.get("edge-7").await?), before, "nothing worth a write happened");

    let upgraded =
        Telemetry { version: "4.20.2".to_owned(), workers: 3, health: "unhealthy".to_owned(), ..of_ours() };
    registry.ocm.telemetry(&external(1), &upgraded);
    let is_new = |object: &Value| {
        let metrics = &object["status"]["metrics"];
        let new = (&metrics["openshiftVersion"], &metrics["nodesTotal"], &metrics["healthState"]);
        if new == (&json!("4.20.2"), &json!(6), &json!("unhealthy")) {
            Ok(())
        } else {
            Err(metrics.to_string())
        }
    };
    let after = registry.wait("edge-7", "the news", is_new).await?;
    assert_eq!(after["status"]["lastTelemetryAt"], object["status"]["lastTelemetryAt"], "to the hour");
    registry.assert_sound().await
}

#[tokio::test]
async fn what_others_do_to_a_record_is_told_and_left() -> anyhow::Result<()> {
    let registry = quick("others").await?;
    let cases = [
        ("disconnected", "Disconnected", "SubscriptionDisconnected"),
        ("frozen", "Frozen", "SubscriptionStatusUnknown"),
        ("deleted", "Deprovisioned", "SubscriptionLost"),
        ("archived", "Archived", "SubscriptionArchived"),
        ("moved", "Active", "SubscriptionTransferred"),
    ];
    let all = cases
        .iter()
        .zip(1..)
        .map(|((name, ..), number)| registry.subscription(name, &json!({"cluster": installed(number)})));
    registry.apply(&list(all)).await?;
    registry.apply(&registry.subscription("early", &json!({}))).await?;
    let mut ids = vec![];
    for (name, ..) in cases {
        registry.wait_ready(name, "Active").await?;
        ids.push(text(&registry.record(name).await?["id"]));
    }
    registry.wait_ready("early", "Reserved").await?;
    let early = text(&registry.record("early").await?["id"]);
    let before = registry.ocm.call_count();

    for ((name, word, _), id) in cases.iter().zip(&ids) {
        // The service account is let see it, as one that acts for several organizations does; else it is lost.
        let done = if *name == "moved" {
            registry.ocm.transfer(id, "B")
        } else {
            registry.ocm.set_status_word(id, word)
        };
        assert!(done, "{name}");
    }
    registry.ocm.set_rights("slipway-sa", slipway_sim::OcmRights::everything());
    for ((name, word, reason), id) in cases.iter().zip(&ids) {
        let object = registry.wait_condition(name, "Ready", "False", reason).await?;
        assert_eq!(
            (&object["status"]["remoteStatus"], &object["status"]["subscriptionId"]),
            (&json!(word), &json!(id))
        );
        assert_names(&condition(&object, "Ready")["message"], &[id]);
        registry.wait_event(name, reason).await?;
    }
    looked(&registry, 2).await?;
    let made = writes(&registry.ocm, before);
    assert!(made.is_empty(), "{made:?}");

    assert!(registry.ocm.delete(&early));
    let is_new = |object: &Value| {
        let id = &object["status"]["subscriptionId"];
        let ready = condition(object, "Ready");
        if *id != early && ready["reason"] == "Reserved" { Ok(()) } else { Err(object["status"].to_string()) }
    };
    registry.wait("early", "another record", is_new).await?;
    let cluster = registry.cluster_id("early").await?;
    assert_eq!(registry.ocm.live(&cluster).len(), 1);
    registry.assert_sound_but(&[&ids[2]]).await
}

//! A cluster reports before its record has the cluster's id: the registrar makes a record of its own.

use serde_json::json;
use slipway_e2e::objects::condition;

use crate::scene::{assert_names, external, installed, quick, report, text};

#[tokio::test]
async fn what_telemetry_made_is_reported_with_both_ids_and_left() -> anyhow::Result<()> {
    let registry = quick("duplicate").await?;
    registry.apply(&registry.subscription("edge-7", &json!({}))).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    let other = report(&registry, 1);
    registry.patch("edge-7", &json!({"cluster": installed(1)})).await?;

    let object = registry.wait_condition("edge-7", "Duplicate", "True", "DuplicateSubscription").await?;
    let ours = text(&object["status"]["subscriptionId"]);
    assert_ne!(ours, other);
    assert_names(&condition(&object, "Duplicate")["message"], &[&ours, &other]);
    let event = registry.wait_event("edge-7", "DuplicateSubscription").await?;
    assert_names(&event["note"], &[&ours, &other]);
    registry.wait_ready("edge-7", "Active").await?;
    let metric = format!(
        "slipway_subscription_duplicate{{namespace=\"{}\",name=\"edge-7\"}}",
        registry.namespace.name()
    );
    assert!(registry.operator.metrics().await?.contains(&format!("{metric} 1")));
    for id in [&ours, &other] {
        let record = registry.ocm.subscription(id).unwrap();
        assert_eq!(
            (&record["status"], &record["external_cluster_id"]),
            (&json!("Active"), &json!(external(1)))
        );
    }

    assert!(registry.ocm.delete(&other));
    let gone = |object: &serde_json::Value| {
        let seen = condition(object, "Duplicate");
        if seen.is_null() { Ok(()) } else { Err(seen.to_string()) }
    };
    registry.wait("edge-7", "no duplicate", gone).await?;
    assert!(registry.operator.metrics().await?.contains(&format!("{metric} 0")));
    assert_eq!(registry.record("edge-7").await?["status"], "Active");
    assert_eq!(registry.ocm.deleted_while("Active").len(), 1, "the one that was deleted by hand");
    registry.assert_sound_but(&[&other]).await
}

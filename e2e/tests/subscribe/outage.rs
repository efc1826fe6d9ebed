//! The registrar, or the way to it, is not there when an object goes.

use serde_json::json;
use slipway_e2e::objects::condition;
use slipway_e2e::{ControlPlane, Registry, wait_for};

use crate::scene::{assert_names, quick, text};

const LONG: std::time::Duration = std::time::Duration::from_mins(1);

/// Objects with reserved records; the ids of these.
async fn reserved(registry: &Registry, objects: &[(&str, serde_json::Value)]) -> anyhow::Result<Vec<String>> {
    let all = objects.iter().map(|(name, spec)| registry.subscription(name, spec));
    registry.apply(&slipway_e2e::objects::list(all)).await?;
    let mut ids = vec![];
    for (name, _) in objects {
        registry.wait_ready(name, "Reserved").await?;
        ids.push(text(&registry.record(name).await?["id"]));
    }
    Ok(ids)
}

fn status(registry: &Registry, id: &str) -> String {
    text(&registry.ocm.subscription(id).unwrap()["status"])
}

async fn abandoned(registry: &Registry) -> anyhow::Result<String> {
    let metrics = registry.operator.metrics().await?;
    let line = metrics.lines().find(|line| line.starts_with("slipway_subscription_abandoned_total"));
    Ok(line.and_then(|line| line.rsplit(' ').next()).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_deletion_waits_for_the_registrar_for_a_bounded_time() -> anyhow::Result<()> {
    let registry = quick("outage").await?;
    let objects = [("patient", json!({})), ("hasty", json!({"releaseTimeout": "1s"}))];
    let ids = reserved(&registry, &objects).await?;
    registry.ocm.refuse_connections(true).await;
    registry.delete("patient").await?;
    registry.delete("hasty").await?;

    registry.wait_gone("hasty").await?;
    let event = registry.wait_event("hasty", "Released").await?;
    assert_names(&event["note"], &["spec.deletionPolicy", "spec.releaseTimeout"]);
    assert_eq!(
        (abandoned(&registry).await?.as_str(), status(&registry, &ids[1]).as_str()),
        ("1", "Reserved")
    );

    let object = registry.wait_condition("patient", "Ready", "False", "Deleting").await?;
    assert_names(&condition(&object, "Ready")["message"], &["DeleteReserved", "refuses connections"]);
    let reachable = condition(&object, "Reachable");
    assert_eq!((&reachable["status"], &reachable["reason"]), (&json!("False"), &json!("ConnectionRefused")));
    registry.ocm.refuse_connections(false).await;
    registry.wait_gone("patient").await?;
    assert_eq!(status(&registry, &ids[0]), "Deprovisioned");
    assert!(registry.events("patient").await?.iter().all(|event| event["reason"] != "Released"));
    assert_eq!(abandoned(&registry).await?, "1");
    registry.assert_sound().await
}

#[tokio::test]
async fn a_secret_that_goes_first_holds_nothing_back_for_ever() -> anyhow::Result<()> {
    let mut registry = quick("secret-first").await?;
    let objects = [("known", json!({})), ("forgotten", json!({"releaseTimeout": "4s"}))];
    let ids = reserved(&registry, &objects).await?;
    registry.kubectl.ok(&["delete", "secret", "ocm"]).await?;
    // While all is well a Secret is not read again. In trouble it is.
    registry.ocm.refuse_connections(true).await;
    for (name, _) in &objects {
        registry.wait_condition(name, "Ready", "False", "SecretMissing").await?;
    }
    registry.ocm.refuse_connections(false).await;
    registry.delete("known").await?;
    registry.wait_gone("known").await?;
    assert_eq!(status(&registry, &ids[0]), "Deprovisioned", "the account that was used last is known");

    registry.operator.stop().await?;
    registry.operator.start_again().await?;
    registry.delete("forgotten").await?;
    let object = registry.wait_condition("forgotten", "Ready", "False", "Deleting").await?;
    assert_names(&condition(&object, "Ready")["message"], &["DeleteReserved", "\"ocm\""]);
    assert_eq!(condition(&object, "CredentialsValid")["reason"], "SecretMissing");
    registry.wait_gone("forgotten").await?;
    let event = registry.wait_event("forgotten", "Released").await?;
    assert_names(&event["note"], &["\"ocm\""]);
    assert_eq!(
        (abandoned(&registry).await?.as_str(), status(&registry, &ids[1]).as_str()),
        ("1", "Reserved")
    );
    registry.assert_sound().await
}

#[tokio::test]
async fn a_namespace_with_subscriptions_in_it_goes() -> anyhow::Result<()> {
    let registry = quick("namespace").await?;
    let objects = [("edge-7", json!({})), ("edge-8", json!({"deletionPolicy": "Retain"}))];
    let ids = reserved(&registry, &objects).await?;
    let control_plane = ControlPlane::shared().await?;
    registry.namespace.delete(control_plane).await?;
    let kubectl = control_plane.kubectl();
    wait_for("the namespace to be gone", LONG, async || {
        let seen = kubectl.run(&["get", "namespace", registry.namespace.name(), "--output=yaml"]).await?;
        anyhow::ensure!(seen.stderr.contains("NotFound"), "{}", seen.stdout);
        Ok(())
    })
    .await?;
    assert_eq!(
        (status(&registry, &ids[0]).as_str(), status(&registry, &ids[1]).as_str()),
        ("Deprovisioned", "Reserved")
    );
    registry.assert_sound().await
}

//! Reserved records that this installation made and no object keeps any more.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::{OperatorOptions, Registry, wait_for};

use crate::scene;

/// The label by which an installation knows its records.
const MARK: &str = "slipway.installation";

/// Sweeps come every sixty polling intervals, and not before the process is that old.
const LIMIT: Duration = Duration::from_secs(30);

/// Lets an object go without its record, as a person does who takes the finalizer away while the operator is down.
async fn orphaned(registry: &mut Registry, name: &str) -> anyhow::Result<String> {
    let record = registry.record(name).await?;
    registry.operator.kill().await?;
    registry.delete(name).await?;
    let patch = json!({"metadata": {"finalizers": null}}).to_string();
    registry.kubectl.ok(&["patch", "csub", name, "--type=merge", "-p", &patch]).await?;
    registry.wait_gone(name).await?;
    registry.operator.start_again().await?;
    Ok(record["id"].as_str().unwrap().to_owned())
}

/// One record in use, one reserved record without an object, and reserved records of others.
async fn scene(options: OperatorOptions, test: &str) -> anyhow::Result<(Registry, String, Vec<String>)> {
    let mut registry = scene::start(Registry::options().operator(options), test).await?;
    let kept = registry.subscription("kept", &json!({"cluster": scene::installed(1)}));
    registry.apply(&kept).await?;
    registry.apply(&registry.subscription("lost", &json!({}))).await?;
    registry.wait_ready("kept", "Active").await?;
    registry.wait_ready("lost", "Reserved").await?;
    let theirs = registry.ocm.reserve_as("slipway-sa", "a-cluster-of-somebody", "theirs");
    let marked = registry.ocm.reserve_as("slipway-sa", "a-cluster-of-another-installation", "marked");
    registry.ocm.put_label("subscriptions", &marked, MARK, "another");
    let lost = orphaned(&mut registry, "lost").await?;
    Ok((registry, lost, vec![theirs, marked]))
}

fn status(registry: &Registry, id: &str) -> Value {
    registry.ocm.subscription(id).unwrap_or_default()["status"].clone()
}

#[tokio::test]
async fn a_reserved_record_without_an_object_is_reported_and_left() -> anyhow::Result<()> {
    let (registry, lost, _) = scene(OperatorOptions::default(), "orphan").await?;
    wait_for("the orphan in the metrics", LIMIT, || async {
        let metrics = registry.operator.metrics().await?;
        let line = metrics.lines().find(|line| line.starts_with("slipway_subscription_orphans{"));
        anyhow::ensure!(line.is_some_and(|line| line.ends_with(" 1")), "{line:?}");
        Ok(())
    })
    .await?;
    assert_eq!(status(&registry, &lost), "Reserved");
    assert!(registry.operator.log().tail(200).contains(&lost), "the log names it");
    registry.assert_sound().await
}

#[tokio::test]
async fn with_the_flag_it_is_deleted_and_nothing_else() -> anyhow::Result<()> {
    let options = OperatorOptions::default().arg("--delete-orphaned-subscriptions");
    let (registry, lost, others) = scene(options, "orphan-deleted").await?;
    registry
        .wait_ocm("the orphan is deleted", |ocm| {
            ocm.subscription(&lost).is_none_or(|record| record["status"] == "Deprovisioned")
        })
        .await?;
    for other in others {
        assert_eq!(status(&registry, &other), "Reserved", "somebody else's");
    }
    let kept = registry.record("kept").await?;
    assert_eq!(kept["status"], "Active");
    registry.assert_sound().await
}

//! Records that the registrar does not give, or gives to somebody else.

use serde_json::{Value, json};
use slipway_e2e::objects::condition;
use slipway_e2e::{Registry, wait_for};
use slipway_sim::{Ocm, OcmConfig};

use crate::scene::{assert_names, looked, pauses, quick, text, writes};

const AUTHORIZATIONS: &str = "/cluster_authorizations";

/// Waits until a record was asked for this many times more, and asserts that there was time between the tries.
async fn asked_slowly(registry: &Registry, times: usize) -> anyhow::Result<()> {
    let asked = |ocm: &Ocm| ocm.calls().iter().filter(|call| call.path.ends_with(AUTHORIZATIONS)).count();
    let goal = asked(&registry.ocm) + times;
    registry.wait_ocm("a record is asked for again", |ocm| asked(ocm) >= goal).await?;
    let pauses = pauses(&registry.ocm, "POST", AUTHORIZATIONS);
    assert!(pauses[pauses.len() - times..].iter().all(|pause| *pause > 0.9), "{pauses:?}");
    Ok(())
}

#[tokio::test]
async fn a_short_quota_is_told_and_asked_about_seldom() -> anyhow::Result<()> {
    let registry = quick("quota").await?;
    assert!(registry.ocm.set_quota("A", "cluster", 0));
    registry.apply(&registry.subscription("edge-7", &json!({}))).await?;
    let object = registry.wait_condition("edge-7", "Ready", "False", "QuotaShort").await?;
    assert_names(&condition(&object, "Ready")["message"], &["cluster", "1", "quota"]);
    assert_eq!(condition(&object, "Registered")["reason"], "QuotaShort");
    registry.wait_event("edge-7", "QuotaShort").await?;
    asked_slowly(&registry, 2).await?;
    assert!(registry.ocm.subscriptions().is_empty());

    assert!(registry.ocm.set_quota("A", "cluster", 1));
    registry.wait_ready("edge-7", "Reserved").await?;
    registry.assert_sound().await
}

#[tokio::test]
async fn a_cluster_of_another_account_is_left_to_it() -> anyhow::Result<()> {
    let registry = quick("foreign").await?;
    let theirs = registry.ocm.reserve_as("other", "edge-7", "theirs");
    registry.apply(&registry.subscription("edge-7", &json!({"clusterId": "edge-7"}))).await?;
    let object = registry.wait_condition("edge-7", "Ready", "False", "ForeignSubscription").await?;
    assert!(object["status"].get("subscriptionId").is_none(), "{object}");
    registry.wait_event("edge-7", "ForeignSubscription").await?;
    asked_slowly(&registry, 2).await?;
    registry.delete("edge-7").await?;
    registry.wait_gone("edge-7").await?;
    let record = registry.ocm.subscription(&theirs).unwrap();
    assert_eq!((&record["status"], &record["display_name"]), (&json!("Reserved"), &json!("theirs")));
    registry.assert_sound().await
}

#[tokio::test]
async fn two_registrars_and_two_organizations_do_not_mix() -> anyhow::Result<()> {
    let registry = quick("two").await?;
    let second = Ocm::start(OcmConfig::default()).await?;
    let elsewhere = registry.admit("second", &second).await?;
    let of_b = registry.ocm.account("other").unwrap();
    registry.apply_secret("of-b", &json!({"offlineToken": of_b.offline_token})).await?;
    let objects = [
        ("first", json!({})),
        ("of-b", json!({"registrar": registry.registrar("of-b")})),
        ("second", json!({"registrar": elsewhere})),
    ];
    for (name, spec) in &objects {
        registry.apply(&registry.subscription(name, spec)).await?;
    }
    let mut organizations = vec![];
    for (name, _) in &objects {
        let object = registry.wait_ready(name, "Reserved").await?;
        organizations.push(text(&object["status"]["organizationId"]));
    }
    let wanted = [registry.ocm.organization("A"), registry.ocm.organization("B"), second.organization("A")];
    assert_eq!(organizations, wanted);
    assert_eq!((registry.ocm.subscriptions().len(), second.subscriptions().len()), (2, 1));

    for (name, _) in &objects {
        registry.delete(name).await?;
    }
    for (name, _) in &objects {
        registry.wait_gone(name).await?;
    }
    assert!(registry.ocm.leaks(&[]).is_empty() && second.leaks(&[]).is_empty());
    assert!(second.violations().is_empty());
    registry.assert_sound().await
}

#[tokio::test]
async fn the_younger_of_two_objects_waits_and_takes_over() -> anyhow::Result<()> {
    let registry = quick("younger").await?;
    let spec = |name: &str, policy: &str| json!({"clusterId": "edge-7", "displayName": name, "deletionPolicy": policy});
    registry.apply(&registry.subscription("z-older", &spec("older", "Retain"))).await?;
    registry.wait_ready("z-older", "Reserved").await?;
    let id = text(&registry.record("z-older").await?["id"]);
    let age = |object: &Value| text(&object["metadata"]["creationTimestamp"]);
    let made = age(&registry.get("z-older").await?);
    // Times of creation are in whole seconds, and equal ones are ordered at random.
    wait_for("the next second", slipway_e2e::objects::LIMIT, async || {
        let now = registry
            .kubectl
            .ok(&[
                "create",
                "configmap",
                "now",
                "--dry-run=server",
                "--output=jsonpath={.metadata.creationTimestamp}",
            ])
            .await?;
        anyhow::ensure!(now > made, "{now}");
        Ok(())
    })
    .await?;
    let before = registry.ocm.call_count();
    registry.apply(&registry.subscription("a-younger", &spec("younger", "DeleteReserved"))).await?;
    let object =
        registry.wait_condition("a-younger", "Ready", "False", "DuplicateClusterSubscription").await?;
    assert_names(&condition(&object, "Ready")["message"], &["z-older", "edge-7"]);
    looked(&registry, 2).await?;
    let made = writes(&registry.ocm, before);
    assert!(made.is_empty(), "{made:?}");
    assert_eq!(registry.ocm.subscription(&id).unwrap()["display_name"], "older");

    registry.delete("z-older").await?;
    registry.wait_gone("z-older").await?;
    let object = registry.wait_ready("a-younger", "Reserved").await?;
    assert_eq!(object["status"]["subscriptionId"], id);
    assert_eq!(registry.ocm.subscription(&id).unwrap()["display_name"], "younger");
    assert_eq!(registry.ocm.subscriptions().len(), 1);
    registry.assert_sound().await
}

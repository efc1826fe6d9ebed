//! Capabilities of the organization as labels of the object.

use serde_json::{Map, Value, json};
use slipway_e2e::Registry;
use slipway_e2e::objects::condition;

use crate::scene::{assert_names, looked, quick};

const PREFIX: &str = "capabilities.slipway.dev/";

/// The object's labels that stand for capabilities, without their prefix.
fn labels(object: &Value) -> Map<String, Value> {
    let all = object["metadata"]["labels"].as_object().into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value.clone()))).collect()
}

async fn wait_labels(registry: &Registry, wanted: &Value) -> anyhow::Result<Value> {
    let are_so = |object: &Value| {
        let seen = Value::from(labels(object));
        if seen == *wanted { Ok(()) } else { Err(seen.to_string()) }
    };
    registry.wait("edge-7", &format!("the labels {wanted}"), are_so).await
}

#[tokio::test]
async fn they_come_and_go_and_other_labels_stay() -> anyhow::Result<()> {
    let registry = quick("capabilities").await?;
    let set = |name: &str, value: &str| assert!(registry.ocm.set_capability("A", name, value));
    set("hypershift", "true");
    set("bad name", "true");
    let mut object = registry.subscription("edge-7", &json!({"capabilities": {"labels": true}}));
    object["metadata"]["labels"] = json!({"team": "edge", "slipway.dev/mine": "x"});
    registry.apply(&object).await?;
    wait_labels(&registry, &json!({"hypershift": "true"})).await?;
    let object = registry.wait_ready("edge-7", "Reserved").await?;
    let synced = condition(&object, "CapabilitiesSynced");
    assert_eq!(synced["status"], "True");
    assert_names(&synced["message"], &["bad name", "not valid"]);
    let shown: Vec<_> =
        object["status"]["capabilities"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert!(shown.contains(&json!("capability.organization.bad name")), "{shown:?}");

    set("hypershift", "false");
    set("clusters_registrations_per_hour", "12");
    wait_labels(&registry, &json!({"hypershift": "false", "clusters_registrations_per_hour": "12"})).await?;
    assert!(registry.ocm.unset_capability("A", "hypershift"));
    assert!(registry.ocm.unset_capability("A", "bad name"));
    let object = wait_labels(&registry, &json!({"clusters_registrations_per_hour": "12"})).await?;
    let others = &object["metadata"]["labels"];
    assert_eq!((&others["team"], &others["slipway.dev/mine"]), (&json!("edge"), &json!("x")));
    let selector = format!("--selector={PREFIX}clusters_registrations_per_hour=12");
    let selected = registry.kubectl.ok(&["get", "csub", "--output=name", &selector]).await?;
    assert_eq!(selected.trim(), "clustersubscription.slipway.dev/edge-7");
    let is_clean = |object: &Value| {
        let synced = condition(object, "CapabilitiesSynced");
        if synced["message"].as_str().is_some_and(|text| !text.contains("not valid")) {
            Ok(())
        } else {
            Err(synced.to_string())
        }
    };
    registry.wait("edge-7", "nothing skipped", is_clean).await?;

    registry
        .kubectl
        .ok(&["label", "csub", "edge-7", &format!("{PREFIX}stray=true"), "team=core", "--overwrite"])
        .await?;
    let object = wait_labels(&registry, &json!({"clusters_registrations_per_hour": "12"})).await?;
    assert_eq!(object["metadata"]["labels"]["team"], "core");
    registry.patch("edge-7", &json!({"capabilities": {"labels": false}})).await?;
    let object = wait_labels(&registry, &json!({})).await?;
    assert_eq!(object["metadata"]["labels"]["team"], "core");
    looked(&registry, 1).await?;
    let object = registry.wait_ready("edge-7", "Reserved").await?;
    assert!(condition(&object, "CapabilitiesSynced").is_null());
    assert!(object["status"]["capabilities"].is_array(), "they are shown all the same");
    registry.assert_sound().await
}

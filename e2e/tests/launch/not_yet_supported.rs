//! What is accepted and has no effect in this version: said, never silently ignored.

use serde_json::{Value, json};
use slipway_e2e::rack::condition;
use slipway_e2e::{Rack, wait_for};
use slipway_sim::FleetConfig;

use crate::scene::{SOON, rack};

async fn answered(rack: &Rack, kind: &str, plural: &str) -> Value {
    wait_for(&format!("{kind} to be answered"), SOON, async || {
        let object = rack.object(kind, plural, "x").await?;
        let said = condition(&object, "NotYetSupported");
        anyhow::ensure!(said["status"] == "True", "status is {}", object["status"]);
        Ok(object)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn fields_and_kinds_of_later_versions_are_reported() {
    let rack = rack(FleetConfig::new(2), "later").await;
    let mut held = rack.host(0);
    held["spec"]["consumerRef"] = json!({"apiGroup": "x.dev", "kind": "Machine", "name": "m"});
    let mut media = rack.host_to_install(1, "1");
    media["spec"]["install"]["method"] = json!("VirtualMedia");
    for host in [held, media] {
        rack.apply(&host).await.unwrap();
    }
    let host = rack.wait_condition(0, "NotYetSupported", "True", "NotYetSupported").await.unwrap();
    let message = condition(&host, "NotYetSupported")["message"].to_string();
    assert!(message.contains("spec.consumerRef"), "{message}");
    // Everything else goes on.
    rack.wait_condition(0, "Ready", "True", "Available").await.unwrap();
    let host = rack.wait_condition(1, "Stalled", "True", "NotYetSupported").await.unwrap();
    let message = condition(&host, "Ready")["message"].to_string();
    assert!(message.contains("VirtualMedia") && message.contains("Pxe"), "{message}");

    let subscription = json!({"registrar": {"ocm": {"url": "https://api.example.com", "credentialsRef": {"name": "ocm"}}},
        "cluster": {"declared": {"installed": false}}, "product": {"id": "OCP"}});
    let object = json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "ClusterSubscription", "metadata": {"name": "x"},
        "spec": subscription});
    rack.apply(&object).await.unwrap();
    let object = answered(&rack, "ClusterSubscription", "clustersubscriptions").await;
    assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
    let stalled = condition(&object, "Stalled");
    assert!(stalled["message"].as_str().unwrap().contains("ClusterSubscription"), "{stalled}");
}

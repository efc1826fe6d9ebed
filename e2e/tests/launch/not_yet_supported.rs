//! What is accepted and has no effect in this version: said, never silently ignored.

use serde_json::json;
use slipway_e2e::rack::condition;
use slipway_sim::FleetConfig;

use crate::scene::rack;

#[tokio::test]
async fn fields_of_later_versions_are_reported() {
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
}

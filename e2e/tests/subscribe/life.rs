//! The life of a record as the document tells it.

use serde_json::json;
use slipway_e2e::{ControlPlane, Registry};

const EXTERNAL: &str = "4c4c4544-0038-4b10-8051-b4c04f4d3732";
const CONSOLE: &str = "https://console-openshift-console.apps.edge-7.example.com";

#[tokio::test]
async fn from_reservation_to_active_and_the_record_stays() -> anyhow::Result<()> {
    let registry = Registry::options().start(ControlPlane::shared().await?, "life").await?;
    registry
        .apply(
            &registry
                .subscription("edge-7", &json!({"support": {"level": "Standard", "usage": "Production"}})),
        )
        .await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    let record = registry.record("edge-7").await?;
    assert_eq!(record["status"], "Reserved");
    assert_eq!(record["display_name"], "edge-7");
    assert_eq!(record["support_level"], "Standard");

    registry.patch("edge-7", &json!({"displayName": "Edge Seven"})).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    assert_eq!(registry.record("edge-7").await?["display_name"], "Edge Seven");

    registry.declare("edge-7", &json!({"externalClusterId": EXTERNAL})).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    assert_eq!(registry.record("edge-7").await?["external_cluster_id"], EXTERNAL);

    registry.declare("edge-7", &json!({"consoleUrl": CONSOLE, "installed": true})).await?;
    let object = registry.wait_ready("edge-7", "Active").await?;
    assert_eq!(object["status"]["remoteStatus"], "Active");
    let record = registry.record("edge-7").await?;
    assert_eq!(record["status"], "Active");
    assert_eq!(record["console_url"], CONSOLE);

    registry.delete("edge-7").await?;
    registry.wait_gone("edge-7").await?;
    let id = record["id"].as_str().unwrap();
    assert_eq!(
        registry.ocm.subscription(id).unwrap()["status"],
        "Active",
        "the record of an active cluster stays"
    );
    registry.assert_sound().await
}

//! What was applied is what is there, at each stage of a life: a tool that compares finds nothing to write.

use serde_json::{Value, json};
use slipway_e2e::kubectl::Output;
use slipway_e2e::objects::list;
use slipway_e2e::{ControlPlane, Rack};
use slipway_sim::FleetConfig;

use crate::yard::{self, operator};

/// `kubectl diff` of what was applied.
async fn assert_none(rack: &Rack, manifests: &[(&str, Value)], stage: &str) -> anyhow::Result<()> {
    for (way, manifest) in manifests {
        let output = difference(rack, way, manifest).await?;
        anyhow::ensure!(output.code == Some(0), "{stage}, {way}: {}{}", output.stdout, output.stderr);
    }
    Ok(())
}

async fn difference(rack: &Rack, way: &str, manifest: &Value) -> anyhow::Result<Output> {
    rack.kubectl.run_with_input(&["diff", way, "-f", "-"], &manifest.to_string()).await
}

/// From the first look to the installed system, by both ways of applying.
pub(crate) async fn none_in_a_life() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    let rack = Rack::options().fleet(FleetConfig::new(2)).operator(operator());
    let rack = rack.start(control_plane, "difference").await?;
    for bmc in rack.fleet.bmcs() {
        bmc.refuse_connections(true).await;
    }
    let manifests = [
        ("--server-side=false", list([rack.host_to_install(0, "1"), rack.profile()])),
        ("--server-side=true", list([rack.host_to_install(1, "1")])),
    ];
    for (way, manifest) in &manifests {
        let applied = rack.kubectl.run_with_input(&["apply", way, "-f", "-"], &manifest.to_string()).await?;
        anyhow::ensure!(applied.code == Some(0), "{}", applied.stderr);
    }
    for index in 0..2 {
        yard::wait_refused(&rack, index).await?;
    }
    assert_none(&rack, &manifests, "refused").await?;
    for bmc in rack.fleet.bmcs() {
        bmc.refuse_connections(false).await;
    }
    rack.wait_phase(0, "Installing").await?;
    assert_none(&rack, &manifests, "on the way").await?;
    for index in 0..2 {
        let host = rack.wait_phase(index, "Installed").await?;
        assert_eq!(host["metadata"]["generation"], 1, "somebody wrote the spec");
    }
    assert_none(&rack, &manifests, "installed").await?;
    for (index, (way, manifest)) in manifests.iter().enumerate() {
        rack.patch(index, &json!({"install": {"id": "2"}, "suspend": true})).await?;
        let output = difference(&rack, way, manifest).await?;
        // Server-side apply says that the field is another's now.
        assert_ne!(output.code, Some(0), "a changed id is a difference: {way}");
    }
    Ok(())
}

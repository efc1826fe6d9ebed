//! Attempts that fail.

use serde_json::json;
use slipway_e2e::rack::condition;
use slipway_sim::{Behaviour, FleetConfig, Installer, MachineState};

use crate::scene::{SOON, profile, rack};

#[tokio::test]
async fn a_failed_attempt_is_repeated_at_the_time_shown_and_given_up_after_the_last() {
    let rack = rack(FleetConfig::new(1), "retry").await;
    rack.apply(&profile(&rack, "tiny", &json!({"retries": 1}))).await.unwrap();
    let machine = rack.fleet.machine(0);
    machine.set_behaviour(Behaviour { installer: Installer::Fails, ..Behaviour::default() });
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();

    let host = rack.wait_reason(0, "Retrying").await.unwrap();
    let status = &host["status"];
    assert!(status["nextRetryAt"].is_string(), "{status}");
    assert_eq!((&status["install"]["attempt"], &status["phase"]), (&json!(1), &json!("Installing")));
    let message = condition(&host, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(message.contains("no disk"), "{message}");
    assert_eq!(condition(&host, "Reconciling")["status"], "True");

    let host = rack.wait_reason(0, "RetriesExhausted").await.unwrap();
    let status = &host["status"];
    assert_eq!((&status["install"]["attempt"], &status["phase"]), (&json!(2), &json!("Failed")));
    assert!(status["nextRetryAt"].is_null(), "{status}");
    let message = condition(&host, "Stalled")["message"].as_str().unwrap().to_owned();
    assert!(message.contains("no disk") && message.contains("spec.install.id"), "{message}");
    rack.wait_reads(0, 3).await.unwrap();
    assert_eq!(machine.state().installs_started, 2);

    machine.set_behaviour(Behaviour::default());
    rack.apply(&rack.host_to_install(0, "2")).await.unwrap();
    let host = rack.wait_phase(0, "Installed").await.unwrap();
    assert_eq!(host["status"]["install"]["attempt"], 1);
    machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    assert_eq!(machine.state().installs_started, 3);
}

//! A second installation over the first, and over what somebody else has installed.

use serde_json::json;
use slipway_e2e::rack::condition;
use slipway_sim::{FleetConfig, MachineState};

use crate::scene::{SOON, installed, rack, resets, running};

#[tokio::test]
async fn a_new_id_installs_again_once() {
    let rack = installed(FleetConfig::new(1), "reinstall").await;
    let machine = rack.fleet.machine(0);
    rack.apply(&rack.host_to_install(0, "2")).await.unwrap();
    rack.wait(0, "installation 2", |host| {
        let install = &host["status"]["install"];
        if install["id"] == "2" && install["step"] == "Installed" {
            Ok(())
        } else {
            Err(format!("{install}"))
        }
    })
    .await
    .unwrap();
    machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    rack.apply(&rack.host_to_install(0, "2")).await.unwrap();
    rack.wait_reads(0, 3).await.unwrap();
    let state = machine.state();
    assert_eq!((state.wipes, state.installs, state.generation), (1, 2, 2));
    assert_eq!(resets(&rack, 0), json!({"GracefulShutdown": 1, "On": 1}));
}

#[tokio::test]
async fn a_running_host_of_unknown_history_is_left_alone_until_the_spec_says_proceed() {
    let rack = rack(running(1), "history").await;
    let machine = rack.fleet.machine(0);
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    let host = rack.wait_reason(0, "HistoryUnknown").await.unwrap();
    let stalled = condition(&host, "Stalled");
    assert_eq!((&stalled["status"], &host["status"]["phase"]), (&json!("True"), &json!("Failed")));
    assert!(stalled["message"].as_str().unwrap().contains("spec.install.runningHost"), "{stalled}");
    rack.wait_reads(0, 3).await.unwrap();
    assert_eq!(rack.fleet.bmc(0).counters().resets.len(), 0);
    assert!(machine.state().runs_from_disk());

    rack.patch(0, &json!({"install": {"runningHost": "Proceed"}})).await.unwrap();
    rack.wait_phase(0, "Installed").await.unwrap();
    let state = machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    assert_eq!((state.wipes, state.installs), (1, 1));
}

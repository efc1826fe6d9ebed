//! Reboots by id.

use serde_json::{Value, json};
use slipway_e2e::Rack;
use slipway_sim::MachineState;

use crate::scene::{SOON, installed, rack, rebooted, resets, running};

const MODES: [(&str, &str); 3] = [
    ("Graceful", r#"{"GracefulShutdown": 1, "On": 1}"#),
    ("Force", r#"{"ForceRestart": 1}"#),
    ("PowerCycle", r#"{"PowerCycle": 1}"#),
];

fn wish(rack: &Rack, index: usize, mode: &str) -> Value {
    let mut host = rack.host_to_install(index, "1");
    host["spec"]["reboot"] = json!({"id": "r1", "mode": mode});
    host
}

#[tokio::test]
async fn a_reboot_id_is_carried_out_once_in_each_mode_however_often_it_is_applied() {
    let rack = installed(slipway_sim::FleetConfig::new(3), "reboot").await;
    for (index, (mode, _)) in MODES.iter().enumerate() {
        rack.apply(&wish(&rack, index, mode)).await.unwrap();
    }
    for (index, (mode, expected)) in MODES.iter().enumerate() {
        let host = rebooted(&rack, index, "r1").await;
        let machine = rack.fleet.machine(index);
        machine.wait_until(SOON, |state| state.boots == 3 && state.runs_from_disk()).await.unwrap();
        rack.apply(&wish(&rack, index, mode)).await.unwrap();
        rack.wait_reads(index, 3).await.unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(resets(&rack, index), expected, "{mode}");
        let again = rack.wait_phase(index, "Installed").await.unwrap();
        assert_eq!(again["status"]["reboot"], host["status"]["reboot"], "{mode}");
    }
    rack.patch(1, &json!({"reboot": {"id": "r2", "mode": "Force"}})).await.unwrap();
    rebooted(&rack, 1, "r2").await;
    assert_eq!(resets(&rack, 1), json!({"ForceRestart": 2}));
}

#[tokio::test]
async fn an_object_seen_for_the_first_time_reboots_nothing_and_a_later_id_does() {
    let rack = rack(running(1), "first-seen").await;
    let mut host = rack.host(0);
    host["spec"]["reboot"] = json!({"id": "r1", "mode": "Force"});
    rack.apply(&host).await.unwrap();
    rack.wait_phase(0, "Available").await.unwrap();
    rebooted(&rack, 0, "r1").await;
    rack.wait_reads(0, 3).await.unwrap();
    assert_eq!(resets(&rack, 0), json!({}));
    rack.patch(0, &json!({"reboot": {"id": "r2"}})).await.unwrap();
    rebooted(&rack, 0, "r2").await;
    assert_eq!(resets(&rack, 0), json!({"ForceRestart": 1}));
    rack.fleet.machine(0).wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
}

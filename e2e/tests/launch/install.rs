//! From an object to an operating system that runs from its own disk.

use serde_json::json;
use slipway_e2e::Rack;
use slipway_e2e::rack::condition;
use slipway_sim::{FleetConfig, MachineState, Shape};

use crate::scene::{SOON, rack, rebooted, resets};

#[tokio::test]
async fn a_host_is_registered_installed_and_comes_up_from_its_own_disk() {
    let rack = rack(FleetConfig::new(1), "launch").await;
    rack.apply(&rack.host(0)).await.unwrap();
    let host = rack.wait_phase(0, "Available").await.unwrap();
    assert_eq!(host["status"]["hardware"]["serial"], rack.fleet.serial(0));
    assert_eq!(condition(&host, "Reachable")["status"], "True");
    assert_eq!(condition(&host, "Installed")["reason"], "NotRequested");

    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    let host = rack.wait_phase(0, "Installed").await.unwrap();
    assert_eq!(host["status"]["install"]["attempt"], 1);
    assert_eq!(condition(&host, "Installed")["status"], "True");
    let machine = rack.fleet.machine(0);
    machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    assert_eq!(resets(&rack, 0), json!({"On": 1}));
    assert_eq!(machine.state().wipes, 0);
    let memory = host["metadata"]["annotations"]["slipway.dev/memory"].as_str().unwrap();
    assert!(memory.contains("\"install\""), "{memory}");

    // The same manifest again asks for nothing.
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    rack.wait_reads(0, 3).await.unwrap();
    assert_eq!(resets(&rack, 0), json!({"On": 1}));
    assert_eq!(rack.get(0).await.unwrap()["metadata"]["generation"], host["metadata"]["generation"]);
}

#[tokio::test]
async fn a_host_of_every_vendor_is_installed_with_one_start_and_rebooted_once() {
    let names = Shape::names();
    let shapes: Vec<_> = names.iter().map(|name| Shape::named(name).unwrap()).collect();
    let rack = rack(FleetConfig { shapes, ..FleetConfig::new(names.len()) }, "vendors").await;
    for index in 0..names.len() {
        rack.apply(&rack.host_to_install(index, "1")).await.unwrap();
    }
    for (index, name) in names.iter().enumerate() {
        rack.wait_phase(index, "Installed").await.unwrap();
        let machine = rack.fleet.machine(index);
        let state = machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
        assert_eq!(resets(&rack, index), json!({"On": 1}), "{name}");
        assert_eq!((state.installs, state.wipes, state.interruptions), (1, 0, 0), "{name}");
        // Once to install and once from the disk: nobody was led in a circle.
        assert_eq!(state.boots, 2, "{name}");
        reboot(&rack, index).await;
    }
    for (index, name) in names.iter().enumerate() {
        rebooted(&rack, index, "r1").await;
        let machine = rack.fleet.machine(index);
        let state = machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
        assert_eq!((state.installs, state.wipes, state.boots), (1, 0, 3), "{name}");
    }
}

async fn reboot(rack: &Rack, index: usize) {
    rack.patch(index, &json!({"reboot": {"id": "r1", "mode": "Force"}})).await.unwrap();
}

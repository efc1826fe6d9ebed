//! Installers that cannot call back.

use serde_json::{Value, json};
use slipway_e2e::Rack;
use slipway_sim::{AfterInstall, Behaviour, FleetConfig, Installer, MachineState};

use crate::scene::{SOON, profile, rack, resets};

fn host(rack: &Rack, index: usize, profile: &str) -> Value {
    let mut host = rack.host_to_install(index, "1");
    host["spec"]["install"]["profileRef"]["name"] = json!(profile);
    host
}

#[tokio::test]
async fn an_installer_that_switches_off_or_only_fetches_its_script_completes_as_its_profile_says() {
    let rack = rack(FleetConfig::new(3), "completion").await;
    for (name, completion) in [("off", "PowerOff"), ("served", "ScriptServed")] {
        let silent = profile(&rack, name, &json!({"completion": completion}));
        rack.apply(&silent).await.unwrap();
    }
    let silent = Behaviour { installer: Installer::Silent, ..Behaviour::default() };
    let switches_off = Behaviour { after_install: AfterInstall::PowerOff, ..silent };
    for (index, behaviour) in [switches_off, switches_off, silent].into_iter().enumerate() {
        rack.fleet.machine(index).set_behaviour(behaviour);
    }
    let mut kept_off = host(&rack, 1, "off");
    kept_off["spec"]["power"] = json!("Off");
    for host in [host(&rack, 0, "off"), kept_off, host(&rack, 2, "served")] {
        rack.apply(&host).await.unwrap();
    }

    for index in 0..3 {
        let host = rack.wait_phase(index, "Installed").await.unwrap();
        assert_eq!(host["status"]["install"]["attempt"], 1, "{index}");
    }
    for index in [0, 2] {
        let machine = rack.fleet.machine(index);
        let state = machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
        assert_eq!((state.installs, state.wipes), (1, 0), "{index}");
    }
    rack.wait_reads(1, 3).await.unwrap();
    assert_eq!(rack.fleet.machine(1).state().installs, 1);
    assert_eq!(rack.get(1).await.unwrap()["status"]["power"], "Off");
    // One start to install, and one from the disk where the installer had switched off and nobody wants it off.
    assert_eq!(resets(&rack, 0), json!({"On": 2}));
    assert_eq!(resets(&rack, 1), json!({"On": 1}));
    assert_eq!(resets(&rack, 2), json!({"On": 1}));
}

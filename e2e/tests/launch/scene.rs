//! What the tests of this program begin with.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, OperatorOptions, OperatorProcess, Rack};
use slipway_sim::{Disk, FleetConfig, MachineState};

/// Longest wait for a machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// An operator that looks often and has little patience.
pub(crate) fn operator() -> OperatorOptions {
    let patience = [
        // A machine that is quicker than the operator looks may be off again before it was seen to be on.
        ("--reset-timeout", "10s"),
        ("--shutdown-timeout", "2s"),
        ("--retry-pause", "5s"),
        ("--deletion-timeout", "4s"),
    ];
    let options = OperatorProcess::options().poll_interval("500ms");
    patience.into_iter().fold(options, |options, (name, value)| options.arg(name).arg(value))
}

/// Machines that run an operating system that nobody here has installed.
pub(crate) fn running(count: usize) -> FleetConfig {
    FleetConfig { disk: Disk::Installed { generation: 1 }, powered_on: true, ..FleetConfig::new(count) }
}

/// A rack with such an operator.
pub(crate) async fn rack(fleet: FleetConfig, test: &str) -> Rack {
    let control_plane = ControlPlane::shared().await.unwrap();
    let options = Rack::options().fleet(fleet).operator(operator());
    options.start(control_plane, test).await.unwrap()
}

/// A rack whose hosts are all installed with id 1, and whose recordings are empty.
pub(crate) async fn installed(fleet: FleetConfig, test: &str) -> Rack {
    let rack = rack(fleet, test).await;
    for index in 0..rack.fleet.len() {
        rack.apply(&rack.host_to_install(index, "1")).await.unwrap();
    }
    for index in 0..rack.fleet.len() {
        rack.wait_phase(index, "Installed").await.unwrap();
        let machine = rack.fleet.machine(index);
        machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    }
    rack.fleet.clear_calls();
    rack
}

/// The rack's profile under another name and with other fields of its spec.
pub(crate) fn profile(rack: &Rack, name: &str, change: &Value) -> Value {
    let mut profile = rack.profile();
    profile["metadata"]["name"] = json!(name);
    for (field, value) in change.as_object().unwrap() {
        profile["spec"][field] = value.clone();
    }
    profile
}

/// How often each reset was sent to a BMC, as `{"On": 1}`.
pub(crate) fn resets(rack: &Rack, index: usize) -> Value {
    json!(rack.fleet.bmc(index).counters().resets)
}

/// Waits until `status.reboot` says that a reboot is done.
pub(crate) async fn rebooted(rack: &Rack, index: usize, id: &str) -> Value {
    let probe = |host: &Value| {
        let reboot = &host["status"]["reboot"];
        if reboot["id"] == id && reboot["completedAt"].is_string() && host["status"]["phase"] != "Installing"
        {
            Ok(())
        } else {
            Err(format!("status is {}", host["status"]))
        }
    };
    rack.wait(index, &format!("reboot {id} to be done"), probe).await.unwrap()
}

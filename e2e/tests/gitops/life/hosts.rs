//! Hosts: installed, held back, stuck, tried again, let go.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, OperatorOptions, OperatorProcess, Rack};
use slipway_sim::{Behaviour, Disk, FleetConfig, Installer, MachineState};

use super::profiles;
use crate::recorder::Recorder;

const SOON: Duration = Duration::from_secs(30);

/// What becomes of the hosts, by their number.
const INSTALLED: usize = 0;
const SUSPENDED: usize = 1;
const OF_UNKNOWN_HISTORY: usize = 2;
const WITHOUT_SECRET: usize = 3;
const UNREACHABLE: usize = 4;
const FAILING: usize = 5;
const MISTAKEN: usize = 6;
const DELETED: usize = 7;
const ASTRAY: usize = 8;
const COUNT: usize = 9;

pub(crate) fn operator() -> OperatorOptions {
    let options = OperatorProcess::options().poll_interval("500ms");
    ["--reset-timeout=10s", "--shutdown-timeout=2s", "--retry-pause=2s", "--deletion-timeout=4s"]
        .into_iter()
        .fold(options, OperatorOptions::arg)
}

pub(super) async fn recorded() -> anyhow::Result<BTreeMap<String, Value>> {
    let control_plane = ControlPlane::shared().await?;
    let options = Rack::options().fleet(FleetConfig::new(COUNT)).operator(operator());
    let rack = options.start(control_plane, "record-hosts").await?;
    let recorder = Recorder::start(&control_plane.client().await?, rack.namespace.name()).await?;
    let (installed, troubled) = tokio::join!(good(&rack), bad(&rack));
    installed?;
    troubled?;
    profiles::drive(&rack).await?;
    Ok(recorder.states())
}

/// A host that does as asked, and one that is held back.
async fn good(rack: &Rack) -> anyhow::Result<()> {
    let mut held = rack.host_to_install(SUSPENDED, "1");
    held["spec"]["suspend"] = json!(true);
    rack.apply(&held).await?;
    rack.apply(&rack.host(INSTALLED)).await?;
    rack.wait_phase(INSTALLED, "Available").await?;
    rack.apply(&rack.host_to_install(INSTALLED, "1")).await?;
    rack.wait_phase(INSTALLED, "Installed").await?;
    let machine = rack.fleet.machine(INSTALLED);
    machine.wait_until(SOON, MachineState::runs_from_disk).await?;
    rack.patch(INSTALLED, &json!({"reboot": {"id": "r1", "mode": "Graceful"}})).await?;
    let is_done = |host: &Value| {
        let done = host["status"]["reboot"]["completedAt"].is_string();
        if done { Ok(()) } else { Err(host["status"]["reboot"].to_string()) }
    };
    rack.wait(INSTALLED, "the reboot to be done", is_done).await?;
    rack.patch(INSTALLED, &json!({"power": "Off"})).await?;
    rack.wait_condition(INSTALLED, "Powered", "False", "PoweredOff").await?;
    rack.wait_phase(INSTALLED, "Installed").await?;
    rack.wait_reason(SUSPENDED, "Suspended").await?;
    // Nobody can reach it any more, and it was installed all the same.
    rack.fleet.bmc(INSTALLED).refuse_connections(true).await;
    rack.wait_reason(INSTALLED, "CircuitOpen").await?;
    Ok(())
}

/// Hosts that something is wrong with.
async fn bad(rack: &Rack) -> anyhow::Result<()> {
    let running = rack.fleet.machine(OF_UNKNOWN_HISTORY);
    running.set_disk(Disk::Installed { generation: 1 });
    running.power_on();
    rack.fleet
        .machine(FAILING)
        .set_behaviour(Behaviour { installer: Installer::Fails, ..Behaviour::default() });
    rack.fleet.bmc(UNREACHABLE).refuse_connections(true).await;
    running.wait_until(SOON, MachineState::runs_from_disk).await?;
    rack.apply(&rack.host_to_install(OF_UNKNOWN_HISTORY, "1")).await?;
    let mut without = rack.host(WITHOUT_SECRET);
    without["spec"]["management"]["redfish"]["credentialsRef"]["name"] = json!("gone");
    rack.apply(&without).await?;
    rack.apply(&rack.host(UNREACHABLE)).await?;
    rack.apply(&rack.host_to_install(FAILING, "1")).await?;
    let mut mistaken = rack.host(MISTAKEN);
    mistaken["spec"]["identity"] = json!({"serial": "another"});
    rack.apply(&mistaken).await?;
    let mut astray = rack.host(ASTRAY);
    astray["spec"]["management"]["redfish"]["address"] = json!("https://169.254.169.254");
    rack.apply(&astray).await?;
    let mut deleted = rack.host(DELETED);
    deleted["spec"]["deletionPolicy"] = json!("PowerOff");
    rack.apply(&deleted).await?;

    rack.wait_phase(DELETED, "Available").await?;
    rack.fleet.bmc(DELETED).refuse_connections(true).await;
    rack.delete(DELETED).await?;
    rack.wait_phase(DELETED, "Deleting").await?;
    rack.wait_gone(DELETED).await?;
    rack.wait_reason(OF_UNKNOWN_HISTORY, "HistoryUnknown").await?;
    rack.wait_reason(WITHOUT_SECRET, "SecretMissing").await?;
    rack.wait_reason(UNREACHABLE, "CircuitOpen").await?;
    rack.wait_reason(ASTRAY, "AddressDenied").await?;
    rack.wait_reason(MISTAKEN, "IdentityMismatch").await?;
    rack.wait_reason(FAILING, "RetriesExhausted").await?;
    Ok(())
}

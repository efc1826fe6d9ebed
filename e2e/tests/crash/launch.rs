//! One launch of a machine that is off: from the host object to the system that runs from its own disk.

use std::time::Duration;

use anyhow::ensure;
use slipway_e2e::Rack;
use slipway_sim::{FleetConfig, MachineState, Timings};

use crate::life::{Course, Life, all, looks};
use crate::point::{Point, Way};

const LIMIT: Duration = Duration::from_secs(40);

/// The machine waits for an operator that is away, as firmware and installers do, and its reports come apart.
fn fleet() -> FleetConfig {
    let timings = Timings {
        install: Duration::from_millis(200),
        // Three tries have to outlast a restart on a busy machine.
        installer_retry: Duration::from_secs(2),
        ipxe_second: Duration::from_millis(50),
        fetch: LIMIT,
        ..Timings::default()
    };
    FleetConfig { timings, ..FleetConfig::default() }
}

/// Installed, running from disk, and looked at twice more.
async fn launched(rack: &Rack) -> anyhow::Result<()> {
    rack.wait_phase(0, "Installed").await?;
    rack.fleet.machine(0).wait_until(LIMIT, MachineState::runs_from_disk).await?;
    looks(rack, 2).await
}

async fn life(point: Point) -> anyhow::Result<Course> {
    let mut life = Life::begin(fleet(), "crash-launch").await?;
    let kill = life.arm(Some(point))?;
    life.rack.apply(&life.rack.host_to_install(0, "1")).await?;
    let course = life.go_on(point, &kill, launched).await?;
    once(&life.rack).await?;
    Ok(course)
}

/// One reset, one installation, no wipe, and the first attempt is the one that did it.
async fn once(rack: &Rack) -> anyhow::Result<()> {
    let host = rack.get(0).await?;
    let resets = rack.fleet.bmc(0).counters().resets;
    let machine = rack.fleet.machine(0).state();
    let seen = || format!("resets {resets:?}, {machine:?}, status {}", host["status"]);
    ensure!(resets.values().sum::<u64>() == 1 && resets.get("On") == Some(&1), "{}", seen());
    ensure!((machine.installs_started, machine.installs, machine.wipes) == (1, 1, 0), "{}", seen());
    ensure!(host["status"]["install"]["attempt"] == 1, "{}", seen());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launch_resets_once_wherever_the_operator_is_killed() {
    let dry = Life::begin(fleet(), "crash-dry").await.unwrap();
    dry.arm(None).unwrap();
    dry.rack.apply(&dry.rack.host_to_install(0, "1")).await.unwrap();
    dry.rack.wait_phase(0, "Installed").await.unwrap();
    let calls = dry.calls(Way::Bmc);
    launched(&dry.rack).await.unwrap();
    once(&dry.rack).await.unwrap();
    let (writes, requests) = (dry.calls(Way::Write), dry.calls(Way::Boot));
    assert!(writes > 0 && calls > 0 && requests > 0, "{writes} writes, {calls} calls, {requests} requests");
    eprintln!("one launch: {writes} API writes, {calls} BMC calls, {requests} boot requests");
    drop(dry);

    let points = Point::all(Way::Write, writes)
        .chain(Point::all(Way::Bmc, calls))
        .chain(Point::all(Way::Boot, requests));
    all(points.collect(), life).await;
}

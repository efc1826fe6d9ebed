//! A forced reboot of a running host: done once, or not known and left to a person.

use anyhow::ensure;
use serde_json::{Value, json};
use slipway_e2e::Rack;
use slipway_e2e::rack::condition;
use slipway_sim::{Disk, FleetConfig, Shape};

use crate::life::{Course, Life, all, looks};
use crate::point::{Point, Way};

/// A machine whose system runs. Whether its BMC tells when it was last reset is what makes the difference.
fn fleet(tells_last_reset: bool) -> FleetConfig {
    let mut shape = Shape::generic();
    shape.properties.last_reset_time = tells_last_reset;
    FleetConfig {
        shapes: vec![shape],
        disk: Disk::Installed { generation: 1 },
        powered_on: true,
        ..FleetConfig::default()
    }
}

async fn begin(tells_last_reset: bool) -> anyhow::Result<Life> {
    let life = Life::begin(fleet(tells_last_reset), "crash-reboot").await?;
    life.rack.apply(&life.rack.host(0)).await?;
    life.rack.wait_phase(0, "Available").await?;
    // The interfaces are read in the look after the first.
    life.rack.wait(0, "interfaces", has_interfaces).await?;
    Ok(life)
}

fn has_interfaces(host: &Value) -> Result<(), String> {
    let hardware = &host["status"]["hardware"];
    if hardware["nics"].is_array() { Ok(()) } else { Err(hardware.to_string()) }
}

async fn wish(rack: &Rack) -> anyhow::Result<()> {
    rack.patch(0, &json!({"reboot": {"id": "r1", "mode": "Force"}})).await
}

/// The reboot is done, or it is said that nobody knows; and the host was looked at twice more.
async fn ended(rack: &Rack) -> anyhow::Result<()> {
    rack.wait(0, "the end of the reboot", |host| {
        let reboot = &host["status"]["reboot"];
        let ready = condition(host, "Ready");
        let is_done = reboot["id"] == "r1" && !reboot["completedAt"].is_null() && ready["status"] == "True";
        if is_done || ready["reason"] == "OutcomeUnknown" {
            Ok(())
        } else {
            Err(format!("reboot {reboot}, Ready {ready}"))
        }
    })
    .await?;
    looks(rack, 2).await
}

async fn life(point: Point, tells_last_reset: bool) -> anyhow::Result<Course> {
    let mut life = begin(tells_last_reset).await?;
    let kill = life.arm(Some(point))?;
    wish(&life.rack).await?;
    let course = life.go_on(point, &kill, ended).await?;
    never_twice(&life.rack, tells_last_reset).await?;
    Ok(course)
}

async fn never_twice(rack: &Rack, tells_last_reset: bool) -> anyhow::Result<()> {
    let host = rack.get(0).await?;
    let resets = rack.fleet.bmc(0).counters().resets;
    let boots = rack.fleet.machine(0).state().boots;
    let (reboot, ready) = (&host["status"]["reboot"], condition(&host, "Ready"));
    let seen = || format!("resets {resets:?}, {boots} boots, reboot {reboot}, Ready {ready}");
    let sum: u64 = resets.values().sum();
    ensure!(sum <= 1 && u64::from(boots) == sum, "{}", seen());
    if ready["reason"] == "OutcomeUnknown" {
        ensure!(!tells_last_reset && condition(&host, "Stalled")["status"] == "True", "{}", seen());
        let message = ready["message"].as_str().unwrap_or_default();
        ensure!(message.contains("ForceRestart") && message.contains("spec.reboot"), "{}", seen());
    } else {
        ensure!(sum == 1 && resets.get("ForceRestart") == Some(&1), "{}", seen());
    }
    Ok(())
}

async fn every_point(tells_last_reset: bool) {
    let dry = begin(tells_last_reset).await.unwrap();
    dry.arm(None).unwrap();
    wish(&dry.rack).await.unwrap();
    ended(&dry.rack).await.unwrap();
    never_twice(&dry.rack, tells_last_reset).await.unwrap();
    let (writes, calls) = (dry.calls(Way::Write), dry.calls(Way::Bmc));
    assert!(writes > 0 && calls > 0, "{writes} writes, {calls} calls");
    eprintln!("one forced reboot: {writes} API writes, {calls} BMC calls");
    drop(dry);

    let points = Point::all(Way::Write, writes).chain(Point::all(Way::Bmc, calls));
    all(points.collect(), |point| life(point, tells_last_reset)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forced_reboot_happens_once_where_the_bmc_tells_the_last_reset() {
    every_point(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forced_reboot_is_never_repeated_where_the_bmc_does_not_tell() {
    every_point(false).await;
}

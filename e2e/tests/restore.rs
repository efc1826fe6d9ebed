//! Status lost, objects restored, an API server set back to an older copy of its data: whatever the cluster forgets, no
//! running host is rebooted or installed over (design, API rule 2; `facts/reliability-ux.md §1.10`, A13, A14 and A17).
//! Counted at the machines, over several looks of the operator at each.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::rack::condition;
use slipway_e2e::{ControlPlane, OperatorOptions, Rack, wait_for};
use slipway_sim::{Disk, FleetConfig, MachineState, Timings};

const LIMIT: Duration = Duration::from_secs(40);
/// Looks at a host within which anything that were to happen would.
const LOOKS: u64 = 3;

/// What was done to one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Deeds {
    resets: u64,
    boots: u32,
    interruptions: u32,
    installs_started: u32,
    wipes: u32,
    runs_from_disk: bool,
}

fn deeds(rack: &Rack) -> Vec<Deeds> {
    let of = |index| {
        let state = rack.fleet.machine(index).state();
        Deeds {
            resets: rack.fleet.bmc(index).counters().reset_count(),
            boots: state.boots,
            interruptions: state.interruptions,
            installs_started: state.installs_started,
            wipes: state.wipes,
            runs_from_disk: state.runs_from_disk(),
        }
    };
    (0..rack.fleet.len()).map(of).collect()
}

/// A rack of machines that are off and empty; installations take a while, and wait for an API server that is away.
async fn rack(control_plane: &ControlPlane, count: usize, test: &str) -> Rack {
    let timings = Timings {
        install: Duration::from_secs(2),
        installer_retry: Duration::from_secs(1),
        ipxe_second: Duration::from_millis(50),
        fetch: LIMIT,
        ..Timings::default()
    };
    let operator = OperatorOptions::default().poll_interval("1s");
    let fleet = FleetConfig { timings, ..FleetConfig::new(count) };
    Rack::options().fleet(fleet).operator(operator).start(control_plane, test).await.unwrap()
}

fn reboot(id: &str) -> Value {
    json!({"reboot": {"id": id, "mode": "Force"}})
}

fn install(id: &str) -> Value {
    json!({"install": {"id": id, "profileRef": {"name": slipway_e2e::rack::PROFILE}}})
}

/// Applies a host that asks for an installation, and, as a manifest kept in Git does, still for a reboot of long ago.
async fn apply_to_install(rack: &Rack, index: usize) {
    let mut host = rack.host_to_install(index, "1");
    host["spec"]["reboot"] = reboot("r1")["reboot"].clone();
    rack.apply(&host).await.unwrap();
}

async fn installed(rack: &Rack, index: usize, id: &str) {
    rack.wait(index, &format!("installation {id}"), |host| {
        let status = &host["status"];
        let done = status["install"]["id"] == id && status["phase"] == "Installed";
        if done { Ok(()) } else { Err(format!("status is {status}")) }
    })
    .await
    .unwrap();
    let generation = id.parse().unwrap();
    let runs_it =
        |state: &MachineState| state.runs_from_disk() && state.disk == Disk::Installed { generation };
    rack.fleet.machine(index).wait_until(LIMIT, runs_it).await.unwrap();
}

/// A machine that somebody installed long ago is applied, and rebooted once because a person asks for it.
async fn apply_rebooted(rack: &Rack, index: usize) {
    let machine = rack.fleet.machine(index);
    machine.set_disk(Disk::Installed { generation: 1 });
    machine.power_on();
    machine.wait_until(LIMIT, MachineState::runs_from_disk).await.unwrap();
    rack.apply(&rack.host(index)).await.unwrap();
    rack.wait_phase(index, "Available").await.unwrap();
    rack.patch(index, &reboot("r1")).await.unwrap();
    rebooted(rack, index, "r1").await;
}

async fn rebooted(rack: &Rack, index: usize, id: &str) {
    rack.wait(index, &format!("reboot {id}"), |host| {
        let reboot = &host["status"]["reboot"];
        let done = reboot["id"] == id && !reboot["completedAt"].is_null();
        if done { Ok(()) } else { Err(format!("reboot is {reboot}")) }
    })
    .await
    .unwrap();
    rack.fleet.machine(index).wait_until(LIMIT, MachineState::runs_from_disk).await.unwrap();
}

/// Each host is looked at several times more, and nothing has been done to any since `before`.
async fn untouched(rack: &Rack, before: &[Deeds], what: &str) {
    let gets = |index| rack.fleet.bmc(index).counters().gets;
    let enough: Vec<_> = (0..rack.fleet.len()).map(|index| gets(index) + LOOKS).collect();
    for (index, enough) in enough.into_iter().enumerate() {
        wait_for("looks at the host", LIMIT, || async {
            anyhow::ensure!(gets(index) >= enough, "{} of {enough} GETs", gets(index));
            Ok(())
        })
        .await
        .unwrap();
    }
    assert_eq!(deeds(rack), before, "{what}");
}

/// The operator has seen the host as it is in the API server now.
async fn taken_up(rack: &Rack, index: usize) -> Value {
    rack.wait(index, "the operator to see the host", |host| {
        let (seen, now) = (&host["status"]["observedGeneration"], &host["metadata"]["generation"]);
        let known = !host["status"]["hardware"].is_null();
        if seen == now && known {
            Ok(())
        } else {
            Err(format!("generation {now}, status {}", host["status"]))
        }
    })
    .await
    .unwrap()
}

fn reason(host: &Value) -> Value {
    condition(host, "Ready")["reason"].clone()
}

async fn wipe_status(rack: &Rack, index: usize) {
    let name = Rack::name(index);
    let patch = ["patch", "sbmh", &name, "--subresource=status", "--type=merge", "-p", r#"{"status":null}"#];
    rack.kubectl.ok(&patch).await.unwrap();
}

#[tokio::test]
async fn a_host_whose_status_is_wiped_is_left_as_it_is() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let mut rack = rack(control_plane, 2, "wiped").await;
    apply_to_install(&rack, 0).await;
    apply_rebooted(&rack, 1).await;
    installed(&rack, 0, "1").await;
    let before = deeds(&rack);
    assert_eq!((before[0].resets, before[1].resets), (1, 1), "{before:?}");

    for runs in [true, false] {
        if !runs {
            rack.operator.stop().await.unwrap();
        }
        for index in 0..2 {
            wipe_status(&rack, index).await;
        }
        if !runs {
            assert!(rack.get(0).await.unwrap()["status"]["install"].is_null());
            rack.operator.start_again().await.unwrap();
        }
        installed(&rack, 0, "1").await;
        rebooted(&rack, 1, "r1").await;
        untouched(&rack, &before, &format!("status wiped while the operator runs: {runs}")).await;
        assert_eq!(reason(&rack.get(0).await.unwrap()), "Installed");
        assert_eq!(reason(&rack.get(1).await.unwrap()), "Available");
    }
}

/// Takes an object out of etcd and puts it back as a backup does: with a new uid and without status.
async fn delete_and_restore(rack: &Rack, index: usize, with_annotations: bool) {
    let mut host = rack.get(index).await.unwrap();
    let name = Rack::name(index);
    rack.kubectl.ok(&["delete", "sbmh", &name, "--wait"]).await.unwrap();
    let metadata = host["metadata"].as_object_mut().unwrap();
    let keep = |key: &str| key == "name" || (key == "annotations" && with_annotations);
    metadata.retain(|key, _| keep(key));
    host.as_object_mut().unwrap().remove("status");
    rack.kubectl.run_with_input(&["create", "-f", "-"], &host.to_string()).await.unwrap();
}

#[tokio::test]
async fn a_host_that_is_deleted_and_restored_is_left_as_it_is() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let mut rack = rack(control_plane, 4, "restored").await;
    // The first two come back with their annotations, the others without.
    for index in [0, 2] {
        apply_to_install(&rack, index).await;
        apply_rebooted(&rack, index + 1).await;
    }
    for index in [0, 2] {
        installed(&rack, index, "1").await;
    }
    let before = deeds(&rack);

    for runs in [true, false] {
        if !runs {
            rack.operator.stop().await.unwrap();
        }
        for index in 0..4 {
            delete_and_restore(&rack, index, index < 2).await;
        }
        if !runs {
            rack.operator.start_again().await.unwrap();
        }
        let mut reasons = Vec::new();
        for index in 0..4 {
            taken_up(&rack, index).await;
        }
        untouched(&rack, &before, &format!("restored while the operator runs: {runs}")).await;
        for index in 0..4 {
            reasons.push(reason(&rack.get(index).await.unwrap()));
        }
        assert_eq!(reasons, ["Installed", "Available", "HistoryUnknown", "Available"]);
        let stalled = rack.get(2).await.unwrap();
        assert_eq!(condition(&stalled, "Stalled")["status"], "True");
        assert!(stalled["status"]["install"].is_null(), "{stalled}");
    }
}

/// The hosts of the tests with an older copy, by what they were doing when it was taken.
const IDLE: usize = 0;
const INSTALLING: usize = 1;
const INSTALLED: usize = 2;
const REBOOTED: usize = 3;

/// An API server that was set back, with what had been done to the machines by then.
struct SetBack {
    control_plane: ControlPlane,
    rack: Rack,
    before: Vec<Deeds>,
}

async fn set_back(operator_runs: bool) -> SetBack {
    let mut control_plane = ControlPlane::start().await.unwrap();
    let mut rack = rack(&control_plane, 4, "set-back").await;
    apply_to_install(&rack, INSTALLED).await;
    apply_rebooted(&rack, REBOOTED).await;
    let mut idle = rack.host(IDLE);
    idle["spec"]["reboot"] = reboot("r1")["reboot"].clone();
    rack.apply(&idle).await.unwrap();
    rack.wait_phase(IDLE, "Available").await.unwrap();
    installed(&rack, INSTALLED, "1").await;
    apply_to_install(&rack, INSTALLING).await;
    let running = |host: &Value| {
        let step = &host["status"]["install"]["step"];
        if step == "Installing" { Ok(()) } else { Err(format!("step is {step}")) }
    };
    rack.wait(INSTALLING, "a running installer", running).await.unwrap();
    // Killed: a clean stop waits for the operator's watches to end.
    control_plane.kill().await.unwrap();
    assert_eq!(
        rack.fleet.machine(INSTALLING).state().installs,
        0,
        "the copy is to be of a host in mid-install"
    );
    let copy = control_plane.copy_data().unwrap();
    control_plane.start_again().await.unwrap();

    // Life goes on after the copy.
    rack.patch(IDLE, &install("1")).await.unwrap();
    rack.patch(INSTALLED, &install("2")).await.unwrap();
    rack.patch(REBOOTED, &reboot("r2")).await.unwrap();
    installed(&rack, IDLE, "1").await;
    installed(&rack, INSTALLING, "1").await;
    installed(&rack, INSTALLED, "2").await;
    rebooted(&rack, REBOOTED, "r2").await;
    let before = deeds(&rack);
    assert!(before.iter().all(|machine| machine.runs_from_disk), "{before:?}");
    assert_eq!((before[INSTALLED].wipes, before[REBOOTED].resets), (1, 2), "{before:?}");

    if !operator_runs {
        rack.operator.stop().await.unwrap();
    }
    control_plane.kill().await.unwrap();
    control_plane.restore_data(&copy).unwrap();
    control_plane.start_again().await.unwrap();
    if !operator_runs {
        let host = rack.get(INSTALLING).await.unwrap();
        assert_eq!(host["status"]["install"]["step"], "Installing");
        rack.operator.start_again().await.unwrap();
    }
    SetBack { control_plane, rack, before }
}

/// Something harmless is asked of every host, and the operator takes it up: it has seen the older data.
async fn all_taken_up(rack: &Rack) {
    for index in 0..rack.fleet.len() {
        rack.patch(index, &json!({"assetTag": "restored"})).await.unwrap();
    }
    for index in 0..rack.fleet.len() {
        taken_up(rack, index).await;
    }
}

#[tokio::test]
async fn an_api_server_set_back_under_a_running_operator_moves_no_host() {
    let SetBack { control_plane, rack, before } = set_back(true).await;
    all_taken_up(&rack).await;
    untouched(&rack, &before, "set back").await;
    // What Git still has is applied again: the operator itself remembers what is done.
    rack.patch(IDLE, &install("1")).await.unwrap();
    rack.patch(INSTALLED, &install("2")).await.unwrap();
    rack.patch(REBOOTED, &reboot("r2")).await.unwrap();
    installed(&rack, IDLE, "1").await;
    installed(&rack, INSTALLING, "1").await;
    rack.wait_reason(INSTALLED, "IdUsedBefore").await.unwrap();
    rebooted(&rack, REBOOTED, "r2").await;
    untouched(&rack, &before, "set back and applied again").await;
    drop(rack);
    drop(control_plane);
}

#[tokio::test]
async fn an_api_server_set_back_while_the_operator_is_away_moves_no_host() {
    let SetBack { control_plane, rack, before } = set_back(false).await;
    all_taken_up(&rack).await;
    untouched(&rack, &before, "set back").await;
    assert_eq!(reason(&rack.get(INSTALLED).await.unwrap()), "Installed");
    // Nobody can tell that its installer is done; what becomes of that when the time runs out is for the planner's own tests.
    assert_eq!(reason(&rack.get(INSTALLING).await.unwrap()), "Installing");
    rack.patch(IDLE, &install("1")).await.unwrap();
    rack.wait_reason(IDLE, "HistoryUnknown").await.unwrap();
    untouched(&rack, &before, "set back and applied again").await;
    drop(rack);
    drop(control_plane);
}

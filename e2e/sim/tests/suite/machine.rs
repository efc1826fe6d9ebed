//! The whole loop of a machine against a stub of a boot service.

use crate::SOON;
use crate::boot_service::BootService;
use crate::client::Caller;
use serde_json::json;
use slipway_sim::{
    Activity, AfterInstall, Behaviour, BootOrder, Disk, Firmware, Fleet, FleetConfig, Installer,
    MachineState, Power, StepKind,
};

const SYSTEM: &str = "/redfish/v1/Systems/1";

async fn rack(service: &BootService, config: FleetConfig) -> Fleet {
    Fleet::start(FleetConfig { boot_url: Some(service.url.clone()), ..config }).await.unwrap()
}

/// Sets the override to network for once and switches on, through Redfish.
async fn launch(fleet: &Fleet) {
    let caller = Caller::new(fleet, 0);
    let boot = json!({"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}});
    assert_eq!(caller.patch(SYSTEM, &boot).await.status(), 200);
    assert_eq!(caller.reset(SYSTEM, "On").await, 204);
}

async fn settled(fleet: &Fleet, wanted: impl Fn(&MachineState) -> bool) -> MachineState {
    match fleet.machine(0).wait_until(SOON, |state| wanted(state)).await {
        Ok(state) => state,
        Err(late) => panic!("{late}\n{:#?}", fleet.machine(0).steps()),
    }
}

#[tokio::test]
async fn a_machine_installs_calls_back_and_boots_from_disk() {
    let service = BootService::start().await;
    let fleet = rack(&service, FleetConfig::new(1)).await;
    launch(&fleet).await;
    let state = settled(&fleet, MachineState::runs_from_disk).await;
    assert_eq!(
        (state.disk, state.boots, state.installs, state.wipes),
        (Disk::Installed { generation: 1 }, 2, 1, 0)
    );
    assert_eq!(service.callbacks(), ["progress", "progress", "log", "done"]);
    let query = service.seen.lock().unwrap().queries.join("|");
    let mac = fleet.mac(0).replace(':', "-");
    assert_eq!(query, format!("mac={mac}&uuid={}&serial={}&p=efi", fleet.uuid(0), fleet.serial(0)));
    let started = fleet.machine(0).steps().into_iter().find_map(|step| match step.kind {
        StepKind::ProgramStarted { arguments, initrds, .. } => Some((arguments, initrds)),
        _ => None,
    });
    let (arguments, initrds) = started.unwrap();
    assert!(arguments.starts_with("initrd=main console=ttyS0 inst.ks=http://"), "{arguments}");
    assert_eq!(initrds, ["main"]);
}

#[tokio::test]
async fn a_network_first_machine_asks_again_and_is_sent_to_its_disk() {
    let service = BootService::start().await;
    let fleet =
        rack(&service, FleetConfig { boot_order: BootOrder::NetworkThenDisk, ..FleetConfig::new(1) }).await;
    fleet.machine(0).power_on();
    let state = settled(&fleet, MachineState::runs_from_disk).await;
    assert_eq!((state.script_requests, state.installs), (2, 1));
}

#[tokio::test]
async fn an_installed_disk_is_counted_when_it_is_wiped() {
    let service = BootService::start().await;
    let disk = Disk::Installed { generation: 1 };
    let fleet = rack(&service, FleetConfig { disk, ..FleetConfig::new(1) }).await;
    launch(&fleet).await;
    let state = settled(&fleet, |state| state.disk == Disk::Installed { generation: 2 }).await;
    assert_eq!((state.wipes, state.installs), (1, 1));
}

#[tokio::test]
async fn a_failing_service_leaves_nothing_to_boot() {
    let service = BootService::start().await;
    service.edit(|seen| seen.script = "#!ipxe\nchain gone || echo ${errno} got\nexit 1\n".to_owned());
    let fleet = rack(&service, FleetConfig::new(1)).await;
    launch(&fleet).await;
    settled(&fleet, |state| state.activity == Activity::NoBootableDevice).await;
    let steps = fleet.machine(0).steps();
    let echoed = steps
        .iter()
        .any(|step| matches!(&step.kind, StepKind::Echo { text } if text.starts_with("0x2d0c61")));
    assert!(echoed, "{steps:#?}");
    assert!(steps.iter().any(|step| step.kind == StepKind::ScriptEnded { status: "0x00000001".to_owned() }));
}

#[tokio::test]
async fn a_body_that_is_no_script_fails_on_uefi_and_hangs_on_bios() {
    let service = BootService::start().await;
    service.edit(|seen| seen.script = "<html>not found</html>".to_owned());
    let uefi = rack(&service, FleetConfig::new(1)).await;
    uefi.machine(0).set_boot_order(BootOrder::NetworkThenDisk);
    uefi.machine(0).power_on();
    settled(&uefi, |state| state.activity == Activity::NoBootableDevice).await;
    let bios = rack(&service, FleetConfig { firmware: Firmware::Bios, ..FleetConfig::new(1) }).await;
    launch(&bios).await;
    settled(&bios, |state| matches!(state.activity, Activity::Hung { .. })).await;
}

#[tokio::test]
async fn exit_zero_opens_the_setup_screen_on_uefi() {
    let service = BootService::start().await;
    service.edit(|seen| seen.script = "#!ipxe\nexit 0\n".to_owned());
    let disk = Disk::Installed { generation: 1 };
    let fleet = rack(&service, FleetConfig { disk, ..FleetConfig::new(1) }).await;
    launch(&fleet).await;
    settled(&fleet, |state| state.activity == Activity::Setup).await;
}

type Wanted = fn(&MachineState) -> bool;

#[tokio::test]
async fn each_habit_ends_where_it_should() {
    let stopped = |state: &MachineState| matches!(state.activity, Activity::InstallerStopped { .. });
    let cases: [(Behaviour, Wanted, &[&str]); 7] = [
        (
            Behaviour { never_asks_for_script: true, ..Behaviour::default() },
            |state| state.activity == Activity::NoBootableDevice && state.script_requests == 0,
            &[],
        ),
        (
            Behaviour { ignores_override: true, ..Behaviour::default() },
            |state| state.activity == Activity::NoBootableDevice && state.script_requests == 0,
            &[],
        ),
        (
            Behaviour { installer: Installer::Silent, ..Behaviour::default() },
            MachineState::runs_from_disk,
            &[],
        ),
        (Behaviour { installer: Installer::Fails, ..Behaviour::default() }, stopped, &["progress", "failed"]),
        (Behaviour { installer: Installer::Stops, ..Behaviour::default() }, stopped, &[]),
        (
            Behaviour { installer: Installer::CallsBackTwice, ..Behaviour::default() },
            MachineState::runs_from_disk,
            &["progress", "progress", "log", "done", "done"],
        ),
        (
            Behaviour { after_install: AfterInstall::PowerOff, ..Behaviour::default() },
            |state| state.power == Power::Off && state.installs == 1,
            &["progress", "progress", "log", "done"],
        ),
    ];
    for (behaviour, wanted, callbacks) in cases {
        let service = BootService::start().await;
        let fleet = rack(&service, FleetConfig { behaviour, ..FleetConfig::new(1) }).await;
        launch(&fleet).await;
        settled(&fleet, wanted).await;
        assert_eq!(service.callbacks(), callbacks, "{behaviour:?}");
    }
}

#[tokio::test]
async fn an_installer_without_its_answer_file_waits_for_a_person() {
    let service = BootService::start().await;
    service.edit(|seen| seen.arguments = "talos.config=BASE/missing".to_owned());
    let fleet = rack(&service, FleetConfig::new(1)).await;
    launch(&fleet).await;
    let state = settled(&fleet, |state| matches!(state.activity, Activity::InstallerStopped { .. })).await;
    assert_eq!((state.disk, state.installs_started), (Disk::Empty, 0));
}

#[tokio::test]
async fn a_reset_in_the_middle_of_an_install_leaves_no_bootable_disk() {
    let service = BootService::start().await;
    let fleet = rack(&service, FleetConfig { boot_order: BootOrder::Disk, ..FleetConfig::new(1) }).await;
    fleet.machine(0).set_behaviour(Behaviour { installer: Installer::Stops, ..Behaviour::default() });
    launch(&fleet).await;
    settled(&fleet, |state| state.disk == Disk::Partial).await;
    assert_eq!(Caller::new(&fleet, 0).reset(SYSTEM, "ForceRestart").await, 204);
    let state = settled(&fleet, |state| state.activity == Activity::NoBootableDevice).await;
    assert_eq!((state.boots, state.interruptions), (2, 1));
}

#[tokio::test]
async fn an_http_boot_program_must_be_one() {
    let service = BootService::start().await;
    service.edit(|seen| {
        seen.files.insert("/good.efi".to_owned(), (200, "MZ program".to_owned()));
        seen.files.insert("/bad.efi".to_owned(), (200, "#!ipxe\n".to_owned()));
    });
    for (file, ends) in [("good.efi", true), ("bad.efi", false), ("none.efi", false)] {
        let fleet = rack(&service, FleetConfig::new(1)).await;
        let caller = Caller::new(&fleet, 0);
        let boot = json!({"Boot": {
            "BootSourceOverrideEnabled": "Once",
            "BootSourceOverrideTarget": "UefiHttp",
            "HttpBootUri": format!("{}/{file}", service.url),
        }});
        assert_eq!(caller.patch(SYSTEM, &boot).await.status(), 200);
        service.edit(|seen| seen.done = false);
        fleet.machine(0).power_on();
        settled(&fleet, |state| state.runs_from_disk() || state.activity == Activity::NoBootableDevice).await;
        assert_eq!(fleet.machine(0).state().runs_from_disk(), ends, "{file}");
    }
}

#[tokio::test]
async fn a_power_button_works_without_the_bmc() {
    let fleet = Fleet::start(FleetConfig { disk: Disk::Installed { generation: 3 }, ..FleetConfig::new(1) })
        .await
        .unwrap();
    fleet.machine(0).power_on();
    let state = settled(&fleet, MachineState::runs_from_disk).await;
    assert_eq!(state.activity, Activity::Disk { generation: 3 });
    assert_eq!(fleet.bmc(0).counters().calls, 0);
}

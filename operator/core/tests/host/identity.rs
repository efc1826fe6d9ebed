//! A machine that is not the one that is meant: nothing is done to it.

use slipway_core::{
    host::{Hardware, Identity, InstallStep, Power, PowerWish, RebootMode, Reset},
    reason::Reason,
};

use crate::scene::{Scene, UUID, assert_idle, assert_resets};

fn identity(uuid: Option<&str>, serial: Option<&str>) -> Identity {
    Identity { uuid: uuid.map(str::to_owned), serial: serial.map(str::to_owned) }
}

const OTHER: &str = "00000000-0000-4000-8000-000000000000";

#[test]
fn what_the_bmc_does_not_say_contradicts_nothing() {
    let hardware = |uuid: Option<&str>, serial: Option<&str>| Hardware {
        uuid: uuid.map(str::to_owned),
        serial: serial.map(str::to_owned),
        ..Hardware::default()
    };
    let wanted = identity(Some(UUID), Some("S7"));
    assert_eq!(wanted.mismatch(&hardware(None, None)), None);
    assert_eq!(wanted.mismatch(&hardware(Some(&UUID.to_uppercase()), Some("s7"))), None);
    assert_eq!(
        wanted.mismatch(&hardware(Some(OTHER), Some("S7"))).unwrap(),
        format!("UUID is {OTHER}, not {UUID}")
    );
    assert_eq!(wanted.mismatch(&hardware(None, Some("S8"))).unwrap(), "serial number is S8, not S7");
    assert_eq!(identity(None, None).mismatch(&hardware(Some(OTHER), Some("S8"))), None);
}

#[test]
fn a_mismatch_stops_everything() {
    for (wished, recorded) in [
        (identity(Some(OTHER), None), identity(None, None)),
        (identity(None, Some("S8")), identity(None, None)),
        (identity(None, None), identity(Some(OTHER), None)),
        (identity(None, None), identity(None, Some("S8"))),
    ] {
        for power in [Power::On, Power::Off] {
            let mut scene =
                Scene::new(power).install("1").reboot("a", RebootMode::Force).power_wish(PowerWish::On);
            scene.installation().proceed_on_running = true;
            scene.wish.identity = wished.clone();
            scene.record.identity = recorded.clone();
            scene.record.install = Some(scene.attempt("1", InstallStep::Booting, 1));
            scene.record.intent = Some(scene.intent("install:1:1", Reset::On));
            let before = scene.record.clone();
            let plan = scene.look();
            assert_idle(&plan, Reason::IdentityMismatch);
            assert_eq!(scene.record, before, "the record of the right machine stays");
            let says = plan.overall.message.contains("spec.identity");
            assert_eq!(says, wished != identity(None, None), "{}", plan.overall.message);
        }
    }
}

#[test]
fn the_right_machine_is_acted_upon() {
    let mut scene = Scene::new(Power::Off).install("1");
    scene.wish.identity = identity(Some(UUID), Some("S7"));
    scene.record.identity = identity(Some(UUID), Some("S7"));
    assert_resets(&scene.plan(), Reset::On, "install:1:1");
}

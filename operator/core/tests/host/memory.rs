//! What is remembered beside the status, and what it protects.

use slipway_core::{
    host::{InstallStep, Memory, Power, RebootMode, RebootRecord, Record},
    reason::Reason,
};

use crate::scene::{Scene, assert_idle};
use InstallStep::{Booting, Failed, Installed, Installing, PoweringOff};

/// The memory of a host with this record of installation `1`.
fn memory(scene: &Scene, step: InstallStep) -> Memory {
    let record = Record { install: Some(scene.attempt("1", step, 1)), ..Record::default() };
    Memory::default().updated(&record, None)
}

fn installed_id(memory: &Memory) -> Option<&str> {
    memory.install.as_ref().map(|done| done.id.as_str())
}

#[test]
fn only_what_is_done_is_remembered() {
    let scene = Scene::new(Power::On);
    assert_eq!(installed_id(&memory(&scene, Installed)), Some("1"));
    for step in [PoweringOff, Booting, Installing, Failed] {
        assert_eq!(memory(&scene, step), Memory::default(), "{step:?}");
    }
    let reboot = |completed_at| Record {
        reboot: Some(RebootRecord { id: "a".to_owned(), completed_at }),
        ..Record::default()
    };
    assert_eq!(Memory::default().updated(&reboot(None), None), Memory::default());
    let done = Memory::default().updated(&reboot(Some(scene.now)), None);
    assert_eq!(done.reboot.as_ref().map(|done| done.id.as_str()), Some("a"));
    assert_eq!(
        done.updated(&reboot(None), None),
        done,
        "a reboot under way does not make the last one forgotten"
    );
}

#[test]
fn what_is_remembered_stays_when_the_record_says_nothing() {
    let scene = Scene::new(Power::On);
    let full = memory(&scene, Installed).updated(&Record::default(), Some("sha256/pin"));
    assert_eq!(full.pin.as_deref(), Some("sha256/pin"));
    assert_eq!(full.updated(&Record::default(), None), full);
}

#[test]
fn an_installation_is_forgotten_when_another_one_begins() {
    let scene = Scene::new(Power::On);
    let first = memory(&scene, Installed);
    for (step, kept) in [(PoweringOff, None), (Booting, None), (Failed, None), (Installed, Some("2"))] {
        let record = Record { install: Some(scene.attempt("2", step, 1)), ..Record::default() };
        assert_eq!(installed_id(&first.updated(&record, None)), kept, "{step:?}");
    }
    let older = Record { install: Some(scene.attempt("1", Booting, 1)), ..Record::default() };
    assert_eq!(installed_id(&first.updated(&older, None)), Some("1"), "an older copy does not undo it");
}

#[test]
fn a_host_whose_status_is_lost_is_not_installed_again() {
    let mut scene = Scene::new(Power::On).install("1").unregistered();
    scene.record = Record::default();
    scene.record.recall(&memory(&scene, Installed));
    assert!(!scene.record.registered);
    assert_idle(&scene.look(), Reason::Installed);
    assert_eq!(scene.step(), Some(Installed));
}

#[test]
fn a_host_whose_status_is_an_older_copy_is_not_installed_again() {
    for step in [PoweringOff, Booting, Installing, Failed] {
        let mut scene = Scene::new(Power::On).install("1").history(step, 2);
        scene.record.recall(&memory(&scene, Installed));
        let install = scene.record.install.clone().unwrap();
        assert_eq!((install.step, install.attempt, install.installed_at), (Installed, 2, Some(scene.now)));
        assert_eq!(install.profile, "harvester", "what the older copy knows stays");
        assert_idle(&scene.look(), Reason::Installed);
    }
}

#[test]
fn a_reinstallation_under_way_is_not_taken_for_the_remembered_one() {
    let scene = Scene::new(Power::On);
    let mut record = Record { install: Some(scene.attempt("2", Booting, 1)), ..Record::default() };
    record.recall(&memory(&scene, Installed));
    assert_eq!(record.install.as_ref().map(|install| install.id.as_str()), Some("2"));
}

#[test]
fn the_end_of_an_earlier_installation_is_not_taken_for_that_of_a_failed_one() {
    let mut scene = Scene::new(Power::On).install("1");
    scene.record.install = Some(scene.attempt("2", Failed, 1));
    let kept = memory(&scene, Installed).updated(&scene.record, None);
    assert_eq!((installed_id(&kept), kept.earlier.as_slice()), (None, ["1".to_owned()].as_slice()));
    scene.record.recall(&kept);
    assert_idle(&scene.look(), Reason::IdUsedBefore);
    assert_eq!(scene.record.install.as_ref().map(|install| install.id.as_str()), Some("2"));
}

#[test]
fn a_reboot_that_is_remembered_is_not_repeated() {
    let scene = Scene::new(Power::On);
    let done = RebootRecord { id: "a".to_owned(), completed_at: Some(scene.now) };
    let memory = Memory::default().updated(&Record { reboot: Some(done.clone()), ..Record::default() }, None);
    for older in [None, Some(RebootRecord { id: "a".to_owned(), completed_at: None })] {
        let mut scene = scene.clone().reboot("a", RebootMode::Force);
        scene.record.reboot = older;
        scene.record.recall(&memory);
        assert_eq!(scene.record.reboot, Some(done.clone()));
        assert_idle(&scene.look(), Reason::Available);
    }
    let newer = RebootRecord { id: "b".to_owned(), completed_at: None };
    let mut record = Record { reboot: Some(newer.clone()), ..Record::default() };
    record.recall(&memory);
    assert_eq!(record.reboot, Some(newer));
}

#[test]
fn an_id_is_used_once_also_when_the_manifest_goes_back_to_it() {
    let scene = Scene::new(Power::On).install("1");
    let first = Record { install: Some(scene.attempt("1", Installed, 1)), ..Record::default() };
    let second = Record { install: Some(scene.attempt("2", Installed, 1)), ..Record::default() };
    let memory = Memory::default().updated(&first, None).updated(&second, None);
    assert_eq!(memory.earlier, ["1"]);
    let mut record = Record { registered: true, ..second };
    record.recall(&memory);
    let back = Scene { record, ..scene };
    let plan = back.plan();
    assert_eq!(plan.overall.reason, Reason::IdUsedBefore);
    assert!(plan.effects.is_empty());
    assert!(!back.install("3").plan().effects.is_empty(), "a new id installs again");
}

#[test]
fn only_so_many_ids_are_remembered() {
    let scene = Scene::new(Power::On);
    let memory = (0..40).fold(Memory::default(), |memory, id| {
        let record =
            Record { install: Some(scene.attempt(&id.to_string(), Installed, 1)), ..Record::default() };
        memory.updated(&record, None)
    });
    assert_eq!(memory.earlier, ["31", "32", "33", "34", "35", "36", "37", "38"]);
}

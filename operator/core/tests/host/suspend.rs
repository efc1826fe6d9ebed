//! A suspended host: everything is seen, nothing is done.

use std::time::Duration;

use slipway_core::{
    host::{InstallStep, Plan, Power, PowerWish, PropertyChange, RebootMode, RebootRecord, Reset},
    reason::Reason,
};

use crate::scene::{Scene, assert_idle, assert_resets};

/// Asserts that the plan shows these words and leaves the record alone.
#[track_caller]
fn assert_held(scene: &mut Scene, words: &[&str]) -> Plan {
    let before = scene.record.clone();
    let plan = scene.look();
    assert_eq!((plan.overall.reason, plan.look_again), (Reason::Suspended, None));
    assert_eq!(plan.words(), words);
    assert_eq!(scene.record, before);
    plan
}

fn suspended(mut scene: Scene) -> Scene {
    scene.wish.suspended = true;
    scene
}

#[test]
fn an_installation_is_shown_and_begins_when_the_host_goes_on() {
    let mut scene = suspended(Scene::new(Power::Off).install("1"));
    for _ in 0..2 {
        assert_held(&mut scene, &["set the next boot to PXE", "reset On for install:1:1"]);
    }
    scene.wish.suspended = false;
    assert_resets(&scene.look(), Reset::On, "install:1:1");
}

#[test]
fn every_effect_is_held_back() {
    let program = "http://192.0.2.1/ipxe.efi".parse().unwrap();
    let mut scene = suspended(Scene::new(Power::Off).install("1"));
    scene.installation().http_boot_program = Some(program);
    assert_held(&mut scene, &["set the next boot to UEFI HTTP", "reset On for install:1:1"]);
    let mut scene = suspended(Scene::new(Power::On).reboot("a", RebootMode::Force));
    assert_held(&mut scene, &["reset ForceRestart for reboot:a"]);
    let mut scene = suspended(Scene::new(Power::On).power_wish(PowerWish::Off));
    assert_held(&mut scene, &["reset GracefulShutdown for power"]);
    let mut scene = suspended(Scene::new(Power::On).install("1").history(InstallStep::Installed, 1));
    scene.seen.network_override_set = true;
    scene.seen.properties.asset_tag = Some("old".to_owned());
    scene.wish.properties = vec![PropertyChange::AssetTag("U07".to_owned())];
    assert_held(&mut scene, &["clear the boot override", "write 1 properties"]);
}

#[test]
fn a_host_of_which_nothing_is_asked_is_not_called_suspended() {
    assert_idle(&suspended(Scene::new(Power::On)).plan(), Reason::Available);
}

#[test]
fn a_suspended_host_is_registered_at_first_sight() {
    let mut scene =
        suspended(Scene::new(Power::Off).unregistered().install("1").reboot("a", RebootMode::Force));
    scene.look();
    assert!(scene.record.registered);
    assert_eq!(scene.record.install, None);
    assert!(scene.record.reboot.as_ref().unwrap().completed_at.is_some(), "the id is adopted all the same");
}

#[test]
fn what_became_of_a_reset_is_seen_while_suspended() {
    let mut scene = Scene::new(Power::Off).reboot("a", RebootMode::Force).power_wish(PowerWish::Off);
    scene.wish.power = None;
    scene.look();
    scene.wish.suspended = true;
    scene.wish.power = Some(PowerWish::Off);
    scene.see(Power::On);
    let reboot: &RebootRecord = scene.record.reboot.as_ref().unwrap();
    assert!(reboot.completed_at.is_some(), "it is done, though the host is to be switched off next");
}

#[test]
fn time_runs_out_while_suspended_and_nothing_is_done_about_it() {
    let mut scene = suspended(Scene::new(Power::On).install("1").history(InstallStep::Booting, 1));
    scene.record.witnessed = true;
    let boot = scene.timings.boot;
    assert_idle(&scene.after(boot).look(), Reason::Retrying);
    assert_eq!(scene.step(), Some(InstallStep::Failed));
    assert_held(scene.after(Duration::from_mins(10)), &["reset ForceOff for install:1:2"]);
}

#[test]
fn a_start_from_the_disk_is_not_forgotten_while_suspended() {
    let mut scene = suspended(Scene::new(Power::Off).install("1").history(InstallStep::Installed, 1));
    scene.installation().completion = slipway_core::host::Completion::PowerOff;
    scene.record.intent = Some(scene.intent("install:1:1", Reset::On));
    let settle = scene.timings.settle;
    assert_held(scene.after(settle), &["clear the boot override", "reset On for install:1:1"]);
    scene.wish.suspended = false;
    assert_resets(&scene.look(), Reset::On, "install:1:1");
}

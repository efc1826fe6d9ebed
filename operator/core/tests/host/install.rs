//! Installations that go well, and those that may not begin.

use std::time::Duration;

use slipway_core::{
    boot::Step,
    host::{BootFrom, Completion, Effect, InstallStep, Method, Plan, Power, PowerWish, RebootMode, Reset},
    reason::Reason,
};

use crate::scene::{Scene, assert_idle, assert_resets, failure, resets};
use InstallStep::{Booting, Installed, Installing, PoweringOff, ScriptServed};

const PXE: Effect = Effect::BootFrom(BootFrom::Network { uefi: true });

/// A report of the boot service, as the controller takes it.
fn report(scene: &mut Scene, step: &Step) {
    let completion = scene.installation().completion;
    let now = scene.now;
    scene.record.install.as_mut().unwrap().take(step, now, completion);
    scene.record.witnessed = true;
}

fn boot_source(plan: &Plan) -> &BootFrom {
    match &plan.effects[0] {
        Effect::BootFrom(source) => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_host_that_is_off_is_started_from_the_network_and_ends_installed() {
    let mut scene = Scene::new(Power::Off).install("1");
    let plan = scene.look();
    assert_eq!(plan.effects[0], PXE, "the boot source is set before the start");
    assert_resets(&plan, Reset::On, "install:1:1");
    assert_eq!((scene.step(), plan.overall.reason), (Some(Booting), Reason::Installing));
    assert!(scene.record.witnessed && scene.record.intent.is_some());

    let plan = scene.see(Power::Off);
    assert_idle(&plan, Reason::PowerChanging);
    assert_eq!(plan.look_again, Some(scene.timings.transition));
    let plan = scene.see(Power::On);
    assert_idle(&plan, Reason::Installing);
    assert_eq!(scene.record.intent, None, "it is on: the reset is done");
    for step in [Step::ScriptServed, Step::AnswerServed, Step::Progress("disk 50 %".to_owned())] {
        report(&mut scene, &step);
        let plan = scene.see(Power::On);
        assert_idle(&plan, Reason::Installing);
    }
    assert!(scene.plan().overall.message.contains("disk 50 %"), "{:?}", scene.plan().overall);
    report(&mut scene, &Step::Done);
    let plan = scene.see(Power::On);
    assert_idle(&plan, Reason::Installed);
    assert_eq!(plan.look_again, None, "a host at rest is looked at by the poll");
}

#[test]
fn the_record_is_written_with_the_intent_before_the_reset() {
    let scene = Scene::new(Power::Off).install("1");
    let plan = scene.plan();
    let Some(Effect::Reset { before, after, .. }) = plan.effects.last() else { panic!("{plan:?}") };
    let (install, intent) = (before.install.as_ref().unwrap(), before.intent.as_ref().unwrap());
    assert_eq!((install.id.as_str(), install.attempt, install.step), ("1", 1, Booting));
    assert_eq!((install.profile.as_str(), install.profile_digest.as_str()), ("harvester", "sha256:1"));
    assert_eq!((intent.started_at, intent.precondition.power.as_str()), (scene.now, "Off"));
    assert_eq!(before, after, "the intent stays open until the machine shows what became of it");
}

#[test]
fn every_step_says_what_is_going_on() {
    for (step, words) in [
        (Booting, "has not asked for its script yet"),
        (ScriptServed, "has its boot script"),
        (Installing, "the installer is running"),
    ] {
        let scene = Scene::new(Power::On).install("1").history(step, 1);
        let plan = scene.plan();
        assert_idle(&plan, Reason::Installing);
        assert!(plan.overall.message.contains(words), "{}", plan.overall.message);
    }
    let scene = Scene::new(Power::PoweringOff).install("1").history(PoweringOff, 1);
    assert!(scene.plan().overall.message.contains("being switched off"));
}

#[test]
fn a_running_host_without_history_is_left_alone() {
    for power in [Power::On, Power::Paused] {
        for scene in [Scene::new(power), Scene::new(power).unregistered()] {
            let mut scene = scene.install("1");
            let plan = scene.look();
            assert_idle(&plan, Reason::HistoryUnknown);
            assert!(plan.overall.message.contains("spec.install.runningHost"));
            assert_eq!(scene.record.install, None);
        }
    }
}

#[test]
fn with_proceed_a_running_host_is_taken_down_and_started() {
    let mut scene = Scene::new(Power::On).install("1");
    scene.installation().proceed_on_running = true;
    assert_resets(&scene.look(), Reset::GracefulShutdown, "install:1:1");
    assert_eq!(scene.step(), Some(PoweringOff));
    assert_idle(&scene.see(Power::On), Reason::PowerChanging);
    let plan = scene.see(Power::Off);
    assert_eq!(plan.effects[0], PXE);
    assert_resets(&plan, Reset::On, "install:1:1");
    assert_eq!(scene.step(), Some(Booting));
}

#[test]
fn the_power_is_cut_when_the_shutdown_takes_too_long() {
    let mut scene = Scene::new(Power::On).install("1");
    scene.installation().proceed_on_running = true;
    scene.look();
    let graceful = scene.timings.graceful;
    assert_idle(
        &scene.after(graceful.checked_sub(Duration::from_secs(1)).unwrap()).look(),
        Reason::PowerChanging,
    );
    assert_resets(&scene.after(Duration::from_secs(1)).look(), Reset::ForceOff, "install:1:1");
    let settle = scene.timings.settle;
    assert_resets(&scene.after(settle).look(), Reset::ForceOff, "install:1:1");
}

#[test]
fn a_bmc_that_cannot_shut_down_gracefully_cuts_the_power() {
    let mut scene = Scene::new(Power::Paused).install("1");
    scene.installation().proceed_on_running = true;
    scene.seen.resets = [Reset::On, Reset::ForceOff].into();
    assert_resets(&scene.plan(), Reset::ForceOff, "install:1:1");
    scene.seen.resets.clear();
    assert_resets(&scene.plan(), Reset::ForceOff, "install:1:1");
}

#[test]
fn a_bmc_that_cannot_switch_off_stops_the_installation() {
    let mut scene = Scene::new(Power::On).install("1");
    scene.installation().proceed_on_running = true;
    scene.seen.resets = [Reset::On, Reset::ForceRestart].into();
    let plan = scene.look();
    assert_idle(&plan, Reason::ResetUnsupported);
    assert!(plan.overall.message.contains("On, ForceRestart"), "{}", plan.overall.message);
    assert_idle(&scene.look(), Reason::ResetUnsupported);
}

#[test]
fn a_new_id_reinstalls_a_running_host_whose_history_is_known() {
    let mut scene = Scene::new(Power::On).install("2").history(Installed, 1);
    assert_resets(&scene.look(), Reset::GracefulShutdown, "install:2:1");
    assert_eq!(scene.record.install.as_ref().unwrap().id, "2");
    assert_resets(&scene.see(Power::Off), Reset::On, "install:2:1");
    let install = scene.record.install.as_ref().unwrap();
    assert_eq!((install.attempt, install.step, install.installed_at), (1, Booting, None));
}

#[test]
fn a_new_id_replaces_an_installation_that_is_under_way() {
    let mut scene = Scene::new(Power::On).install("2").history(Installing, 3);
    scene.record.intent = Some(scene.intent("install:1:3", Reset::On));
    assert_resets(&scene.look(), Reset::GracefulShutdown, "install:2:1");
}

#[test]
fn an_installed_host_is_left_alone_in_every_power_state() {
    for power in [Power::On, Power::Off, Power::PoweringOn, Power::PoweringOff, Power::Paused, Power::Unknown]
    {
        for completion in [Completion::Callback, Completion::PowerOff, Completion::ScriptServed] {
            let mut scene = Scene::new(power).install("1").history(Installed, 1);
            scene.installation().completion = completion;
            assert_idle(&scene.plan(), Reason::Installed);
        }
    }
}

#[test]
fn nothing_begins_before_everything_is_ready() {
    for (reason, again) in [
        (Reason::ProfileMissing, None),
        (Reason::ImageDigestMismatch, None),
        (Reason::PreparingImages, Some(Duration::from_secs(5))),
        (Reason::ImageUnavailable, Some(Duration::from_secs(5))),
    ] {
        let mut scene = Scene::new(Power::Off).install("1");
        scene.installation().ready = Err(failure(reason));
        let plan = scene.look();
        assert_idle(&plan, reason);
        assert_eq!(plan.look_again, again, "{reason}");
        assert_eq!(scene.record.install, None);
    }
}

#[test]
fn a_power_state_that_is_not_confirmed_is_waited_for() {
    for power in [Power::Unknown, Power::PoweringOn, Power::PoweringOff] {
        let mut scene = Scene::new(power).install("1");
        let plan = scene.look();
        assert_idle(&plan, Reason::Installing);
        assert_eq!(plan.look_again, Some(scene.timings.transition));
        assert_eq!(scene.record.install, None);
    }
}

#[test]
fn a_power_on_that_did_nothing_is_sent_again() {
    let mut scene = Scene::new(Power::Off).install("1");
    let begun = scene.now;
    scene.look();
    let settle = scene.timings.settle;
    let plan = scene.after(settle).see(Power::Off);
    assert_resets(&plan, Reset::On, "install:1:1");
    assert_eq!(scene.record.install.as_ref().unwrap().requested_at, begun, "it is the same attempt");
}

#[test]
fn the_boot_source_follows_method_firmware_and_bmc() {
    let program: url::Url = "http://192.0.2.1/ipxe.efi".parse().unwrap();
    let http = BootFrom::Http { uri: Some(program.clone()) };
    let pxe = |uefi| BootFrom::Network { uefi };
    let source = |method, uefi, can_http, program: Option<&url::Url>| {
        let mut scene = Scene::new(Power::Off).install("1");
        scene.wish.uefi = uefi;
        scene.seen.can_boot_http = can_http;
        scene.installation().method = method;
        scene.installation().http_boot_program = program.cloned();
        boot_source(&scene.plan()).clone()
    };
    assert_eq!(source(Method::Auto, true, true, Some(&program)), http);
    assert_eq!(source(Method::Auto, false, true, Some(&program)), pxe(false));
    assert_eq!(source(Method::Auto, true, false, Some(&program)), pxe(true));
    assert_eq!(source(Method::Auto, true, true, None), pxe(true));
    assert_eq!(source(Method::HttpBoot, true, false, Some(&program)), http);
    assert_eq!(source(Method::HttpBoot, true, true, None), BootFrom::Http { uri: None });
    assert_eq!(source(Method::Pxe, true, true, Some(&program)), pxe(true));
}

/// A host that has been started, has its script, and is complete when it is off.
fn until_off() -> Scene {
    let mut scene = Scene::new(Power::Off).install("1");
    scene.installation().completion = Completion::PowerOff;
    scene.look();
    scene.see(Power::On);
    report(&mut scene, &Step::ScriptServed);
    scene
}

#[test]
fn an_installer_that_switches_off_is_done_and_the_host_starts_from_its_disk() {
    let mut scene = until_off();
    let plan = scene.see(Power::Off);
    assert_eq!(plan.overall.reason, Reason::Installed);
    assert_eq!(plan.effects[0], Effect::BootFrom(BootFrom::Disk));
    assert_resets(&plan, Reset::On, "install:1:1");
    assert_eq!(scene.step(), Some(Installed));
    assert_eq!(scene.record.install.as_ref().unwrap().installed_at, Some(scene.now));
    assert_idle(&scene.see(Power::On), Reason::Installed);
    assert_idle(&scene.see(Power::Off), Reason::Installed);
}

#[test]
fn a_start_from_the_disk_that_did_nothing_is_sent_again() {
    let mut scene = until_off();
    scene.see(Power::Off);
    assert_idle(&scene.see(Power::Off), Reason::PowerChanging);
    let settle = scene.timings.settle;
    let plan = scene.after(settle).see(Power::Off);
    assert_resets(&plan, Reset::On, "install:1:1");
    assert_eq!(scene.step(), Some(Installed));
    assert_idle(&scene.see(Power::On), Reason::Installed);
    assert_eq!(scene.record.intent, None);
}

/// iDRAC 10 does so for up to 60 s after an off.
#[test]
fn a_start_from_the_disk_that_the_bmc_refuses_is_not_forgotten() {
    let mut scene = until_off();
    for _ in 0..2 {
        let plan = scene.see(Power::Off);
        assert_resets(&plan, Reset::On, "install:1:1");
        scene.record = plan.record;
        let settle = scene.timings.settle;
        scene.after(settle);
    }
    assert_idle(&scene.see(Power::On), Reason::Installed);
    let mut scene = until_off();
    let refused = scene.see(Power::Off);
    scene.record = refused.record;
    scene.wish.power = Some(PowerWish::Off);
    let settle = scene.timings.settle;
    assert_idle(&scene.after(settle).see(Power::Off), Reason::Installed);
}

#[test]
fn an_installed_host_that_is_wanted_off_stays_off() {
    let mut scene = until_off().power_wish(PowerWish::Off);
    let plan = scene.see(Power::Off);
    assert_idle(&plan, Reason::Installed);
    assert_eq!(scene.step(), Some(Installed));
    assert_idle(&scene.see(Power::Off), Reason::Installed);
}

#[test]
fn off_proves_nothing_before_the_script_was_asked_for() {
    let mut scene = Scene::new(Power::Off).install("1");
    scene.installation().completion = Completion::PowerOff;
    scene.look();
    let settle = scene.timings.settle;
    assert_resets(&scene.after(settle).see(Power::Off), Reset::On, "install:1:1");
    assert_eq!(scene.step(), Some(Booting));
}

#[test]
fn off_proves_nothing_where_the_installer_calls_back() {
    let mut scene = until_off();
    scene.installation().completion = Completion::Callback;
    assert_idle(&scene.see(Power::Off), Reason::Installing);
    assert_eq!(scene.step(), Some(ScriptServed));
}

#[test]
fn a_script_that_was_served_is_the_end_where_nothing_else_can_be() {
    let mut scene = Scene::new(Power::Off).install("1");
    scene.installation().completion = Completion::ScriptServed;
    scene.look();
    report(&mut scene, &Step::ScriptServed);
    assert_idle(&scene.see(Power::On), Reason::Installed);
    assert_idle(&scene.see(Power::Off), Reason::Installed);
}

#[test]
fn an_installation_that_is_taken_back_leaves_the_host_as_it_is() {
    let mut scene = Scene::new(Power::Off).install("1");
    scene.look();
    scene.wish.install = None;
    assert_idle(&scene.see(Power::Off), Reason::Available);
    assert_eq!(scene.record.intent, None);
}

#[test]
fn an_id_is_not_mistaken_for_one_that_begins_alike() {
    let mut scene = Scene::new(Power::Off).install("a");
    scene.record.intent = Some(scene.intent("install:a:b:1", Reset::On));
    assert_resets(&scene.plan(), Reset::On, "install:a:1");
    let mut scene = Scene::new(Power::Off).install("a:b");
    scene.look();
    assert_idle(&scene.look(), Reason::PowerChanging);
}

#[test]
fn an_installation_comes_before_a_reboot_and_the_power() {
    let mut scene =
        Scene::new(Power::Off).install("1").reboot("r", RebootMode::Force).power_wish(PowerWish::On);
    assert_eq!(resets(&scene.look()), [(Reset::On, "install:1:1".to_owned())]);
    assert_eq!(scene.record.reboot, None);
}

//! Attempts that fail, and what may be tried again.

use std::time::Duration;

use slipway_core::{
    clock::Timestamp,
    host::{BootFrom, Effect, InstallStep, Power, Reset},
    reason::Reason,
};

use crate::scene::{Scene, assert_idle, assert_resets, failure};
use InstallStep::{Booting, Failed, Installing, PoweringOff, ScriptServed};

/// A host in the middle of an attempt that this process began.
fn watched(power: Power, step: InstallStep, attempt: i32) -> Scene {
    let mut scene = Scene::new(power).install("1").history(step, attempt);
    scene.record.witnessed = true;
    scene
}

fn message(scene: &Scene) -> String {
    scene.record.install.as_ref().unwrap().message.clone().unwrap()
}

fn next_attempt_at(scene: &Scene) -> Timestamp {
    scene.record.install.as_ref().unwrap().next_attempt_at.unwrap()
}

#[test]
fn a_host_that_never_asks_for_its_script_has_failed_to_boot() {
    let mut scene = watched(Power::On, Booting, 1);
    let boot = scene.timings.boot;
    assert_idle(&scene.after(boot.checked_sub(Duration::from_secs(1)).unwrap()).look(), Reason::Installing);
    assert_idle(&scene.after(Duration::from_secs(1)).look(), Reason::Retrying);
    assert_eq!(scene.step(), Some(Failed));
    assert!(
        message(&scene).contains("within 15 min") && message(&scene).contains("spec.bootMacs"),
        "{}",
        message(&scene)
    );
}

#[test]
fn an_installer_that_never_reports_runs_out_of_time() {
    for step in [ScriptServed, Installing] {
        let mut scene = watched(Power::On, step, 1);
        let timeout = scene.installation().timeout;
        assert_idle(
            &scene.after(timeout.checked_sub(Duration::from_secs(1)).unwrap()).look(),
            Reason::Installing,
        );
        assert_idle(&scene.after(Duration::from_secs(1)).look(), Reason::Retrying);
        assert_eq!(scene.step(), Some(Failed));
        assert!(message(&scene).contains("within 45 min (spec.install.timeout)"), "{}", message(&scene));
    }
}

#[test]
fn a_timeout_below_a_minute_is_told_in_seconds() {
    let mut scene = watched(Power::On, Installing, 1);
    scene.installation().timeout = Duration::from_secs(40);
    scene.after(Duration::from_secs(40)).look();
    assert!(message(&scene).contains("within 40 s"), "{}", message(&scene));
}

#[test]
fn the_next_attempt_is_visible_and_comes_when_it_is_due() {
    let mut scene = watched(Power::On, Booting, 1);
    let boot = scene.timings.boot;
    let plan = scene.after(boot).look();
    let due = next_attempt_at(&scene);
    let pause = Duration::try_from(due.duration_since(scene.now)).unwrap();
    assert!(pause >= scene.timings.retry * 4 / 5 && pause <= scene.timings.retry * 6 / 5, "{pause:?}");
    assert_eq!(plan.look_again, Some(pause));
    assert_idle(&scene.after(pause / 2).look(), Reason::Retrying);
    assert_eq!(next_attempt_at(&scene), due, "it does not move from one look to the next");
    let plan = scene.after(pause.checked_sub(pause / 2).unwrap()).look();
    assert_resets(&plan, Reset::ForceOff, "install:1:2");
    let install = scene.record.install.as_ref().unwrap();
    assert_eq!((install.attempt, install.step, install.next_attempt_at), (2, PoweringOff, None));
    assert_eq!((install.requested_at, install.message.as_ref()), (scene.now, None));
    assert_resets(&scene.see(Power::Off), Reset::On, "install:1:2");
}

#[test]
fn hosts_that_fail_together_come_back_at_different_moments() {
    let dues: std::collections::BTreeSet<_> = (0..50)
        .map(|number| {
            let mut scene = watched(Power::On, Booting, 1);
            scene.seen.hardware.uuid = Some(format!("5c9f5d52-0000-4000-8000-{number:012}"));
            let boot = scene.timings.boot;
            scene.after(boot).look();
            next_attempt_at(&scene)
        })
        .collect();
    assert!(dues.len() > 30, "{}", dues.len());
}

#[test]
fn pauses_grow_from_attempt_to_attempt() {
    let pause = |attempt| {
        let mut scene = watched(Power::Off, Failed, attempt);
        scene.installation().retries = 100;
        scene.look();
        Duration::try_from(next_attempt_at(&scene).duration_since(scene.now)).unwrap()
    };
    assert!(pause(3) > pause(2) && pause(2) > pause(1));
    assert!(pause(90) <= Duration::from_mins(36));
}

/// A failed attempt whose pause is over.
fn due(power: Power, attempt: i32) -> Scene {
    let mut scene = watched(power, Failed, attempt);
    let now = scene.now;
    let install = scene.record.install.as_mut().unwrap();
    install.next_attempt_at = Some(now);
    install.message = Some("no disk".to_owned());
    scene
}

#[test]
fn a_host_that_is_off_is_started_again() {
    let mut scene = due(Power::Off, 1);
    assert_resets(&scene.look(), Reset::On, "install:1:2");
    assert_eq!(scene.step(), Some(Booting));
}

#[test]
fn when_every_attempt_has_failed_a_person_is_called() {
    for power in [Power::On, Power::Off, Power::Unknown] {
        let mut scene = due(power, 3);
        for _ in 0..2 {
            let plan = scene.look();
            assert_idle(&plan, Reason::RetriesExhausted);
            assert!(
                plan.overall.message.contains("all 3 attempts") && plan.overall.message.contains("no disk")
            );
            assert_eq!(plan.look_again, None, "what is final has no timer");
        }
    }
}

#[test]
fn no_retries_means_one_attempt() {
    let mut scene = watched(Power::On, Booting, 1);
    scene.installation().retries = 0;
    let boot = scene.timings.boot;
    assert_idle(&scene.after(boot).look(), Reason::RetriesExhausted);
}

#[test]
fn a_failure_without_words_is_told_all_the_same() {
    let mut scene = due(Power::Off, 3);
    scene.record.install.as_mut().unwrap().message = None;
    assert!(scene.plan().overall.message.contains("the attempt failed"));
}

#[test]
fn a_retry_waits_for_what_it_needs() {
    let mut scene = due(Power::Off, 1);
    scene.installation().ready = Err(failure(Reason::ImageUnavailable));
    assert_idle(&scene.look(), Reason::ImageUnavailable);
    assert_eq!(scene.step(), Some(Failed));
}

#[test]
fn a_retry_waits_for_a_confirmed_power_state() {
    for power in [Power::Unknown, Power::PoweringOn, Power::PoweringOff] {
        let plan = due(power, 1).look();
        assert_idle(&plan, Reason::Retrying);
        assert!(plan.overall.message.contains(&power.to_string()), "{}", plan.overall.message);
        assert!(plan.look_again.is_some());
    }
}

#[test]
fn each_further_attempt_takes_the_other_boot_method() {
    let mut scene = due(Power::Off, 1);
    scene.installation().http_boot_program = Some("http://192.0.2.1/ipxe.efi".parse().unwrap());
    assert!(matches!(scene.plan().effects[0], Effect::BootFrom(BootFrom::Network { uefi: true })));
    scene.record.install.as_mut().unwrap().attempt = 2;
    assert!(matches!(scene.plan().effects[0], Effect::BootFrom(BootFrom::Http { uri: Some(_) })));
}

#[test]
fn no_timer_resets_a_running_host_that_nobody_watched() {
    for step in [Booting, ScriptServed, Installing] {
        let mut scene = watched(Power::On, step, 1);
        scene.record.witnessed = false;
        let timeout = scene.installation().timeout;
        let plan = scene.after(timeout).look();
        assert_idle(&plan, Reason::OutcomeUnknown);
        assert!(plan.overall.message.contains("spec.install.id"), "{}", plan.overall.message);
        for _ in 0..3 {
            assert_idle(&scene.after(timeout).look(), Reason::OutcomeUnknown);
        }
    }
}

#[test]
fn a_failed_attempt_that_nobody_watched_goes_on_when_the_host_is_off() {
    let mut scene = due(Power::Off, 1);
    scene.record.witnessed = false;
    assert_resets(&scene.look(), Reset::On, "install:1:2");
    assert!(scene.record.witnessed);
}

#[test]
fn a_take_down_that_nobody_watched_goes_on_only_when_there_was_no_reset_since() {
    let begun = |before: Option<&str>| {
        let mut scene = watched(Power::On, PoweringOff, 1);
        scene.seen.last_reset_time = before.map(str::to_owned);
        scene.record.intent = Some(scene.intent("install:1:1", Reset::GracefulShutdown));
        scene.record.witnessed = false;
        let graceful = scene.timings.graceful;
        scene.after(graceful);
        scene
    };
    let mut same = begun(Some("10:00"));
    assert_resets(&same.look(), Reset::ForceOff, "install:1:1");
    assert!(same.record.witnessed, "from now on this process has watched");

    let mut moved = begun(Some("10:00"));
    moved.seen.last_reset_time = Some("10:30".to_owned());
    assert_idle(&moved.look(), Reason::OutcomeUnknown);
    assert_idle(&moved.look(), Reason::OutcomeUnknown);

    let mut silent = begun(None);
    assert_idle(&silent.look(), Reason::OutcomeUnknown);
    assert_resets(&silent.see(Power::Off), Reset::On, "install:1:1");
}

#[test]
fn a_new_id_resolves_an_attempt_that_nobody_watched() {
    let mut scene = watched(Power::On, Failed, 1);
    scene.record.witnessed = false;
    scene.wish.install.as_mut().unwrap().id = "2".to_owned();
    assert_resets(&scene.look(), Reset::GracefulShutdown, "install:2:1");
}

#[test]
fn taking_the_request_back_resolves_it_too() {
    let mut scene = watched(Power::On, Failed, 1);
    scene.record.witnessed = false;
    scene.wish.install = None;
    assert_idle(&scene.look(), Reason::Available);
}

#[test]
fn a_take_down_that_never_ends_fails_the_attempt() {
    let mut scene = watched(Power::PoweringOff, PoweringOff, 1);
    let timeout = scene.installation().timeout;
    assert_idle(&scene.after(timeout).look(), Reason::Retrying);
    assert!(message(&scene).contains("being switched off"), "{}", message(&scene));
}

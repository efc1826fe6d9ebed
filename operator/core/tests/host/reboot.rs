//! Reboots by id.

use slipway_core::{
    host::{InstallStep, Power, PowerWish, RebootMode, RebootRecord, RebootWish, Reset},
    reason::Reason,
};

use crate::scene::{Scene, assert_idle, assert_resets};
use RebootMode::{Force, Graceful, PowerCycle};

fn on(mode: RebootMode) -> Scene {
    Scene::new(Power::On).reboot("a", mode)
}

fn is_done(scene: &Scene) -> bool {
    scene.record.reboot.as_ref().unwrap().completed_at.is_some()
}

/// Lets the time of the open intent run out.
fn overdue(scene: &mut Scene) -> &mut Scene {
    let pause = scene.timings.graceful.max(scene.timings.settle);
    scene.after(pause)
}

#[test]
fn a_graceful_reboot_goes_off_and_on_once() {
    let mut scene = on(Graceful);
    let plan = scene.look();
    assert_resets(&plan, Reset::GracefulShutdown, "reboot:a");
    assert_eq!(plan.overall.reason, Reason::Rebooting);
    assert_idle(&scene.see(Power::On), Reason::PowerChanging);
    assert_idle(&scene.see(Power::PoweringOff), Reason::PowerChanging);
    assert_resets(&scene.see(Power::Off), Reset::On, "reboot:a");
    assert!(!is_done(&scene));
    assert_idle(&scene.see(Power::PoweringOn), Reason::Available);
    assert!(is_done(&scene));
    assert_idle(&scene.see(Power::On), Reason::Available);
}

#[test]
fn a_reboot_is_not_done_because_the_shutdown_was_ignored() {
    let mut scene = on(Graceful);
    scene.look();
    assert_resets(&overdue(&mut scene).look(), Reset::ForceOff, "reboot:a");
    assert!(!is_done(&scene));
    assert_resets(&scene.see(Power::Off), Reset::On, "reboot:a");
    scene.see(Power::On);
    assert!(is_done(&scene));
}

#[test]
fn a_cut_of_the_power_that_was_ignored_is_repeated_where_the_bmc_proves_it() {
    let mut scene = on(Graceful);
    scene.seen.last_reset_time = Some("10:00".to_owned());
    scene.look();
    assert_resets(&overdue(&mut scene).look(), Reset::ForceOff, "reboot:a");
    assert_resets(&overdue(&mut scene).look(), Reset::ForceOff, "reboot:a");
    let mut scene = on(Graceful);
    scene.look();
    assert_resets(&overdue(&mut scene).look(), Reset::ForceOff, "reboot:a");
    assert_idle(&overdue(&mut scene).look(), Reason::OutcomeUnknown);
}

#[test]
fn a_host_that_came_back_by_itself_was_rebooted() {
    let mut scene = on(Graceful);
    scene.seen.last_reset_time = Some("10:00".to_owned());
    scene.look();
    scene.seen.last_reset_time = Some("10:05".to_owned());
    assert_idle(&scene.look(), Reason::PowerChanging);
    assert_idle(&overdue(&mut scene).look(), Reason::Available);
    assert!(is_done(&scene));
}

#[test]
fn a_forced_reboot_is_one_reset() {
    let mut scene = on(Force);
    assert_resets(&scene.look(), Reset::ForceRestart, "reboot:a");
    assert!(is_done(&scene) && scene.record.intent.is_none(), "the BMC took it");
    assert_idle(&scene.look(), Reason::Available);
}

#[test]
fn each_mode_falls_back_to_what_the_bmc_offers() {
    let first = |mode, offered: &[Reset]| {
        let mut scene = on(mode);
        scene.seen.resets = offered.iter().copied().collect();
        scene.plan()
    };
    let all = [Reset::On, Reset::ForceOff, Reset::GracefulShutdown, Reset::PowerCycle];
    assert_resets(&first(Force, &all), Reset::PowerCycle, "reboot:a");
    assert_resets(&first(PowerCycle, &all), Reset::PowerCycle, "reboot:a");
    assert_resets(&first(Force, &[Reset::On, Reset::ForceOff]), Reset::ForceOff, "reboot:a");
    assert_resets(&first(PowerCycle, &[Reset::ForceOff, Reset::ForceRestart]), Reset::ForceOff, "reboot:a");
    assert_resets(&first(Graceful, &[Reset::On, Reset::ForceOff]), Reset::ForceOff, "reboot:a");
    for mode in [Force, PowerCycle, Graceful] {
        assert_resets(&first(mode, &[]), Reset::ForceOff, "reboot:a");
    }
}

#[test]
fn a_reboot_that_the_bmc_cannot_do_stays_undone() {
    let mut scene = on(Graceful);
    scene.seen.resets = [Reset::On].into();
    for _ in 0..3 {
        assert_idle(&scene.look(), Reason::ResetUnsupported);
        assert!(!is_done(&scene));
    }
}

#[test]
fn the_same_id_does_nothing_twice() {
    let mut scene = on(Force);
    scene.look();
    for power in [Power::On, Power::Off, Power::On] {
        assert_idle(&scene.see(power), Reason::Available);
    }
    scene.wish.reboot = Some(RebootWish { id: "b".to_owned(), mode: Force });
    assert_resets(&scene.look(), Reset::ForceRestart, "reboot:b");
}

#[test]
fn a_host_that_is_off_is_started() {
    for mode in [Graceful, Force, PowerCycle] {
        let mut scene = Scene::new(Power::Off).reboot("a", mode);
        assert_resets(&scene.look(), Reset::On, "reboot:a");
        scene.see(Power::On);
        assert!(is_done(&scene));
    }
}

#[test]
fn a_start_that_did_nothing_is_sent_again() {
    let mut scene = Scene::new(Power::Off).reboot("a", Force);
    scene.look();
    assert_resets(&overdue(&mut scene).see(Power::Off), Reset::On, "reboot:a");
}

#[test]
fn a_host_that_somebody_else_started_is_not_taken_down_again() {
    let mut scene = on(Graceful);
    scene.look();
    let refused = scene.see(Power::Off);
    assert_resets(&refused, Reset::On, "reboot:a");
    scene.record = refused.record;
    assert_idle(&scene.see(Power::On), Reason::Available);
    assert!(is_done(&scene));
}

#[test]
fn a_host_that_is_wanted_off_is_rebooted_by_leaving_it_off() {
    let mut scene = Scene::new(Power::Off).reboot("a", Graceful).power_wish(PowerWish::Off);
    assert_idle(&scene.look(), Reason::Available);
    assert!(is_done(&scene));
}

#[test]
fn a_reboot_does_not_make_an_installed_host_look_otherwise() {
    let mut scene = Scene::new(Power::Off).install("1").history(InstallStep::Installed, 1);
    scene = scene.reboot("a", Graceful).power_wish(PowerWish::Off);
    assert_idle(&scene.look(), Reason::Installed);
}

#[test]
fn a_power_state_that_is_not_confirmed_is_waited_for() {
    for power in [Power::Unknown, Power::PoweringOn, Power::PoweringOff] {
        let mut scene = Scene::new(power).reboot("a", Force);
        let plan = scene.look();
        assert_idle(&plan, Reason::Rebooting);
        assert_eq!(plan.look_again, Some(scene.timings.transition));
        assert_resets(&scene.see(Power::On), Reset::ForceRestart, "reboot:a");
    }
}

#[test]
fn the_first_sight_of_a_host_takes_its_id_as_done() {
    for suspended in [false, true] {
        for power in [Power::On, Power::Off, Power::Unknown] {
            let mut scene = Scene::new(power).unregistered().reboot("a", Force);
            scene.wish.suspended = suspended;
            assert_idle(&scene.look(), Reason::Available);
            assert!(is_done(&scene) && scene.record.registered);
            scene.wish.suspended = false;
            assert_idle(&scene.see(Power::On), Reason::Available);
        }
    }
}

#[test]
fn an_id_that_memory_does_not_know_is_taken_as_done_when_the_status_is_lost() {
    let mut scene = on(Force).unregistered();
    let before = scene.now;
    scene.record.reboot = Some(RebootRecord { id: "earlier".to_owned(), completed_at: Some(before) });
    assert_idle(&scene.look(), Reason::Available);
    assert_eq!(scene.record.reboot.as_ref().unwrap().id, "a");
}

#[test]
fn an_id_that_memory_knows_keeps_its_date() {
    let mut scene = on(Force).unregistered();
    let before = scene.now;
    scene.record.reboot = Some(RebootRecord { id: "a".to_owned(), completed_at: Some(before) });
    let settle = scene.timings.settle;
    scene.after(settle).look();
    assert_eq!(scene.record.reboot.as_ref().unwrap().completed_at, Some(before));
    scene.wish.reboot = None;
    scene.record.registered = false;
    scene.look();
    assert_eq!(scene.record.reboot.as_ref().unwrap().id, "a", "no request, nothing to adopt");
}

/// A reset that was begun, and then the process ended: nobody knows whether it was sent.
fn interrupted(mode: RebootMode, reset: Reset, before: Option<&str>) -> Scene {
    let mut scene = on(mode);
    scene.seen.last_reset_time = before.map(str::to_owned);
    scene.record.reboot = Some(RebootRecord { id: "a".to_owned(), completed_at: None });
    scene.record.intent = Some(scene.intent("reboot:a", reset));
    scene
}

#[test]
fn a_restart_of_which_nobody_knows_is_not_repeated() {
    let mut scene = interrupted(Force, Reset::ForceRestart, None);
    for _ in 0..3 {
        let plan = overdue(&mut scene).look();
        assert_idle(&plan, Reason::OutcomeUnknown);
        assert!(plan.overall.message.contains("spec.reboot.id"), "{}", plan.overall.message);
        assert!(scene.record.intent.is_some());
    }
    scene.wish.reboot = None;
    assert_idle(&scene.look(), Reason::Available);
    assert_eq!(scene.record.intent, None);
}

#[test]
fn a_new_id_resolves_an_unknown_outcome() {
    let mut scene = interrupted(Force, Reset::ForceRestart, None);
    scene.wish.reboot = Some(RebootWish { id: "b".to_owned(), mode: Force });
    assert_resets(&scene.look(), Reset::ForceRestart, "reboot:b");
}

#[test]
fn a_restart_that_the_machine_shows_is_done() {
    let mut scene = interrupted(Force, Reset::ForceRestart, Some("10:00"));
    scene.seen.last_reset_time = Some("10:05".to_owned());
    assert_idle(&scene.look(), Reason::Available);
    assert!(is_done(&scene));
}

#[test]
fn a_restart_that_was_never_sent_is_sent() {
    let mut scene = interrupted(Force, Reset::ForceRestart, Some("10:00"));
    assert_idle(&scene.look(), Reason::PowerChanging);
    assert_resets(&overdue(&mut scene).look(), Reset::ForceRestart, "reboot:a");
}

#[test]
fn a_restart_that_ended_halfway_is_completed_by_a_start() {
    let mut scene = interrupted(PowerCycle, Reset::PowerCycle, None);
    assert_idle(&scene.see(Power::Off), Reason::PowerChanging);
    assert_resets(&overdue(&mut scene).see(Power::Off), Reset::On, "reboot:a");
    scene.see(Power::On);
    assert!(is_done(&scene));
}

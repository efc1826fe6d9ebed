//! The power state asked for, and deletion.

use slipway_core::{
    host::{InstallStep, Power, PowerWish, RebootMode, Reset, Situation, deletion},
    reason::Reason,
};

use crate::scene::{Scene, assert_idle, assert_resets};

const POWERS: [Power; 6] =
    [Power::On, Power::Off, Power::PoweringOn, Power::PoweringOff, Power::Paused, Power::Unknown];

#[test]
fn a_host_is_switched_on_only_when_it_is_known_to_be_off() {
    for power in POWERS {
        let plan = Scene::new(power).power_wish(PowerWish::On).plan();
        if power == Power::Off {
            assert_resets(&plan, Reset::On, "power");
            assert_eq!(plan.overall.reason, Reason::PowerChanging);
        } else {
            assert_eq!(plan.effects, [], "{power}");
        }
    }
}

#[test]
fn a_host_is_switched_off_only_when_it_is_known_to_run() {
    for power in POWERS {
        let plan = Scene::new(power).power_wish(PowerWish::Off).plan();
        if matches!(power, Power::On | Power::Paused) {
            assert_resets(&plan, Reset::GracefulShutdown, "power");
        } else {
            assert_eq!(plan.effects, [], "{power}");
        }
    }
}

#[test]
fn a_power_state_that_nobody_asked_for_is_left_as_it_is() {
    for power in POWERS {
        assert_idle(&Scene::new(power).plan(), Reason::Available);
    }
}

#[test]
fn a_change_that_is_under_way_is_watched() {
    for power in [Power::PoweringOn, Power::PoweringOff] {
        for wish in [PowerWish::On, PowerWish::Off] {
            let plan = Scene::new(power).power_wish(wish).plan();
            assert_idle(&plan, Reason::PowerChanging);
            assert!(plan.look_again.is_some());
        }
        let plan = Scene::new(power).plan();
        assert!(plan.look_again.is_some());
    }
}

#[test]
fn power_is_forced_after_the_time_to_shut_down_and_stays_forced() {
    let mut scene = Scene::new(Power::On).power_wish(PowerWish::Off);
    scene.look();
    let (graceful, settle) = (scene.timings.graceful, scene.timings.settle);
    assert_resets(&scene.after(graceful).look(), Reset::ForceOff, "power");
    assert_resets(&scene.after(settle).look(), Reset::ForceOff, "power");
    assert_idle(&scene.see(Power::Off), Reason::Available);
    assert_eq!(scene.record.intent, None);
}

#[test]
fn a_host_is_switched_on_once() {
    let mut scene = Scene::new(Power::Off).power_wish(PowerWish::On);
    scene.look();
    assert_idle(&scene.look(), Reason::PowerChanging);
    assert_idle(&scene.see(Power::On), Reason::Available);
    assert_eq!(scene.record.intent, None);
}

#[test]
fn a_power_wish_that_is_taken_back_ends_its_intent() {
    let mut scene = Scene::new(Power::Off).power_wish(PowerWish::On);
    scene.look();
    scene.wish.power = None;
    assert_idle(&scene.look(), Reason::Available);
    assert_eq!(scene.record.intent, None);
}

#[test]
fn words_say_what_would_be_done() {
    let plan = Scene::new(Power::Off).install("1").plan();
    assert_eq!(plan.words(), ["set the next boot to PXE", "reset On for install:1:1"]);
}

fn delete(scene: &Scene) -> Option<slipway_core::host::Plan> {
    deletion(&Situation {
        wish: &scene.wish,
        record: &scene.record,
        seen: &scene.seen,
        timings: &scene.timings,
        now: scene.now,
    })
}

#[test]
fn a_deleted_host_is_switched_off_whatever_else_was_asked() {
    let mut scene =
        Scene::new(Power::On).install("2").reboot("a", RebootMode::Force).power_wish(PowerWish::On);
    scene = scene.history(InstallStep::Installed, 1);
    scene.wish.suspended = true;
    assert_resets(&delete(&scene).unwrap(), Reset::GracefulShutdown, "power");
    scene.seen.power = Power::Off;
    assert_eq!(delete(&scene), None);
}

#[test]
fn a_deleted_host_of_unknown_power_is_not_touched() {
    for power in [Power::Unknown, Power::PoweringOff] {
        assert_eq!(delete(&Scene::new(power)).unwrap().effects, []);
    }
}

#[test]
fn a_deletion_ends_the_intent_of_an_installation() {
    let mut scene = Scene::new(Power::On).install("1").history(InstallStep::Booting, 1);
    scene.record.intent = Some(scene.intent("install:1:1", Reset::On));
    assert_resets(&delete(&scene).unwrap(), Reset::GracefulShutdown, "power");
}

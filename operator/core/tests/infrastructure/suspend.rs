//! `spec.suspend`: every effect is held back and named.

use slipway_core::{
    infrastructure::{ConnectionState, Details, Look, ScheduleWish, Step},
    reason::Reason,
};

use crate::scene::{DAY, PRINT, Scene, assert_idle};
use ConnectionState::{Connected, Disconnected, Reject, Request};

#[test]
fn every_effect_is_withheld_and_named() {
    let mut details = Scene::new(Connected);
    details.wish.details =
        Some(Details { display_name: "new".to_owned(), description: None, subnet_id: "s".to_owned() });
    let mut schedule = Scene::new(Connected);
    schedule.wish.schedule = Some(ScheduleWish::Existing("weekly".to_owned()));
    for (mut scene, words) in [
        (Scene::new(Reject).after(DAY), "give the rack its PIN (attempt 1)"),
        (Scene::new(Request).step(Step::Posted).oci(PRINT), "tell Oracle Cloud READY"),
        (Scene::new(Disconnected).after(DAY), "tell Oracle Cloud REJECT"),
        (Scene::new(Connected).rejected(), "tell Oracle Cloud REJECT"),
        (Scene::new(Connected).refresh_id("a"), "refreshId \"a\""),
        (details, "displayName, subnetId"),
        (schedule, "attach the upgrade schedule weekly"),
    ] {
        scene.wish.suspended = true;
        let plan = scene.plan();
        assert!(plan.overall.message.contains(words), "{:?}", plan.overall);
        assert_eq!((plan.overall.reason, plan.look), (Reason::Suspended, Look::AtRest));
        // The effect stays in the plan as what would be done next: the controller carries out none of a suspended object.
        assert!(plan.effect.is_some());
    }
}

#[test]
fn at_rest_it_says_how_the_rack_stands() {
    let mut scene = Scene::new(Connected);
    scene.wish.suspended = true;
    let plan = scene.plan();
    assert_idle(&plan, Reason::Suspended);
    assert!(plan.overall.message.contains("connected since"), "{:?}", plan.overall);
}

#[test]
fn what_a_person_has_to_do_is_said_all_the_same() {
    let mut scene = Scene::new(Request).step(Step::Posted).oci(PRINT).manual(None);
    scene.wish.suspended = true;
    assert_idle(&scene.plan(), Reason::ApprovalAwaited);
}

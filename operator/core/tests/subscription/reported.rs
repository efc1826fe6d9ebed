//! `spec.drift: Report`: what others changed is told and stays.

use slipway_core::reason::Reason;

use crate::scene::{HOUR, Scene, assert_amends, assert_idle};

fn renamed() -> Scene {
    Scene::at_rest("Active", true).reporting().renamed("theirs")
}

#[test]
fn what_others_changed_is_told_and_stays_told() {
    let mut scene = renamed();
    for _ in 0..30 {
        let plan = scene.look();
        assert_idle(&plan, Reason::Drifted);
        let [drift] = plan.drift.as_slice() else { panic!("{:?}", plan.drift) };
        assert_eq!((drift.corrections, drift.is_foreign), (0, true));
        assert_eq!(drift.at, renamed().now, "since when it is so");
        assert_eq!(plan.synced.unwrap().reason, Reason::Drifted);
        scene = scene.after(HOUR);
    }
}

#[test]
fn it_stays_told_when_the_status_is_lost() {
    let mut scene = renamed();
    scene.look();
    let mut scene = scene.wiped();
    assert_idle(&scene.look(), Reason::Drifted);
    assert_idle(&scene.look(), Reason::Drifted);
}

#[test]
fn what_never_was_as_asked_is_nobodys_change() {
    let mut scene = renamed().wiped();
    scene.known.was_synced = false;
    let plan = scene.look();
    assert_amends(&plan, "displayName", "edge-7");
    assert!(!plan.drift[0].is_foreign);
}

#[test]
fn a_change_of_the_spec_is_carried_out() {
    let mut scene = renamed();
    scene.look();
    scene.wish.display_name = "edge-8".into();
    assert_amends(&scene.look(), "displayName", "edge-8");
    assert_idle(&scene.look(), Reason::Active);
    let scene = scene.renamed("theirs again");
    assert_idle(&scene.plan(), Reason::Drifted);
}

#[test]
fn put_back_by_hand_it_is_forgotten() {
    let mut scene = renamed();
    scene.look();
    let mut scene = scene.renamed("edge-7");
    let plan = scene.look();
    assert_idle(&plan, Reason::Active);
    assert_eq!(plan.drift, []);
}

#[test]
fn labels_of_ours_that_others_set_or_took_are_told_too() {
    let mut scene = Scene::at_rest("Active", true).reporting();
    scene.record().labels = [("slipway.team".to_owned(), "theirs".to_owned())].into();
    assert_amends(&scene.look(), "labels.installation", "site-a");
    let plan = scene.look();
    assert_idle(&plan, Reason::Drifted);
    assert!(plan.overall.message.contains("labels.team"), "{}", plan.overall.message);
    assert!(
        !plan.overall.message.contains("labels.installation"),
        "our mark is no wish: {}",
        plan.overall.message
    );
}

#[test]
fn the_policy_can_change_at_any_time() {
    let mut scene = renamed();
    scene.look();
    scene.wish.drift = slipway_core::subscription::DriftPolicy::Correct;
    assert_amends(&scene.look(), "displayName", "edge-7");
    assert_idle(&scene.look(), Reason::Active);
}

#[test]
fn a_registrar_that_does_not_keep_a_value_is_not_asked_for_ever() {
    let mut scene = Scene::at_rest("Active", true).reporting();
    scene.wish.support.level = Some("Premium".into());
    let corrections =
        (0..20).filter(|_| scene.look_where(&|record| record.support.level = None).effect.is_some()).count();
    assert_eq!(corrections, 3);
    assert_idle(&scene.look(), Reason::DriftContested);
}

/// What it costs that nothing is written down before a change: a person is told of our own doing, and decides.
#[test]
fn our_own_change_whose_answer_was_lost_is_told_when_it_is_not_wanted_any_more() {
    let mut scene = Scene::at_rest("Active", true).reporting();
    scene.wish.display_name = "edge-8".into();
    assert_amends(&scene.plan(), "displayName", "edge-8");
    let mut scene = scene.renamed("edge-8");
    assert_idle(&scene.plan(), Reason::Active);
    scene.wish.display_name = "edge-7".into();
    assert_idle(&scene.plan(), Reason::Drifted);
}

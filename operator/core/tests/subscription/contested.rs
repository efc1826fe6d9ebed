//! `spec.drift: Correct`: put right three times, then left alone for a day.

use slipway_core::{
    reason::Reason,
    subscription::{CORRECTIONS, Record, RemoteStatus},
};

use crate::scene::{EXTERNAL, HOUR, SECOND, Scene, assert_amends, assert_idle};

/// The name was put right three times, and changed a fourth.
fn contested() -> Scene {
    let mut scene = Scene::at_rest("Active", true);
    for turn in 1..=CORRECTIONS {
        scene = scene.renamed("theirs").after(SECOND * 600);
        let plan = scene.look();
        assert_amends(&plan, "displayName", "edge-7");
        let [drift] = plan.drift.as_slice() else { panic!("{:?}", plan.drift) };
        assert_eq!((drift.corrections, drift.is_foreign, drift.at), (turn, true, scene.now));
        assert_eq!((drift.found.as_str(), drift.wanted.as_str()), ("theirs", "edge-7"));
        assert_idle(&scene.look(), Reason::Active);
    }
    scene.renamed("theirs").after(SECOND * 600)
}

#[test]
fn a_field_is_put_right_three_times_and_then_left_alone() {
    let mut scene = contested();
    for _ in 0..5 {
        let plan = scene.look();
        assert_idle(&plan, Reason::DriftContested);
        assert_eq!(plan.synced.unwrap().reason, Reason::DriftContested);
        for part in ["displayName", "theirs", "edge-7"] {
            assert!(plan.overall.message.contains(part), "{}", plan.overall.message);
        }
        scene = scene.after(HOUR);
    }
}

#[test]
fn other_fields_are_put_right_meanwhile() {
    let mut scene = contested();
    scene.look();
    scene.record().console_url = None;
    assert_eq!(crate::scene::amended(&scene.plan()).len(), 1);
}

#[test]
fn after_a_day_it_is_forgotten() {
    let mut scene = contested();
    let last = scene.known.drift[0].at;
    scene.now = last + HOUR * 24 - SECOND;
    assert_idle(&scene.plan(), Reason::DriftContested);
    assert_amends(&scene.clone().after(SECOND).plan(), "displayName", "edge-7");
    scene.look();
    let mut quiet = scene.renamed("edge-7").after(HOUR * 48);
    let plan = quiet.look();
    assert_idle(&plan, Reason::Active);
    assert_eq!(plan.drift, []);
}

#[test]
fn another_wish_starts_anew() {
    let mut scene = contested();
    scene.look();
    scene.wish.display_name = "edge-8".into();
    let plan = scene.look();
    assert_amends(&plan, "displayName", "edge-8");
    assert_eq!(plan.drift[0].corrections, 1);
    assert_idle(&scene.look(), Reason::Active);
}

#[test]
fn a_wish_for_what_the_other_writes_ends_it() {
    let mut scene = contested();
    scene.look();
    scene.wish.display_name = "theirs".into();
    let plan = scene.look();
    assert_idle(&plan, Reason::Active);
    assert_eq!(plan.drift, []);
}

#[test]
fn a_lost_status_costs_three_corrections_more_and_no_endless_fight() {
    let mut scene = contested().wiped();
    let corrections = (0..50)
        .filter(|_| {
            let is_corrected = scene.look().effect.is_some();
            scene.record().display_name = Some("theirs".into());
            is_corrected
        })
        .count();
    assert_eq!(corrections, 3);
}

/// A registrar that forgets one field at once.
fn forgets(record: &mut Record) {
    record.console_url = None;
}

#[test]
fn a_registrar_that_does_not_keep_a_value_is_not_asked_for_ever() {
    let mut scene = Scene::at_rest("Reserved", false);
    scene.record().console_url = None;
    scene.known.fields = None;
    scene.known.was_synced = false;
    for turn in 1..=CORRECTIONS {
        let plan = scene.look_where(&forgets);
        assert_eq!(crate::scene::amended(&plan).len(), 1);
        assert_eq!((plan.drift[0].corrections, plan.drift[0].is_foreign), (turn, false));
    }
    for _ in 0..5 {
        assert_idle(&scene.look_where(&forgets), Reason::DriftContested);
    }
}

#[test]
fn a_registrar_that_does_not_keep_a_value_still_gets_its_active_record() {
    let mut scene = Scene::first().installed(EXTERNAL);
    let effects = (0..20).filter(|_| scene.look_where(&forgets).effect.is_some()).count();
    assert_eq!(effects, 5, "reserve, three corrections, activate");
    assert_eq!(scene.record().status, RemoteStatus::Active);
    assert_idle(&scene.look(), Reason::DriftContested);
}

#[test]
fn a_registrar_that_loses_a_value_later_is_not_asked_for_ever() {
    let mut scene = Scene::at_rest("Active", true);
    let mut corrections = 0;
    for _ in 0..20 {
        scene.record().console_url = None;
        corrections += usize::from(scene.look().effect.is_some());
        scene.look();
        scene = scene.after(SECOND * 600);
    }
    assert_eq!(corrections, 3);
}

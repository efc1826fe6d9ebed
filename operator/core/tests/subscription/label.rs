//! Labels: ours begin with `slipway.`, and all others are somebody else's.

use slipway_core::{
    reason::Reason,
    subscription::{CORRECTIONS, Field, INSTALLATION},
};

use crate::scene::{Scene, amended, assert_amends, assert_idle};

#[test]
fn labels_of_the_spec_are_set_with_our_prefix() {
    let mut scene = Scene::at_rest("Active", true);
    scene.wish.labels.insert("team".into(), "edge".into());
    assert_amends(&scene.look(), "labels.team", "edge");
    assert_eq!(scene.record().labels["slipway.team"], "edge");
    assert_idle(&scene.look(), Reason::Active);
}

#[test]
fn labels_of_others_are_neither_read_nor_touched() {
    let mut scene = Scene::at_rest("Active", true);
    let theirs = ["team", "slipwayteam", "Slipway.team", "xslipway.team", "slipway"];
    for key in theirs {
        scene.record().labels.insert(key.into(), "theirs".into());
    }
    assert_idle(&scene.plan(), Reason::Active);
    scene.wish.labels.insert("team".into(), "edge".into());
    scene.settle();
    for key in theirs {
        assert_eq!(scene.record().labels[key], "theirs");
    }
}

#[test]
fn labels_taken_out_of_the_spec_are_deleted() {
    let mut scene = Scene::at_rest("Active", true);
    scene.wish.labels.insert("team".into(), "edge".into());
    scene.settle();
    scene.wish.labels.remove("team");
    assert_amends(&scene.look(), "labels.team", "");
    assert!(!scene.record().labels.contains_key("slipway.team"));
    let plan = scene.look();
    assert_idle(&plan, Reason::Active);
    assert_eq!(plan.drift, [], "nobody else changed it");
}

#[test]
fn the_label_of_the_installation_goes_when_the_record_would_not_be_deleted() {
    let mut scene = Scene::at_rest("Reserved", false);
    scene.wish.labels.remove(INSTALLATION);
    assert_amends(&scene.look(), "labels.installation", "");
    assert_idle(&scene.look(), Reason::Reserved);
}

#[test]
fn a_registrar_that_does_not_take_our_mark_holds_nothing_back() {
    let mut scene = Scene::at_rest("Reserved", false);
    for _ in 0..CORRECTIONS {
        scene.record().labels.clear();
        assert_amends(&scene.look(), "labels.installation", "site-a");
    }
    scene.record().labels.clear();
    assert_idle(&scene.look(), Reason::Reserved);
}

#[test]
fn another_installation_does_not_take_the_label_for_its_own() {
    let mut scene = Scene::at_rest("Reserved", false);
    scene.record().labels.insert("slipway.installation".into(), "site-b".into());
    assert_amends(&scene.plan(), "labels.installation", "site-a");
}

#[test]
fn a_flood_of_labels_that_nobody_asked_for_is_cleared_bit_by_bit_and_fits_the_status() {
    let mut scene = Scene::at_rest("Active", true);
    for number in 0..100 {
        scene.record().labels.insert(format!("slipway.flood-{number}"), "x".repeat(2_000));
    }
    let first = scene.look();
    assert!(first.drift.len() <= 32, "{}", first.drift.len());
    assert!(first.drift.iter().all(|drift| drift.found.chars().count() <= 500));
    assert!(amended(&first).len() < 20);
    for _ in 0..100 {
        scene.look();
    }
    assert_idle(&scene.look(), Reason::Active);
    assert_eq!(scene.record().labels.len(), 1);
}

#[test]
fn a_name_that_no_spec_can_have_is_not_ours() {
    let mut scene = Scene::at_rest("Active", true);
    scene.record().labels.insert(format!("slipway.{}", "n".repeat(64)), "theirs".into());
    assert_idle(&scene.plan(), Reason::Active);
    scene.record().labels.insert(format!("slipway.{}", "n".repeat(63)), "ours".into());
    assert_amends(&scene.plan(), &Field::Label("n".repeat(63)).to_string(), "");
}

#[test]
fn a_registrar_that_keeps_no_labels_is_asked_for_none() {
    let mut scene = Scene::at_rest("Active", true);
    scene.record().labels.clear();
    scene.record().keeps_labels = false;
    scene.wish.labels.insert("team".into(), "edge".into());
    assert_idle(&scene.plan(), Reason::Active);
}

//! Records that are gone or broken.

use slipway_core::{
    infrastructure::{ConnectionState, Order},
    reason::Reason,
};

use crate::scene::{DAY, Scene, assert_idle, order};
use ConnectionState::{Connected, Reject};

#[test]
fn nothing_is_done_about_a_record_that_is_gone_or_has_failed() {
    for (word, reason) in
        [("DELETED", Reason::InfrastructureDeleted), ("FAILED", Reason::InfrastructureFailed)]
    {
        for state in [Reject, Connected] {
            let mut scene = Scene::new(state).refresh_id("a").after(DAY);
            scene.seen.lifecycle_state = word.to_owned();
            scene.seen.lifecycle_details = Some("the disk is full".to_owned());
            let plan = scene.look();
            assert_idle(&plan, reason);
            assert_eq!(plan.overall.message.contains("the disk is full"), word == "FAILED");
            assert_eq!(scene.plan().record, scene.record, "at rest");
        }
    }
}

#[test]
fn a_record_that_has_failed_is_cut_off_when_that_is_asked_for() {
    let mut scene = Scene::new(Connected).rejected();
    scene.seen.lifecycle_state = "FAILED".to_owned();
    let plan = scene.plan();
    assert_eq!(
        (order(&plan), plan.overall.reason),
        (Some((Order::Reject, None)), Reason::InfrastructureFailed)
    );
    scene.seen.lifecycle_state = "DELETED".to_owned();
    assert_idle(&scene.plan(), Reason::InfrastructureDeleted);
}

#[test]
fn without_a_version_a_connection_is_not_cut_but_by_the_spec() {
    let mut scene = Scene::new(Connected).refresh_id("a");
    scene.seen.etag = None;
    assert_idle(&scene.plan(), Reason::CloudFault);
    assert_eq!(order(&scene.rejected().plan()), Some((Order::Reject, None)));
}

#[test]
fn other_words_do_not_matter() {
    for word in ["ACTIVE", "NEEDS_ATTENTION", "SOMETHING_NEW"] {
        let mut scene = Scene::new(Connected);
        scene.seen.lifecycle_state = word.to_owned();
        assert_idle(&scene.plan(), Reason::Connected);
    }
}

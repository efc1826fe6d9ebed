//! Records that went away, and records that went to somebody else.

use slipway_core::{
    reason::Reason,
    subscription::{Effect, Look, Record},
};

use crate::scene::{OURS, Scene, assert_idle, record};

/// The ways in which a record is not there any more.
fn gone() -> [Vec<Record>; 2] {
    [vec![], vec![record("s1", "Deprovisioned")]]
}

#[test]
fn a_record_of_an_installed_cluster_is_lost_and_no_other_is_made() {
    for seen in gone() {
        for word in ["Reserved", "Active"] {
            let mut scene = Scene::at_rest(word, true);
            scene.seen.clone_from(&seen);
            let plan = scene.plan();
            assert_idle(&plan, Reason::SubscriptionLost);
            assert_eq!((plan.look, plan.synced), (Look::AtRest, None));
            assert!(plan.overall.message.contains("s1"));
        }
    }
}

#[test]
fn a_record_of_a_cluster_that_was_in_use_is_lost_whatever_the_cluster_says_now() {
    for scene in [Scene::at_rest("Active", false), Scene::at_rest("Active", true).unreachable()] {
        assert_idle(&Scene { seen: vec![], ..scene }.plan(), Reason::SubscriptionLost);
    }
}

#[test]
fn a_record_of_a_cluster_that_never_was_in_use_is_made_anew() {
    for seen in gone() {
        let mut scene = Scene::at_rest("Reserved", false);
        scene.seen = seen;
        assert!(matches!(scene.look().effect, Some(Effect::Reserve(_))));
    }
}

#[test]
fn where_changes_are_reported_a_loss_is_one() {
    let mut scene = Scene::at_rest("Reserved", false).reporting();
    scene.seen.clear();
    assert_idle(&scene.plan(), Reason::SubscriptionLost);
}

#[test]
fn what_was_known_of_a_lost_record_is_not_held_against_the_new_one() {
    let mut scene = Scene::at_rest("Reserved", false).renamed("theirs");
    scene.look();
    scene.seen = vec![record("s2", "Reserved")];
    let plan = scene.plan();
    assert!(matches!(plan.effect, Some(Effect::Amend { .. })));
    for drift in &plan.drift {
        assert_eq!((drift.is_foreign, drift.corrections), (false, 1), "nobody changed it: {drift:?}");
    }
    let reporting = scene.reporting().plan();
    assert!(matches!(reporting.effect, Some(Effect::Amend { .. })), "{:?}", reporting.overall);
}

#[test]
fn a_record_that_was_found_again_is_ours_again() {
    let mut scene = Scene::at_rest("Active", true);
    let found = std::mem::take(&mut scene.seen);
    assert_idle(&scene.look(), Reason::SubscriptionLost);
    scene.seen = found;
    assert_idle(&scene.look(), Reason::Active);
}

#[test]
fn a_record_that_moved_to_another_organization_is_not_touched() {
    for word in ["Reserved", "Active", "Stale", "Archived"] {
        for credentials in [Some(OURS.to_owned()), None] {
            let mut scene = Scene::at_rest(word, true).renamed("theirs");
            scene.record().organization_id = Some("org-theirs".into());
            scene.organization = credentials;
            let plan = scene.plan();
            assert_idle(&plan, Reason::SubscriptionTransferred);
            assert!(plan.overall.message.contains("org-theirs"));
        }
    }
}

#[test]
fn with_credentials_of_its_new_organization_it_is_ours_again() {
    let mut scene = Scene::at_rest("Active", true);
    scene.record().organization_id = Some("org-new".into());
    scene.organization = Some("org-new".into());
    assert_idle(&scene.plan(), Reason::Active);
}

#[test]
fn a_record_whose_organization_nobody_tells_was_not_moved() {
    let mut scene = Scene::at_rest("Active", true);
    scene.known.organization_id = None;
    scene.record().organization_id = Some("org-any".into());
    assert_idle(&scene.plan(), Reason::Active);
    scene.known.organization_id = Some(OURS.into());
    scene.record().organization_id = None;
    assert_idle(&scene.plan(), Reason::Active);
}

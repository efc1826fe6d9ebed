//! How a record comes about: found and adopted, or asked for once.

use slipway_core::{
    reason::Reason,
    subscription::{Effect, Look, SETTLE},
};

use crate::scene::{CLUSTER, SECOND, Scene, assert_amends, assert_idle, record};

#[test]
fn a_record_that_is_not_found_is_asked_for() {
    let plan = Scene::first().plan();
    let Some(Effect::Reserve(reservation)) = &plan.effect else { panic!("{:?}", plan.overall) };
    assert_eq!(
        [&reservation.cluster_id, &reservation.display_name, &reservation.product_id],
        [CLUSTER, "edge-7", "OCP"]
    );
    assert_eq!(reservation.product_category, "AssistedInstall");
    assert_eq!((plan.overall.reason, plan.look), (Reason::Reserving, Look::Now));
    assert!(plan.record.is_none() && plan.synced.is_none());
}

#[test]
fn a_record_that_is_found_is_adopted_and_brought_into_step() {
    let mut scene = Scene::first();
    scene.seen = vec![record("s0", "Deprovisioned"), record("s7", "Reserved")];
    scene.record().id = "s0".to_owned();
    let plan = scene.plan();
    assert_eq!(plan.record.as_ref().map(|record| record.id.as_str()), Some("s7"));
    assert_amends(&plan, "labels.installation", "site-a");
    assert!(plan.drift.iter().all(|drift| !drift.is_foreign), "nobody changed it: {:?}", plan.drift);
}

#[test]
fn deleted_records_are_not_adopted() {
    let mut scene = Scene::first();
    scene.seen = vec![record("s0", "Deprovisioned")];
    assert!(matches!(scene.plan().effect, Some(Effect::Reserve(_))));
}

#[test]
fn after_a_lost_answer_it_is_searched_for_until_the_settle_time_is_over() {
    let mut scene = Scene::first();
    scene.known.reserving_since = Some(scene.now);
    let due = scene.now + SETTLE;
    for _ in 0..SETTLE.as_secs() {
        let plan = scene.plan();
        assert_idle(&plan, Reason::Reserving);
        assert_eq!(plan.look, Look::At(due));
        scene = scene.after(SECOND);
    }
    assert!(matches!(scene.plan().effect, Some(Effect::Reserve(_))));
}

#[test]
fn a_record_that_appears_after_a_lost_answer_is_adopted() {
    let mut scene = Scene::first();
    scene.known.reserving_since = Some(scene.now);
    scene.seen = vec![record("s1", "Reserved")];
    let plan = scene.plan();
    assert_eq!(plan.record.as_ref().map(|record| record.id.as_str()), Some("s1"));
    assert!(matches!(plan.effect, Some(Effect::Amend { .. })));
}

#[test]
fn an_open_question_is_not_called_a_loss() {
    // A record that went away was asked for anew, and the cluster was installed before the answer came.
    let mut scene = Scene::at_rest("Reserved", true);
    (scene.seen, scene.known.reserving_since) = (vec![], Some(scene.now));
    assert_idle(&scene.plan(), Reason::Reserving);
    assert_idle(&scene.after(SECOND * 30).plan(), Reason::SubscriptionLost);
}

#[test]
fn several_living_records_are_told_and_none_is_touched() {
    let mut scene = Scene::at_rest("Reserved", true).renamed("theirs");
    let (mut older, newer) = (record("s9", "Active"), record("s4", "Archived"));
    older.created_at = Some(scene.now);
    scene.seen.splice(0..0, [record("s3", "Deprovisioned"), newer, older]);
    let plan = scene.plan();
    assert_idle(&plan, Reason::DuplicateSubscription);
    assert_eq!(plan.record.as_ref().map(|record| record.id.as_str()), Some("s1"), "the one that is known");
    assert_eq!(plan.others, ["s4", "s9"]);
    for id in ["s1", "s4", "s9", CLUSTER] {
        assert!(plan.overall.message.contains(id), "{}", plan.overall.message);
    }
    scene.known.subscription_id = None;
    scene
        .seen
        .iter_mut()
        .filter(|record| record.id == "s4")
        .for_each(|record| record.created_at = Some(scene.now - SECOND));
    scene
        .seen
        .iter_mut()
        .filter(|record| record.id == "s1")
        .for_each(|record| record.created_at = Some(scene.now));
    assert_eq!(scene.plan().others, ["s1", "s9"], "else the oldest is ours");
}

#[test]
fn what_is_remembered_of_differences_outlives_duplicates() {
    let mut scene = Scene::at_rest("Reserved", false).renamed("theirs");
    scene.look();
    let before = scene.known.drift.clone();
    assert_eq!(before.len(), 1);
    scene.seen.push(record("s2", "Reserved"));
    assert_eq!(scene.plan().drift, before);
}

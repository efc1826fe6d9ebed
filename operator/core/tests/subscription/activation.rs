//! From reserved to active: every field first, the id for telemetry before anything else counts, `Active` last.

use slipway_core::{
    reason::Reason,
    subscription::{ClusterFacts, ClusterSight, Effect, Look, RemoteStatus},
};

use crate::scene::{CONSOLE, EXTERNAL, Scene, amended, assert_amends, assert_idle};

fn is_activation(effect: Option<&Effect>) -> bool {
    matches!(effect, Some(Effect::Activate { id }) if id == "s1")
}

#[test]
fn a_whole_life_from_nothing_to_active() {
    let mut scene = Scene::first();
    assert!(matches!(scene.look().effect, Some(Effect::Reserve(_))));
    assert_amends(&scene.look(), "labels.installation", "site-a");
    assert_idle(&scene.look(), Reason::Reserved);
    let mut scene = scene.preparing(EXTERNAL);
    let wanted = [("externalClusterId".to_owned(), EXTERNAL), ("consoleUrl".to_owned(), CONSOLE)];
    assert_eq!(amended(&scene.look()), wanted);
    assert_idle(&scene.look(), Reason::Reserved);
    let mut scene = scene.installed(EXTERNAL);
    assert!(is_activation(scene.look().effect.as_ref()));
    let plan = scene.look();
    assert_idle(&plan, Reason::Active);
    assert_eq!(plan.synced.unwrap().reason, Reason::Verified);
    assert_eq!(plan.look, Look::AtRest);
    assert_eq!(plan.drift, [], "nobody changed anything");
}

#[test]
fn an_installed_cluster_is_named_before_its_record_is_active() {
    let mut scene = Scene::first().installed(EXTERNAL);
    let effects: Vec<_> = (0..4).map(|_| scene.look().effect).collect();
    assert!(matches!(effects[0], Some(Effect::Reserve(_))));
    assert!(matches!(effects[1], Some(Effect::Amend { .. })));
    assert!(is_activation(effects[2].as_ref()));
    assert_eq!(effects[3], None);
}

#[test]
fn a_record_without_the_id_for_telemetry_is_not_activated() {
    // Left as somebody else set it: telemetry would make a record of its own.
    let mut scene = Scene::at_rest("Reserved", true).reporting();
    scene.record().external_cluster_id = Some("99999999-2222-3333-4444-555555555555".to_owned());
    assert_idle(&scene.look(), Reason::Drifted);
    assert_idle(&scene.look(), Reason::Drifted);
}

#[test]
fn a_cluster_whose_id_nobody_knows_is_not_activated() {
    let mut scene = Scene::first();
    scene.cluster = ClusterSight::Known(ClusterFacts { is_installed: true, ..ClusterFacts::default() });
    let plan = scene.settle();
    assert_eq!(scene.record().status, RemoteStatus::Reserved, "{:?}", plan.overall);
}

#[test]
fn other_fields_that_are_left_do_not_hold_it_up() {
    let mut scene = Scene::at_rest("Reserved", true).reporting().renamed("theirs");
    assert!(is_activation(scene.look().effect.as_ref()));
    assert_idle(&scene.look(), Reason::Drifted);
}

#[test]
fn unknown_facts_change_nothing_that_is_said_of_the_cluster() {
    for word in ["Reserved", "Active", "Stale"] {
        let mut scene = Scene::at_rest(word, false).unreachable();
        assert_eq!(scene.plan().effect, None, "{word}");
        let record = scene.record();
        (record.external_cluster_id, record.console_url) = (Some("other".into()), None);
        assert_eq!(scene.plan().effect, None, "{word}");
    }
    let plan = Scene::at_rest("Reserved", false).unreachable().plan();
    assert_idle(&plan, Reason::ClusterUnreachable);
    assert_eq!(plan.look, Look::Soon);
    assert_idle(&Scene::at_rest("Active", true).unreachable().plan(), Reason::Active);
    assert_idle(&Scene::at_rest("Stale", true).unreachable().plan(), Reason::Stale);
}

#[test]
fn with_unknown_facts_a_rename_is_carried_out_all_the_same() {
    let mut scene = Scene::at_rest("Active", true).unreachable();
    scene.wish.display_name = "edge-8".into();
    assert_amends(&scene.plan(), "displayName", "edge-8");
}

#[test]
fn a_record_is_reserved_though_the_cluster_cannot_be_seen() {
    assert!(matches!(Scene::first().unreachable().plan().effect, Some(Effect::Reserve(_))));
}

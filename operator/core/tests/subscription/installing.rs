//! Installations that fail, and names that change.

use slipway_core::{
    reason::Reason,
    subscription::{Field, Support},
};

use crate::scene::{EXTERNAL, Scene, amended, assert_amends, assert_idle};

const ANOTHER: &str = "66666666-7777-8888-9999-000000000000";

#[test]
fn what_a_failed_installation_left_is_cleared() {
    let mut scene = Scene::at_rest("Reserved", false).failed();
    let cleared = [("externalClusterId".to_owned(), ""), ("consoleUrl".to_owned(), "")];
    assert_eq!(amended(&scene.look()), cleared);
    assert_idle(&scene.look(), Reason::Reserved);
}

#[test]
fn a_new_installation_writes_over_what_the_last_one_left() {
    let mut scene = Scene::at_rest("Reserved", false).preparing(ANOTHER);
    assert_amends(&scene.look(), "externalClusterId", ANOTHER);
    assert_idle(&scene.look(), Reason::Reserved);
}

#[test]
fn a_record_in_use_keeps_its_ids() {
    for word in ["Active", "Stale"] {
        assert_idle(&Scene::at_rest(word, false).failed().plan(), Reason::ActivatedElsewhere);
    }
}

#[test]
fn an_installed_cluster_that_does_not_say_its_address_keeps_the_one_on_record() {
    let mut scene = Scene::at_rest("Reserved", true);
    let slipway_core::subscription::ClusterSight::Known(facts) = &mut scene.cluster else { panic!() };
    facts.console_url = None;
    scene.settle();
    assert!(scene.record().console_url.is_some());
}

#[test]
fn a_rename_reaches_the_record() {
    for word in ["Reserved", "Active", "Stale"] {
        let mut scene = Scene::at_rest(word, word != "Reserved");
        scene.wish.display_name = "edge-8".into();
        assert_amends(&scene.look(), "displayName", "edge-8");
        let plan = scene.look();
        assert_eq!(plan.effect, None, "{word}");
        assert_eq!(plan.drift, [], "{word}: nobody else changed it");
    }
}

#[test]
fn support_settings_that_are_given_are_kept_and_others_left() {
    let mut scene = Scene::at_rest("Active", true);
    scene.record().support = Support {
        level: Some("Eval".into()),
        usage: Some("Academic".into()),
        cpu_total: Some(8),
        ..Support::default()
    };
    scene.wish.support = Support { level: Some("Premium".into()), cpu_total: Some(16), ..Support::default() };
    let changed = [("support.level".to_owned(), "Premium"), ("support.cpuTotal".to_owned(), "16")];
    assert_eq!(amended(&scene.look()), changed);
    assert_idle(&scene.look(), Reason::Active);
    let support = &scene.record().support;
    assert_eq!((support.usage.as_deref(), support.cpu_total), (Some("Academic"), Some(16)));
    scene.wish.support = Support::default();
    assert_idle(&scene.look(), Reason::Active);
}

#[test]
fn every_support_setting_goes_there_and_comes_back() {
    let text = |word: &str| Some(word.to_owned());
    let mut scene = Scene::at_rest("Active", true);
    scene.wish.support = Support {
        level: text("Standard"),
        usage: text("Production"),
        service_level: text("L1-L3"),
        system_units: text("Sockets"),
        product_bundle: text("Openshift"),
        cpu_total: Some(4),
        socket_total: Some(2),
    };
    assert_eq!(amended(&scene.look()).len(), 7);
    assert_idle(&scene.look(), Reason::Active);
    assert_eq!(scene.seen[0].support, scene.wish.support);
    assert_eq!(scene.record().fields()[&Field::SupportSocketTotal], "2");
    assert_eq!(scene.record().external_cluster_id.as_deref(), Some(EXTERNAL));
}

//! How effects read.

use slipway_core::subscription::{Effect, Field, Reservation};

use crate::scene::{CLUSTER, Scene};

#[test]
fn effects_say_what_they_do_in_one_line() {
    let reservation = Reservation {
        cluster_id: "c1".into(),
        display_name: "edge".into(),
        product_id: "OCP".into(),
        product_category: "AssistedInstall".into(),
    };
    assert_eq!(Effect::Reserve(reservation).to_string(), "Reserve a record for cluster c1");
    let fields = [
        (Field::DisplayName, "two\nlines \"quoted\"".to_owned()),
        (Field::Label("team".into()), String::new()),
    ];
    let amend = Effect::Amend { id: "s1".into(), fields: fields.into() };
    let text = r#"Change record s1: displayName to "two\nlines \"quoted\"", labels.team to """#;
    assert_eq!(amend.to_string(), text);
    let activate = Effect::Activate { id: "s1".into() };
    assert_eq!(activate.to_string(), "Activate record s1: its cluster is installed");
}

#[test]
fn the_plan_says_what_the_effect_says() {
    let mut scene = Scene::at_rest("Active", true);
    scene.wish.display_name = "edge-8".into();
    let plan = scene.plan();
    assert_eq!(plan.overall.message, plan.effect.unwrap().to_string());
    assert!(Scene::first().plan().overall.message.contains(CLUSTER));
}

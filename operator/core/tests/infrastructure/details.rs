//! Name, description and subnet of a record that we made.

use slipway_core::{
    infrastructure::{Change, ConnectionState, Details, Effect, Look, Step},
    reason::Reason,
};

use crate::scene::{Scene, assert_idle, order};
use ConnectionState::{Connected, Reject, Request};

fn wished(scene: Scene, description: Option<&str>) -> Scene {
    let details = Details {
        display_name: "rack1".to_owned(),
        description: description.map(str::to_owned),
        subnet_id: "ocid1.subnet.oc1..s".to_owned(),
    };
    let mut scene = scene;
    scene.wish.details = Some(details);
    scene
}

fn change(scene: &Scene) -> Option<Change> {
    match scene.plan().effect {
        Some(Effect::Change { change, etag, after, .. }) => {
            assert_eq!(etag, scene.seen.etag, "for the version that was seen");
            assert_eq!(*after, scene.plan().record);
            Some(change)
        }
        _ => None,
    }
}

#[test]
fn only_what_differs_is_corrected() {
    let scene = wished(Scene::new(Connected), None);
    assert_eq!(change(&scene), None);
    let mut renamed = scene.clone();
    renamed.seen.display_name = "other".to_owned();
    assert_eq!(
        change(&renamed),
        Some(Change { display_name: Some("rack1".to_owned()), ..Change::default() })
    );
    let mut moved = scene.clone();
    moved.seen.subnet_id = None;
    let subnet_id = Some("ocid1.subnet.oc1..s".to_owned());
    assert_eq!(change(&moved), Some(Change { subnet_id, ..Change::default() }));
    let described = wished(scene, Some("a rack"));
    let description = Some("a rack".to_owned());
    assert_eq!(change(&described), Some(Change { description, ..Change::default() }));
}

#[test]
fn a_description_that_is_not_given_and_a_record_that_is_not_ours_are_left_alone() {
    let mut scene = wished(Scene::new(Connected), None);
    scene.seen.description = Some("somebody's".to_owned());
    assert_eq!(change(&scene), None);
    scene.wish.details = None;
    scene.seen.display_name = "other".to_owned();
    assert_eq!(change(&scene), None);
}

#[test]
fn the_connection_goes_first() {
    let mut scene = wished(Scene::new(Request).step(Step::Failed), None);
    scene.seen.display_name = "other".to_owned();
    assert!(order(&scene.plan()).is_some());
}

#[test]
fn it_is_looked_at_again_soon() {
    let mut scene = wished(Scene::new(Reject), None);
    scene.seen.display_name = "other".to_owned();
    let plan = scene.plan();
    assert_eq!((plan.overall.reason, plan.look), (Reason::Connecting, Look::Soon));
    let rested = wished(Scene::new(Connected), None).plan();
    assert_idle(&rested, Reason::Connected);
}

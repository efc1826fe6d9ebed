//! Twenty minutes in `REJECT` before a handshake (`facts/oci.md §1.4`), and what they are counted from.

use std::time::Duration;

use slipway_core::{
    infrastructure::{ConnectionState, Look, Step},
    reason::Reason,
};

use crate::scene::{MINUTE, Scene, assert_gives_pin, assert_idle};
use ConnectionState::{Connected, Reject, Request};

const SECOND: Duration = Duration::from_secs(1);

/// Asserts that the PIN is given so much after the scene, and not a second earlier.
#[track_caller]
fn assert_waits(scene: &Scene, wait: Duration) {
    let early = scene.clone().after(wait.saturating_sub(SECOND)).plan();
    assert_eq!(early.effect, None, "{:?}", early.overall);
    let due = scene.seen.seen_at + wait;
    assert_eq!((early.not_before, early.look), (Some(due), Look::At(due)));
    assert_gives_pin(&scene.clone().after(wait).plan());
}

#[test]
fn without_history_it_counts_from_what_the_service_says() {
    let mut scene = Scene::first(Reject);
    scene.seen.time_updated = Some(scene.seen.seen_at - MINUTE * 15);
    assert_waits(&scene, MINUTE * 5 + SECOND);
    scene.seen.time_updated = None;
    scene.seen.time_created = scene.seen.seen_at - MINUTE;
    assert_waits(&scene, MINUTE * 19 + SECOND);
    scene.seen.time_updated = Some(scene.seen.seen_at + MINUTE * 60);
    assert_eq!(
        scene.plan().not_before,
        Some(scene.seen.seen_at + MINUTE * 20 + SECOND),
        "a change in the future is one of now"
    );
}

#[test]
fn with_history_it_counts_from_first_sight() {
    for before in [Connected, Request] {
        let mut scene = Scene::new(before).goes(Reject).after(MINUTE * 7);
        scene.look();
        assert_waits(&scene, MINUTE * 20 + SECOND);
    }
}

#[test]
fn it_counts_anew_when_the_service_has_changed_anything_since() {
    let mut scene = Scene::new(Reject).after(MINUTE * 18);
    scene.seen.time_updated = Some(scene.seen.seen_at);
    assert_waits(&scene, MINUTE * 20 + SECOND);
}

#[test]
fn it_does_not_count_anew_when_nothing_has_changed() {
    let mut scene = Scene::new(Reject);
    for _ in 0..4 {
        scene.look();
        scene = scene.after(MINUTE * 5);
    }
    assert_waits(&scene, SECOND);
}

#[test]
fn it_counts_from_the_answer_to_our_own_rejection() {
    let mut scene = Scene::new(Request).step(Step::Failed).after(MINUTE * 40);
    scene.look();
    assert_waits(&scene, MINUTE * 20 + SECOND);
}

#[test]
fn failures_in_a_row_lengthen_it() {
    for (failures, minutes) in [(0, 20), (1, 20), (2, 40), (3, 80), (9, 160)] {
        let mut scene = Scene::new(Reject);
        scene.record.handshake.failures = failures;
        assert_waits(&scene, MINUTE * minutes + SECOND);
    }
}

#[test]
fn a_rack_that_is_only_looked_at_is_left_alone() {
    let mut scene = Scene::new(Reject).after(MINUTE * 60);
    scene.wish.connection = None;
    assert_idle(&scene.plan(), Reason::Observed);
}

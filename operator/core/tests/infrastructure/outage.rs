//! `connection.reconnectAfterOutage`, and states that nobody knows.

use slipway_core::{
    infrastructure::{ConnectionState, Look},
    reason::Reason,
};

use crate::scene::{DAY, MINUTE, Scene, assert_idle, assert_rejects};
use ConnectionState::{Connected, Disconnected};

#[test]
fn a_rack_without_contact_for_15_minutes_is_connected_anew() {
    let scene = Scene::new(Disconnected);
    let waiting = scene.clone().after(MINUTE * 14).plan();
    assert_idle(&waiting, Reason::Disconnected);
    assert_eq!(waiting.look, Look::At(scene.seen.seen_at + MINUTE * 15));
    assert_rejects(&scene.after(MINUTE * 15).plan(), Reason::Connecting);
}

#[test]
fn the_outage_counts_from_first_sight() {
    let mut scene = Scene::new(Connected).goes(Disconnected).after(MINUTE * 60);
    assert_idle(&scene.look(), Reason::Disconnected);
    assert_idle(&scene.after(MINUTE * 14).plan(), Reason::Disconnected);
}

#[test]
fn contact_that_came_back_in_between_ends_the_outage() {
    let scene = Scene::new(Disconnected).after(MINUTE * 14).goes(Disconnected).after(MINUTE * 5);
    assert_idle(&scene.plan(), Reason::Disconnected);
}

#[test]
fn never_is_never() {
    let mut scene = Scene::new(Disconnected).after(DAY * 365);
    scene.connection().outage = None;
    let plan = scene.plan();
    assert_idle(&plan, Reason::Disconnected);
    assert_eq!(plan.look, Look::AtRest);
}

#[test]
fn an_outage_does_not_make_the_connection_younger() {
    let mut scene = Scene::new(Connected);
    let since = scene.record.connected_since;
    for state in [Disconnected, Connected] {
        scene = scene.after(MINUTE * 5).goes(state);
        scene.look();
        assert_eq!(scene.record.connected_since, since);
    }
}

#[test]
fn nothing_is_concluded_from_a_state_that_is_not_known() {
    let new = ConnectionState::from_wire("SOMETHING_NEW");
    let plan = Scene::new(new.clone()).refresh_id("a").refreshed_before(10).after(DAY * 365).plan();
    assert_idle(&plan, Reason::StateUnknown);
    assert!(plan.overall.message.contains("SOMETHING_NEW"));
    assert_eq!(plan.record.refresh, None, "the refresh is not forgotten");
    let mut scene = Scene::new(new);
    scene.seen.state = None;
    assert_idle(&scene.plan(), Reason::StateUnknown);
}

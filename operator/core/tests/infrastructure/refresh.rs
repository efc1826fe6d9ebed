//! A connection that is made anew: asked for by id, before its end, and after its end.

use std::time::Duration;

use slipway_core::{
    infrastructure::{
        ConnectionState, Fingerprint, HandshakeResult, Look, Refresh, RefreshPolicy, Step, Upgrade,
    },
    reason::Reason,
    recurrence::Window,
};

use crate::scene::{DAY, MINUTE, PRINT, Scene, assert_gives_pin, assert_idle, assert_rejects};
use ConnectionState::{Connected, Disconnected, Ready, Reject, Request};

/// A rack that is connected for so many days.
fn aged(days: u32) -> Scene {
    Scene::new(Connected).after(DAY * days)
}

/// The same, refreshed in this window, of four hours.
fn windowed(rule: &str, days: u32) -> Scene {
    let mut scene = aged(days);
    let window = Some(Window::parse(rule, Duration::from_hours(4)).unwrap());
    scene.connection().refresh = Some(RefreshPolicy { before: DAY * 10, window });
    scene
}

fn completed(scene: &Scene) -> Option<(&str, bool)> {
    scene.record.refresh.as_ref().map(|refresh| (refresh.id.as_str(), refresh.completed_at.is_some()))
}

#[test]
fn a_new_id_cuts_a_connection_that_stands_and_is_done_once_it_stands_again() {
    for state in [Connected, Disconnected] {
        let mut scene = Scene::new(state).refresh_id("a");
        scene.record.handshake.mismatches = 2;
        let plan = scene.plan();
        assert_rejects(&plan, Reason::Connecting);
        assert_eq!(plan.record.refresh, None, "it is taken up once it was told");
        scene.look();
        assert_eq!((completed(&scene), scene.record.handshake.mismatches), (Some(("a", false)), 0));
        scene = scene.after(MINUTE * 21);
        assert_gives_pin(&scene.look());
        scene = scene.goes(Request).oci(PRINT);
        scene.look();
        scene = scene.goes(Connected);
        assert_idle(&scene.look(), Reason::Connected);
        assert_eq!(completed(&scene), Some(("a", true)));
        assert_idle(&scene.look(), Reason::Connected);
    }
}

#[test]
fn a_new_id_is_taken_up_without_an_order_while_it_is_being_connected() {
    for state in [Reject, Request, Ready] {
        let mut scene = Scene::new(state.clone()).step(Step::Connecting).oci(PRINT).refresh_id("a");
        if state == Reject {
            scene = scene.step(Step::Waiting);
        }
        (scene.record.handshake.failures, scene.record.handshake.mismatches) = (5, 3);
        scene.look();
        let handshake = &scene.record.handshake;
        assert_eq!((handshake.failures, handshake.mismatches), (0, 0), "{state}");
        assert_eq!(completed(&scene), Some(("a", false)));
    }
}

#[test]
fn an_id_found_at_first_sight_is_taken_as_done() {
    for state in [Connected, Disconnected, Reject, Request, ConnectionState::from_wire("SOMETHING_NEW")] {
        let mut scene = Scene::first(state.clone()).refresh_id("a");
        scene.look();
        assert_eq!(completed(&scene), Some(("a", true)), "{state}");
        assert_eq!(scene.goes(Connected).plan().effect, None, "{state}");
    }
}

#[test]
fn first_sight_is_the_first_that_shows_a_state() {
    let mut scene = Scene::first(Connected).refresh_id("a");
    scene.seen.state = None;
    scene.look();
    let scene = scene.goes(Connected);
    assert_eq!(scene.plan().effect, None);
}

#[test]
fn an_id_that_is_on_record_is_not_carried_out_again() {
    for completed_at in [None, Some(Scene::new(Connected).seen.seen_at)] {
        let mut scene = Scene::new(Connected).refresh_id("a");
        scene.record.refresh = Some(Refresh { id: "a".to_owned(), completed_at });
        assert_idle(&scene.look(), Reason::Connected);
        assert_eq!(completed(&scene), Some(("a", true)));
    }
}

#[test]
fn without_a_policy_a_connection_is_never_cut_whatever_its_age() {
    for days in [0, 80, 89, 90, 400] {
        assert_idle(&aged(days).plan(), Reason::Connected);
    }
}

#[test]
fn with_a_policy_it_is_cut_from_that_day_on() {
    let early = aged(80).refreshed_before(10);
    let due = early.seen.seen_at;
    let mut early = early;
    early.seen.seen_at -= MINUTE;
    assert_idle(&early.plan(), Reason::Connected);
    assert_eq!(early.plan().look, Look::At(due));
    assert_rejects(&early.after(MINUTE).plan(), Reason::Connecting);
}

#[test]
fn a_running_upgrade_holds_the_refresh_back_but_not_one_asked_for_by_id() {
    for (active, idle) in [(Some(true), true), (Some(false), false), (None, false)] {
        let mut scene = aged(85).refreshed_before(10);
        scene.seen.upgrade = Some(Upgrade { is_active: active, ..Upgrade::default() });
        assert_eq!(scene.plan().effect.is_none(), idle, "{active:?}");
        assert_rejects(&scene.refresh_id("a").plan(), Reason::Connecting);
    }
}

#[test]
fn it_is_cut_in_its_window_only() {
    // Day 80 is Tuesday 2026-03-31, 12:00; Saturday 2026-04-04 is day 84.
    let saturdays = "FREQ=WEEKLY;BYDAY=SA;BYHOUR=12";
    let plan = windowed(saturdays, 83).plan();
    assert_idle(&plan, Reason::Connected);
    assert_eq!(plan.look, Look::At("2026-04-04T12:00:00Z".parse().unwrap()));
    assert_rejects(&windowed(saturdays, 84).plan(), Reason::Connecting);
    assert_idle(&windowed(saturdays, 77).plan(), Reason::Connected);
    let missed = windowed("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1", 3).plan();
    assert_idle(&missed, Reason::WindowMissesLimit);
}

#[test]
fn no_moment_to_look_at_is_past() {
    let mut upgrading = aged(85).refreshed_before(10);
    upgrading.seen.upgrade = Some(Upgrade { is_active: Some(true), ..Upgrade::default() });
    let late = windowed("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1", 91);
    for scene in [aged(85), aged(91), upgrading, late] {
        let look = scene.plan().look;
        assert!(!matches!(look, Look::At(moment) if moment <= scene.seen.seen_at), "{look:?}");
        assert_ne!(look, Look::Now);
    }
}

#[test]
fn the_service_s_own_rejection_at_day_90_is_recognised_and_reconnected() {
    for (days, result) in [
        (90, HandshakeResult::Expired),
        (89, HandshakeResult::Expired),
        (40, HandshakeResult::RejectedElsewhere),
    ] {
        let mut scene = aged(days).goes(Reject);
        assert_idle(&scene.look(), Reason::Connecting);
        assert_eq!(scene.record.handshake.result, Some(result), "{days}");
        assert_eq!((scene.record.connected_since, scene.record.handshake.failures), (None, 0));
        assert_gives_pin(&scene.after(MINUTE * 21).plan());
    }
}

#[test]
fn a_connection_that_somebody_let_in_unmatched_is_said_loudly_and_not_cut_for_its_age() {
    let mut scene = Scene::new(Ready).step(Step::Failed).oci("key-2").goes(Connected).refreshed_before(10);
    scene.record.handshake.oci_fingerprint = Fingerprint::new("key-2");
    scene.record.handshake.mismatches = 1;
    assert_idle(&scene.look(), Reason::ConnectedUnmatched);
    assert_idle(&scene.clone().after(DAY * 85).look(), Reason::ConnectedUnmatched);
    assert_eq!(scene.record.handshake.mismatches, 1);
    assert_rejects(&scene.refresh_id("a").goes_back().plan(), Reason::Connecting);
}

impl Scene {
    /// The same with the first version of the record.
    fn goes_back(mut self) -> Self {
        self.seen.etag = Scene::new(Connected).seen.etag;
        self
    }
}

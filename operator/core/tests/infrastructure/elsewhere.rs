//! What a person does in the console is not taken for ours.

use slipway_core::{
    infrastructure::{ConnectionState, HandshakeResult, Step},
    reason::Reason,
};

use crate::scene::{DAY, MINUTE, PRINT, Scene, assert_gives_pin, assert_idle, assert_rejects};
use ConnectionState::{Connected, Ready, Reject, Request};

/// A rack that was connected by us, cut off by somebody, and seen so.
fn cut() -> Scene {
    let mut scene = Scene::new(Connected).after(DAY).goes(Reject);
    scene.seen.fingerprint = None;
    scene.look();
    scene.after(MINUTE * 30)
}

fn result(scene: &Scene) -> Option<HandshakeResult> {
    scene.record.handshake.result
}

#[test]
fn a_rack_that_is_connected_already_is_taken_as_it_is() {
    let mut scene = Scene::first(Connected).oci(PRINT);
    assert_idle(&scene.look(), Reason::Connected);
    assert_eq!((scene.record.handshake.step, result(&scene)), (Step::Connected, None));
}

#[test]
fn a_pin_that_somebody_else_gave_is_not_let_in() {
    let mut scene = cut().goes(Request).oci("key-2");
    assert_idle(&scene.look(), Reason::HandshakeFailed);
    assert_eq!(result(&scene), Some(HandshakeResult::StartedElsewhere));
    assert_eq!(scene.record.handshake.mismatches, 0);
    scene.seen.etag = Scene::new(Request).seen.etag;
    assert_rejects(&scene.look(), Reason::HandshakeFailed);
}

#[test]
fn a_handshake_that_somebody_else_made_is_not_measured_by_our_last_one() {
    let mut scene = cut().goes(Ready).oci("key-2");
    for _ in 0..3 {
        assert_idle(&scene.look(), Reason::Connecting);
        assert_eq!(scene.record.handshake.step, Step::Connecting);
    }
    scene = scene.goes(Connected);
    assert_idle(&scene.look(), Reason::Connected);
    assert_eq!(result(&scene), Some(HandshakeResult::AcceptedElsewhere));
    assert_eq!(scene.record.handshake.mismatches, 0);
}

#[test]
fn a_connection_that_somebody_else_made_is_never_called_matched() {
    let mut unseen = cut().goes(Connected).oci("key-2");
    assert_idle(&unseen.look(), Reason::Connected);
    assert_eq!(result(&unseen), Some(HandshakeResult::AcceptedElsewhere));
    let mut seen = cut().goes(Request).oci("key-2");
    seen.look();
    seen = seen.goes(Connected);
    assert_idle(&seen.look(), Reason::Connected);
    assert_eq!(result(&seen), Some(HandshakeResult::AcceptedElsewhere));
}

#[test]
fn our_own_handshake_that_somebody_else_let_in_is_compared_all_the_same() {
    for (print, reason, expected) in [
        (PRINT, Reason::Connected, HandshakeResult::Matched),
        ("key-2", Reason::ConnectedUnmatched, HandshakeResult::Mismatched),
        ("", Reason::Connected, HandshakeResult::AcceptedElsewhere),
    ] {
        let mut scene = Scene::new(Reject).step(Step::Posted).oci(print).goes(Connected);
        assert_idle(&scene.look(), reason);
        assert_eq!(result(&scene), Some(expected));
    }
}

#[test]
fn a_rack_that_somebody_cut_off_is_connected_again() {
    assert_gives_pin(&cut().plan());
}

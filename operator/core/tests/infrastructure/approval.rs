//! A person's word before `READY`.

use slipway_core::{
    infrastructure::{ConnectionState, HandshakeResult, Order, Step},
    reason::Reason,
};

use crate::scene::{MINUTE, PRINT, Scene, assert_idle, order};
use ConnectionState::Request;

fn asking() -> Scene {
    Scene::new(Request).step(Step::Posted).oci(PRINT)
}

#[test]
fn without_it_nothing_is_told_however_long_it_takes() {
    let mut scene = asking().manual(None);
    assert_idle(&scene.look(), Reason::ApprovalAwaited);
    let handshake = &scene.record.handshake;
    assert_eq!(handshake.step, Step::AwaitingApproval);
    assert_eq!(handshake.oci_fingerprint, handshake.rack_fingerprint, "both are shown");
    assert_idle(&scene.after(MINUTE * 10_000).look(), Reason::ApprovalAwaited);
}

#[test]
fn with_it_the_rack_is_let_in() {
    let mut scene = asking().manual(None);
    scene.look();
    let mut scene = scene.manual(Some(PRINT));
    assert_eq!(order(&scene.look()), Some((Order::Ready, Some("v1"))));
    assert_eq!(scene.record.handshake.step, Step::Connecting);
}

#[test]
fn that_of_an_earlier_attempt_does_not_count() {
    let plan = asking().manual(Some("key-0")).look();
    assert_idle(&plan, Reason::ApprovalAwaited);
    assert!(plan.overall.message.contains("earlier attempt"), "{}", plan.overall.message);
}

#[test]
fn it_does_not_let_a_wrong_fingerprint_through() {
    let mut scene = asking().oci("key-2").manual(Some("key-2"));
    assert_idle(&scene.look(), Reason::FingerprintMismatch);
    assert_eq!(scene.record.handshake.result, Some(HandshakeResult::Mismatched));
}

#[test]
fn a_fingerprint_that_changes_while_it_is_awaited_is_compared_again() {
    let mut scene = asking().manual(None);
    scene.look();
    assert_idle(&scene.oci("key-2").manual(Some(PRINT)).look(), Reason::FingerprintMismatch);
}

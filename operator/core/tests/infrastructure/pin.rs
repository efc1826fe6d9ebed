//! The PIN: given once, absent, used before, and lost on the way.

use slipway_core::{
    infrastructure::{
        ConnectionState, Effect, Fingerprint, HandshakeResult, Look, Step, pin_given, pin_lost,
    },
    reason::Reason,
};

use crate::scene::{MINUTE, PRINT, Scene, assert_gives_pin, assert_idle, assert_rejects};
use ConnectionState::Reject;

/// A rack whose waiting time is over.
fn due() -> Scene {
    Scene::new(Reject).after(MINUTE * 21)
}

#[test]
fn an_absent_pin_is_waited_for_and_then_asked_for_anew() {
    let mut scene = due();
    scene.seen.pin = None;
    let plan = scene.plan();
    assert_idle(&plan, Reason::Connecting);
    assert_eq!(plan.look, Look::Soon);
    let mut scene = scene.after(MINUTE * 10);
    assert_rejects(&scene.look(), Reason::HandshakeFailed);
    assert_eq!((scene.record.handshake.step, scene.record.handshake.failures), (Step::Waiting, 1));
}

#[test]
fn an_attempt_that_ended_well_is_not_named_as_what_failed_when_no_pin_comes() {
    let mut scene = due();
    scene.record.handshake.attempt = 1;
    scene.record.handshake.result = Some(HandshakeResult::Matched);
    scene.record.handshake.failures = 1;
    scene.seen.pin = None;
    let plan = scene.plan();
    assert_idle(&plan, Reason::Connecting);
    assert!(!plan.overall.message.contains("the same"), "{}", plan.overall.message);
}

#[test]
fn a_pin_that_was_given_before_is_never_given_again() {
    let mut scene = due();
    scene.pin_is_spent = true;
    assert_rejects(&scene.plan(), Reason::HandshakeFailed);
}

#[test]
fn what_is_left_of_the_attempt_before_is_gone_when_a_new_one_begins() {
    let mut scene = due().step(Step::Failed);
    scene.record.handshake.step = Step::Waiting;
    scene.record.handshake.mismatches = 2;
    let plan = scene.look();
    assert_gives_pin(&plan);
    let Some(Effect::GivePin { before }) = plan.effect else { unreachable!() };
    assert_eq!((before.handshake.oci_fingerprint.as_ref(), before.handshake.result), (None, None));
    assert_eq!((before.handshake.attempt, before.handshake.mismatches), (2, 2));
    assert_eq!(before.handshake.started_at, Some(scene.seen.seen_at));
}

#[test]
fn the_rack_s_answer_is_kept_and_a_lost_one_fails_the_attempt() {
    let Some(Effect::GivePin { before }) = due().plan().effect else { panic!("no PIN is given") };
    let print = Fingerprint::new(PRINT).unwrap();
    let given = pin_given(&before, print.clone());
    assert_eq!((given.handshake.step, given.handshake.rack_fingerprint), (Step::Posted, Some(print)));
    let lost = pin_lost(&before);
    assert_eq!((lost.handshake.step, lost.handshake.failures), (Step::Failed, 1));
    assert_eq!(lost.handshake.result, Some(HandshakeResult::RackRefused));
    let scene = Scene { record: lost, ..due() };
    assert_rejects(&scene.plan(), Reason::HandshakeFailed);
}

#[test]
fn a_rack_that_does_not_ask_to_be_let_in_is_rejected_after_15_minutes() {
    let mut scene = due().step(Step::Posted);
    let waiting = scene.clone().after(MINUTE * 14).plan();
    assert_idle(&waiting, Reason::Connecting);
    assert_eq!(waiting.look, Look::Soon);
    scene = scene.after(MINUTE * 15);
    assert_idle(&scene.look(), Reason::HandshakeFailed);
    assert_eq!(scene.record.handshake.result, Some(HandshakeResult::TimedOut));
    assert_rejects(&scene.plan(), Reason::HandshakeFailed);
}

#[test]
fn the_pin_is_in_no_word_of_a_plan() {
    let mut scene = due();
    scene.seen.pin = Some(slipway_core::secret::Secret::new("S3CR3T-PIN"));
    assert!(!format!("{scene:?} {:?}", scene.plan()).contains("S3CR3T"));
}

//! The comparison of the fingerprints: absent is not yet, different is a mismatch, equal is `READY` for the very version that was seen.

use slipway_core::{
    infrastructure::{ConnectionState, Fingerprint, HandshakeResult, Look, Order, Step},
    reason::Reason,
};

use crate::scene::{MINUTE, PRINT, Scene, assert_gives_pin, assert_idle, assert_rejects, order};
use ConnectionState::{Connected, Ready, Reject, Request};

fn asking() -> Scene {
    Scene::new(Request).step(Step::Posted)
}

#[test]
fn an_absent_fingerprint_is_not_yet() {
    for text in ["", "  "] {
        let mut scene = asking().oci(text).after(MINUTE * 29);
        let plan = scene.look();
        assert_idle(&plan, Reason::Connecting);
        assert_eq!((plan.look, plan.record.handshake.step), (Look::Soon, Step::Comparing));
        assert_eq!(order(&scene.clone().oci(PRINT).plan()), Some((Order::Ready, Some("v1"))));
        let mut late = scene.after(MINUTE);
        assert_idle(&late.look(), Reason::HandshakeFailed);
        assert_eq!(late.record.handshake.result, Some(HandshakeResult::TimedOut));
        assert_rejects(&late.plan(), Reason::HandshakeFailed);
    }
}

#[test]
fn other_case_and_colons_are_the_same() {
    let plain = "0123456789abcdef".repeat(8);
    let pairs: Vec<_> = plain.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
    let mut scene = asking();
    scene.record.handshake.rack_fingerprint = Fingerprint::new(&plain);
    for written in [plain.to_ascii_uppercase(), pairs.join(":"), format!(" {} ", pairs.join(" "))] {
        assert_eq!(order(&scene.clone().oci(&written).plan()), Some((Order::Ready, Some("v1"))), "{written}");
    }
    for other in [plain.replacen('0', "1", 1), plain[..64].to_owned()] {
        assert_eq!(order(&scene.clone().oci(&other).look()), None, "{other}");
    }
}

#[test]
fn a_mismatch_is_on_record_before_it_is_rejected() {
    for (state, step) in [
        (Request, Step::Posted),
        (Request, Step::Comparing),
        (Request, Step::AwaitingApproval),
        (Request, Step::Connecting),
        (Ready, Step::Posted),
        (Ready, Step::Connecting),
    ] {
        let mut scene = Scene::new(state.clone()).step(step).oci("key-2");
        let plan = scene.look();
        assert_idle(&plan, Reason::FingerprintMismatch);
        assert_eq!(plan.look, Look::Now);
        let handshake = &scene.record.handshake;
        assert_eq!((handshake.step, handshake.mismatches), (Step::Failed, 1), "{state} {step:?}");
        assert_eq!(handshake.result, Some(HandshakeResult::Mismatched));
        let shown = [&handshake.rack_fingerprint, &handshake.oci_fingerprint];
        assert_eq!(shown.map(|print| print.as_ref().unwrap().as_str()), [PRINT, "key-2"]);
        assert_rejects(&scene.look(), Reason::FingerprintMismatch);
        assert_idle(&scene.look(), Reason::FingerprintMismatch);
        assert_eq!(scene.record.handshake.mismatches, 1, "it counts once");
    }
}

#[test]
fn three_mismatches_in_a_row_are_the_last_until_a_person_says_so() {
    let mut scene = Scene::new(Reject);
    for round in 1..=3 {
        scene = scene.after(MINUTE * 200);
        assert_gives_pin(&scene.look());
        scene = scene.goes(Request).oci("key-2");
        assert_idle(&scene.look(), Reason::FingerprintMismatch);
        assert_eq!(order(&scene.look()).map(|(order, _)| order), Some(Order::Reject));
        assert_eq!(scene.record.handshake.mismatches, round);
    }
    scene = scene.after(MINUTE * 10_000);
    assert_idle(&scene.look(), Reason::MismatchesExhausted);
    assert_idle(&scene.look(), Reason::MismatchesExhausted);
    let scene = scene.refresh_id("again");
    assert_gives_pin(&scene.plan());
}

#[test]
fn other_failures_between_mismatches_do_not_make_them_fewer() {
    let mut scene = asking();
    scene.record.handshake.mismatches = 2;
    scene = scene.after(MINUTE * 31);
    scene.look();
    assert_eq!((scene.record.handshake.step, scene.record.handshake.mismatches), (Step::Failed, 2));
}

#[test]
fn a_match_makes_mismatches_forgotten() {
    let mut scene = Scene::new(Ready).step(Step::Connecting).oci(PRINT).goes(Connected);
    (scene.record.handshake.mismatches, scene.record.handshake.failures) = (2, 3);
    assert_idle(&scene.look(), Reason::Connected);
    assert_eq!((scene.record.handshake.mismatches, scene.record.handshake.failures), (0, 0));
}

#[test]
fn ready_is_never_told_without_the_version_that_was_seen() {
    let mut scene = asking().oci(PRINT);
    scene.seen.etag = None;
    assert_eq!(scene.plan().effect, None);
}

#[test]
fn ready_is_never_told_without_the_rack_s_own_answer() {
    for step in Step::ALL {
        let mut scene = Scene::new(Request).step(step).oci(PRINT);
        scene.record.handshake.rack_fingerprint = None;
        assert_ne!(order(&scene.plan()).map(|(order, _)| order), Some(Order::Ready), "{step:?}");
    }
}

#[test]
fn ready_that_is_not_followed_by_a_link_is_rejected_after_an_hour() {
    let mut scene = Scene::new(Ready).step(Step::Connecting).oci(PRINT);
    assert_idle(&scene.clone().after(MINUTE * 59).plan(), Reason::Connecting);
    scene = scene.after(MINUTE * 60);
    assert_idle(&scene.look(), Reason::HandshakeFailed);
    assert_rejects(&scene.plan(), Reason::HandshakeFailed);
}

#[test]
fn a_handshake_that_the_service_ends_in_the_middle_begins_anew_after_the_waiting_time() {
    for (state, step) in
        [(Request, Step::Comparing), (Request, Step::AwaitingApproval), (Ready, Step::Connecting)]
    {
        let mut scene = Scene::new(state).step(step).after(MINUTE * 30).goes(Reject);
        assert_idle(&scene.look(), Reason::HandshakeFailed);
        let handshake = &scene.record.handshake;
        assert_eq!((handshake.step, handshake.failures), (Step::Waiting, 1));
        assert_eq!(handshake.result, Some(HandshakeResult::RejectedElsewhere));
        assert_eq!(scene.look().effect, None);
        assert_gives_pin(&scene.after(MINUTE * 21).plan());
    }
}

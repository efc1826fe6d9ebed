//! What is remembered beside the status, and what it protects.

use slipway_core::{
    infrastructure::{
        ConnectionState, HandshakeResult, InfrastructureWish, Memory, Order, Record, Refresh, Step, pin_lost,
    },
    reason::Reason,
};

use crate::scene::{DAY, MINUTE, PRINT, Scene, assert_gives_pin, assert_idle, order};
use ConnectionState::{Connected, Reject, Request};

fn memory(record: &Record) -> Memory {
    Memory::default().updated(record, None)
}

/// A record of which only the memory is left.
fn recalled(record: &Record) -> Record {
    let mut left = Record::default();
    left.recall(&memory(record));
    left
}

#[test]
fn it_is_read_back_and_small() {
    let mut scene = Scene::new(Connected).step(Step::Connecting);
    let now = scene.seen.seen_at;
    scene.record.infrastructure_id =
        Some(format!("ocid1.cccinfrastructure.oc1.eu-frankfurt-1.{}", "a".repeat(60)));
    scene.record.refresh = Some(Refresh { id: "2026-01-10T12:00:00Z".to_owned(), completed_at: Some(now) });
    (scene.record.handshake.failures, scene.record.handshake.mismatches) = (12, 3);
    let pin = format!("sha256/{}", "A".repeat(44));
    let full = Memory::default().updated(&scene.record, Some(&pin));
    let text = serde_json::to_string(&full).unwrap();
    assert!(text.len() < 600, "{} bytes: {text}", text.len());
    assert!(!text.contains(PRINT), "no fingerprint: {text}");
    assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), full);
    assert_eq!(full.updated(&scene.record, None), full, "the rack's key stays");
}

#[test]
fn garbage_is_refused_and_unknown_fields_are_not() {
    for text in ["", "null", "[1]", "{\"handshake\": {\"number\": 1}}", "{\"connectedSince\": \"soon\"}"] {
        assert!(serde_json::from_str::<Memory>(text).is_err(), "{text}");
    }
    let newer = serde_json::from_str::<Memory>("{\"tomorrow\": 1}").unwrap();
    assert_eq!(newer, Memory::default());
}

#[test]
fn nothing_remembered_is_no_history() {
    for memory in [Memory::default(), Memory { pin: Some("sha256/x".to_owned()), ..Memory::default() }] {
        let mut record = Record::default();
        record.recall(&memory);
        assert_eq!(record, Record::default(), "a key alone is no sight of the rack");
    }
}

#[test]
fn an_open_attempt_whose_status_is_lost_is_over() {
    for step in Step::ALL.into_iter().filter(|step| step.is_open()) {
        let mut scene = Scene::new(Reject).step(step).after(DAY);
        scene.record = recalled(&scene.record);
        assert_eq!(scene.record.handshake.step, Step::Failed, "{step:?}");
        assert_eq!(scene.record.handshake.result, Some(HandshakeResult::OutcomeUnknown));
        assert_eq!(order(&scene.look()), Some((Order::Reject, Some("v1"))));
        assert_eq!(scene.look().effect, None, "{step:?}");
        assert_gives_pin(&scene.after(MINUTE * 21).plan());
    }
}

#[test]
fn what_counts_is_not_lost_with_the_status() {
    let mut scene = Scene::new(Request).step(Step::Failed).refresh_id("a");
    scene.record.refresh = Some(Refresh { id: "a".to_owned(), completed_at: None });
    (scene.record.handshake.failures, scene.record.handshake.mismatches) = (4, 3);
    let left = recalled(&scene.record);
    assert_eq!((left.handshake.failures, left.handshake.mismatches), (4, 3));
    assert_eq!((&left.refresh, &left.state), (&scene.record.refresh, &scene.record.state));
    assert!(left.known);
    scene.record = left;
    scene.look();
    assert_idle(&scene.after(DAY).plan(), Reason::MismatchesExhausted);
}

#[test]
fn a_connection_whose_status_is_lost_keeps_its_age_and_is_not_refreshed_again() {
    let mut scene = Scene::new(Connected).refresh_id("a").after(DAY * 30);
    scene.record.refresh = Some(Refresh { id: "a".to_owned(), completed_at: Some(scene.seen.seen_at) });
    let before = scene.record.clone();
    scene.record = recalled(&before);
    assert_idle(&scene.look(), Reason::Connected);
    assert_eq!(scene.record.connected_since, before.connected_since);
    assert_eq!(scene.record.refresh, before.refresh);
}

#[test]
fn a_status_that_was_written_before_a_crash_does_not_hide_what_was_remembered_after_it() {
    let scene = Scene::new(Request).step(Step::Comparing).oci("key-2");
    let mut written = scene.record.clone();
    written.recall(&memory(&scene.plan().record));
    let handshake = &written.handshake;
    assert_eq!((handshake.step, handshake.failures, handshake.mismatches), (Step::Failed, 1, 1));
    assert_eq!(handshake.result, Some(HandshakeResult::Mismatched));
}

#[test]
fn a_refresh_that_was_remembered_and_did_not_get_into_status_is_not_carried_out_again() {
    let mut scene = Scene::new(Request).step(Step::Posted).oci(PRINT).refresh_id("b");
    let now = scene.seen.seen_at;
    let done = |id: &str, completed_at| Some(Refresh { id: id.to_owned(), completed_at });
    scene.record.refresh = done("a", Some(now));
    let mut written = scene.record.clone();
    scene.look();
    assert_eq!(scene.record.refresh, done("b", None));
    written.recall(&memory(&scene.record));
    assert_eq!(written.refresh, done("b", None));
    let connected = Scene { record: written, ..scene.goes(Connected) };
    assert_idle(&connected.plan(), Reason::Connected);
}

#[test]
fn an_older_annotation_that_somebody_put_back_does_not_repeat_a_refresh() {
    let mut scene = Scene::new(Connected).refresh_id("b");
    let now = scene.seen.seen_at;
    let done = |id: &str, completed_at| Some(Refresh { id: id.to_owned(), completed_at });
    scene.record.refresh = done("a", Some(now));
    let older = memory(&scene.record);
    for completed_at in [None, Some(now + DAY)] {
        scene.record.refresh = done("b", completed_at);
        scene.record.recall(&older);
        assert_eq!(scene.record.refresh, done("b", completed_at));
    }
}

#[test]
fn an_attempt_that_failed_for_other_reasons_is_remembered_as_spent() {
    let record = pin_lost(&Scene::new(Reject).step(Step::Posting).record);
    assert_eq!(memory(&record).handshake.map(|attempt| attempt.spent), Some(true));
}

#[test]
fn a_rack_that_is_not_to_be_connected_is_remembered_too() {
    let mut scene = Scene::first(Connected);
    scene.wish = InfrastructureWish { connection: None, ..scene.wish };
    scene.look();
    assert_eq!(recalled(&scene.record).connected_since, scene.record.connected_since);
}

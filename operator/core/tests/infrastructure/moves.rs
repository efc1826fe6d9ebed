//! The table of the handshake: every row, every step, once more by another hand, and the page that shows it.

use slipway_core::{
    infrastructure::{ConnectionState, HandshakeResult, MOVES, Move, Order, Plan, Step},
    reason::Reason,
};

use crate::{
    page,
    scene::{MINUTE, PRINT, Scene, assert_gives_pin, assert_idle, assert_rejects, order},
};
use ConnectionState::{Connected, Disconnected, Ready, Reject, Request};

/// What a plan comes to.
#[derive(Debug, PartialEq, Eq)]
enum Deed {
    Nothing(Step),
    Fails(HandshakeResult),
    Pin,
    Ready,
    Reject,
}

fn deed(plan: &Plan) -> Deed {
    match order(plan) {
        Some((Order::Ready, _)) => return Deed::Ready,
        Some((Order::Reject, _)) => return Deed::Reject,
        None => {}
    }
    let handshake = &plan.record.handshake;
    match (handshake.step, handshake.result) {
        _ if plan.effect.is_some() => Deed::Pin,
        (Step::Failed, Some(result)) => Deed::Fails(result),
        (step, _) => Deed::Nothing(step),
    }
}

/// The moves once more: 30 minutes after the state began, in which OCI shows the rack's own fingerprint, and the PIN was just given.
fn expected(state: &ConnectionState, step: Step) -> Deed {
    use HandshakeResult::{OutcomeUnknown, StartedElsewhere};
    match (state, step) {
        (
            Reject,
            Step::Waiting | Step::Connected | Step::Comparing | Step::AwaitingApproval | Step::Connecting,
        ) => Deed::Pin,
        (Reject, Step::Posted) => Deed::Nothing(Step::Posted),
        (Reject | Request | Ready, Step::Posting) => Deed::Fails(OutcomeUnknown),
        // Contact is lost for 30 minutes, more than the 15 that are waited.
        (Disconnected, _) | (Reject | Request | Ready, Step::Failed) => Deed::Reject,
        (Request, Step::Waiting | Step::Connected) => Deed::Fails(StartedElsewhere),
        (Request, _) => Deed::Ready,
        (Ready, _) => Deed::Nothing(Step::Connecting),
        (Connected, _) => Deed::Nothing(Step::Connected),
        (_, step) => Deed::Nothing(step),
    }
}

#[test]
fn every_state_and_step_does_what_the_table_says() {
    let states =
        [Reject, Request, Ready, Connected, Disconnected, ConnectionState::from_wire("SOMETHING_NEW")];
    for state in states {
        for step in Step::ALL {
            let mut scene = Scene::new(state.clone()).step(step).oci(PRINT).after(MINUTE * 30);
            scene.record.handshake.started_at = Some(scene.seen.seen_at);
            assert_eq!(deed(&scene.plan()), expected(&state, step), "{state} {step:?}");
        }
    }
}

#[test]
fn a_whole_handshake_from_a_new_record_to_connected() {
    let mut scene = Scene::first(Reject);
    assert_idle(&scene.look(), Reason::Connecting);
    let mut scene = scene.after(MINUTE * 21);
    assert_gives_pin(&scene.look());
    assert_idle(&scene.look(), Reason::Connecting);
    let mut scene = scene.goes(Request);
    assert_idle(&scene.look(), Reason::Connecting);
    let mut scene = scene.oci(PRINT);
    assert_eq!(order(&scene.look()), Some((Order::Ready, Some("v1+"))));
    assert_idle(&scene.look(), Reason::Connecting);
    let mut scene = scene.goes(Connected);
    assert_idle(&scene.look(), Reason::Connected);
    let handshake = &scene.record.handshake;
    assert_eq!((handshake.attempt, handshake.result), (1, Some(HandshakeResult::Matched)));
    assert_eq!(scene.record.connected_since, Some(scene.seen.seen_at));
    assert_eq!(scene.plan().record, scene.record, "at rest");
}

#[test]
fn an_interrupted_attempt_is_recorded_as_failed_before_it_is_rejected() {
    for state in [Reject, Request, Ready] {
        let mut scene = Scene::new(state.clone()).step(Step::Posting);
        let plan = scene.look();
        assert_eq!(deed(&plan), Deed::Fails(HandshakeResult::OutcomeUnknown), "{state}");
        assert_rejects(&scene.look(), Reason::HandshakeFailed);
        assert_eq!(scene.record.handshake.step, Step::Waiting);
        assert_idle(&scene.look(), Reason::HandshakeFailed);
    }
}

/// The words of the page for a move.
fn words(next: Move) -> String {
    match next {
        Move::Begin => "wait for the waiting time and a PIN, then give it to the rack".to_owned(),
        Move::AwaitRequest => "wait for the rack to ask Oracle Cloud; too long: `REJECT`".to_owned(),
        Move::Compare => {
            "compare the fingerprints; equal and approved: `READY`; different or absent for too long: `REJECT`"
                .to_owned()
        }
        Move::AwaitLink => "wait for `CONNECTED`; fingerprints that differ, or too long: `REJECT`".to_owned(),
        Move::Reject(result) => format!("the attempt is over ({}): `REJECT`", result.words()),
        Move::StartOver(result) => format!("the attempt is over ({}): begin anew", result.words()),
        Move::RejectFailed => "the attempt has failed: `REJECT`".to_owned(),
    }
}

#[test]
fn the_page_shows_the_table() {
    let mut table =
        vec!["| Oracle Cloud shows | Step | What is done |".to_owned(), "| --- | --- | --- |".to_owned()];
    table.extend(MOVES.iter().map(|row| {
        let steps: Vec<_> = row.steps.iter().map(|step| format!("`{}`", step.as_str())).collect();
        format!("| `{}` | {} | {} |", row.state, steps.join(", "), words(row.next))
    }));
    page::assert_section("moves", &table.join("\n"));
}

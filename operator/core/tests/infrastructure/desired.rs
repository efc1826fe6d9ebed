//! `connection.desired: Rejected`: at once, from every state and step.

use slipway_core::{
    infrastructure::{ConnectionState, HandshakeResult, Order, Step},
    reason::Reason,
};

use crate::scene::{MINUTE, Scene, assert_gives_pin, assert_idle, order};
use ConnectionState::{Connected, Disconnected, Ready, Reject, Request};

#[test]
fn it_is_told_at_once_and_for_whatever_version() {
    for state in [Request, Ready, Connected, Disconnected, ConnectionState::from_wire("SOMETHING_NEW")] {
        for step in Step::ALL {
            let mut scene = Scene::new(state.clone()).step(step).rejected();
            let plan = scene.look();
            assert_eq!(order(&plan), Some((Order::Reject, None)), "{state} {step:?}");
            assert_eq!(scene.record.handshake.step, Step::Waiting, "{state} {step:?}");
            assert_eq!(scene.record.connected_since, None);
            let result = step.is_open().then_some(HandshakeResult::Withdrawn);
            assert_eq!(scene.record.handshake.result, result, "{state} {step:?}");
            assert_idle(&scene.look(), Reason::Rejected);
            assert_eq!(scene.plan().record, scene.record, "at rest");
        }
    }
}

#[test]
fn it_is_told_at_first_sight_and_when_no_state_is_shown() {
    assert_eq!(order(&Scene::first(Connected).rejected().plan()), Some((Order::Reject, None)));
    let mut scene = Scene::new(Connected).rejected();
    scene.seen.state = None;
    assert_eq!(order(&scene.plan()), Some((Order::Reject, None)));
}

#[test]
fn in_reject_only_an_open_attempt_is_cut() {
    for step in Step::ALL {
        let plan = Scene::new(Reject).step(step).rejected().plan();
        assert_eq!(order(&plan), step.is_open().then_some((Order::Reject, None)), "{step:?}");
    }
}

#[test]
fn no_pin_is_given_meanwhile_and_the_status_says_that_workloads_go_on() {
    let plan = Scene::new(Reject).rejected().after(MINUTE * 1_000).plan();
    assert_idle(&plan, Reason::Rejected);
    assert!(plan.overall.message.contains("workloads"), "{}", plan.overall.message);
}

#[test]
fn it_is_connected_again_when_it_is_wished_again() {
    let mut scene = Scene::new(Connected).rejected();
    scene.look();
    scene.wish.connection = Scene::new(Connected).wish.connection;
    assert_eq!(scene.look().effect, None);
    assert_gives_pin(&scene.after(MINUTE * 21).plan());
}

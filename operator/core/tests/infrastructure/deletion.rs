//! What is done at OCI when the object goes away.

use slipway_core::infrastructure::{ConnectionState, DeletionPolicy, DeletionStep, Order, deletion};

use crate::scene::observation;
use ConnectionState::{Connected, Disconnected, Ready, Reject, Request};

#[test]
fn each_policy_goes_its_steps_and_comes_to_an_end() {
    use DeletionPolicy::{Delete, Reject as Cut, Retain};
    let new = ConnectionState::from_wire("SOMETHING_NEW");
    for state in [Request, Ready, Connected, Disconnected, new] {
        let seen = observation(state.clone());
        assert_eq!(deletion(Retain, &seen), DeletionStep::Done, "{state}");
        assert_eq!(deletion(Cut, &seen), DeletionStep::Order(Order::Reject), "{state}");
        assert_eq!(deletion(Delete, &seen), DeletionStep::Order(Order::Reject), "{state}");
    }
    let cut = observation(Reject);
    assert_eq!(deletion(Retain, &cut), DeletionStep::Done);
    assert_eq!(deletion(Cut, &cut), DeletionStep::Done);
    assert_eq!(deletion(Delete, &cut), DeletionStep::Delete);
}

#[test]
fn a_record_that_is_gone_needs_nothing() {
    let mut seen = observation(Connected);
    seen.lifecycle_state = "DELETED".to_owned();
    for policy in [DeletionPolicy::Retain, DeletionPolicy::Reject, DeletionPolicy::Delete] {
        assert_eq!(deletion(policy, &seen), DeletionStep::Done);
    }
}

#[test]
fn a_record_that_has_failed_is_deleted_without_an_order() {
    let mut seen = observation(Connected);
    seen.lifecycle_state = "FAILED".to_owned();
    assert_eq!(deletion(DeletionPolicy::Delete, &seen), DeletionStep::Delete);
    assert_eq!(deletion(DeletionPolicy::Reject, &seen), DeletionStep::Order(Order::Reject));
}

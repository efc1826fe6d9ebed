//! Every small world: OCI, one rack, one API server, one operator, and whatever can go wrong between them in any order.

mod law;
mod operator;
mod scenario;
mod search;
mod service;
mod step;
mod world;

use slipway_core::reason::Reason;

use Reason::{ApprovalAwaited, Connected, ConnectedUnmatched, MismatchesExhausted, Rejected};
use scenario::{Fault, Scenario};
use search::search;
use service::Phase;

/// Asserts that no law is broken, and that racks come to rest with these reasons and no other.
#[track_caller]
fn assert_holds(scenario: &Scenario, ends: &[Reason]) {
    let found = search(scenario);
    let about = format!("{}, {} worlds", scenario.name, found.worlds);
    assert!(found.broken.is_none(), "{about}: {}", found.broken.unwrap_or_default());
    for (end, story) in &found.ends {
        assert!(ends.contains(end), "{about}: {end}\n{story}");
    }
    assert_eq!(found.ends.len(), ends.len(), "{about}: {:?}", found.ends.keys());
}

const CALLS: &[Fault] = &[Fault::AnswerLost, Fault::RequestLost, Fault::Refused];
const SERVICE: &[Fault] = &[Fault::Wrong, Fault::Forced, Fault::Outage, Fault::NoPin];
const PEOPLE: &[Fault] = &[Fault::Person, Fault::Forced];

fn connected(name: &'static str) -> Scenario {
    Scenario { phase: Phase::Connected, ..Scenario::new(name) }
}

#[test]
fn calls_that_are_lost() {
    assert_holds(&Scenario::new("calls").faults(CALLS, 2).crashes(1, 1), &[Connected]);
}

#[test]
fn an_operator_that_crashes_twice_and_a_status_that_is_lost() {
    let scenario = Scenario::new("crashes").faults(&[Fault::Forced, Fault::Wrong], 1).crashes(2, 1);
    assert_holds(&scenario, &[Connected]);
}

#[test]
fn a_service_that_goes_its_own_way() {
    assert_holds(&Scenario::new("service").faults(SERVICE, 2).crashes(1, 0), &[Connected]);
}

#[test]
fn wrong_fingerprints_again_and_again() {
    let scenario = Scenario::new("wrong").faults(&[Fault::Wrong, Fault::Forced], 5).crashes(1, 0);
    assert_holds(&scenario, &[Connected, MismatchesExhausted]);
    let scenario = Scenario::new("wrong and wiped").faults(&[Fault::Wrong, Fault::Forced], 3).crashes(1, 1);
    assert_holds(&scenario, &[Connected, MismatchesExhausted]);
}

#[test]
fn a_person_who_works_by_hand() {
    // Who gives the rack a PIN in the middle of our attempt, makes its fingerprint another one.
    let ends = [Connected, ConnectedUnmatched];
    assert_holds(&Scenario::new("by hand").faults(PEOPLE, 2).crashes(1, 0), &ends);
    assert_holds(&Scenario::new("let in").faults(&[Fault::Person, Fault::Wrong], 2), &ends);
}

#[test]
fn a_spec_that_changes() {
    let ends = [Connected, Rejected, ApprovalAwaited];
    assert_holds(&Scenario::new("spec").changes(2).crashes(1, 0), &ends);
    assert_holds(&connected("spec, connected").changes(2).faults(CALLS, 1).crashes(1, 0), &ends);
    assert_holds(&connected("spec, wiped").changes(1).crashes(1, 1), &[Connected, Rejected]);
}

#[test]
fn an_approval_that_comes_late() {
    let faults = &[Fault::Wrong, Fault::Forced, Fault::Person];
    let mut scenario = Scenario::new("approval").faults(faults, 1).crashes(1, 0);
    scenario.wish.manual = true;
    assert_holds(&scenario, &[Connected, ApprovalAwaited]);
}

#[test]
fn a_connection_that_is_refreshed_before_its_end() {
    let faults = &[Fault::Forced, Fault::Outage, Fault::AnswerLost];
    let mut scenario = connected("refresh").faults(faults, 1).crashes(1, 1);
    (scenario.wish.refreshes, scenario.ages) = (true, true);
    assert_holds(&scenario, &[Connected]);
}

#[test]
fn a_connection_that_nobody_asks_to_be_made_anew() {
    let mut scenario = connected("never").faults(&[Fault::Outage, Fault::Person], 2).crashes(1, 1);
    (scenario.wish.reconnects, scenario.wish.refresh_id) = (false, 1);
    assert_holds(&scenario, &[Connected]);
    let mut old = connected("old").faults(&[Fault::Outage], 2).crashes(1, 1);
    old.ages = true;
    assert_holds(&old, &[Connected]);
}

#[test]
fn an_outage_that_comes_and_goes() {
    assert_holds(&connected("outage").faults(&[Fault::Outage], 3).crashes(1, 1), &[Connected]);
}

/// What is assumed of the service: that `REJECT` makes a new PIN in `REJECT`, too (`facts/oci.md §1.3` does not say so). Only the process
/// remembers PINs. It shows, too, that the laws do find what breaks them.
#[test]
fn a_pin_that_reject_does_not_change_is_given_twice_by_a_process_that_was_restarted() {
    let sticky = Scenario { rotates: false, ..Scenario::new("sticky") };
    let lost = &[Fault::AnswerLost];
    let broken = search(&sticky.clone().faults(lost, 1)).broken.unwrap();
    assert!(broken.contains("no rest within"), "the process itself does not give it again: {broken}");
    let broken = search(&sticky.crashes(1, 0)).broken.unwrap();
    assert!(broken.contains("S2: a PIN is given to the rack a second time"), "{broken}");
}

//! Every small world: a registrar, one cluster, one API server, one operator, one person at the registrar's console, and whatever can go
//! wrong between them in any order. Larger worlds are walked through at random.

mod console;
mod fingerprint;
mod law;
mod operator;
mod random;
mod registrar;
mod scenario;
mod search;
mod step;
mod world;

use slipway_core::reason::Reason;

use Reason::{
    ActivatedElsewhere, Active, DriftContested, Drifted, Reserved, Stale, SubscriptionArchived,
    SubscriptionDisconnected, SubscriptionLost,
};
use scenario::{Fault, Scenario};
use search::search;

/// Asserts that no law is broken, and that records come to rest with these reasons and no other.
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

/// How a law is broken in a scenario.
#[track_caller]
fn broken(scenario: &Scenario) -> String {
    search(scenario).broken.unwrap()
}

const CALLS: &[Fault] = &[Fault::AnswerLost, Fault::RequestLost, Fault::Refused, Fault::Half];

#[test]
fn calls_that_are_lost_and_a_search_that_lags() {
    assert_holds(&Scenario::new("calls").faults(CALLS, 2).crashes(1, 0), &[Reserved, Active]);
    assert_holds(
        &Scenario::new("calls and changes").faults(CALLS, 1).changes(2).crashes(1, 0),
        &[Reserved, Active],
    );
}

#[test]
fn an_operator_that_crashes_twice_and_a_status_that_is_lost() {
    assert_holds(&Scenario::new("crashes").crashes(2, 1).changes(1), &[Reserved, Active]);
}

#[test]
fn a_person_at_the_console() {
    let faults = &[Fault::Rename, Fault::Archive, Fault::Delete];
    let ends = [Reserved, Active, SubscriptionArchived, SubscriptionDisconnected, SubscriptionLost];
    assert_holds(&Scenario::new("console").faults(faults, 2).crashes(1, 0), &ends);
    let once = [Reserved, Active, SubscriptionArchived, SubscriptionLost];
    assert_holds(&Scenario::new("console, wiped").faults(faults, 1).crashes(1, 1), &once);
}

#[test]
fn a_registrar_that_goes_its_own_way() {
    let faults = &[Fault::Telemetry, Fault::AnswerLost, Fault::Unreachable];
    let scenario = Scenario::new("telemetry").faults(faults, 2).crashes(1, 1);
    assert_holds(&scenario, &[Reserved, Active, Stale, ActivatedElsewhere]);
}

#[test]
fn a_person_who_renames_again_and_again() {
    let scenario = Scenario::new("fight").faults(&[Fault::Rename], 4).crashes(1, 0);
    assert_holds(&scenario, &[Reserved, Active, DriftContested]);
    let scenario = Scenario::new("reported").reporting().faults(&[Fault::Rename], 2).crashes(1, 1);
    assert_holds(&scenario, &[Reserved, Active, Drifted]);
}

#[test]
fn a_registrar_that_does_not_keep_a_value() {
    let scenario = Scenario::new("forgets").forgetting().crashes(1, 0);
    assert_holds(&scenario, &[Reserved, DriftContested]);
}

#[test]
fn an_object_that_goes_away() {
    let faults = &[Fault::AnswerLost, Fault::RequestLost, Fault::Delete, Fault::Archive];
    let ends = [Reserved, Active, SubscriptionArchived, SubscriptionLost];
    assert_holds(&Scenario::new("going").going().faults(faults, 1).crashes(1, 0), &ends);
}

/// What is assumed of the controller, each with the law that is broken without it. It shows, too, that the laws do find what breaks them.
#[test]
fn what_a_controller_must_do() {
    const TWICE: &str = "S8: a second living record is made";
    let blind = Scenario { reads_by_id: false, ..Scenario::new("a record that is known is read by its id") };
    assert!(broken(&blind).contains(TWICE), "{}", broken(&blind));

    let hasty =
        Scenario { counts_anew: false, ..Scenario::new("the settle time begins anew with the process") };
    assert!(broken(&hasty.crashes(1, 0)).contains(TWICE));

    let counting =
        Scenario { counts_failures: true, ..Scenario::new("only corrections that were made are counted") };
    let refused = counting.changes(1).faults(&[Fault::Refused], 3);
    let broken = broken(&refused);
    assert!(broken.contains("contested, and nobody fights"), "{broken}");
}

/// The one world in which two records are made: what was begun is forgotten together with the status, while the search does not show it yet.
#[test]
fn a_status_that_is_lost_before_the_record_is_found() {
    let scenario = Scenario { lags_when_wiped: true, ..Scenario::new("wiped too early") };
    assert!(broken(&scenario.crashes(1, 1)).contains("S8: a second living record is made"));
}

//! Every small world: one machine, one API server, one operator, and whatever can go wrong between them in any order.

mod law;
mod machine;
mod operator;
mod scenario;
mod search;
mod step;
mod world;

use slipway_core::{
    host::{Completion, RebootMode, Reset},
    reason::Reason,
};

use Reason::{HistoryUnknown, IdUsedBefore, Installed, OutcomeUnknown, RetriesExhausted};
use machine::Disk;
use scenario::{Fault, Scenario};
use search::search;

/// Asserts that no law is broken, and that hosts come to rest with these reasons and no other.
#[track_caller]
fn assert_holds(scenario: &Scenario, ends: &[Reason]) {
    let found = search(scenario);
    let about = format!("{} {scenario}, {} worlds", scenario.name, found.worlds);
    assert!(found.broken.is_none(), "{about}: {}", found.broken.unwrap_or_default());
    assert_eq!(found.ends, ends.iter().copied().collect(), "{about}");
}

const BMC: &[Fault] = &[Fault::AnswerLost, Fault::RequestLost, Fault::Refused, Fault::Ignored, Fault::Crash];
const BOOT: &[Fault] = &[Fault::Stuck, Fault::Hang, Fault::Crash];
const API: &[Fault] = &[Fault::Wipe, Fault::Amnesia, Fault::Crash];
const COLD: &[Fault] = &[Fault::RestoreCold];

/// A running host that was installed before and is to be installed again.
fn reinstalled(name: &'static str) -> Scenario {
    Scenario::new(name).running(Disk::Installed(0))
}

/// A running, installed host that is to be rebooted, in each mode, with and without `LastResetTime`.
fn reboots(name: &'static str) -> impl Iterator<Item = Scenario> {
    [RebootMode::Force, RebootMode::Graceful, RebootMode::PowerCycle].into_iter().flat_map(move |mode| {
        [false, true].into_iter().map(move |shows_resets| Scenario {
            mode,
            shows_resets,
            wanted: Some(0),
            reboot: Some(5),
            ..reinstalled(name)
        })
    })
}

/// Where a reboot may end: without `LastResetTime` it cannot always be told whether it happened.
fn ends(reboot: &Scenario) -> &'static [Reason] {
    if reboot.shows_resets { &[Installed] } else { &[Installed, OutcomeUnknown] }
}

#[test]
fn a_fresh_host_whose_bmc_fails() {
    for (shows_resets, at_most) in [(false, 2), (true, 1)] {
        let scenario = Scenario { shows_resets, ..Scenario::new("fresh") }.faults(BMC, at_most);
        assert_holds(&scenario, &[Installed, OutcomeUnknown, RetriesExhausted]);
    }
}

#[test]
fn each_proof_of_completion_where_the_bmc_fails() {
    for completion in [Completion::PowerOff, Completion::ScriptServed] {
        let scenario = Scenario { completion, retries: 0, ..Scenario::new("proof") }.faults(BMC, 1);
        assert_holds(&scenario, &[Installed, RetriesExhausted]);
    }
}

#[test]
fn a_running_host_without_history_is_never_touched() {
    for faults in [BMC, BOOT, API, COLD, &[Fault::Restore]] {
        let scenario = Scenario::new("running").running(Disk::Foreign).faults(faults, 2);
        assert_holds(&scenario, &[HistoryUnknown]);
    }
}

#[test]
fn a_running_host_that_may_be_installed_over() {
    for shows_resets in [false, true] {
        let scenario =
            Scenario { shows_resets, proceed: true, ..Scenario::new("proceed").running(Disk::Foreign) };
        assert_holds(&scenario.faults(BMC, 1), &[Installed, OutcomeUnknown, RetriesExhausted]);
    }
}

#[test]
fn a_reinstallation_whose_bmc_fails() {
    for shows_resets in [false, true] {
        let scenario = Scenario { shows_resets, ..reinstalled("reinstall") }.faults(BMC, 1);
        assert_holds(&scenario, &[Installed, OutcomeUnknown, RetriesExhausted]);
    }
}

#[test]
fn a_request_that_changes_on_the_way() {
    let scenario = Scenario { changes_to: Some(2), retries: 0, ..Scenario::new("change") };
    assert_holds(&scenario.faults(&[Fault::Crash], 1), &[Installed, RetriesExhausted]);
}

#[test]
fn a_machine_or_an_installer_that_hangs() {
    let ends = [Installed, OutcomeUnknown, RetriesExhausted];
    assert_holds(&Scenario::new("hang").faults(BOOT, 2), &ends);
    let scenario =
        Scenario { completion: Completion::PowerOff, retries: 0, ..Scenario::new("hang before off") };
    assert_holds(&scenario.faults(BOOT, 1), &[Installed, RetriesExhausted]);
}

#[test]
fn a_status_that_is_lost_during_an_installation() {
    let ends = [Installed, HistoryUnknown, RetriesExhausted];
    for (completion, at_most) in
        [(Completion::Callback, 2), (Completion::PowerOff, 1), (Completion::ScriptServed, 2)]
    {
        let scenario = Scenario { completion, retries: 0, ..Scenario::new("wiped") }.faults(API, at_most);
        assert_holds(&scenario, &ends);
    }
    let scenario = Scenario { retries: 0, ..reinstalled("wiped while reinstalled") }.faults(API, 2);
    assert_holds(&scenario, &ends);
}

#[test]
fn a_status_that_is_lost_afterwards() {
    let scenario = Scenario { wanted: Some(0), ..reinstalled("wiped afterwards") };
    assert_holds(&scenario.clone().faults(&[Fault::Wipe, Fault::Crash], 3), &[Installed]);
    assert_holds(&scenario.faults(API, 3), &[Installed, HistoryUnknown]);
}

/// What the annotation has to be written first for. It shows, too, that the laws do find what breaks them.
#[test]
fn an_annotation_that_is_written_last_does_not_survive_a_lost_status() {
    let scenario = Scenario { remembers_first: false, retries: 0, ..reinstalled("written last") };
    let broken = search(&scenario.faults(API, 2)).broken.unwrap();
    assert!(broken.contains("on the installer of"), "{broken}");
}

#[test]
fn an_api_server_that_is_restored_from_an_older_copy() {
    let warm = &[Fault::Restore];
    let reinstall = Scenario { retries: 0, ..reinstalled("restored while reinstalled") };
    assert_holds(&reinstall.clone().faults(warm, 1), &[Installed, RetriesExhausted, IdUsedBefore]);
    for shows_resets in [false, true] {
        let fresh = Scenario { shows_resets, retries: 0, ..Scenario::new("restored") };
        assert_holds(&fresh.clone().faults(warm, 1), &[Installed, RetriesExhausted, HistoryUnknown]);
        assert_holds(&fresh.faults(COLD, 1), &[Installed, RetriesExhausted]);
        let reinstall = Scenario { shows_resets, ..reinstall.clone() };
        assert_holds(&reinstall.faults(COLD, 1), &[Installed, RetriesExhausted]);
    }
    let scenario = Scenario { wanted: Some(0), ..reinstalled("restored afterwards") };
    assert_holds(&scenario.faults(&[Fault::Restore, Fault::RestoreCold], 3), &[Installed]);
}

/// After a restart nobody has watched: the second attempt is left to a person.
#[test]
fn an_attempt_that_a_restored_api_server_knows_less_of() {
    let scenario = Scenario::new("restored between attempts").faults(COLD, 1);
    assert_holds(&scenario, &[Installed, OutcomeUnknown, RetriesExhausted]);
}

#[test]
fn a_reboot_whose_bmc_fails() {
    for scenario in reboots("reboot") {
        // A BMC that says it has restarted the machine is believed: without LastResetTime nothing could prove it wrong.
        let believed = scenario.mode != RebootMode::Graceful;
        let faults: Vec<_> =
            BMC.iter().copied().filter(|fault| !(believed && *fault == Fault::Ignored)).collect();
        let ends = ends(&scenario);
        assert_holds(&scenario.faults(&faults, 2), ends);
    }
}

#[test]
fn a_reboot_during_which_the_status_is_lost() {
    for scenario in reboots("reboot and wipe") {
        let ends = ends(&scenario);
        assert_holds(&scenario.faults(&[Fault::Wipe, Fault::Crash], 2), ends);
    }
}

#[test]
fn a_reboot_by_switching_off_and_on() {
    for mut scenario in reboots("off and on") {
        scenario.offers = vec![Reset::On, Reset::ForceOff];
        let ends = ends(&scenario);
        assert_holds(&scenario.faults(BMC, 2), ends);
    }
}

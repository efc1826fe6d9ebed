//! What became of a reset: every combination there is, against the table that `docs/launch.md` shows.

use std::time::Duration;

use slipway_core::host::{Intent, Observation, Outcome, Power, Precondition, Reset, Timings};

use crate::{
    page,
    scene::{Scene, observation},
};

/// One row: which cases it speaks of, and what follows at first and once the time to show is over.
struct Row {
    sent: &'static str,
    machine: &'static str,
    since: &'static str,
    outcome: &'static str,
    covers: fn(&Case) -> bool,
    at_first: Outcome,
    in_the_end: Outcome,
}

struct Case {
    reset: Reset,
    power: Power,
    since: Option<bool>,
    request: &'static str,
}

impl Case {
    fn is_off(&self) -> bool {
        matches!(self.reset, Reset::GracefulShutdown | Reset::ForceOff)
    }

    fn is_restart(&self) -> bool {
        matches!(self.reset, Reset::GracefulRestart | Reset::ForceRestart | Reset::PowerCycle)
    }

    fn runs(&self) -> bool {
        matches!(self.power, Power::On | Power::Paused)
    }
}

use Outcome::{Done, NotDone, Unknown, Wait};

/// The first row that covers a case decides.
const ROWS: &[Row] = &[
    Row {
        sent: "`On`",
        machine: "on, paused or powering on",
        since: "any",
        outcome: "done",
        covers: |case| case.reset == Reset::On && (case.runs() || case.power == Power::PoweringOn),
        at_first: Done,
        in_the_end: Done,
    },
    Row {
        sent: "any",
        machine: "powering on, powering off, or not known",
        since: "any",
        outcome: "wait",
        covers: |case| matches!(case.power, Power::PoweringOn | Power::PoweringOff | Power::Unknown),
        at_first: Wait,
        in_the_end: Wait,
    },
    Row {
        sent: "`On`",
        machine: "off",
        since: "any",
        outcome: "wait, then not done",
        covers: |case| case.reset == Reset::On,
        at_first: Wait,
        in_the_end: NotDone,
    },
    Row {
        sent: "`GracefulShutdown`, `ForceOff`",
        machine: "off",
        since: "any",
        outcome: "done",
        covers: |case| case.is_off() && case.power == Power::Off,
        at_first: Done,
        in_the_end: Done,
    },
    Row {
        sent: "`GracefulShutdown`, `ForceOff`",
        machine: "on or paused",
        since: "yes",
        outcome: "wait, then done",
        covers: |case| case.is_off() && case.since == Some(true),
        at_first: Wait,
        in_the_end: Done,
    },
    Row {
        sent: "`ForceOff` for a reboot",
        machine: "on or paused",
        since: "the BMC does not say",
        outcome: "wait, then unknown",
        covers: |case| case.reset == Reset::ForceOff && case.request == "reboot:a" && case.since.is_none(),
        at_first: Wait,
        in_the_end: Unknown,
    },
    Row {
        sent: "`GracefulShutdown`, `ForceOff`",
        machine: "on or paused",
        since: "no, or the BMC does not say",
        outcome: "wait, then not done",
        covers: Case::is_off,
        at_first: Wait,
        in_the_end: NotDone,
    },
    Row {
        sent: "a restart",
        machine: "off",
        since: "any",
        outcome: "wait, then not done",
        covers: |case| case.is_restart() && case.power == Power::Off,
        at_first: Wait,
        in_the_end: NotDone,
    },
    Row {
        sent: "a restart",
        machine: "on or paused",
        since: "yes",
        outcome: "done",
        covers: |case| case.since == Some(true),
        at_first: Done,
        in_the_end: Done,
    },
    Row {
        sent: "a restart",
        machine: "on or paused",
        since: "no",
        outcome: "wait, then not done",
        covers: |case| case.since == Some(false),
        at_first: Wait,
        in_the_end: NotDone,
    },
    Row {
        sent: "a restart",
        machine: "on or paused",
        since: "the BMC does not say",
        outcome: "unknown",
        covers: |case| case.since.is_none(),
        at_first: Unknown,
        in_the_end: Unknown,
    },
];

const POWERS: [Power; 6] =
    [Power::On, Power::Off, Power::PoweringOn, Power::PoweringOff, Power::Paused, Power::Unknown];

fn cases() -> impl Iterator<Item = Case> {
    Reset::ALL.into_iter().flat_map(|(reset, _)| {
        POWERS.into_iter().flat_map(move |power| {
            [None, Some(false), Some(true)].into_iter().flat_map(move |since| {
                ["install:a:1", "reboot:a", "power"].into_iter().map(move |request| Case {
                    reset,
                    power,
                    since,
                    request,
                })
            })
        })
    })
}

/// The intent before, and the machine as the case has it.
fn staged(case: &Case) -> (Intent, Observation) {
    let mut scene = Scene::new(Power::On);
    scene.seen.last_reset_time = case.since.map(|_| "10:00".to_owned());
    let intent = scene.intent(case.request, case.reset);
    let mut seen = observation(case.power);
    seen.last_reset_time = case.since.map(|moved| if moved { "10:05" } else { "10:00" }.to_owned());
    (intent, seen)
}

#[test]
fn every_case_ends_as_its_row_says() {
    let timings = Timings::default();
    let mut used = vec![0; ROWS.len()];
    for case in cases() {
        let index = ROWS.iter().position(|row| (row.covers)(&case)).unwrap();
        used[index] += 1;
        let (intent, seen) = staged(&case);
        let patience = if case.reset == Reset::GracefulShutdown { timings.graceful } else { timings.settle };
        let just_before = intent.started_at + patience - Duration::from_secs(1);
        let row = &ROWS[index];
        for (now, expected) in [
            (intent.started_at, row.at_first),
            (just_before, row.at_first),
            (intent.started_at + patience, row.in_the_end),
        ] {
            let outcome = intent.outcome(&seen, now, &timings);
            assert_eq!(
                outcome, expected,
                "{} for {}, machine {}, reset since {:?}",
                case.reset, case.request, case.power, case.since
            );
        }
    }
    assert!(used.iter().all(|count| *count > 0), "a row covers nothing: {used:?}");
}

#[test]
fn a_last_reset_time_that_only_one_look_shows_proves_nothing() {
    let mut scene = Scene::new(Power::On);
    let without = scene.intent("reboot:a", Reset::ForceRestart);
    scene.seen.last_reset_time = Some("10:00".to_owned());
    let with = scene.intent("reboot:a", Reset::ForceRestart);
    assert_eq!(without.outcome(&scene.seen, scene.now, &scene.timings), Unknown);
    scene.seen.last_reset_time = None;
    assert_eq!(with.outcome(&scene.seen, scene.now, &scene.timings), Unknown);
}

#[test]
fn a_clock_that_went_backwards_makes_nothing_overdue() {
    let scene = Scene::new(Power::Off);
    let intent = scene.intent("install:a:1", Reset::On);
    let earlier = scene.now - Duration::from_hours(100);
    assert_eq!(intent.outcome(&scene.seen, earlier, &scene.timings), Wait);
}

#[test]
fn an_intent_keeps_what_was_true_before() {
    let mut scene = Scene::new(Power::Off);
    scene.seen.last_reset_time = Some("2026-11-21T10:00:00Z".to_owned());
    let intent = scene.intent("install:a:1", Reset::On);
    let before =
        Precondition { power: "Off".to_owned(), last_reset_time: Some("2026-11-21T10:00:00Z".to_owned()) };
    assert_eq!(intent.precondition, before);
    assert!(intent.is_for_install());
    assert!(!scene.intent("reboot:install:", Reset::On).is_for_install());
}

#[test]
fn the_page_shows_the_rows() {
    let mut table = vec![
        "| Sent | Machine now | Reset since | What became of it |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ];
    table.extend(
        ROWS.iter()
            .map(|row| format!("| {} | {} | {} | {} |", row.sent, row.machine, row.since, row.outcome)),
    );
    page::assert_section("launch.md", "outcomes", &table.join("\n"));
}

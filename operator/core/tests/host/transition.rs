//! The steps of an attempt: the table, that nothing else moves it, and how reports of the boot service are taken.

use std::time::Duration;

use slipway_core::{
    boot::Step,
    host::{Completion, InstallStep, NextStep, Power, TRANSITIONS, Trigger},
};

use crate::{page, scene::Scene};
use InstallStep::{Booting, Failed, Installed, Installing, PoweringOff, ScriptServed};

const COMPLETIONS: [Completion; 3] = [Completion::Callback, Completion::PowerOff, Completion::ScriptServed];

const TRIGGERS: [Trigger; 7] = [
    Trigger::Started,
    Trigger::ScriptServed,
    Trigger::InstallerSpoke,
    Trigger::ReportedDone,
    Trigger::ReportedFailure,
    Trigger::TimeRanOut,
    Trigger::SeenOff,
];

/// The transitions once more, by another hand: what each trigger does under each completion.
fn expected(step: InstallStep, trigger: Trigger, completion: Completion) -> Option<InstallStep> {
    let ended = matches!(step, Failed | Installed);
    match trigger {
        Trigger::Started => (step == PoweringOff).then_some(Booting),
        Trigger::TimeRanOut | Trigger::ReportedFailure => (!ended).then_some(Failed),
        Trigger::ReportedDone => (!ended).then_some(Installed),
        Trigger::InstallerSpoke => (!ended && step != Installing).then_some(Installing),
        Trigger::ScriptServed => {
            let next = if completion == Completion::ScriptServed { Installed } else { ScriptServed };
            matches!(step, PoweringOff | Booting).then_some(next)
        }
        Trigger::SeenOff => {
            let done = completion == Completion::PowerOff && matches!(step, ScriptServed | Installing);
            done.then_some(Installed)
        }
    }
}

#[test]
fn every_trigger_does_what_the_table_says_and_nothing_else() {
    for (step, _) in InstallStep::ALL {
        for trigger in TRIGGERS {
            for completion in COMPLETIONS {
                assert_eq!(
                    step.after(trigger, completion),
                    expected(step, trigger, completion),
                    "{step:?} {trigger:?} {completion:?}"
                );
            }
        }
    }
}

#[test]
fn no_transition_is_listed_twice_and_none_leaves_an_end() {
    for (index, (from, on, _)) in TRANSITIONS.iter().enumerate() {
        let again = TRANSITIONS[index + 1..].iter().any(|(other, trigger, _)| (other, trigger) == (from, on));
        assert!(!again, "{from:?} {on:?}");
        assert!(!matches!(from, Failed | Installed), "{from:?} {on:?}");
    }
}

#[test]
fn steps_are_read_back_by_their_words() {
    for (step, word) in InstallStep::ALL {
        assert_eq!(step.as_str(), word);
        assert_eq!(InstallStep::from_status(word), Some(step));
        assert_eq!(format!("{step:?}"), word);
    }
    assert_eq!(InstallStep::from_status("Flying"), None);
}

fn said(text: &str) -> Step {
    Step::Progress(text.to_owned())
}

#[test]
fn reports_carry_an_attempt_from_its_boot_to_its_end() {
    let scene = Scene::new(Power::On);
    let mut record = scene.attempt("1", Booting, 1);
    let later = |seconds| scene.now + Duration::from_secs(seconds);
    assert!(record.take(&Step::ScriptServed, later(1), Completion::Callback));
    assert_eq!((record.step, record.booted_at), (ScriptServed, Some(later(1))));
    assert!(!record.take(&Step::ScriptServed, later(2), Completion::Callback), "asking again is no news");
    assert!(record.take(&Step::AnswerServed, later(3), Completion::Callback));
    assert_eq!((record.step, record.booted_at), (Installing, Some(later(1))));
    assert!(record.take(&said("half"), later(4), Completion::Callback));
    assert_eq!((record.step, record.message.as_deref()), (Installing, Some("half")));
    assert!(record.take(&Step::Done, later(5), Completion::Callback));
    assert_eq!((record.step, record.installed_at, record.message.clone()), (Installed, Some(later(5)), None));
    assert!(!record.take(&Step::Done, later(6), Completion::Callback), "done stays done");
    assert!(!record.take(&Step::Failed("late".to_owned()), later(7), Completion::Callback));
    assert!(!record.take(&said("late"), later(8), Completion::Callback));
    assert!(record.is_installed() && !record.is_under_way() && !record.is_booting());
}

#[test]
fn a_script_that_is_handed_out_completes_where_nothing_else_can() {
    let scene = Scene::new(Power::On);
    let mut record = scene.attempt("1", Booting, 1);
    assert!(record.take(&Step::ScriptServed, scene.now, Completion::ScriptServed));
    assert_eq!((record.step, record.installed_at), (Installed, Some(scene.now)));
    assert_eq!(record.booted_at, Some(scene.now));
}

#[test]
fn a_reported_failure_ends_the_attempt_with_the_installers_words() {
    let scene = Scene::new(Power::On);
    let mut record = scene.attempt("1", Installing, 1);
    assert!(record.take(&Step::Failed("no disk".to_owned()), scene.now, Completion::Callback));
    assert_eq!((record.step, record.message.as_deref()), (Failed, Some("no disk")));
    assert!(
        !record.take(&Step::Done, scene.now, Completion::Callback),
        "a failed attempt does not come back"
    );
}

#[test]
fn a_report_proves_that_the_machine_was_started_whatever_an_older_copy_says() {
    let scene = Scene::new(Power::On);
    let after = |step: &Step| {
        let mut record = scene.attempt("1", PoweringOff, 1);
        assert!(record.is_under_way() && !record.is_booting());
        record.take(step, scene.now, Completion::Callback);
        (record.step, record.booted_at.is_some())
    };
    assert_eq!(after(&Step::ScriptServed), (ScriptServed, true));
    assert_eq!(after(&Step::AnswerServed), (Installing, true));
    assert_eq!(after(&Step::Done), (Installed, true));
    assert_eq!(after(&Step::Failed("no disk".to_owned())), (Failed, false));
}

/// The word of the page for a completion.
fn proof(completion: Completion) -> String {
    format!("completion `{completion:?}`")
}

fn consequence(next: NextStep) -> String {
    match next {
        NextStep::To(step) => format!("`{step:?}`"),
        NextStep::DoneIf(completion) => format!("`Installed` with {}, else no change", proof(completion)),
        NextStep::DoneIfElse(completion, step) => {
            format!("`Installed` with {}, else `{step:?}`", proof(completion))
        }
    }
}

fn cause(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Started => "the host is off and is started from the network",
        Trigger::ScriptServed => "the host fetched its script",
        Trigger::InstallerSpoke => "the installer fetched an answer file or said something",
        Trigger::ReportedDone => "the installer reported completion",
        Trigger::ReportedFailure => "the installer reported failure",
        Trigger::TimeRanOut => "the time ran out",
        Trigger::SeenOff => "the host was seen to be off",
    }
}

#[test]
fn the_page_shows_the_table() {
    let mut table = vec!["| Step | When | Next step |".to_owned(), "| --- | --- | --- |".to_owned()];
    table.extend(
        TRANSITIONS
            .iter()
            .map(|(from, on, next)| format!("| `{from:?}` | {} | {} |", cause(*on), consequence(*next))),
    );
    page::assert_section("launch.md", "steps", &table.join("\n"));
}

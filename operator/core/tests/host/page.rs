//! Pages under `docs/` whose tables are made from the code. `SLIPWAY_UPDATE=1` rewrites what is out of step.

use std::{fmt::Write as _, fs, path::PathBuf};

use slipway_core::{
    host::Timings,
    reason::{Class, Reason},
};

fn path(page: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page)
}

fn is_updating() -> bool {
    std::env::var_os("SLIPWAY_UPDATE").is_some_and(|value| value == "1")
}

/// Several tests mend sections of one page: one after the other.
static UPDATE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Asserts that a page holds `text` between the marks of `section`.
#[track_caller]
pub(crate) fn assert_section(page: &str, section: &str, text: &str) {
    let (begin, end) = (format!("<!-- begin {section} -->\n"), format!("\n<!-- end {section} -->"));
    let _turn = UPDATE.lock().unwrap();
    let whole = fs::read_to_string(path(page)).unwrap();
    let (head, rest) = whole.split_once(&begin).unwrap();
    let (body, tail) = rest.split_once(&end).unwrap();
    if is_updating() {
        fs::write(path(page), format!("{head}{begin}{text}{end}{tail}")).unwrap();
    } else {
        assert_eq!(body, text, "docs/{page} is out of step; run the tests with SLIPWAY_UPDATE=1");
    }
}

/// What happens next under each class, in words.
fn class(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Fine => ("Fine", "no trouble"),
        Class::Waiting => ("Waiting", "something is under way and ends by itself"),
        Class::Transient => ("Transient", "the outside failed; tried again with growing pauses"),
        Class::Person => ("Person", "a person has to change something; `Stalled` until then"),
    }
}

fn reasons() -> String {
    let mut text = "<!-- Made from operator/core/src/reason.rs by its tests; SLIPWAY_UPDATE=1 rewrites it. -->\n\
                    # Reasons\n\n\
                    Every condition, event and metric names its reason by a word of this list. The class says what happens next:\n\n"
        .to_owned();
    for kind in [Class::Fine, Class::Waiting, Class::Transient, Class::Person] {
        let (name, next) = class(kind);
        let words: Vec<_> = Reason::ALL
            .iter()
            .filter(|reason| reason.class() == kind)
            .map(|reason| format!("[{reason}](#{})", reason.as_str().to_ascii_lowercase()))
            .collect();
        writeln!(text, "- **{name}**: {next}. {}", words.join(", ")).unwrap();
    }
    for reason in Reason::ALL {
        let (name, _) = class(reason.class());
        let (meaning, mend) = (reason.meaning(), reason.mend());
        writeln!(text, "\n## {reason}\n\nClass: {name}\n\n{meaning}\n\n**What to do:** {mend}").unwrap();
    }
    text
}

#[test]
fn the_page_of_reasons_is_in_step() {
    if is_updating() {
        fs::write(path("reasons.md"), reasons()).unwrap();
    }
    let page = fs::read_to_string(path("reasons.md")).unwrap_or_default();
    assert_eq!(page, reasons(), "docs/reasons.md is out of step; run the tests with SLIPWAY_UPDATE=1");
}

#[test]
fn every_reason_says_what_it_means_and_what_to_do() {
    let mut words = std::collections::BTreeSet::new();
    for reason in Reason::ALL {
        assert!(words.insert(reason.as_str().to_ascii_lowercase()), "{reason} is in the list twice");
        assert!(reason.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()), "{reason}");
        for sentence in [reason.meaning(), reason.mend()] {
            assert!(sentence.ends_with('.') && sentence.len() >= 5, "{reason}: {sentence:?}");
        }
        assert_eq!(reason.to_string(), format!("{reason:?}"));
    }
}

#[test]
fn the_page_shows_the_times() {
    let times = Timings::default();
    let text = |time: std::time::Duration| match time.as_secs() {
        seconds if seconds > 60 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    let rows = [
        ("between two looks at a host at rest", times.poll, "`--poll-interval`"),
        ("between two looks at a host that is changing", times.transition, ""),
        ("for a reset to show before it counts as not done", times.settle, "`--reset-timeout`"),
        (
            "for an operating system to shut down before the power is cut",
            times.graceful,
            "`--shutdown-timeout`",
        ),
        ("from the start of an attempt to the request for the script", times.boot, "`--boot-timeout`"),
        (
            "before the second attempt, doubled for each further one up to 30 min, a fifth more or less",
            times.retry,
            "`--retry-pause`",
        ),
    ];
    let mut table = vec!["| Time | Default | Flag |".to_owned(), "| --- | --- | --- |".to_owned()];
    table.extend(rows.map(|(what, time, flag)| format!("| {what} | {} | {flag} |", text(time))));
    assert_section("launch.md", "times", &table.join("\n"));
}

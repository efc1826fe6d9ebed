//! `docs/subscriptions.md`, whose table of statuses is made from the plans. `SLIPWAY_UPDATE=1` rewrites what is out of step.

use std::{fs, path::Path};

use slipway_core::subscription::{Effect, Plan};

use crate::scene::{Scene, WORDS};

const MARKS: (&str, &str) = ("<!-- table: statuses -->\n", "\n<!-- end -->");

/// A cell of the table: the word of the reason, and what is done.
fn cell(plan: &Plan) -> String {
    let done = match plan.effect {
        Some(Effect::Reserve(_)) => "a new record is reserved",
        Some(Effect::Amend { .. }) => "the record is changed",
        Some(Effect::Activate { .. }) => "the record is set to `Active`",
        None => "nothing",
    };
    format!(
        "[`{0}`](reasons.md#{1}): {done}",
        plan.overall.reason,
        plan.overall.reason.as_str().to_ascii_lowercase()
    )
}

/// A record that is as asked but for its status.
fn row(word: &str) -> String {
    let label = match word {
        "Deprovisioned" => "`Deprovisioned`, or not there any more".to_owned(),
        "Suspended" => "any other".to_owned(),
        known => format!("`{known}`"),
    };
    let cells = [false, true].map(|is_installed| cell(&Scene::at_rest(word, is_installed).plan()));
    format!("| {label} | {} |", cells.join(" | "))
}

#[test]
fn the_page_shows_what_is_done() {
    let mut table = vec![
        "| Status at the registrar | Cluster not installed | Cluster installed |".to_owned(),
        "| --- | --- | --- |".to_owned(),
    ];
    table.extend(WORDS.map(row));
    let table = table.join("\n");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/subscriptions.md");
    let whole = fs::read_to_string(&page).unwrap();
    let (head, rest) = whole.split_once(MARKS.0).unwrap();
    let (body, tail) = rest.split_once(MARKS.1).unwrap();
    if std::env::var_os("SLIPWAY_UPDATE").is_some_and(|value| value == "1") {
        fs::write(page, [head, MARKS.0, &table, MARKS.1, tail].concat()).unwrap();
    } else {
        assert_eq!(body, table, "docs/subscriptions.md is out of step; run the tests with SLIPWAY_UPDATE=1");
    }
}

//! `docs/infrastructure.md`, whose tables are made from the code. `SLIPWAY_UPDATE=1` rewrites what is out of step.

use std::{fs, path::Path};

/// Asserts that the page holds `text` between the marks of `section`.
#[track_caller]
pub(crate) fn assert_section(section: &str, text: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/infrastructure.md");
    let marks = (format!("<!-- begin {section} -->\n"), format!("\n<!-- end {section} -->"));
    let whole = fs::read_to_string(&page).unwrap();
    let from = whole.find(&marks.0).unwrap() + marks.0.len();
    let to = from + whole[from..].find(&marks.1).unwrap();
    if std::env::var_os("SLIPWAY_UPDATE").is_some_and(|value| value == "1") {
        fs::write(page, format!("{}{text}{}", &whole[..from], &whole[to..])).unwrap();
    } else {
        assert_eq!(
            &whole[from..to],
            text,
            "docs/infrastructure.md is out of step; run the tests with SLIPWAY_UPDATE=1"
        );
    }
}

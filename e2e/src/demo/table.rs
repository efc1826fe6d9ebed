//! A table that is drawn over itself on a terminal, and printed when it changes elsewhere.

use std::io::{IsTerminal as _, Write as _};

/// The table as it was last shown.
#[derive(Debug, Default)]
pub(super) struct Table {
    shown: String,
}

impl Table {
    /// Shows `text` in the place of what was shown before.
    pub(super) fn show(&mut self, text: &str) -> anyhow::Result<()> {
        if text == self.shown {
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        if out.is_terminal() && !self.shown.is_empty() {
            // Up over the old table, clearing to the end of the screen (ECMA-48 CUU and ED).
            write!(out, "\x1b[{}A\x1b[J", self.shown.lines().count())?;
        }
        if out.is_terminal() || states(text) != states(&self.shown) {
            writeln!(out, "{}", text.trim_end())?;
            out.flush()?;
        }
        text.clone_into(&mut self.shown);
        Ok(())
    }
}

/// The table without its last column, the age, which changes every second.
fn states(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .map(|line| {
            let mut cells: Vec<_> = line.split_whitespace().collect();
            cells.pop();
            cells
        })
        .collect()
}

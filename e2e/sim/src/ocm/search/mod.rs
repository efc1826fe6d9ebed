//! The search language of lists (`facts/ocm.md §2.3`).

mod check;
mod evaluate;
mod lexer;
mod parser;
mod print;
mod tree;

#[cfg(test)]
mod tests;

pub(super) use evaluate::compare;
pub(super) use tree::{Kind, Table, Tree};

use super::refusal::Refusal;
use serde_json::Value;

/// A search that was understood and fits the things it searches.
#[derive(Debug)]
pub(super) struct Search(Option<Tree>);

impl Search {
    /// The empty search finds everything. Errors: 400 code 23 for one that cannot be read, 21 for one that does not fit
    /// the table.
    pub(super) fn read(text: &str, table: &Table) -> Result<Self, Refusal> {
        if text.trim().is_empty() {
            return Ok(Self(None));
        }
        let tree = parser::parse(text).map_err(Refusal::search)?;
        check::check(&tree, table).map_err(Refusal::bad_request)?;
        Ok(Self(Some(tree)))
    }

    /// Whether it asks for anything of this relation.
    pub(super) fn uses(&self, relation: &str) -> bool {
        self.0.as_ref().is_some_and(|tree| {
            let mut used = false;
            tree.fields(&mut |field| {
                used |= field.split('.').next() == Some(relation) && field.contains('.');
            });
            used
        })
    }

    /// Whether one of the rows that a thing makes fits: one a label, as a database joins them.
    pub(super) fn finds(&self, rows: &[Value]) -> bool {
        self.0.as_ref().is_none_or(|tree| rows.iter().any(|row| evaluate::fits(tree, row)))
    }
}

//! A label (`facts/ocm.md §2.8`).

use serde::{Deserialize, Serialize};

use super::loose;

/// A label that was read.
#[derive(Debug, Deserialize)]
pub(crate) struct Label {
    pub(crate) key: String,
    #[serde(default, deserialize_with = "loose::word")]
    pub(crate) value: Option<String>,
}

/// A label that is written.
#[derive(Serialize)]
pub(crate) struct NewLabel<'a> {
    pub(crate) kind: &'static str,
    pub(crate) key: &'a str,
    pub(crate) value: &'a str,
}

//! One page of a list (`facts/ocm.md §2.2`).

use serde::Deserialize;

use super::loose;

/// One page.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    /// `None` where a service writes an empty list as nothing.
    items: Option<Vec<T>>,
    #[serde(default, deserialize_with = "loose::number")]
    total: Option<f64>,
}

impl<T> Page<T> {
    /// The items, and how many there are on all pages, when it says so; `None` when it is no page.
    pub(crate) fn parts(self) -> Option<(Vec<T>, Option<usize>)> {
        let total = self.total.and_then(loose::whole).and_then(|total| usize::try_from(total).ok());
        match self.items {
            Some(items) => Some((items, total)),
            None => (total == Some(0)).then(|| (vec![], total)),
        }
    }
}

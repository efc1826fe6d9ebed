//! Lists of either kind: the parts of a summary that are needed to choose.

use serde::Deserialize;

use super::Headers;

/// One page.
#[derive(Deserialize)]
pub(crate) struct Page {
    items: Vec<Row>,
    /// What to ask for next.
    #[serde(skip)]
    pub(crate) next: Option<String>,
}

/// One record of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) id: String,
    display_name: Option<String>,
    lifecycle_state: Option<String>,
}

impl Page {
    /// Reads a page; the way to the next is in a header, and may be there behind an empty page.
    pub(crate) fn read(body: &[u8], headers: &Headers<'_>) -> Option<Self> {
        let page: Self = serde_json::from_slice(body).ok()?;
        Some(Self { next: headers.text("opc-next-page").map(str::to_owned), ..page })
    }

    /// Ids of the records of exactly this name that are not deleted.
    pub(crate) fn ids(self, name: &str) -> impl Iterator<Item = String> {
        let alike = move |row: &Row| {
            row.display_name.as_deref() == Some(name)
                && row.lifecycle_state.as_deref() != Some(super::DELETED)
        };
        self.items.into_iter().filter(alike).map(|row| row.id)
    }
}

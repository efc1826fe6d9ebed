//! The account of the credentials (`facts/ocm.md §2.7`).

use serde::Deserialize;
use slipway_core::subscription::Principal;

use super::loose;

#[derive(Debug, Deserialize)]
pub(crate) struct CurrentAccount {
    #[serde(default, deserialize_with = "loose::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    username: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    organization_id: Option<String>,
    #[serde(default, deserialize_with = "loose::part")]
    organization: Option<Reference>,
}

/// Something that is named by its id.
#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) id: Option<String>,
}

impl CurrentAccount {
    /// Who it is; `None` without a name.
    pub(crate) fn principal(self) -> Option<Principal> {
        let organization_id = self.organization_id.or_else(|| self.organization?.id);
        Some(Principal { username: self.username?, account_id: self.id.unwrap_or_default(), organization_id })
    }
}

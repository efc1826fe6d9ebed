//! What the world cannot tell again: kept in the annotation `slipway.dev/memory`, which backups and moves carry.

use serde::{Deserialize, Serialize};

/// JSON of a few hundred bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Our key at the registrar, when the spec has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// Address of the registrar that what follows speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrar: Option<String>,
    /// Id of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<String>,
    /// Organization that it belonged to when it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// Whether the record was once as asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub synced: bool,
    /// Whether the record was seen active.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub activated: bool,
}

impl Memory {
    /// The same, without what was said of a record at another registrar.
    #[must_use]
    pub fn at(self, registrar: &str) -> Self {
        if self.registrar.as_deref().is_none_or(|known| known == registrar) {
            return Self { registrar: Some(registrar.to_owned()), ..self };
        }
        Self { cluster_id: self.cluster_id, registrar: Some(registrar.to_owned()), ..Self::default() }
    }
}

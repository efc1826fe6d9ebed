//! The boot override that firmware reads at its next boot (facts/metal-peers.md §4.5).

use serde::{Deserialize, Serialize};

/// How long an override holds (DSP0268, `BootSourceOverrideEnabled`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Enabled {
    /// Not in force.
    Disabled,
    /// For one boot.
    Once,
    /// Until changed.
    Continuous,
}

impl Enabled {
    pub(crate) fn named(name: &str) -> Option<Self> {
        [("Disabled", Self::Disabled), ("Once", Self::Once), ("Continuous", Self::Continuous)]
            .into_iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }
}

/// The boot override as written through Redfish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BootOverride {
    /// How long it holds.
    pub enabled: Enabled,
    /// `BootSourceOverrideTarget`.
    pub target: String,
    /// `BootSourceOverrideMode`; `None` until written.
    pub mode: Option<String>,
    /// `HttpBootUri`.
    pub http_boot_uri: Option<String>,
}

impl Default for BootOverride {
    fn default() -> Self {
        Self { enabled: Enabled::Disabled, target: "None".to_owned(), mode: None, http_boot_uri: None }
    }
}

impl BootOverride {
    /// What firmware takes from it at a boot: the target and the URI. `Once` is used up by that.
    pub(super) fn take(&mut self, persistent: bool) -> Option<(String, Option<String>)> {
        if self.enabled == Enabled::Disabled || self.target == "None" {
            return None;
        }
        let taken = (self.target.clone(), self.http_boot_uri.clone());
        if self.enabled == Enabled::Once && !persistent {
            self.enabled = Enabled::Disabled;
            "None".clone_into(&mut self.target);
        }
        Some(taken)
    }
}

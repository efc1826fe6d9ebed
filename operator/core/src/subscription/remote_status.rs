//! The status of a record in its registrar's words.

use std::fmt;

/// Status of a record (`facts/ocm.md §2.6`). Words that are not known are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RemoteStatus {
    /// Made; its cluster is not installed. Stays so until somebody changes it.
    Reserved,
    /// Its cluster is installed.
    Active,
    /// No telemetry was seen for a while. The registrar's own doing.
    Stale,
    /// Put away, by a person or after a long silence.
    Archived,
    /// Its cluster sends no telemetry on purpose.
    Disconnected,
    /// Deleted. Final.
    Deprovisioned,
    /// A word that this version does not know.
    Other(String),
}

impl RemoteStatus {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Reserved => "Reserved",
            Self::Active => "Active",
            Self::Stale => "Stale",
            Self::Archived => "Archived",
            Self::Disconnected => "Disconnected",
            Self::Deprovisioned => "Deprovisioned",
            Self::Other(word) => word,
        }
    }

    /// Whether the record is there: a deleted one may still be shown for a while.
    #[must_use]
    pub fn is_live(&self) -> bool {
        *self != Self::Deprovisioned
    }
}

impl From<&str> for RemoteStatus {
    fn from(word: &str) -> Self {
        match word {
            "Reserved" => Self::Reserved,
            "Active" => Self::Active,
            "Stale" => Self::Stale,
            "Archived" => Self::Archived,
            "Disconnected" => Self::Disconnected,
            "Deprovisioned" => Self::Deprovisioned,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for RemoteStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

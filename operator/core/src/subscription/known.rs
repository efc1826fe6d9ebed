//! What an object remembers of its cluster's record.

use super::{Drift, Fields};
use crate::clock::Timestamp;

/// What status and memory say of a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Id of the record.
    pub subscription_id: Option<String>,
    /// Organization that it belonged to when it was first seen.
    pub organization_id: Option<String>,
    /// Since when a reservation is under way whose answer is not known.
    pub reserving_since: Option<Timestamp>,
    /// Its fields at the last look.
    pub fields: Option<Fields>,
    /// Whether it was once as asked.
    pub was_synced: bool,
    /// Whether it was seen active.
    pub was_active: bool,
    /// What is to be remembered of differences.
    pub drift: Vec<Drift>,
}

//! What is done to a record when its object goes away.

use super::{Record, Release, RemoteStatus};

/// What the policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// A reserved record is deleted, any other left.
    DeleteReserved,
    /// The record is deleted.
    Delete,
    /// The record is archived; a reserved one, which cannot be, is deleted.
    Archive,
    /// Nothing.
    Retain,
}

impl DeletionPolicy {
    /// Whether it would delete a record that is reserved.
    #[must_use]
    pub fn deletes_reserved(self) -> bool {
        self != Self::Retain
    }
}

/// What is still to be done to a record that was read just now; `None`: nothing.
#[must_use]
pub fn release(policy: DeletionPolicy, record: &Record) -> Option<Release> {
    match (policy, &record.status) {
        (DeletionPolicy::Retain, _) | (_, RemoteStatus::Deprovisioned) => None,
        (_, RemoteStatus::Reserved) | (DeletionPolicy::Delete, _) => Some(Release::Delete),
        (DeletionPolicy::DeleteReserved, _)
        | (DeletionPolicy::Archive, RemoteStatus::Archived | RemoteStatus::Other(_)) => None,
        (DeletionPolicy::Archive, _) => Some(Release::Archive),
    }
}

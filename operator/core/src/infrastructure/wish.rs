//! What is asked of a rack.

use std::time::Duration;

use super::{Fingerprint, UpgradeEvent};
use crate::recurrence::Window;

/// What is asked of a rack.
#[derive(Debug, Clone)]
pub struct InfrastructureWish {
    /// The connection; `None`: looked at only.
    pub connection: Option<ConnectionWish>,
    /// The upgrade schedule; `None`: not managed.
    pub schedule: Option<ScheduleWish>,
    /// Name, description and subnet of a record that we made; `None`: not ours to change.
    pub details: Option<Details>,
    /// Whether every effect is held back.
    pub suspended: bool,
}

/// Name, description and subnet of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Name.
    pub display_name: String,
    /// Description; `None`: not managed.
    pub description: Option<String>,
    /// OCID of the subnet.
    pub subnet_id: String,
}

/// What the connection should be.
#[derive(Debug, Clone)]
pub struct ConnectionWish {
    /// Whether it should be there.
    pub desired: Desired,
    /// Who lets it through.
    pub approval: Approval,
    /// Id of the wish to refresh now.
    pub refresh_id: Option<String>,
    /// When to refresh before the end; `None`: never unasked.
    pub refresh: Option<RefreshPolicy>,
    /// How long an outage may last; `None`: for ever.
    pub outage: Option<Duration>,
}

/// Whether a rack should be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desired {
    /// Connected.
    Connected,
    /// Cut off.
    Rejected,
}

/// Who lets a connection through whose fingerprints are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// We do.
    Automatic,
    /// A person does, by naming the fingerprint that was compared.
    Manual(Option<Fingerprint>),
}

/// When a connection is refreshed before its end.
#[derive(Debug, Clone)]
pub struct RefreshPolicy {
    /// How long before the end.
    pub before: Duration,
    /// When it may begin; `None`: at any time.
    pub window: Option<Window>,
}

/// Which upgrade schedule is to be attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleWish {
    /// One that exists.
    Existing(String),
    /// One that is kept as written here.
    Kept {
        /// Its name.
        display_name: String,
        /// Its times.
        events: Vec<UpgradeEvent>,
    },
}

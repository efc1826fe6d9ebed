//! What OCI says of a rack and of an upgrade schedule.

use std::{collections::BTreeMap, time::Duration};

use super::{ConnectionState, Fingerprint, Inventory, Network, Upgrade};
use crate::{clock::Timestamp, secret::Secret};

/// The version of a record at OCI; sent with `if-match`, so that a change is made to what was looked at and to nothing newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(pub String);

/// One rack's record (`CccInfrastructure`, `facts/oci.md §1.3`).
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// OCID.
    pub id: String,
    /// Name that Oracle gave it.
    pub short_name: Option<String>,
    /// Name that people gave it.
    pub display_name: String,
    /// Description.
    pub description: Option<String>,
    /// OCID of its compartment.
    pub compartment_id: String,
    /// OCID of the subnet through which it talks to OCI.
    pub subnet_id: Option<String>,
    /// State of its connection; `None` where OCI does not say.
    pub state: Option<ConnectionState>,
    /// What either side remarks on the connection.
    pub connection_details: Option<String>,
    /// State of the record: `ACTIVE`, `NEEDS_ATTENTION`, `DELETED`, `FAILED` or another word.
    pub lifecycle_state: String,
    /// What OCI remarks on it.
    pub lifecycle_details: Option<String>,
    /// The PIN, while OCI shows one. Empty ones are none.
    pub pin: Option<Secret>,
    /// The fingerprint, once OCI shows one.
    pub fingerprint: Option<Fingerprint>,
    /// OCID of the upgrade schedule attached. Empty ones are none.
    pub upgrade_schedule_id: Option<String>,
    /// When the record was made, by OCI's clock.
    pub time_created: Timestamp,
    /// When it was changed last, by OCI's clock. Every change of state is one.
    pub time_updated: Option<Timestamp>,
    /// Tags without a namespace.
    pub freeform_tags: BTreeMap<String, String>,
    /// What the rack consists of.
    pub inventory: Option<Inventory>,
    /// Its network.
    pub network: Option<Network>,
    /// Its software.
    pub upgrade: Option<Upgrade>,
    /// Version of the record.
    pub etag: Option<Etag>,
    /// OCI's clock when it answered (`Date`); ours where it does not say. All times of a connection are by this clock.
    pub seen_at: Timestamp,
}

impl Observation {
    /// When the record was last changed, or made.
    #[must_use]
    pub fn changed_at(&self) -> Timestamp {
        self.time_updated.unwrap_or(self.time_created).min(self.seen_at)
    }
}

/// One upgrade schedule (`CccUpgradeSchedule`, `facts/oci.md §1.6`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// OCID.
    pub id: String,
    /// Name.
    pub display_name: String,
    /// Its times.
    pub events: Vec<UpgradeEvent>,
    /// OCIDs of the racks it is attached to.
    pub infrastructure_ids: Vec<String>,
    /// Tags without a namespace.
    pub freeform_tags: BTreeMap<String, String>,
    /// Version of the record.
    pub etag: Option<Etag>,
}

/// One time, or recurring times, at which Oracle may upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpgradeEvent {
    /// What it is for.
    pub description: String,
    /// First moment at which it may begin.
    pub time_start: Timestamp,
    /// How long it lasts.
    pub duration: Duration,
    /// When it comes again (RFC 5545, as written).
    pub recurrence: Option<String>,
}

//! Where the real service's way is not established, or differs from day to day (`facts/ocm.md §8, §10`).

use std::collections::BTreeSet;
use std::time::Duration;

/// What a POST of a `cluster_id` answers that the same account has a live record of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RepeatedClusterId {
    /// The record that there is.
    #[default]
    Existing,
    /// 409.
    Conflict,
    /// Another record is made: the worst case.
    Second,
}

/// What GET answers after DELETE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterDelete {
    /// The record, Deprovisioned; lists have it too.
    #[default]
    Record,
    /// 404; lists do not have it.
    Gone,
}

/// Whether something doubtful is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leniency {
    /// 400.
    #[default]
    Refuse,
    /// It is done; a field that cannot be set is passed over.
    Accept,
}

/// How records are written (`facts/ocm.md §2, §4.2`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one habit, any of them with any other")]
pub struct OcmShape {
    /// Times without a value are `0001-01-01T00:00:00Z` (metrics: 1970); otherwise they are left out.
    pub zero_dates: bool,
    /// Fields that no document names.
    pub unknown_fields: bool,
    /// Integers have a fraction: `3.0`.
    pub floats: bool,
    /// Texts without a value are `null`; otherwise they are left out.
    pub nulls: bool,
    /// Fields of records that are left out whatever their value.
    pub missing: BTreeSet<String>,
}

impl Default for OcmShape {
    fn default() -> Self {
        Self {
            zero_dates: true,
            unknown_fields: false,
            floats: false,
            nulls: false,
            missing: BTreeSet::new(),
        }
    }
}

/// The switches of an account service. The defaults are the assumptions of `facts/ocm.md §10`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcmSwitches {
    /// A repeated `cluster_id` of the same account.
    pub repeated: RepeatedClusterId,
    /// HTTP status of a successful `cluster_authorizations`: 200 or 201.
    pub reserved_status: u16,
    /// HTTP status of a successful DELETE of a record: 200 or 204.
    pub deleted_status: u16,
    /// GET after DELETE.
    pub after_delete: AfterDelete,
    /// PATCH from Active back to Reserved.
    pub back_to_reserved: Leniency,
    /// Unknown and read-only fields in a PATCH.
    pub unknown_field: Leniency,
    /// An empty `external_cluster_id` in a PATCH.
    pub empty_external_id: Leniency,
    /// Fields whose PATCH is 403 for everybody (`facts/ocm.md §2.5`).
    pub forbidden_fields: BTreeSet<String>,
    /// A new or changed record is in lists only after this time of the service's clock; by its id it is read at once.
    pub search_lag: Duration,
    /// Metrics are shown also when nobody asks (`fetchMetrics=false` still leaves them out).
    pub metrics_unasked: bool,
    /// Silence after which Active becomes Stale.
    pub stale_after: Duration,
    /// Silence after which Stale becomes Archived.
    pub archive_after: Duration,
    /// How records are written.
    pub shape: OcmShape,
}

impl Default for OcmSwitches {
    fn default() -> Self {
        Self {
            repeated: RepeatedClusterId::default(),
            reserved_status: 200,
            deleted_status: 200,
            after_delete: AfterDelete::default(),
            back_to_reserved: Leniency::Refuse,
            unknown_field: Leniency::Refuse,
            empty_external_id: Leniency::Accept,
            forbidden_fields: BTreeSet::new(),
            search_lag: Duration::ZERO,
            metrics_unasked: true,
            stale_after: Duration::from_hours(24),
            archive_after: Duration::from_hours(30 * 24),
            shape: OcmShape::default(),
        }
    }
}

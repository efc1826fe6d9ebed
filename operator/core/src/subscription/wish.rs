//! What is asked of a cluster's record.

use std::collections::BTreeMap;

use super::Support;

/// What is asked of a cluster's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionWish {
    /// Our key at the registrar.
    pub cluster_id: String,
    /// Name that people see.
    pub display_name: String,
    /// Product, such as `OCP`.
    pub product_id: String,
    /// Category of the product, such as `AssistedInstall`.
    pub product_category: String,
    /// Support settings; `None`: not managed.
    pub support: Support,
    /// Labels by their names without [`super::LABEL_PREFIX`].
    pub labels: BTreeMap<String, String>,
    /// What to do when somebody else changed the record.
    pub drift: DriftPolicy,
    /// Whether the facts of the cluster come from the cluster and not from the spec: they change without a word.
    pub follows_cluster: bool,
    /// No effect is carried out.
    pub suspended: bool,
}

/// What to do when somebody else changed the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftPolicy {
    /// Put it right, a bounded number of times.
    Correct,
    /// Say so.
    Report,
}

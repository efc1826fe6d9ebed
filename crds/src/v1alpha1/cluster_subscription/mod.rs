//! `ClusterSubscription`: one cluster's record at a registrar.

mod cluster;
mod registrar;
mod spec;
mod status;

pub use cluster::{ClusterSource, DeclaredCluster};
pub use registrar::{OcmRegistrar, Product, Registrar, Support, WebhookRegistrar};
pub use spec::{
    CapabilityUse, ClusterSubscription, ClusterSubscriptionSpec, DriftPolicy, SubscriptionDeletionPolicy,
};
pub use status::{
    Capability, ClusterMetrics, ClusterSubscriptionStatus, Drift, RecordedSupport, SubscriptionPhase,
};

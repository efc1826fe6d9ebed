//! A cluster's record at a registrar: what is asked of it, what is true of it, and what should happen next.

mod account;
mod capability;
mod cluster;
mod drift;
mod field;
mod known;
mod label;
mod memory;
mod plan;
mod port;
mod record;
mod release;
mod remote_status;
mod wish;

pub use account::Account;
pub use capability::{CAPABILITY_LABEL_PREFIX, ORGANIZATION_CAPABILITY_PREFIX, capability_labels};
pub use cluster::{ClusterAccess, ClusterFacts, ClusterPort, ClusterSight};
pub use drift::{CORRECTIONS, Comparison, Differences, Drift, compare};
pub use field::{Field, Fields, change, wanted};
pub use known::Known;
pub use label::{INSTALLATION, LABEL_PREFIX};
pub use memory::Memory;
pub use plan::{Effect, Look, Plan, SETTLE, Situation, plan};
pub use port::{Capability, Change, Holder, Principal, RegistrarPort, Release, Reservation};
pub use record::{Metrics, Record, Support};
pub use release::{DeletionPolicy, release};
pub use remote_status::RemoteStatus;
pub use wish::{DriftPolicy, SubscriptionWish};

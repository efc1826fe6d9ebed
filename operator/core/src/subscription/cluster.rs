//! The facts of a cluster, and the way to the cluster itself.

use async_trait::async_trait;

use crate::{failure::Failure, finding::Finding, secret::Secret};

/// What a cluster says of itself, or a person of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Id under which it sends telemetry (`spec.clusterID` of its `ClusterVersion`). `None`: it has none yet.
    pub external_cluster_id: Option<String>,
    /// Address of its console. `None`: it has none yet.
    pub console_url: Option<String>,
    /// Whether it is installed.
    pub is_installed: bool,
}

/// What one look at a cluster brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterSight {
    /// These are its facts.
    Known(ClusterFacts),
    /// It could not be looked at, for this reason: nothing that is said of it changes.
    Unknown(Finding),
}

impl ClusterSight {
    /// The facts, when they are known.
    #[must_use]
    pub fn facts(&self) -> Option<&ClusterFacts> {
        match self {
            Self::Known(facts) => Some(facts),
            Self::Unknown(_) => None,
        }
    }
}

/// The way into a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterAccess {
    /// A kubeconfig. Whoever wrote it is not trusted: nothing in it is run, and no file read.
    pub kubeconfig: Secret,
    /// Name of the Secret that it is from, for messages.
    pub secret_name: String,
    /// Field of the spec that leads there, for messages.
    pub field: String,
}

/// Reads the facts of clusters from themselves.
#[async_trait]
pub trait ClusterPort: Send + Sync {
    /// Reads `ClusterVersion` and `Console`. Has a deadline of its own and is safe to drop.
    ///
    /// Errors: [`crate::reason::Reason::KubeconfigInvalid`], [`crate::reason::Reason::ClusterUnreachable`],
    /// [`crate::reason::Reason::ClusterRefused`], [`crate::reason::Reason::NotOpenShift`], and those of the way to any peer.
    async fn facts(&self, access: &ClusterAccess) -> Result<ClusterFacts, Failure>;
}

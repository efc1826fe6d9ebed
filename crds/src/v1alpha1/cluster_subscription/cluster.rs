//! Where the facts of a cluster come from.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::reference::LocalObjectReference;

/// Where the facts of the cluster come from: exactly one variant.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = crate::rule::exactly_one("cluster", &["declared", "kubeconfigRef", "clusterApiRef"]))]
pub struct ClusterSource {
    /// They are written here. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<DeclaredCluster>,
    /// They are read from the cluster itself: Secret of this namespace with the key `value` or `kubeconfig`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig_ref: Option<LocalObjectReference>,
    /// They are read from a Cluster API `Cluster` of this namespace. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_api_ref: Option<LocalObjectReference>,
}

/// Facts of a cluster as declared by a person or another program.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!self.installed || has(self.externalClusterId)")
    .message("declared.externalClusterId is needed once declared.installed is true: give the ClusterVersion's spec.clusterID"))]
pub struct DeclaredCluster {
    /// Id under which the cluster sends telemetry: `spec.clusterID` of its `ClusterVersion`, a UUID. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = crate::rule::uuid("externalClusterId"))]
    pub external_cluster_id: Option<String>,
    /// Address of the cluster's console (https). Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::secure_url("consoleUrl"))]
    pub console_url: Option<String>,
    /// Whether the cluster is installed. Default false. Mutable.
    #[serde(default)]
    pub installed: bool,
}

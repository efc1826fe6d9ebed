//! The account at Oracle Cloud, and how the rack is found or registered there.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::reference::LocalObjectReference;
use crate::tls::TlsTrust;

/// An account at Oracle Cloud Infrastructure.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OciAccount {
    /// Region identifier, for example `us-ashburn-1`. Immutable.
    #[schemars(length(max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')")
            .message("region must be a region identifier such as us-ashburn-1"),
        validation = crate::rule::fixed("region", "a rack does not move; delete this object (deletionPolicy: Retain) and make a new one"),
    )]
    pub region: String,
    /// Secret of this namespace with the user's own `config` and key file, or the single fields. Mutable.
    pub credentials_ref: LocalObjectReference,
    /// Address to use instead of the region's, for example a proxy's. Left out: the region's. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300))]
    #[x_kube(validation = crate::rule::secure_origin("endpoint"))]
    pub endpoint: Option<String>,
    /// How OCI's certificate is trusted; left out: by the system's authorities. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("has(self.caRef) || has(self.pin)")
        .message("oci.tls takes caRef or pin: against somebody who poses as OCI the comparison of fingerprints would prove nothing"))]
    pub tls: Option<TlsTrust>,
}

/// Finds a rack that is already registered, by its name.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InfrastructureLookup {
    /// OCID of the compartment to look in. Mutable.
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::ocid("compartmentId"))]
    pub compartment_id: String,
    /// Display name of the rack; exactly one rack may have it. Mutable.
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::one_line("displayName"))]
    pub display_name: String,
}

/// Registers a rack that is not registered yet.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InfrastructureCreation {
    /// OCID of the compartment to register it in. Immutable.
    #[schemars(length(max = 255))]
    #[x_kube(
        validation = crate::rule::ocid("compartmentId"),
        validation = crate::rule::fixed("create.compartmentId", "move the rack in OCI, or make a new object"),
    )]
    pub compartment_id: String,
    /// Display name of the rack. Mutable.
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::one_line("displayName"))]
    pub display_name: String,
    /// Description of the rack. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 400))]
    pub description: Option<String>,
    /// OCID of the subnet through which the rack talks to OCI. Mutable.
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::ocid("subnetId"))]
    pub subnet_id: String,
}

//! How a host is managed from outside.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::reference::LocalObjectReference;
use crate::tls::TlsTrust;

/// How the machine is managed from outside: exactly one variant.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = crate::rule::exactly_one("management", &["redfish"]))]
pub struct Management {
    /// A server behind a BMC that speaks Redfish. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redfish: Option<RedfishManagement>,
}

/// A BMC that speaks Redfish.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.tls) || self.address.startsWith('https://')")
    .message("tls is for https addresses: change address to https:// or remove tls"))]
pub struct RedfishManagement {
    /// Address of the BMC: scheme, host and port, nothing else, for example `https://192.0.2.7`. Mutable: it is where the
    /// BMC is, not what it is; after a change the identity is verified again.
    #[schemars(length(max = 300))]
    #[x_kube(validation = crate::rule::origin("address"))]
    pub address: String,
    /// `Id` of the system at this BMC. Needed only when the BMC serves several systems. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    #[x_kube(validation = Rule::new(r"self.matches(r'^[^\s/]+$')")
        .message("systemId is the Id of a system, such as 1 or System.Embedded.1: not empty, not a path"))]
    pub system_id: Option<String>,
    /// Secret of this namespace with the keys `username` and `password`. Mutable.
    pub credentials_ref: LocalObjectReference,
    /// How the BMC's certificate is trusted; left out: by the system's authorities. Only for https. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsTrust>,
}

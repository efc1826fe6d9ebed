//! Who keeps the record, and what it says.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::reference::LocalObjectReference;
use crate::tls::TlsTrust;

/// The service that keeps the record: exactly one variant.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = crate::rule::exactly_one("registrar", &["ocm"]))]
pub struct Registrar {
    /// OpenShift Cluster Manager's accounts service. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocm: Option<OcmRegistrar>,
}

/// OpenShift Cluster Manager.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OcmRegistrar {
    /// Address of the service (https), for example `https://api.openshift.com`. Mutable: it is where the record is, not
    /// which.
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::secure_url("url"))]
    pub url: String,
    /// Address that gives tokens (https). Left out: the one that belongs to the service. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::secure_url("tokenUrl"))]
    pub token_url: Option<String>,
    /// Secret of this namespace with `clientId` and `clientSecret`, or `offlineToken`. Mutable.
    pub credentials_ref: LocalObjectReference,
    /// Account to register for. Left out: the account of the credentials. Mutable; it counts when the record is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::one_line("accountUsername"))]
    pub account_username: Option<String>,
    /// How the service's certificate is trusted; left out: by the system's authorities. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsTrust>,
}

/// What the record is for.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Product, for example `OCP`. Default `OCP`. Immutable.
    #[serde(default = "default_product")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::one_line("product.id"))]
    pub id: String,
    /// Category of the product, for example `AssistedInstall`. Default `AssistedInstall`. Immutable.
    #[serde(default = "default_category")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::one_line("product.category"))]
    pub category: String,
}

impl Default for Product {
    fn default() -> Self {
        Self { id: default_product(), category: default_category() }
    }
}

fn default_product() -> String {
    "OCP".into()
}

fn default_category() -> String {
    "AssistedInstall".into()
}

/// The support settings of the record, in the registrar's words; what is left out is not managed.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Support {
    /// Support level, for example `Eval`, `Standard`, `Premium`, `Self-Support` or `None`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::one_line("support.level"))]
    pub level: Option<String>,
    /// Usage, for example `Production`, `Development/Test`, `Disaster Recovery` or `Academic`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::one_line("support.usage"))]
    pub usage: Option<String>,
    /// Service level, for example `L1-L3` or `L3-only`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::one_line("support.serviceLevel"))]
    pub service_level: Option<String>,
    /// Unit of the size, for example `Cores/vCPU` or `Sockets`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::one_line("support.systemUnits"))]
    pub system_units: Option<String>,
    /// Bundle the product is part of, for example `Openshift`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::one_line("support.productBundle"))]
    pub product_bundle: Option<String>,
    /// Declared number of cores of a cluster that sends no telemetry, at least 1. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cpu_total: Option<i32>,
    /// Declared number of sockets of a cluster that sends no telemetry, at least 1. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub socket_total: Option<i32>,
}

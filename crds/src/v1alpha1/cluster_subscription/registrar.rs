//! Who keeps the record, and what it says.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::reference::LocalObjectReference;
use crate::tls::TlsTrust;

/// The service that keeps the record: exactly one variant.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = crate::rule::exactly_one("registrar", &["ocm", "webhook"]))]
pub struct Registrar {
    /// OpenShift Cluster Manager's accounts service. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocm: Option<OcmRegistrar>,
    /// An inventory of your own that takes signed webhooks (`docs/webhook-registrar.md`). Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookRegistrar>,
}

/// An inventory that takes signed webhooks.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRegistrar {
    /// Address that takes the webhooks (https; http only where the operator allows it). Mutable.
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::url("url"))]
    pub url: String,
    /// Secret of this namespace with the key `secret`, known to both sides. Mutable.
    pub credentials_ref: LocalObjectReference,
    /// How the inventory's certificate is trusted; left out: by the system's authorities. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = no_first_use())]
    pub tls: Option<TlsTrust>,
    /// Proxy to go through, such as `http://proxy.example.com:3128`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::origin("proxyUrl"))]
    pub proxy_url: Option<String>,
}

/// A registrar is a service with a name: it is not whoever answers first.
fn no_first_use() -> kube::core::Rule {
    kube::core::Rule::new("!has(self.trustOnFirstUse) || !self.trustOnFirstUse")
        .message("tls of a registrar takes caRef, pin or insecureSkipVerify, not trustOnFirstUse")
}

/// OpenShift Cluster Manager.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OcmRegistrar {
    /// Address of the service (https; http only where the operator allows it), for example `https://api.openshift.com`. Mutable; at another
    /// service another record is made.
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::origin("url"))]
    pub url: String,
    /// Address that gives tokens (https; http only where the operator allows it). Left out: the one that belongs to the service. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::url("tokenUrl"))]
    pub token_url: Option<String>,
    /// Secret of this namespace with `clientId` and `clientSecret`, or `offlineToken`, or `refreshToken`, or `pullSecret` and
    /// `externalClusterId`. Mutable.
    pub credentials_ref: LocalObjectReference,
    /// Account to register for. Left out: the account of the credentials. Mutable; it counts when the record is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(validation = crate::rule::one_line("accountUsername"))]
    pub account_username: Option<String>,
    /// How the certificates of `url` and `tokenUrl` are trusted; left out: by the system's authorities. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = no_first_use())]
    pub tls: Option<TlsTrust>,
    /// Proxy to go through, such as `http://proxy.example.com:3128`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    #[x_kube(validation = crate::rule::origin("proxyUrl"))]
    pub proxy_url: Option<String>,
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

//! What is known of a profile.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;

/// What is known of a profile.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallProfileStatus {
    /// `metadata.generation` that this status speaks of; -1: no controller has seen the object yet.
    #[serde(default = "crate::never_observed")]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// Whether hosts can be installed with it. For people only: programs read the conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<ProfilePhase>,
    /// The images that the profile names, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub images: Vec<ImageStatus>,
    /// When the step that failed is tried again (RFC 3339); left out: nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_retry_at: Option<Time>,
    /// `Ready`, `Reconciling`, `Stalled`, `ImagesAvailable`, `TemplatesValid`, `NotYetSupported`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

impl Default for InstallProfileStatus {
    fn default() -> Self {
        Self {
            observed_generation: crate::NEVER_OBSERVED,
            phase: None,
            images: Vec::new(),
            next_retry_at: None,
            conditions: Vec::new(),
        }
    }
}

/// Whether hosts can be installed with a profile.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum ProfilePhase {
    /// Its images are being fetched.
    Fetching,
    /// Hosts can be installed with it.
    Available,
    /// A template or an image is wrong.
    Failed,
}

/// One image of a profile at the boot service.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageStatus {
    /// Where it is fetched from.
    #[schemars(length(max = 2048))]
    pub url: String,
    /// SHA-256 digest that it must have.
    #[schemars(length(max = 64))]
    pub sha256: String,
    /// Whether it can be served.
    pub state: ImageState,
    /// Its size in bytes, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub size_bytes: Option<i64>,
    /// What went wrong, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

/// Whether an image can be served.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImageState {
    /// Nobody has asked for it yet.
    Pending,
    /// It is being fetched.
    Fetching,
    /// It is on disk and matches its digest.
    Available,
    /// It cannot be fetched, or its digest differs.
    Failed,
}

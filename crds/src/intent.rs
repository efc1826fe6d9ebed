//! The record of an effect that must not happen twice (design §3).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An effect that was begun and is not yet known to be done. Written before the effect, removed after it was seen.
#[derive(JsonSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentStatus {
    /// Id of this record; a new one for each effect.
    #[schemars(length(max = 128))]
    pub id: String,
    /// What was begun, for example `Reset`.
    #[schemars(length(max = 64))]
    pub verb: String,
    /// What it was done to, for example the path of the system at its BMC.
    #[schemars(length(max = 512))]
    pub target: String,
    /// What was seen before, so that after a restart "not done" can be told from "done".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 512))]
    pub precondition: String,
    /// When it was begun (RFC 3339).
    pub started_at: Time,
}

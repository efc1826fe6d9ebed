//! The wish to have an operating system on a host.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::duration::DurationText;
use crate::reference::LocalObjectReference;

/// The wish to have a profile installed on the host, once for each id.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallRequest {
    /// Id of this wish, echoed in `status.install.id`. **A new id installs again and overwrites the disk.** Mutable.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = crate::rule::wish_id("install.id"))]
    pub id: String,
    /// The `InstallProfile` to install, of this namespace. Mutable; a change alone installs nothing, a new id does.
    pub profile_ref: LocalObjectReference,
    /// How the machine is made to boot the installer. Default `Auto`: the first that the BMC offers. Mutable.
    #[serde(default)]
    pub method: InstallMethod,
    /// What to do with a host that is running and whose history is unknown. Default `Stop`. Mutable.
    #[serde(default)]
    pub running_host: RunningHostPolicy,
    /// Values for the profile's templates, at most 64; a name is letters, digits and `_`. Not for secrets. Mutable; a
    /// change takes effect with the next id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "values_schema")]
    #[x_kube(validation = Rule::new("self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]{0,62}$'))")
        .message("install.values: each name must be 1 to 63 letters, digits or _ and not start with a digit"))]
    pub values: BTreeMap<String, String>,
    /// Secret of this namespace whose keys are values for answer files, never for scripts or kernel arguments. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_values_ref: Option<LocalObjectReference>,
    /// Longest time from the request of one attempt to its completion, for example `45m`: 1m to 24h. Default `45m`.
    /// Mutable.
    #[serde(default = "default_timeout")]
    #[x_kube(validation = crate::rule::duration("install.timeout", "1m", "24h"))]
    pub timeout: DurationText,
}

impl Default for InstallRequest {
    fn default() -> Self {
        Self {
            id: String::new(),
            profile_ref: LocalObjectReference::default(),
            method: InstallMethod::default(),
            running_host: RunningHostPolicy::default(),
            values: BTreeMap::new(),
            secret_values_ref: None,
            timeout: default_timeout(),
        }
    }
}

fn default_timeout() -> DurationText {
    "45m".into()
}

fn values_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 64,
        "additionalProperties": { "type": "string", "maxLength": 4096 },
    })
}

/// How a machine is made to boot the installer.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum InstallMethod {
    /// The first that firmware and BMC offer.
    #[default]
    Auto,
    /// UEFI HTTP boot.
    HttpBoot,
    /// Network boot by PXE.
    Pxe,
    /// An image that the BMC presents as a disk.
    VirtualMedia,
}

/// What to do with a host that is powered on and whose history is in neither status nor memory (design, API rule 2).
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RunningHostPolicy {
    /// Leave it alone and report `HistoryUnknown`.
    #[default]
    Stop,
    /// Install over it.
    Proceed,
}

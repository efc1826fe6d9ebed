//! What a profile says.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::boot::{BootSource, LocalBoot};
use super::status::InstallProfileStatus;
use crate::v1alpha1::bare_metal_host::Architecture;

/// How an operating system gets onto a host.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "slipway.dev",
    version = "v1alpha1",
    kind = "InstallProfile",
    plural = "installprofiles",
    singular = "installprofile",
    shortname = "iprof",
    category = "slipway",
    namespaced,
    status = "InstallProfileStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "InstallProfile is how an operating system gets onto a host: what to boot, answer files, proof of completion.",
    printcolumn(
        name = "State",
        type_ = "string",
        json_path = ".status.phase",
        description = "Whether hosts can be installed with it; for people only"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether templates are valid and images are there"
    ),
    printcolumn(
        name = "OS",
        type_ = "string",
        json_path = ".spec.os.name",
        description = "Operating system"
    ),
    printcolumn(
        name = "Version",
        type_ = "string",
        json_path = ".spec.os.version",
        description = "Version of the operating system"
    ),
    printcolumn(
        name = "Arch",
        type_ = "string",
        json_path = ".spec.architecture",
        description = "Processor architecture"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why the profile is ready or not"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since the object was made"
    ),
    printcolumn(
        name = "Completion",
        type_ = "string",
        json_path = ".spec.completion",
        priority = 1,
        description = "Proof of completion"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1,
        description = "What is going on, in words"
    )
)]
#[serde(rename_all = "camelCase")]
pub struct InstallProfileSpec {
    /// The operating system, for people and for metrics. Mutable.
    pub os: OperatingSystem,
    /// Architecture of the hosts it is for. Default `x86_64`. Mutable.
    #[serde(default)]
    pub architecture: Architecture,
    /// What to boot: exactly one variant. Mutable; installs that have begun keep what they began with.
    pub boot: BootSource,
    /// Files rendered for each host and handed out for a token made for its boot, at most 16, each name once. Mutable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub answer_files: Vec<AnswerFile>,
    /// How an installed host that boots from the network is sent to its own disk. Default `mode: Auto`. Mutable.
    #[serde(default)]
    pub local_boot: LocalBoot,
    /// What counts as proof that the install is complete. Default `Callback`. Mutable.
    #[serde(default)]
    pub completion: Completion,
    /// How often a failed attempt is repeated, 0 to 10. Default 2. Mutable.
    #[serde(default = "default_retries")]
    #[schemars(range(min = 0, max = 10))]
    pub retries: i32,
}

impl Default for InstallProfileSpec {
    fn default() -> Self {
        Self {
            os: OperatingSystem::default(),
            architecture: Architecture::default(),
            boot: BootSource::default(),
            answer_files: Vec::new(),
            local_boot: LocalBoot::default(),
            completion: Completion::default(),
            retries: default_retries(),
        }
    }
}

fn default_retries() -> i32 {
    2
}

/// An operating system and its version.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatingSystem {
    /// Name, lower case, for example `harvester`. Mutable.
    #[schemars(length(max = 63))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$')")
        .message("os.name must be lower-case letters, digits and any of . _ - such as harvester or oracle-linux"))]
    pub name: String,
    /// Version, for example `1.7.0`; quote it when it looks like a number. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub version: Option<String>,
}

/// A file that the installer reads, rendered for each host.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerFile {
    /// Name under which the installer asks for it, for example `config.yaml`. Key of the list.
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*$')")
        .message("answerFiles: name must be a file name of letters, digits and any of . _ - such as user-data: not a path"))]
    pub name: String,
    /// Media type it is served with. Default `text/plain`. Mutable.
    #[serde(default = "default_content_type")]
    #[schemars(length(max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9.+-]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?$')")
        .message("answerFiles: contentType must be a media type such as text/yaml or application/json"))]
    pub content_type: String,
    /// Its text, a template (Jinja syntax; an unknown name is an error). At most 256 KiB. Mutable.
    #[schemars(length(max = 262_144))]
    pub template: String,
}

fn default_content_type() -> String {
    "text/plain".into()
}

/// What counts as proof that an install is complete.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Completion {
    /// The installer calls the completion address with its token.
    #[default]
    Callback,
    /// The machine powers itself off.
    PowerOff,
    /// The machine fetched its script: for installers that can do neither.
    ScriptServed,
}

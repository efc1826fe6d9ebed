//! What a host boots: the installer, and its own disk afterwards.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to boot: exactly one variant.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = crate::rule::exactly_one("boot", &["kernel", "iso", "efi", "script"]))]
pub struct BootSource {
    /// A kernel with its initial ram disks. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<KernelBoot>,
    /// A bootable ISO 9660 image. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iso: Option<Download>,
    /// An EFI executable. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub efi: Option<Download>,
    /// A ready iPXE script, run as it is: no template. At most 64 KiB; starts with `#!ipxe`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65_536))]
    #[x_kube(validation = crate::rule::ipxe_script())]
    pub script: Option<String>,
}

/// A kernel with its initial ram disks and arguments.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KernelBoot {
    /// Where the kernel is fetched from (http or https). Mutable.
    #[schemars(length(max = 2048))]
    #[x_kube(validation = crate::rule::download_url())]
    pub url: String,
    /// SHA-256 digest of the kernel: 64 lower-case hexadecimal digits. Mutable.
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::sha256())]
    pub sha256: String,
    /// Initial ram disks in the order in which they are loaded, at most 8. Mutable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub initrds: Vec<Download>,
    /// Kernel arguments, at most 64, each a template such as `url={{ answer_url }}`. Never a place for secrets. Mutable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 1024)))]
    #[x_kube(validation = Rule::new(r"self.all(argument, argument.matches(r'^[^\x00-\x1f\x7f]+$'))")
        .message("arguments: each must be one line of text, not empty: put each kernel argument in an item of its own"))]
    pub arguments: Vec<String>,
}

/// A file and its digest.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Download {
    /// Where the file is fetched from (http or https). Mutable.
    #[schemars(length(max = 2048))]
    #[x_kube(validation = crate::rule::download_url())]
    pub url: String,
    /// SHA-256 digest of the file: 64 lower-case hexadecimal digits. Mutable.
    #[schemars(length(max = 64))]
    #[x_kube(validation = crate::rule::sha256())]
    pub sha256: String,
}

/// How an installed host that boots from the network is sent to its own disk: exactly one of the fields.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = crate::rule::exactly_one("localBoot", &["mode", "script"]))]
pub struct LocalBoot {
    /// A way that Slipway knows. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<LocalBootMode>,
    /// A ready iPXE script, run as it is. At most 64 KiB; starts with `#!ipxe`. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65_536))]
    #[x_kube(validation = crate::rule::ipxe_script())]
    pub script: Option<String>,
}

impl Default for LocalBoot {
    fn default() -> Self {
        Self { mode: Some(LocalBootMode::Auto), script: None }
    }
}

/// A way to send a host to its own disk.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum LocalBootMode {
    /// What suits the firmware.
    #[default]
    Auto,
    /// Leave iPXE with an error, so that the firmware goes on to its next boot entry.
    Exit,
    /// Boot the first disk from iPXE.
    SanBoot,
}

//! What the boot service knows of one host.

use std::{collections::BTreeMap, sync::Arc};

use url::Url;

use crate::{clock::Timestamp, host::HostKey, mac_address::MacAddress, secret::Secret};

/// One try at one installation of one host. Boot tokens are made from it, and reports name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId {
    /// The host.
    pub host: HostKey,
    /// `spec.install.id`.
    pub install_id: String,
    /// Counted from 1.
    pub attempt: i32,
}

/// One host as the boot service knows it.
#[derive(Debug, Clone)]
pub struct BootEntry {
    /// The host.
    pub host: HostKey,
    /// Addresses it boots from; the first match decides.
    pub macs: Vec<MacAddress>,
    /// SMBIOS UUID, lower case, where known: a script request by another machine that shows a known MAC is refused.
    pub uuid: Option<String>,
    /// What it is told.
    pub answer: BootAnswer,
    /// The attempt that installed it: an installer whose last answer was lost may report completion again, also to an operator that has
    /// restarted since.
    pub finished: Option<AttemptId>,
}

/// What a known machine is told when it asks for its script.
#[derive(Debug, Clone)]
pub enum BootAnswer {
    /// Install, as often as it asks, until the attempt is completed or expires.
    Install(Arc<Ticket>),
    /// Boot from its own disk.
    Local(LocalBoot),
}

/// How iPXE hands over to the disk (`facts/boot.md` A6, "Local boot after install").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LocalBoot {
    /// What fits most firmware: `exit 1`, so that the next boot entry is tried.
    #[default]
    Auto,
    /// `exit 1`.
    Exit,
    /// `sanboot` of the first local drive, then `exit 1`.
    SanBoot,
    /// A script of the user's.
    Script(String),
}

/// Everything needed to answer all requests of one attempt from memory.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Which attempt.
    pub attempt: AttemptId,
    /// From this moment on the machine is told to boot locally, whatever happened.
    pub expires_at: Timestamp,
    /// What to boot and which files to hand out.
    pub recipe: Arc<Recipe>,
    /// `spec.install.values` under their own names, and what the operator knows of the host under names that begin with `host.`
    /// (`host.name`, `host.namespace`, `host.mac`, `host.uuid`, `host.serial`): templates see the former as `values.<name>`, the latter as
    /// `host.<name>`.
    pub values: BTreeMap<String, String>,
    /// Values of the Secret of `secretValuesRef`; usable in answer files only.
    pub secret_values: BTreeMap<String, Secret>,
    /// How the machine boots once it is installed.
    pub local_boot: LocalBoot,
}

/// An install profile, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Name of the profile, for messages.
    pub name: String,
    /// What to boot.
    pub boot: RecipeBoot,
    /// Files that the installer fetches with the attempt's token.
    pub answer_files: Vec<AnswerFile>,
}

/// What to boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipeBoot {
    /// A Linux kernel.
    Kernel {
        /// The kernel.
        kernel: Artifact,
        /// Its initial RAM disks, in order.
        initrds: Vec<Artifact>,
        /// Command line, an argument each, as templates.
        arguments: Vec<String>,
    },
    /// A bootable ISO image, over HTTP.
    Iso(Artifact),
    /// An EFI program.
    Efi(Artifact),
    /// A ready iPXE script, handed out as it is.
    Script(String),
}

impl RecipeBoot {
    /// Every image that must be on disk before a host is started.
    #[must_use]
    pub fn artifacts(&self) -> Vec<&Artifact> {
        match self {
            Self::Kernel { kernel, initrds, .. } => std::iter::once(kernel).chain(initrds).collect(),
            Self::Iso(artifact) | Self::Efi(artifact) => vec![artifact],
            Self::Script(_) => Vec::new(),
        }
    }
}

/// An image by place and digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Artifact {
    /// Where it is fetched from, once.
    pub url: Url,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// A file rendered for each host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFile {
    /// File name, the last segment of its URL.
    pub name: String,
    /// `Content-Type` it is served with.
    pub content_type: String,
    /// minijinja template.
    pub template: String,
}

//! clusterctl, the installer of Cluster API's providers, and the manifests of its core provider. `e2e/foreign/clusterctl-client`
//! brings them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::desk::{Clients, Desk, Said};
use super::parts::made_by;

/// The folder of clusterctl, complete.
#[derive(Clone, Debug)]
pub struct Clusterctl {
    folder: PathBuf,
}

impl Clusterctl {
    /// Makes clusterctl, or finds it made. The first time takes five minutes of two cores, 45 MB and the network; progress
    /// goes to standard error.
    pub async fn set_up() -> anyhow::Result<Self> {
        Ok(Self { folder: made_by("clusterctl-client").await? })
    }

    /// Version of Cluster API, `v1.14.2`.
    pub fn version(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.join("version"))?.trim().to_owned())
    }

    /// The core provider's folder: `config` for Kustomize, and `metadata.yaml`.
    #[must_use]
    pub fn core(&self) -> PathBuf {
        self.folder.join("core")
    }
}

impl Clients for Clusterctl {
    const VARIABLES: &'static [(&'static str, &'static str)] = &[
        // It would ask the module proxy for a newer version of itself (facts/foreign-tools.md §3).
        ("CLUSTERCTL_DISABLE_VERSIONCHECK", "true"),
        ("GOPROXY", "off"),
    ];

    fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Desk<Clusterctl> {
    /// Runs clusterctl.
    pub async fn clusterctl<S: AsRef<OsStr>>(&self, arguments: &[S]) -> anyhow::Result<Said> {
        self.run(&self.program("clusterctl"), arguments, "").await
    }
}

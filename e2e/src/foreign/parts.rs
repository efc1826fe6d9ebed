//! What `e2e/foreign/setup` makes once: the emulator, the installer, an image of a disk.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use tokio::process::Command;

use crate::program::project;

/// The folder of the foreign parts, complete.
#[derive(Clone, Debug)]
pub struct Parts {
    folder: PathBuf,
}

impl Parts {
    /// Makes the parts, or finds them made. The first time takes 15 s and the network; progress goes to standard error.
    pub async fn set_up() -> anyhow::Result<Self> {
        Ok(Self { folder: made_by("setup").await? })
    }

    /// SHA-256 of one of the files (`vmlinuz`, `installer.cpio.gz`, `disk.img`), as `sha256sum` wrote it.
    pub fn sha256(&self, file: &str) -> anyhow::Result<String> {
        let all = std::fs::read_to_string(self.folder.join("sha256sums"))?;
        let mut lines = all.lines().filter_map(|line| line.split_once("  "));
        let (digest, _) =
            lines.find(|(_, name)| *name == file).with_context(|| format!("no digest of {file}"))?;
        Ok(digest.to_owned())
    }

    /// Size of one of the files in bytes.
    pub fn bytes(&self, file: &str) -> anyhow::Result<u64> {
        Ok(self.folder.join("files").join(file).metadata()?.len())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The folder that a script of `e2e/foreign` makes, or finds made, complete.
pub(super) async fn made_by(script: &str) -> anyhow::Result<PathBuf> {
    let path = scripts().join(script);
    let made = Command::new(&path).stdin(Stdio::null()).stdout(std::io::stderr()).status().await?;
    anyhow::ensure!(made.success(), "e2e/foreign/{script} ended with {made}");
    let output = Command::new(&path).arg("--where").stdin(Stdio::null()).output().await?;
    let folder = PathBuf::from(String::from_utf8(output.stdout)?.trim());
    anyhow::ensure!(folder.join("ready").exists(), "{} is not complete", folder.display());
    Ok(folder)
}

/// The folder of the scripts.
pub(super) fn scripts() -> PathBuf {
    project().join("e2e/foreign")
}

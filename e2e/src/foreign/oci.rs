//! The vendor's own clients of the cloud's API: the `oci` command line and the SDK for Python. `e2e/foreign/oci-clients` brings
//! them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use super::desk::{Clients, Desk, Said};
use super::parts::made_by;

/// The folder of both clients, complete.
#[derive(Clone, Debug)]
pub struct OciClients {
    folder: PathBuf,
}

impl OciClients {
    /// Makes the clients, or finds them made. The first time takes 15 s, 500 MB and the network; progress goes to standard
    /// error.
    pub async fn set_up() -> anyhow::Result<Self> {
        Ok(Self { folder: made_by("oci-clients").await? })
    }
}

impl Clients for OciClients {
    const VARIABLES: &'static [(&'static str, &'static str)] = &[
        // The folder of the clients is the same for all runs, so nothing is written there.
        ("PYTHONDONTWRITEBYTECODE", "1"),
        // The command line warns of its own options at every start.
        ("PYTHONWARNINGS", "ignore"),
        ("SUPPRESS_LABEL_WARNING", "True"),
    ];

    /// A virtual environment: `oci`, `python`.
    fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Desk<OciClients> {
    /// Runs the vendor's command line.
    pub async fn oci<S: AsRef<OsStr>>(&self, arguments: &[S]) -> anyhow::Result<Said> {
        self.run(&self.program("oci"), arguments, "").await
    }

    /// Runs a script with the SDK at hand; `input` is its standard input.
    pub async fn python<S: AsRef<OsStr>>(
        &self,
        script: &Path,
        arguments: &[S],
        input: &str,
    ) -> anyhow::Result<Said> {
        let arguments: Vec<&OsStr> =
            std::iter::once(script.as_os_str()).chain(arguments.iter().map(AsRef::as_ref)).collect();
        self.run(&self.program("python"), &arguments, input).await
    }
}

impl Said {
    /// The service's refusal as the command line shows it.
    pub fn service_error(&self) -> anyhow::Result<Value> {
        anyhow::ensure!(self.code == Some(1), "it ended with {:?}:\n{}{}", self.code, self.out, self.err);
        let (_, shown) = self
            .err
            .split_once("ServiceError:")
            .with_context(|| format!("no ServiceError:\n{}", self.err))?;
        let mut values = serde_json::Deserializer::from_str(shown).into_iter();
        values.next().context("no JSON behind ServiceError")?.context("no JSON behind ServiceError")
    }
}

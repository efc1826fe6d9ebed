//! The vendor's own client of the account service: the `ocm` command line. `e2e/foreign/ocm-client` brings it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::desk::{Clients, Desk, Said};
use super::parts::made_by;

/// Name of the configuration file in a desk's home: tokens, addresses, scopes (facts/ocm.md §1.7).
pub const OCM_CONFIG: &str = "ocm.json";

/// The folder of the client, complete.
#[derive(Clone, Debug)]
pub struct OcmClient {
    folder: PathBuf,
}

impl OcmClient {
    /// Makes the client, or finds it made. The first time takes three minutes of two cores, 59 MB and the network; progress
    /// goes to standard error.
    pub async fn set_up() -> anyhow::Result<Self> {
        Ok(Self { folder: made_by("ocm-client").await? })
    }
}

impl Clients for OcmClient {
    const VARIABLES: &'static [(&'static str, &'static str)] = &[
        // A relative name, for the programs run in the home.
        ("OCM_CONFIG", OCM_CONFIG),
    ];

    fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Desk<OcmClient> {
    /// Runs the vendor's command line.
    pub async fn ocm<S: AsRef<OsStr>>(&self, arguments: &[S]) -> anyhow::Result<Said> {
        self.ocm_with(arguments, "").await
    }

    /// The same with something on its standard input.
    pub async fn ocm_with<S: AsRef<OsStr>>(&self, arguments: &[S], input: &str) -> anyhow::Result<Said> {
        self.run(&self.program("ocm"), arguments, input).await
    }
}

//! The real `helm`. `e2e/foreign/helm-client` brings it.

use std::path::{Path, PathBuf};

use super::desk::{Clients, Desk, Said};
use super::parts::made_by;

/// The folder of helm, complete.
#[derive(Clone, Debug)]
pub struct HelmClient {
    folder: PathBuf,
}

impl HelmClient {
    /// Makes helm, or finds it made. The first time takes four minutes of two cores, 62 MB and the network; progress goes to
    /// standard error.
    pub async fn set_up() -> anyhow::Result<Self> {
        Ok(Self { folder: made_by("helm-client").await? })
    }
}

impl Clients for HelmClient {
    const VARIABLES: &'static [(&'static str, &'static str)] = &[];

    fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Desk<HelmClient> {
    /// Runs helm with this kubeconfig and these values; it takes them from its standard input where an argument is `--values=-`.
    pub async fn helm(
        &self,
        kubeconfig: Option<&Path>,
        arguments: &[&str],
        values: &str,
    ) -> anyhow::Result<Said> {
        let kubeconfig = kubeconfig.map(|file| format!("--kubeconfig={}", file.display()));
        let all: Vec<&str> = kubeconfig.as_deref().into_iter().chain(arguments.iter().copied()).collect();
        self.run(&self.program("helm"), &all, values).await
    }
}

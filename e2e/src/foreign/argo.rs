//! The health scripts for Argo CD as they are shipped: `config/argocd`, rendered as a person does.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use tokio::process::Command;

use crate::program;

/// What Argo CD's settings call a health script, before the kind.
const KEY: &str = "resource.customizations.health.slipway.dev_";

/// One script for each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthScripts(BTreeMap<String, String>);

#[derive(Deserialize)]
struct Settings {
    data: BTreeMap<String, String>,
}

impl HealthScripts {
    /// Those of `config/argocd`.
    pub async fn shipped() -> anyhow::Result<Self> {
        Self::in_settings(&Self::rendered().await?)
    }

    /// What `kubectl kustomize config/argocd` prints.
    pub async fn rendered() -> anyhow::Result<String> {
        kustomize(&program::project().join("config/argocd")).await
    }

    /// Those in Argo CD's `argocd-cm`, as YAML.
    pub fn in_settings(rendered: &str) -> anyhow::Result<Self> {
        let settings: Settings = serde_yaml::from_str(rendered)?;
        let scripts = settings.data.into_iter().filter_map(|(key, script)| {
            let kind = key.strip_prefix(KEY)?;
            Some((kind.to_owned(), script))
        });
        Ok(Self(scripts.collect()))
    }

    /// The kinds that have a script.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// The script for a kind.
    pub fn of(&self, kind: &str) -> anyhow::Result<&str> {
        self.0.get(kind).map(String::as_str).with_context(|| format!("no health script for {kind:?}"))
    }
}

/// What `kubectl kustomize` makes of a folder.
async fn kustomize(folder: &Path) -> anyhow::Result<String> {
    let program = program::control_plane().await?;
    let output = Command::new(program).args(["kubectl", "kustomize"]).arg(folder).output().await?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

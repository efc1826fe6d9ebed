//! A repository of providers as clusterctl reads it from a folder (facts/foreign-tools.md §3).

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::{Clusterctl, Desk};
use slipway_e2e::{ControlPlane, Kubectl};

use crate::release;

/// Version of the provider, by clusterctl's way of writing it.
pub(crate) const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// A desk with clusterctl, its configuration, and a repository with the core provider and ours.
pub(crate) struct Repository {
    desk: Desk<Clusterctl>,
    kubeconfig: PathBuf,
}

impl Repository {
    pub(crate) async fn new(clusterctl: &Clusterctl, control_plane: &ControlPlane) -> anyhow::Result<Self> {
        let desk = Desk::new(clusterctl)?;
        let core = core_components(clusterctl, &control_plane.kubectl()).await?;
        let core_folder = desk.home().join("repository/cluster-api").join(clusterctl.version()?);
        std::fs::create_dir_all(&core_folder)?;
        std::fs::write(core_folder.join("core-components.yaml"), core)?;
        std::fs::copy(clusterctl.core().join("metadata.yaml"), core_folder.join("metadata.yaml"))?;
        release::manifests(&desk.home().join("repository/infrastructure-slipway").join(VERSION)).await?;
        let url =
            |label: &str, file: &str| desk.home().join("repository").join(label).join("latest").join(file);
        let configuration = json!({
            "providers": [
                {"name": "cluster-api", "type": "CoreProvider", "url": url("cluster-api", "core-components.yaml")},
                {"name": "slipway", "type": "InfrastructureProvider",
                 "url": url("infrastructure-slipway", "infrastructure-components.yaml")},
            ],
            "cert-manager": {"externallyProvisioned": "true"},
        });
        desk.write("clusterctl.yaml", &configuration.to_string())?;
        Ok(Self { desk, kubeconfig: control_plane.kubeconfig() })
    }

    /// The provider's objects as they lie in the repository.
    pub(crate) fn components(&self) -> anyhow::Result<Vec<Value>> {
        let folder = self.desk.home().join("repository/infrastructure-slipway").join(VERSION);
        objects(&folder.join("infrastructure-components.yaml"))
    }

    /// Runs `clusterctl`, which must succeed.
    pub(crate) async fn ok(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let said = self.desk.clusterctl(&self.whole(arguments)?).await?;
        Ok(said.ok().with_context(|| format!("clusterctl {arguments:?}"))?.to_owned())
    }

    /// Runs `clusterctl`, which must refuse, and returns its words.
    pub(crate) async fn refusal(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let said = self.desk.clusterctl(&self.whole(arguments)?).await?;
        anyhow::ensure!(said.code == Some(1), "clusterctl {arguments:?} ended with {:?}", said.code);
        Ok(said.err)
    }

    fn whole<'a>(&'a self, arguments: &[&'a str]) -> anyhow::Result<Vec<&'a str>> {
        let kubeconfig = self.kubeconfig.to_str().context("the kubeconfig's path is not text")?;
        Ok([arguments, &["--config", "clusterctl.yaml", "--kubeconfig", kubeconfig]].concat())
    }
}

/// The core provider, without what would only cost time here: of its kinds the one that clusterctl looks for stays, and nothing calls a
/// webhook that nobody runs.
async fn core_components(clusterctl: &Clusterctl, kubectl: &Kubectl) -> anyhow::Result<String> {
    const KEPT: [&str; 3] = ["Namespace", "ServiceAccount", "Deployment"];
    let folder = clusterctl.core().join("config/default");
    let all = kubectl.ok(&["kustomize", folder.to_str().context("the folder is not text")?]).await?;
    let documents = all.split("\n---\n").filter(|document| {
        let kind = document.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or_default();
        KEPT.contains(&kind) || document.contains("\n  name: clusters.cluster.x-k8s.io\n")
    });
    let documents: Vec<&str> = documents.collect();
    anyhow::ensure!(documents.len() == KEPT.len() + 1, "{} documents are left", documents.len());
    Ok(documents.join("\n---\n"))
}

/// The objects of a file.
pub(crate) fn objects(file: &Path) -> anyhow::Result<Vec<Value>> {
    use serde::Deserialize as _;
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let documents = serde_yaml::Deserializer::from_str(&text);
    documents.map(|document| Ok(Value::deserialize(document)?)).collect()
}

//! The demo's own API server, or a cluster of the user's.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;

use crate::{Access, ControlPlane, Kubectl, operator_access, program};

/// What the operator's kinds are called; those that the demo brought are taken away again.
const CRDS: &str = "baremetalhosts.slipway.dev,installprofiles.slipway.dev,infrastructures.slipway.dev,clustersubscriptions.slipway.dev";

/// Where the demo runs.
pub(super) enum Cluster {
    /// An API server that goes with the demo.
    Own(Box<ControlPlane>),
    /// A cluster of the user's.
    Theirs(Box<Theirs>),
}

/// A cluster of the user's.
pub(super) struct Theirs {
    access: Access,
    /// Whether Slipway's kinds were there before.
    had_kinds: bool,
    /// Namespaces that were there before.
    namespaces: Vec<String>,
    home: tempfile::TempDir,
}

impl Cluster {
    /// Starts an API server, or opens the user's cluster and installs kinds and rights there; the operator itself runs on this machine.
    pub(super) async fn get(kubeconfig: Option<PathBuf>) -> anyhow::Result<Self> {
        match kubeconfig {
            None => {
                let control_plane = ControlPlane::start().await?;
                control_plane.install().await?;
                Ok(Self::Own(Box::new(control_plane)))
            }
            Some(file) => Ok(Self::Theirs(Box::new(Theirs::open(file).await?))),
        }
    }

    pub(super) fn access(&self) -> anyhow::Result<Access> {
        match self {
            Self::Own(control_plane) => control_plane.access(),
            Self::Theirs(theirs) => Ok(theirs.access.clone()),
        }
    }

    /// Puts a kubectl of the right version where a person finds it, and returns its place.
    pub(super) async fn kubectl(&self) -> anyhow::Result<PathBuf> {
        let folder = match self {
            Self::Own(control_plane) => control_plane.folder(),
            Self::Theirs(theirs) => theirs.home.path(),
        };
        // The control plane's program is kubectl when it is called so.
        let link = folder.join("kubectl");
        std::os::unix::fs::symlink(program::control_plane().await?, &link)?;
        Ok(link)
    }

    /// Takes away what the demo brought.
    pub(super) async fn clean_up(self) -> anyhow::Result<()> {
        match self {
            Self::Own(mut control_plane) => control_plane.stop().await,
            Self::Theirs(theirs) => theirs.clean_up().await,
        }
    }
}

impl Theirs {
    async fn open(file: PathBuf) -> anyhow::Result<Self> {
        let home = tempfile::TempDir::with_prefix("slipway-demo-")?;
        let kubectl = Kubectl::new(&program::control_plane().await?, &file, home.path());
        let view = kubectl.ok(&["config", "view", "--minify", "--flatten", "--raw", "-o", "json"]).await?;
        let view: Value = serde_json::from_str(&view)?;
        let cluster = &view["clusters"][0]["cluster"];
        let url = cluster["server"].as_str().context("the kubeconfig names no server")?.to_owned();
        let ca = cluster["certificate-authority-data"]
            .as_str()
            .context("the kubeconfig holds no CA of the cluster")?;
        let ca_pem = String::from_utf8(decode_base64(ca)?)?;
        let had_kinds =
            kubectl.ok(&["get", "crd", "-o", "name"]).await?.contains("baremetalhosts.slipway.dev");
        let namespaces = names(&kubectl).await?;
        let access = Access { kubectl, kubeconfig: file, url, ca_pem };
        operator_access::install(&access.kubectl, &program::project().join("config/demo")).await?;
        Ok(Self { access, had_kinds, namespaces, home })
    }

    async fn clean_up(self) -> anyhow::Result<()> {
        let kubectl = &self.access.kubectl;
        for name in names(kubectl).await? {
            let ours = name.starts_with("t-demo-") || name == operator_access::NAMESPACE;
            if ours && !self.namespaces.contains(&name) {
                kubectl.ok(&["delete", "namespace", &name, "--wait=false"]).await?;
            }
        }
        if !self.had_kinds {
            let mut all = vec!["delete", "crd", "--ignore-not-found"];
            all.extend(CRDS.split(','));
            kubectl.ok(&all).await?;
            let rights = [
                "clusterrole/slipway-approver",
                "clusterrole/slipway-edit",
                "clusterrole/slipway-operator",
                "clusterrole/slipway-secret-reader",
                "clusterrole/slipway-view",
                "clusterrolebinding/slipway-operator",
            ];
            kubectl.ok(&[&["delete", "--ignore-not-found"][..], &rights[..]].concat()).await?;
        }
        drop(self.home);
        Ok(())
    }
}

async fn names(kubectl: &Kubectl) -> anyhow::Result<Vec<String>> {
    let all = kubectl.ok(&["get", "namespaces", "-o", "jsonpath={.items[*].metadata.name}"]).await?;
    Ok(all.split_whitespace().map(str::to_owned).collect())
}

fn decode_base64(text: &str) -> anyhow::Result<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text).context("the kubeconfig's CA is not base64")
}

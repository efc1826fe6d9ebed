//! helm, the chart and one API server for all cases.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::foreign::{Desk, HelmClient, Said};
use slipway_e2e::{ControlPlane, program};

use crate::manifest;

/// Name of the release.
pub(crate) const RELEASE: &str = "slipway";

#[derive(Clone)]
pub(crate) struct Stage {
    client: HelmClient,
}

impl Stage {
    pub(crate) async fn set_up() -> anyhow::Result<Self> {
        Ok(Self { client: HelmClient::set_up().await? })
    }

    /// The API server, started when a case first asks for it.
    pub(crate) async fn control_plane(&self) -> anyhow::Result<&'static ControlPlane> {
        ControlPlane::shared().await
    }

    pub(crate) fn desk(&self) -> anyhow::Result<Desk<HelmClient>> {
        Desk::new(&self.client)
    }

    /// Runs helm without a cluster.
    pub(crate) async fn helm(&self, arguments: &[&str], values: &str) -> anyhow::Result<Said> {
        self.desk()?.helm(None, arguments, values).await
    }

    /// What `helm template` says for a release in `namespace` with these values.
    pub(crate) async fn render(&self, namespace: &str, values: &str) -> anyhow::Result<Said> {
        let chart = chart();
        let arguments = ["template", RELEASE, path(&chart)?, "--namespace", namespace, "--values=-"];
        self.helm(&arguments, values).await
    }

    /// The objects that it renders.
    pub(crate) async fn objects(&self, namespace: &str, values: &str) -> anyhow::Result<Vec<Value>> {
        let said = self.render(namespace, values).await?;
        manifest::objects(said.ok().with_context(|| format!("values: {values}"))?)
    }
}

/// The chart of this tree.
pub(crate) fn chart() -> PathBuf {
    program::project().join("charts/slipway")
}

/// A file of the chart.
pub(crate) fn file(name: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(chart().join(name)).with_context(|| format!("{name} of the chart"))
}

pub(crate) fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path is not text")
}

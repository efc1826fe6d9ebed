//! The cluster and the namespace, chosen as kubectl chooses them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::args::object_name;

/// Longest wait for an answer of the API server; a person is waiting.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Which cluster and which namespace; the names are kubectl's.
#[derive(Debug, Args)]
pub(crate) struct ClusterArgs {
    /// Namespace of the object. Left out: that of the kubeconfig's context.
    #[arg(short, long, global = true, value_name = "NAMESPACE", value_parser = object_name)]
    pub(crate) namespace: Option<String>,

    /// Context of the kubeconfig. Left out: its current one.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,

    /// Kubeconfig file. Left out: KUBECONFIG, else ~/.kube/config, else the service account of the Pod.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

/// An API server and the namespace to look in.
pub(crate) struct Cluster {
    pub(crate) client: Client,
    pub(crate) namespace: String,
}

impl ClusterArgs {
    /// Reads the kubeconfig; the API server is not asked anything yet.
    pub(crate) async fn connect(&self) -> anyhow::Result<Cluster> {
        let mut config = self.config().await?;
        config.read_timeout = Some(ANSWER_LIMIT);
        config.write_timeout = Some(ANSWER_LIMIT);
        let namespace = self.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config).context("the kubeconfig cannot be used")?;
        Ok(Cluster { client, namespace })
    }

    async fn config(&self) -> anyhow::Result<Config> {
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let config = match &self.kubeconfig {
            Some(file) => {
                let read = Kubeconfig::read_from(file)
                    .with_context(|| format!("--kubeconfig {}", file.display()))?;
                Config::from_custom_kubeconfig(read, &options).await
            }
            None if self.context.is_none() => {
                return Config::infer().await.context("no cluster is configured");
            }
            None => Config::from_kubeconfig(&options).await,
        };
        config.context("the kubeconfig cannot be used")
    }
}

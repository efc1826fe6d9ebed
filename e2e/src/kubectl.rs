//! kubectl, as a person would call it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::control_plane::client_of;

const LIMIT: Duration = Duration::from_mins(2);

/// kubectl of the control plane's own release, with one kubeconfig and perhaps one namespace.
#[derive(Clone, Debug)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    home: PathBuf,
    namespace: Option<String>,
}

/// What a call printed and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Kubectl {
    /// `program` is the control plane program, which holds kubectl; `home` a private folder for kubectl's caches.
    #[must_use]
    pub fn new(program: &Path, kubeconfig: &Path, home: &Path) -> Self {
        Self { program: program.into(), kubeconfig: kubeconfig.into(), home: home.into(), namespace: None }
    }

    /// The same with `--namespace`.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Self {
        Self { namespace: Some(namespace.into()), ..self.clone() }
    }

    /// The same as another user.
    #[must_use]
    pub fn with_kubeconfig(&self, kubeconfig: &Path) -> Self {
        Self { kubeconfig: kubeconfig.into(), ..self.clone() }
    }

    /// A client with the same rights, where kubectl itself is not what is wanted. It belongs to the calling task's runtime.
    pub async fn client(&self) -> anyhow::Result<kube::Client> {
        client_of(&self.kubeconfig).await
    }

    /// Runs kubectl and returns whatever came of it; only a call that could not be made is an error.
    pub async fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        self.run_with_input(arguments, "").await
    }

    /// The same with this text on standard input.
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> anyhow::Result<Output> {
        let mut child = self.command(arguments).spawn().context("kubectl cannot be started")?;
        let mut stdin = child.stdin.take().context("kubectl has no standard input")?;
        let feed = async move {
            // kubectl may end without reading all; its exit code tells then.
            let _not_read = stdin.write_all(input.as_bytes()).await;
        };
        let both = async { tokio::join!(feed, child.wait_with_output()).1 };
        let output = tokio::time::timeout(LIMIT, both)
            .await
            .with_context(|| format!("kubectl {arguments:?} did not end within {LIMIT:?}"))??;
        Ok(Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs kubectl, which must succeed, and returns its standard output.
    pub async fn ok(&self, arguments: &[&str]) -> anyhow::Result<String> {
        success(arguments, self.run(arguments).await?)
    }

    /// Applies these manifests, which must succeed, and returns what kubectl said.
    pub async fn apply(&self, manifests: &str) -> anyhow::Result<String> {
        let arguments = ["apply", "-f", "-"];
        success(&arguments, self.run_with_input(&arguments, manifests).await?)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("kubectl").arg("--kubeconfig").arg(&self.kubeconfig);
        if let Some(namespace) = &self.namespace {
            command.args(["--namespace", namespace]);
        }
        command.args(arguments);
        // A person's own settings and caches must not reach a test.
        command.env("HOME", &self.home).env_remove("KUBECONFIG").env("KUBECTL_KUBERC", "false");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}

fn success(arguments: &[&str], output: Output) -> anyhow::Result<String> {
    let Output { code, stdout, stderr } = output;
    anyhow::ensure!(code == Some(0), "kubectl {arguments:?} ended with {code:?}: {stderr}{stdout}");
    Ok(stdout)
}

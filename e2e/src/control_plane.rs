//! Starting and stopping a real control plane on a data folder of its own.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::audit::{self, AuditedRequest};
use crate::process::{Killer, Pipes, Process};
use crate::{DataCopy, Kubectl, operator_access, program};

/// Longer than any start, so that a busy machine fails no test: an empty folder takes under 3 s.
const START_LIMIT: Duration = Duration::from_mins(1);
/// By how many per cent the heap of a spacious control plane grows between two collections.
const SPACIOUS: &str = "300";
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How to start a control plane.
#[derive(Clone, Debug, Default)]
pub struct ControlPlaneOptions {
    audit: bool,
    spacious: bool,
}

impl ControlPlaneOptions {
    /// Records every request, for [`ControlPlane::audited`].
    #[must_use]
    pub fn audit(mut self) -> Self {
        self.audit = true;
        self
    }

    /// Collects its garbage more seldom than the program does by itself: a fifth less work for some hundred MB more.
    #[must_use]
    pub fn spacious(mut self) -> Self {
        self.spacious = true;
        self
    }

    /// Starts a control plane with these options on a new folder.
    pub async fn start(self) -> anyhow::Result<ControlPlane> {
        let program = program::control_plane().await?;
        let folder = TempDir::with_prefix("slipway-control-plane-")?;
        let mut made = ControlPlane {
            program,
            folder,
            options: self,
            running: None,
            ready: None,
            installed: OnceCell::new(),
        };
        std::fs::create_dir_all(made.home())?;
        made.start_again().await?;
        Ok(made)
    }
}

/// A control plane: running, or stopped with its data in place. Dropping it kills it and removes its data.
#[derive(Debug)]
pub struct ControlPlane {
    program: PathBuf,
    folder: TempDir,
    options: ControlPlaneOptions,
    running: Option<Running>,
    ready: Option<Ready>,
    installed: OnceCell<()>,
}

#[derive(Debug)]
struct Running {
    process: Process,
    /// Held open: the control plane stops when it is closed, so also when this program dies.
    _stdin: ChildStdin,
}

/// What the control plane says when it is ready (host.Line in e2e/controlplane).
#[derive(Clone, Debug, Deserialize)]
struct Ready {
    state: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    millis: u64,
}

impl ControlPlane {
    /// Starts a control plane on a new folder.
    pub async fn start() -> anyhow::Result<Self> {
        ControlPlaneOptions::default().start().await
    }

    /// The control plane that all tests of this program share, started at the first call, with an audit log.
    /// It ends with the program.
    pub async fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
        let start = || ControlPlaneOptions::default().audit().spacious().start();
        SHARED.get_or_try_init(start).await
    }

    /// Starts the stopped control plane on its data, on the same port.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(self.running.is_none(), "the control plane runs already");
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let (process, pipes) = Process::spawn(self.command(log))?;
        let Pipes { stdin, stdout, .. } = pipes;
        let (stdin, stdout) = stdin.zip(stdout).context("the control plane has no pipes")?;
        let line = tokio::task::spawn_blocking(move || first_line(stdout));
        let ready = tokio::time::timeout(START_LIMIT, line)
            .await
            .with_context(|| format!("not ready after {START_LIMIT:?}"))
            .and_then(|read| read?)
            .with_context(|| format!("the control plane did not start:\n{}", tail(&self.log())))?;
        self.ready = Some(ready);
        self.running = Some(Running { process, _stdin: stdin });
        Ok(())
    }

    fn command(&self, log: File) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["serve", "--data-dir"]).arg(self.data());
        // Whatever ends this program, the control plane sees the end of its input, stops and leaves nothing.
        command.arg("--stop-with-stdin").arg("--then-remove").arg(self.folder());
        if self.options.audit {
            command.arg("--audit-log").arg(self.audit_log());
        }
        if self.options.spacious {
            command.env("GOGC", SPACIOUS);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        command
    }

    /// Stops it by SIGTERM and waits for the end, which must be clean.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let running = self.running.take().context("the control plane does not run")?;
        running.process.killer().terminate();
        let status = running.process.wait(STOP_LIMIT).await?;
        anyhow::ensure!(status.success(), "the stop was not clean: {status}\n{}", tail(&self.log()));
        Ok(())
    }

    /// Kills it by SIGKILL and waits for the end. Its data stays.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let running = self.running.take().context("the control plane does not run")?;
        running.process.killer().kill();
        running.process.wait(STOP_LIMIT).await?;
        Ok(())
    }

    /// Stops it cleanly and starts it on the same data.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop().await?;
        self.start_again().await
    }

    /// A handle that kills it from a hook. Call [`ControlPlane::kill`] afterwards before starting it again.
    pub fn killer(&self) -> anyhow::Result<Killer> {
        Ok(self.process()?.killer())
    }

    /// Copies the data of the stopped control plane.
    pub fn copy_data(&self) -> anyhow::Result<DataCopy> {
        anyhow::ensure!(self.running.is_none(), "stop the control plane before its data is copied");
        DataCopy::take(&self.data())
    }

    /// Puts an older copy of the data in the place of what the stopped control plane has now.
    pub fn restore_data(&self, copy: &DataCopy) -> anyhow::Result<()> {
        anyhow::ensure!(self.running.is_none(), "stop the control plane before its data is replaced");
        copy.restore(&self.data())
    }

    /// The API server's address, `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.ready.as_ref().map_or("", |ready| &ready.url)
    }

    /// How long the last start took, from the process's start to ready.
    #[must_use]
    pub fn start_time(&self) -> Duration {
        Duration::from_millis(self.ready.as_ref().map_or(0, |ready| ready.millis))
    }

    /// The administrator's kubeconfig.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.data().join("admin.kubeconfig")
    }

    /// The certificate authority of the API server, in PEM.
    pub fn ca_pem(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.data().join("keys/ca.crt"))?)
    }

    /// A new client with the administrator's rights, which belongs to the calling test's runtime.
    pub async fn client(&self) -> anyhow::Result<kube::Client> {
        client_of(&self.kubeconfig()).await
    }

    /// kubectl with the administrator's rights.
    #[must_use]
    pub fn kubectl(&self) -> Kubectl {
        Kubectl::new(&self.program, &self.kubeconfig(), &self.home())
    }

    /// The API server's metrics as text.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        let request = http::Request::get("/metrics").body(Vec::new())?;
        Ok(self.client().await?.request_text(request).await?)
    }

    /// All requests so far, from the audit log; an error when it is not kept.
    pub fn audited(&self) -> anyhow::Result<Vec<AuditedRequest>> {
        anyhow::ensure!(self.options.audit, "this control plane keeps no audit log");
        audit::read(&self.audit_log())
    }

    /// Resident memory of the whole control plane in bytes.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.process()?.resident_bytes()
    }

    /// Installs the shipped manifests (`config/default`) once, and returns when their kinds are served.
    pub async fn install(&self) -> anyhow::Result<()> {
        self.install_from(&operator_access::shipped()).await
    }

    /// Installs the manifests of another Kustomize folder in the place of the shipped ones, once.
    pub async fn install_from(&self, manifests: &Path) -> anyhow::Result<()> {
        let install = || async { operator_access::install(&self.kubectl(), manifests).await };
        self.installed.get_or_try_init(install).await.copied()
    }

    /// The folder with everything of this control plane: `data`, `home` for kubectl, the logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The log of all its parts.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder().join("control-plane.log")
    }

    fn process(&self) -> anyhow::Result<&Process> {
        let running = self.running.as_ref().context("the control plane does not run")?;
        Ok(&running.process)
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    fn home(&self) -> PathBuf {
        self.folder().join("home")
    }

    fn audit_log(&self) -> PathBuf {
        self.folder().join("audit.log")
    }
}

/// A client with the rights of this kubeconfig.
pub async fn client_of(kubeconfig: &Path) -> anyhow::Result<kube::Client> {
    let file = Kubeconfig::read_from(kubeconfig)?;
    let config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    Ok(kube::Client::try_from(config)?)
}

fn first_line(stdout: ChildStdout) -> anyhow::Result<Ready> {
    let begin = Instant::now();
    let mut reader = BufReader::new(stdout);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    anyhow::ensure!(!line.is_empty(), "it ended after {:?}", begin.elapsed());
    let ready: Ready = serde_json::from_str(&line).with_context(|| format!("not a line of state: {line}"))?;
    anyhow::ensure!(ready.state == "ready", "unexpected state {}", ready.state);
    // Read on until the end, else the control plane's last line would meet a closed pipe.
    std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    Ok(ready)
}

/// The last lines of a log, for messages.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 20;
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

//! The shipped operator as a process of its own, with the rights of the shipped manifests.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::operator_log::OperatorLog;
use crate::process::{Killer, Process, dying_with_us};
use crate::{Access, ControlPlane, operator_access, program, wait_for};

const READY_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const ASK_LIMIT: Duration = Duration::from_secs(5);

/// How to start an operator.
#[derive(Clone, Debug, Default)]
pub struct OperatorOptions {
    program: Option<PathBuf>,
    api: Option<(String, String)>,
    namespaces: Vec<String>,
    poll_interval: Option<String>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    boot_bind: Option<SocketAddr>,
    metrics_bind: Option<SocketAddr>,
    identity: Option<String>,
    lease: Option<String>,
    everywhere: bool,
    alone: bool,
}

impl OperatorOptions {
    /// Serves this namespace only; may be called several times. Tests that share a control plane need it.
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespaces.push(namespace.into());
        self
    }

    /// Reaches the API server through this address, with this certificate authority: a proxy.
    #[must_use]
    pub fn api(mut self, url: &str, ca_pem: &str) -> Self {
        self.api = Some((url.into(), ca_pem.into()));
        self
    }

    /// How often hosts are looked at (`--poll-interval`), `2s` unless said.
    #[must_use]
    pub fn poll_interval(mut self, interval: &str) -> Self {
        self.poll_interval = Some(interval.into());
        self
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable, such as `RUST_LOG`.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Serves the boot service at this address instead of a free one, such as inside a network of a test.
    #[must_use]
    pub fn boot_bind(mut self, address: SocketAddr) -> Self {
        self.boot_bind = Some(address);
        self
    }

    /// Serves metrics and health at this address instead of a free one.
    #[must_use]
    pub fn metrics_bind(mut self, address: SocketAddr) -> Self {
        self.metrics_bind = Some(address);
        self
    }

    /// Calls itself so among the replicas (`--identity`). Unless said, all operators that serve the same namespaces call themselves the same, so that one
    /// that is started after another was killed does not wait for the end of its lease; a test that runs two at once gives them names.
    #[must_use]
    pub fn identity(mut self, identity: &str) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Stands for election with this Lease (`--lease-name`) instead of the one of whoever serves these namespaces.
    #[must_use]
    pub fn lease(mut self, name: &str) -> Self {
        self.lease = Some(name.into());
        self
    }

    /// Serves all namespaces, as the shipped manifests have it, and may read Secrets in those that were named.
    #[must_use]
    pub fn everywhere(mut self) -> Self {
        self.everywhere = true;
        self
    }

    /// Is an operator of before there was leader election: it knows none of its flags.
    #[must_use]
    pub fn without_election(mut self) -> Self {
        self.alone = true;
        self
    }

    /// The Lease: the shipped one for an operator that serves all namespaces.
    fn lease_name(&self) -> String {
        let served = self.namespaces.first().filter(|_| !self.everywhere);
        let of_namespace = || served.map(|namespace| format!("slipway-{namespace}"));
        self.lease.clone().or_else(of_namespace).unwrap_or_else(|| "slipway".into())
    }

    /// Runs another program in the place of the operator.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Installs the shipped manifests, starts the operator with their service account and waits until it is ready.
    pub async fn start(self, control_plane: &ControlPlane) -> anyhow::Result<OperatorProcess> {
        control_plane.install().await?;
        self.start_at(&control_plane.access()?).await
    }

    /// Starts it at an API server where the shipped manifests are installed, and waits until it is ready.
    pub async fn start_at(self, access: &Access) -> anyhow::Result<OperatorProcess> {
        let mut operator = self.spawn_at(access).await?;
        operator.wait_ready(READY_LIMIT).await?;
        Ok(operator)
    }

    /// The same without waiting: for an operator that is meant not to become ready.
    pub async fn start_unready(self, control_plane: &ControlPlane) -> anyhow::Result<OperatorProcess> {
        control_plane.install().await?;
        self.spawn_at(&control_plane.access()?).await
    }

    async fn spawn_at(self, access: &Access) -> anyhow::Result<OperatorProcess> {
        let folder = TempDir::with_prefix("slipway-operator-")?;
        let own = || (access.url.clone(), access.ca_pem.clone());
        let (url, ca) = self.api.clone().unwrap_or_else(own);
        let client = access.client().await?;
        operator_access::kubeconfig(&client, &url, &ca, folder.path()).await?;
        for namespace in &self.namespaces {
            operator_access::serve(&client, namespace).await?;
        }
        if self.lease_name() != "slipway" {
            operator_access::lead(&client, &self.lease_name()).await?;
        }
        let program = match &self.program {
            Some(program) => program.clone(),
            None => program::operator().await?,
        };
        let log = OperatorLog::to_file(&folder.path().join("operator.log"))?;
        let mut operator = OperatorProcess { options: self, program, folder, log, process: None };
        operator.spawn()?;
        Ok(operator)
    }
}

/// An operator: running, or ended with its files in place. Dropping it kills it and removes its files.
#[derive(Debug)]
pub struct OperatorProcess {
    options: OperatorOptions,
    program: PathBuf,
    folder: TempDir,
    log: OperatorLog,
    process: Option<Process>,
}

impl OperatorProcess {
    /// The options to start one.
    #[must_use]
    pub fn options() -> OperatorOptions {
        OperatorOptions::default()
    }

    fn spawn(&mut self) -> anyhow::Result<()> {
        self.log = OperatorLog::to_file(&self.log_file())?;
        let (process, pipes) = Process::spawn(self.command())?;
        if let Some(stdout) = pipes.stdout {
            self.log.follow(stdout);
        }
        if let Some(stderr) = pipes.stderr {
            self.log.follow(stderr);
        }
        self.process = Some(process);
        Ok(())
    }

    fn command(&self) -> Command {
        let options = &self.options;
        let bind = |address: Option<SocketAddr>| address.map_or("127.0.0.1:0".into(), |a| a.to_string());
        let mut command = dying_with_us(&self.program);
        command.args([
            "--boot-bind",
            &bind(options.boot_bind),
            "--metrics-bind",
            &bind(options.metrics_bind),
        ]);
        command.args(["--log-format", "json", "--allow-network", "127.0.0.0/8"]);
        command.args(["--poll-interval", options.poll_interval.as_deref().unwrap_or("2s")]);
        if !options.alone {
            command.args(["--lease-name", &options.lease_name()]);
            command.args(["--identity", options.identity.as_deref().unwrap_or("operator")]);
        }
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        for namespace in options.namespaces.iter().filter(|_| !options.everywhere) {
            command.args(["--namespace", namespace]);
        }
        command.args(&options.arguments);
        command.env("KUBECONFIG", self.folder.path().join("kubeconfig"));
        command.envs(options.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Waits until `GET /readyz` answers 200; an operator that ends before is an error at once.
    pub async fn wait_ready(&mut self, limit: Duration) -> anyhow::Result<()> {
        let process = self.process()?;
        let ask = || async {
            let (status, body) = self.page("/readyz").await?;
            anyhow::ensure!(status == 200, "/readyz answers {status}: {body}");
            Ok(())
        };
        tokio::select! {
            ready = wait_for("the operator to be ready", limit, ask) => {
                ready.with_context(|| format!("its log ends with:\n{}", self.log.tail(20)))
            }
            Ok(status) = process.wait(Duration::MAX) => {
                anyhow::bail!("the operator ended before it was ready: {status}\n{}", self.log.tail(20))
            }
        }?;
        // The same addresses after a restart, for whoever was told of them.
        self.options.boot_bind = self.options.boot_bind.or(self.log.address("boot"));
        self.options.metrics_bind = self.log.address("metrics");
        Ok(())
    }

    /// Kills it by SIGKILL, if a hook has not done so already, and waits for the end.
    pub async fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        let process = self.process.take().context("the operator does not run")?;
        process.killer().kill();
        process.wait(STOP_LIMIT).await
    }

    /// Stops it by SIGTERM and waits for the end.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let process = self.process.take().context("the operator does not run")?;
        process.killer().terminate();
        process.wait(STOP_LIMIT).await
    }

    /// Starts the ended operator again with the same options, data, rights and addresses, and waits until it is ready.
    /// The log in memory begins anew; the file goes on.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(self.process.is_none(), "the operator runs already");
        self.spawn()?;
        self.wait_ready(READY_LIMIT).await
    }

    /// Has another program started from the next start on, as an upgrade does; `has_election` is whether it knows leader election's flags.
    pub fn change_program(&mut self, program: PathBuf, has_election: bool) {
        self.program = program;
        self.options.alone = !has_election;
    }

    /// A handle for signals, to be used in hooks.
    pub fn killer(&self) -> anyhow::Result<Killer> {
        Ok(self.process()?.killer())
    }

    /// How it ended, if it has ended without [`OperatorProcess::kill`] or [`OperatorProcess::stop`].
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.process.as_ref().and_then(Process::exit_status)
    }

    /// Waits until it ends, by itself or by a hook.
    pub async fn wait_ended(&self, limit: Duration) -> anyhow::Result<ExitStatus> {
        self.process()?.wait(limit).await
    }

    /// What it has written since its last start.
    #[must_use]
    pub fn log(&self) -> &OperatorLog {
        &self.log
    }

    /// The file with all it has written since its first start.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("operator.log")
    }

    /// The kubeconfig it runs with.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Address of the boot service.
    pub fn boot_address(&self) -> anyhow::Result<SocketAddr> {
        self.log.address("boot").context("no boot listener in the log")
    }

    /// Address of metrics and health.
    pub fn metrics_address(&self) -> anyhow::Result<SocketAddr> {
        self.log.address("metrics").context("no metrics listener in the log")
    }

    /// Its metrics as text.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        let (status, body) = self.page("/metrics").await?;
        anyhow::ensure!(status == 200, "/metrics answers {status}");
        Ok(body)
    }

    /// Whether it leads, as its metrics say.
    pub async fn leads(&self) -> anyhow::Result<bool> {
        let metrics = self.metrics().await?;
        let status = metrics.lines().find(|line| line.starts_with("leader_election_master_status"));
        Ok(status.is_some_and(|line| line.ends_with(" 1")))
    }

    /// Waits until it leads, or does not any more.
    pub async fn wait_leads(&self, leads: bool, limit: Duration) -> anyhow::Result<()> {
        wait_for(&format!("whether the operator leads to be {leads}"), limit, || async {
            anyhow::ensure!(self.leads().await? == leads, "its log ends with:\n{}", self.log.tail(20));
            Ok(())
        })
        .await
    }

    /// Waits until it has gone this many times more through a reconcile of a kind (`infrastructure`).
    pub async fn wait_reconciles(&self, kind: &str, count: f64, limit: Duration) -> anyhow::Result<()> {
        let goal = self.reconciles(kind).await? + count;
        wait_for(&format!("{count} more reconciles"), limit, || async {
            let done = self.reconciles(kind).await?;
            anyhow::ensure!(done >= goal, "{done} of {goal} reconciles");
            Ok(())
        })
        .await
    }

    async fn reconciles(&self, kind: &str) -> anyhow::Result<f64> {
        let name = format!("controller_runtime_reconcile_total{{controller=\"{kind}\"");
        let metrics = self.metrics().await?;
        let counts = metrics.lines().filter(|line| line.starts_with(&name));
        let counts = counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(counts.sum())
    }

    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.process()?.resident_bytes()
    }

    /// The most resident memory of this process so far, in bytes.
    pub fn peak_bytes(&self) -> anyhow::Result<u64> {
        self.process()?.peak_bytes()
    }

    /// A page of metrics and health: status and body.
    pub async fn page(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let address = self.metrics_address()?;
        // No certificate is needed, so none is loaded.
        let client = reqwest::Client::builder().no_proxy().timeout(ASK_LIMIT).tls_certs_only([]).build()?;
        let answer = client.get(format!("http://{address}{path}")).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    fn process(&self) -> anyhow::Result<&Process> {
        self.process.as_ref().context("the operator does not run")
    }
}

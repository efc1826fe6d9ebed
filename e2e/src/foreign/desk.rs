//! What a person has on the own computer: a home folder with files, and a vendor's programs.
//!
//! Each run has a home of its own and an environment with nothing of ours in it, and every address but 127.0.0.1 is behind a
//! proxy that does not exist.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::oci::OciClients;
use crate::process::dying_with_us;

/// A start takes 0.5 s on an idle core.
const LIMIT: Duration = Duration::from_mins(1);
/// Nothing listens there (the discard port).
const NOWHERE: &str = "http://127.0.0.1:9";

/// Programs of one vendor, all in one folder, complete.
pub trait Clients: Clone {
    /// Variables that they want, beside those of every desk.
    const VARIABLES: &'static [(&'static str, &'static str)];

    /// The folder; the programs are in `bin` there.
    fn folder(&self) -> &Path;
}

/// What a person has on the own computer: a home folder with files, and the clients.
#[derive(Debug)]
pub struct Desk<C = OciClients> {
    clients: C,
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// How a program ended and what it said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl<C: Clients> Desk<C> {
    /// An empty home.
    pub fn new(clients: &C) -> anyhow::Result<Self> {
        let home = TempDir::with_prefix("slipway-desk-")?;
        Ok(Self { clients: clients.clone(), home, environment: Vec::new() })
    }

    /// The home folder, which is also where the programs run.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file of the home that only its owner may read, and says where it is.
    pub fn write(&self, name: &str, content: &str) -> anyhow::Result<PathBuf> {
        let path = self.home().join(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(&path)?.write_all(content.as_bytes())?;
        Ok(path)
    }

    /// Reads a file of the home.
    pub fn read(&self, name: &str) -> anyhow::Result<String> {
        std::fs::read_to_string(self.home().join(name)).with_context(|| format!("{name} cannot be read"))
    }

    /// A variable that all programs see from now on.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Runs any program here.
    pub async fn run<S: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: &[S],
        input: &str,
    ) -> anyhow::Result<Said> {
        let mut child = self.command(program).args(arguments).spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        let input = input.to_owned();
        let writing = tokio::spawn(async move {
            // A program that reads nothing closes the pipe; what it says tells more than that.
            let _closed = stdin.write_all(input.as_bytes()).await;
        });
        let output = tokio::time::timeout(LIMIT, child.wait_with_output())
            .await
            .with_context(|| format!("{} still runs after {LIMIT:?}", program.display()))??;
        writing.abort();
        Ok(Said {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// A program of the clients, to be started here by the caller. It has pipes for all its ends, and ends with the value that
    /// it is started as.
    #[must_use]
    pub fn client(&self, name: &str) -> Command {
        self.command(&self.program(name))
    }

    /// Where a program of the clients is.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.clients.folder().join("bin").join(name)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::from(dying_with_us(program));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.current_dir(self.home()).env_clear().env("HOME", self.home());
        command.envs([
            ("PATH", "/usr/bin:/bin"),
            ("LC_ALL", "C.UTF-8"),
            ("https_proxy", NOWHERE),
            ("http_proxy", NOWHERE),
            ("no_proxy", "127.0.0.1"),
        ]);
        command.envs(C::VARIABLES.iter().copied());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Said {
    /// The standard output of a program that ended well.
    pub fn ok(&self) -> anyhow::Result<&str> {
        anyhow::ensure!(self.code == Some(0), "it ended with {:?}:\n{}{}", self.code, self.out, self.err);
        Ok(&self.out)
    }

    /// The same as JSON; a program that prints nothing has said `null`.
    pub fn json(&self) -> anyhow::Result<Value> {
        let text = self.ok()?.trim();
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(text).with_context(|| format!("not JSON: {text}"))
    }
}

//! What programs that people deploy with make of an object: kstatus by its own library, Argo CD by the shipped health scripts.
//! `e2e/foreign/gitops-tools` brings the program that asks both, and Flux ([`super::Flux`]).

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::argo::HealthScripts;
use super::parts::made_by;
use crate::process::dying_with_us;

/// The folder of the tools, complete.
#[derive(Clone, Debug)]
pub struct GitOpsTools {
    folder: PathBuf,
}

/// What is made of one object.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// kstatus' word: `InProgress`, `Current`, `Failed`, `Terminating` (facts/reliability-ux.md §3.1).
    pub status: String,
    /// kstatus' message.
    pub status_message: String,
    /// Argo CD's word: `Healthy`, `Progressing`, `Degraded`, `Suspended` (facts/reliability-ux.md §3.3).
    pub health: String,
    /// The health script's message.
    pub health_message: String,
}

impl GitOpsTools {
    /// Makes the tools, or finds them made. The first time takes six minutes of two cores, 100 MB and the network; progress goes to
    /// standard error.
    pub async fn set_up() -> anyhow::Result<Self> {
        Ok(Self { folder: made_by("gitops-tools").await? })
    }

    /// Judges objects by both, in their order.
    ///
    /// # Errors
    /// A script that fails or is slow, a word that Argo CD does not know, an object that kstatus cannot read.
    pub async fn judge(&self, scripts: &HealthScripts, objects: &[Value]) -> anyhow::Result<Vec<Verdict>> {
        let mut questions = String::new();
        for object in objects {
            let kind = object["kind"].as_str().unwrap_or_default();
            questions += &json!({"object": object, "health": scripts.of(kind)?}).to_string();
            questions.push('\n');
        }
        let answers = self.ask(questions).await?;
        let verdicts: Vec<Verdict> = answers.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        anyhow::ensure!(verdicts.len() == objects.len(), "{} objects, answers: {answers}", objects.len());
        Ok(verdicts)
    }

    async fn ask(&self, questions: String) -> anyhow::Result<String> {
        let mut command = Command::from(dying_with_us(&self.program("judge")));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        let writing = tokio::spawn(async move {
            // A judge that stops early says why.
            let _closed = stdin.write_all(questions.as_bytes()).await;
        });
        let output = child.wait_with_output().await?;
        writing.abort();
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The descriptions of Flux's kinds.
    pub(super) fn crds(&self) -> PathBuf {
        self.folder.join("crds")
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        Path::new(&self.folder).join("bin").join(name)
    }
}

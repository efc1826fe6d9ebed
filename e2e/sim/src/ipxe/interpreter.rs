//! Runs scripts: lines, operators, labels and nested scripts.

use super::command::{Done, Stop};
use super::line::{self, Line, Then};
use super::loaded::{Loaded, Program};
use super::settings::{Raw, Settings};
use super::status::Status;
use crate::fetch::{FetchError, Fetched, TEXT_LIMIT};
use crate::machine::Firmware;
use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::time::Duration;
use url::Url;

/// The world around iPXE.
#[async_trait]
pub(crate) trait Surroundings: Send + Sync {
    /// Downloads and keeps the first `keep` bytes.
    async fn fetch(&self, url: &Url, keep: usize, limit: Option<Duration>) -> Result<Fetched, FetchError>;
    /// Waits for seconds of the machine's time.
    async fn sleep(&self, seconds: u32);
    /// A line on the screen.
    fn echo(&self, text: &str);
    /// Whether the local disk can be booted.
    fn has_bootable_disk(&self) -> bool;
    /// What iPXE was started by.
    fn firmware(&self) -> Firmware;
}

/// How a script hands the machine away for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Into a kernel or another program.
    Boot(Program),
    /// Into the local disk.
    Disk,
    /// Into a restart.
    Reboot,
    /// Into power-off.
    PowerOff,
    /// Nowhere: somebody has to press a button.
    Hang(String),
}

/// One run of iPXE.
pub(crate) struct Ipxe<'a> {
    pub(super) around: &'a dyn Surroundings,
    pub(super) settings: Settings,
    pub(super) loaded: Loaded,
    scripts: Vec<Script>,
    budget: u32,
}

/// A script that runs, and where `goto` sends it.
struct Script {
    url: Url,
    lines: Vec<Line>,
    next: usize,
}

// A script that loops without an end is a fault to be seen, not a task that burns a core.
const COMMANDS: u32 = 100_000;
const DEPTH: usize = 32;

impl<'a> Ipxe<'a> {
    pub(crate) fn new(around: &'a dyn Surroundings, settings: Settings) -> Self {
        Self { around, settings, loaded: Loaded::default(), scripts: Vec::new(), budget: COMMANDS }
    }

    /// Downloads a script or program and runs it.
    pub(crate) fn chain<'s>(
        &'s mut self,
        url: &'s Url,
        arguments: String,
        limit: Option<Duration>,
    ) -> BoxFuture<'s, Result<Status, Leave>> {
        async move {
            match self.load(url, limit).await? {
                Ok(body) => self.run(url, &body, arguments).await,
                Err(status) => Ok(status),
            }
        }
        .boxed()
    }

    /// Downloads what can be run. A body that is no script is refused by UEFI and executed by BIOS (facts/boot.md §A6).
    pub(super) async fn load(
        &self,
        url: &Url,
        limit: Option<Duration>,
    ) -> Result<Result<Bytes, Status>, Leave> {
        let fetched = match self.around.fetch(url, TEXT_LIMIT, limit).await {
            Ok(fetched) => fetched,
            Err(error) => return Ok(Err(Status::of_fetch(error))),
        };
        let status = Status::of_http(fetched.status);
        if !status.is_ok() {
            return Ok(Err(status));
        }
        let bios = self.around.firmware() == Firmware::Bios;
        if bios && fetched.status == 204 {
            return Err(Leave::Hang("an answer of 204 never ends for this client".to_owned()));
        }
        if line::is_script(&fetched.kept) || (!bios && fetched.kept.starts_with(b"MZ")) {
            return Ok(Ok(fetched.kept));
        }
        if bios && !fetched.kept.is_empty() {
            return Err(Leave::Hang("executed a body that is not a program".to_owned()));
        }
        Ok(Err(Status::EXEC_FORMAT))
    }

    /// Runs what `load` has let through.
    pub(super) fn run<'s>(
        &'s mut self,
        url: &'s Url,
        body: &'s Bytes,
        arguments: String,
    ) -> BoxFuture<'s, Result<Status, Leave>> {
        async move {
            if line::is_script(body) {
                return self.run_script(url, &String::from_utf8_lossy(body)).await;
            }
            Err(Leave::Boot(Program { url: url.to_string(), arguments, initrds: Vec::new() }))
        }
        .boxed()
    }

    async fn run_script(&mut self, url: &Url, text: &str) -> Result<Status, Leave> {
        if self.scripts.len() >= DEPTH {
            return Err(Leave::Hang("scripts nested too deep".to_owned()));
        }
        self.scripts.push(Script { url: url.clone(), lines: line::parse(text), next: 0 });
        let mut status = Status::OK;
        while let Some(line) = self.next_line() {
            let done = self.run_line(&line).await?;
            status = done.status;
            if !status.is_ok() || done.stop == Stop::Script {
                break;
            }
        }
        self.scripts.pop();
        Ok(status)
    }

    fn next_line(&mut self) -> Option<Line> {
        let script = self.scripts.last_mut()?;
        let line = script.lines.get(script.next).cloned();
        script.next += 1;
        line
    }

    async fn run_line(&mut self, line: &Line) -> Result<Done, Leave> {
        let mut done = Done::of(Status::OK);
        for segment in &line.segments {
            let runs = match segment.when {
                Then::Always => true,
                Then::OnSuccess => done.status.is_ok(),
                Then::OnFailure => !done.status.is_ok(),
            };
            if !runs {
                continue;
            }
            // Each token is expanded on its own and when its turn comes, so values keep their spaces.
            let tokens: Vec<String> =
                segment.tokens.iter().map(|token| self.settings.expand(token)).collect();
            done = self.run_command(&tokens).await?;
            if !done.status.is_ok() {
                self.settings.put("errno", Raw::Text(done.status.to_string()));
            }
            if done.stop != Stop::No {
                break;
            }
        }
        Ok(done)
    }

    async fn run_command(&mut self, tokens: &[String]) -> Result<Done, Leave> {
        let Some((name, arguments)) = tokens.split_first() else {
            return Ok(Done::of(Status::OK));
        };
        self.budget = self.budget.saturating_sub(1);
        if self.budget == 0 {
            return Err(Leave::Hang("the script loops".to_owned()));
        }
        self.execute(name, arguments).await
    }

    /// Sends the running script to a label; the search starts at its top.
    pub(super) fn go_to(&mut self, label: &str) -> bool {
        let Some(script) = self.scripts.last_mut() else {
            return false;
        };
        let found = script.lines.iter().position(|line| line.label.as_deref() == Some(label));
        found.map(|place| script.next = place).is_some()
    }

    /// Makes a URL whole: relative ones start from the running script.
    pub(super) fn resolve(&self, reference: &str) -> Option<Url> {
        // Without the `params` command a parameter mark is silently dropped (facts/boot.md §A6).
        let reference = reference.split("##params").next().unwrap_or(reference);
        match self.scripts.last() {
            Some(script) => script.url.join(reference).ok(),
            None => Url::parse(reference).ok(),
        }
    }
}

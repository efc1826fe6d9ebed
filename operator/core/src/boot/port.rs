//! The way to the boot service, and its way back.

use async_trait::async_trait;

use super::{Artifact, AttemptId, BootEntry, Recipe, Ticket};
use crate::{clock::Timestamp, failure::Failure, host::HostKey, mac_address::MacAddress};

/// The boot service as the controllers see it: an index that is fed, never asked for a decision.
pub trait BootPort: Send + Sync {
    /// Replaces what is known of a host. Takes effect with the next request.
    fn publish(&self, entry: BootEntry);

    /// Forgets a host: it is an unknown machine from now on.
    fn withdraw(&self, host: &HostKey);

    /// Says that every host of the first list has been published. Until then machines are told to ask again.
    fn primed(&self);

    /// Renders script and answer files as a trial, so that a mistake shows before the host is touched.
    /// Fails with [`crate::reason::Reason::TemplateInvalid`] or [`crate::reason::Reason::ProfileInvalid`] naming file, line and value.
    fn check(&self, ticket: &Ticket) -> Result<(), Failure>;

    /// Says where an image stands, and starts to fetch it when it is not there yet. Never waits.
    fn image(&self, artifact: &Artifact) -> ImageState;

    /// URL under which hosts reach an EFI boot program, when the administrator gave one to serve: the proof that UEFI HTTP
    /// boot can work.
    fn http_boot_program(&self) -> Option<url::Url>;

    /// Checks a recipe's kernel arguments and templates without a host's values: mistakes of the profile itself.
    fn check_recipe(&self, recipe: &Recipe) -> Result<(), Failure>;
}

/// Where an image stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageState {
    /// On disk and checked; size in bytes.
    Ready(u64),
    /// Being fetched; bytes so far.
    Fetching(u64),
    /// Could not be fetched or is not what its digest says. A failed fetch is tried again by a later [`BootPort::image`], with
    /// growing pauses.
    Failed(Failure),
}

/// Something that a machine did at the boot service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// During which attempt.
    pub attempt: AttemptId,
    /// What.
    pub step: Step,
    /// When.
    pub at: Timestamp,
}

/// How far an attempt has come, as the boot service sees it; in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The machine fetched its install script: the network boot works.
    ScriptServed,
    /// The installer fetched an answer file.
    AnswerServed,
    /// The installer said something, bounded to 256 characters, control characters removed.
    Progress(String),
    /// The installer said that it failed, with the same bounds.
    Failed(String),
    /// The installer said that it is done.
    Done,
}

/// The report could not be kept; the machine is asked to report again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the report could not be recorded in time")]
pub struct NotRecorded;

/// Where the boot service's reports go.
#[async_trait]
pub trait ReportSink: Send + Sync {
    /// Takes a report and returns at once.
    fn note(&self, report: Report);

    /// Takes a report of [`Step::Done`] or [`Step::Failed`] and returns when it is kept safely, so that the installer may go on to its last
    /// reboot (`facts/metal-peers.md` R21).
    async fn settle(&self, report: Report) -> Result<(), NotRecorded>;

    /// A machine that no object claims, or that must not be served, asked for a script.
    fn unknown_machine(&self, mac: Option<MacAddress>, why: &str);
}

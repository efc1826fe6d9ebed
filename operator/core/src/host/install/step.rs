//! The steps of one installation attempt, and what leads from one to the next.

use crate::{
    boot::Step,
    clock::Timestamp,
    host::{Completion, memory::Done},
};

/// What is known of the last installation that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallRecord {
    /// `spec.install.id`.
    pub id: String,
    /// Profile it was begun with.
    pub profile: String,
    /// Digest of that profile's content.
    pub profile_digest: String,
    /// Attempt, counted from 1.
    pub attempt: i32,
    /// How far it is.
    pub step: InstallStep,
    /// When this attempt began.
    pub requested_at: Timestamp,
    /// When the machine asked for its script in this attempt.
    pub booted_at: Option<Timestamp>,
    /// When it was completed.
    pub installed_at: Option<Timestamp>,
    /// When the next attempt is due, after a failed one.
    pub next_attempt_at: Option<Timestamp>,
    /// The last thing the installer, or the failure, said.
    pub message: Option<String>,
}

/// How far an installation attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstallStep {
    /// The running machine is being taken down.
    PoweringOff,
    /// The machine was told to start from the network.
    Booting,
    /// It asked for its script.
    ScriptServed,
    /// Its installer runs.
    Installing,
    /// The attempt failed.
    Failed,
    /// Done.
    Installed,
}

/// What moves an attempt on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The machine was started.
    Started,
    /// The machine fetched its script.
    ScriptServed,
    /// The installer fetched an answer file or said something.
    InstallerSpoke,
    /// The installer reported completion.
    ReportedDone,
    /// The installer reported failure.
    ReportedFailure,
    /// The time for the step, or for the attempt, ran out.
    TimeRanOut,
    /// The machine was seen to be off.
    SeenOff,
}

/// What a trigger leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// To this step.
    To(InstallStep),
    /// To [`InstallStep::Installed`] if the profile's completion is this one; else nothing changes.
    DoneIf(Completion),
    /// As [`NextStep::DoneIf`], and else to this step.
    DoneIfElse(Completion, InstallStep),
}

use InstallStep::{Booting, Failed, Installed, Installing, PoweringOff, ScriptServed};
use NextStep::{DoneIf, DoneIfElse, To};

/// Every transition there is; what is not listed changes nothing. `docs/launch.md` shows this table, and a test compares them.
///
/// A report names its attempt: that it comes at all proves that the machine was started in it, even when the record (an older copy) says
/// that the machine is still being taken down.
pub const TRANSITIONS: &[(InstallStep, Trigger, NextStep)] = &[
    (PoweringOff, Trigger::Started, To(Booting)),
    (PoweringOff, Trigger::ScriptServed, DoneIfElse(Completion::ScriptServed, ScriptServed)),
    (PoweringOff, Trigger::InstallerSpoke, To(Installing)),
    (PoweringOff, Trigger::ReportedDone, To(Installed)),
    (PoweringOff, Trigger::ReportedFailure, To(Failed)),
    (PoweringOff, Trigger::TimeRanOut, To(Failed)),
    (Booting, Trigger::ScriptServed, DoneIfElse(Completion::ScriptServed, ScriptServed)),
    (Booting, Trigger::InstallerSpoke, To(Installing)),
    (Booting, Trigger::ReportedDone, To(Installed)),
    (Booting, Trigger::ReportedFailure, To(Failed)),
    (Booting, Trigger::TimeRanOut, To(Failed)),
    (ScriptServed, Trigger::InstallerSpoke, To(Installing)),
    (ScriptServed, Trigger::ReportedDone, To(Installed)),
    (ScriptServed, Trigger::ReportedFailure, To(Failed)),
    (ScriptServed, Trigger::TimeRanOut, To(Failed)),
    (ScriptServed, Trigger::SeenOff, DoneIf(Completion::PowerOff)),
    (Installing, Trigger::ReportedDone, To(Installed)),
    (Installing, Trigger::ReportedFailure, To(Failed)),
    (Installing, Trigger::TimeRanOut, To(Failed)),
    (Installing, Trigger::SeenOff, DoneIf(Completion::PowerOff)),
];

impl InstallStep {
    /// Every step with its word in `status.install.step`.
    pub const ALL: [(Self, &'static str); 6] = [
        (PoweringOff, "PoweringOff"),
        (Booting, "Booting"),
        (ScriptServed, "ScriptServed"),
        (Installing, "Installing"),
        (Failed, "Failed"),
        (Installed, "Installed"),
    ];

    /// The word in `status.install.step`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(step, _)| *step == self).map_or("", |(_, word)| word)
    }

    /// The step that a word in `status.install.step` stands for.
    #[must_use]
    pub fn from_status(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(step, _)| *step)
    }

    /// The step that `trigger` leads to; `None` when it changes nothing.
    #[must_use]
    pub fn after(self, trigger: Trigger, completion: Completion) -> Option<Self> {
        let (_, _, next) = TRANSITIONS.iter().find(|(from, on, _)| *from == self && *on == trigger)?;
        match next {
            To(step) => Some(*step),
            DoneIf(proof) => (*proof == completion).then_some(Installed),
            DoneIfElse(proof, step) => Some(if *proof == completion { Installed } else { *step }),
        }
    }
}

impl InstallRecord {
    /// Whether the installation is done.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.step == Installed
    }

    /// Whether an attempt is under way.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        !matches!(self.step, Failed | Installed)
    }

    /// Whether a machine that asks is to be installed.
    #[must_use]
    pub fn is_booting(&self) -> bool {
        matches!(self.step, Booting | ScriptServed | Installing)
    }

    /// What a person sees while it goes on.
    #[must_use]
    pub fn progress(&self) -> String {
        let said = self.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        let doing = match self.step {
            PoweringOff => "the host is being switched off",
            Booting => "the host is starting and has not asked for its script yet",
            ScriptServed => "the host has its boot script",
            Installing => "the installer is running",
            Failed => "the installer failed",
            Installed => "the operating system is installed",
        };
        format!("attempt {}: {doing}{said}", self.attempt)
    }

    /// A finished installation known from memory; what an older record says of the same one is kept.
    pub(in crate::host) fn installed(done: &Done, previous: Option<Self>) -> Self {
        let base = previous.filter(|record| record.id == done.id).unwrap_or_else(|| Self {
            id: done.id.clone(),
            profile: String::new(),
            profile_digest: String::new(),
            attempt: 1,
            step: Installed,
            requested_at: done.at,
            booted_at: None,
            installed_at: None,
            next_attempt_at: None,
            message: None,
        });
        Self { step: Installed, installed_at: Some(done.at), next_attempt_at: None, message: None, ..base }
    }

    /// Takes one report of the boot service. Returns whether the record changed.
    pub fn take(&mut self, step: &Step, at: Timestamp, completion: Completion) -> bool {
        let before = self.clone();
        let trigger = match step {
            Step::ScriptServed => Trigger::ScriptServed,
            Step::AnswerServed | Step::Progress(_) => Trigger::InstallerSpoke,
            Step::Failed(_) => Trigger::ReportedFailure,
            Step::Done => Trigger::ReportedDone,
        };
        if self.is_under_way() && !matches!(step, Step::Failed(_)) {
            self.booted_at.get_or_insert(at);
        }
        if let (Step::Progress(message) | Step::Failed(message), true) = (step, self.is_under_way()) {
            self.message = Some(message.clone());
        }
        if let Some(next) = self.step.after(trigger, completion) {
            self.enter(next, at);
        }
        *self != before
    }

    /// Goes to `step`.
    pub(super) fn enter(&mut self, step: InstallStep, at: Timestamp) {
        self.step = step;
        if step == Installed {
            self.installed_at = Some(at);
            self.message = None;
        }
    }
}

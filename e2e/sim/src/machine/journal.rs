//! What a machine did, step by step.

use super::state::ResetType;
use serde::Serialize;
use std::collections::VecDeque;
use std::time::Duration;

/// One step with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Since the start of the fleet.
    pub at: Duration,
    /// What happened.
    #[serde(flatten)]
    pub kind: StepKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum StepKind {
    /// A reset with an effect, asked for by the BMC or a person.
    Reset {
        /// Its kind.
        kind: ResetType,
    },
    /// Power is on.
    PoweredOn,
    /// Power is off.
    PoweredOff,
    /// The self test began.
    Post,
    /// Firmware took a boot override.
    OverrideTaken {
        /// Its target.
        target: String,
    },
    /// A boot device gave nothing to boot.
    DeviceFailed {
        /// Which and why.
        reason: String,
    },
    /// An HTTP request of firmware, iPXE or installer.
    Request {
        /// Method.
        method: String,
        /// URL.
        url: String,
        /// HTTP status; `None` without an answer.
        status: Option<u16>,
        /// Bytes of the body.
        bytes: u64,
        /// SHA-256 of the body in lower-case hexadecimal; empty without an answer.
        sha256: String,
    },
    /// iPXE printed a line.
    Echo {
        /// The line.
        text: String,
    },
    /// iPXE's first script came back.
    ScriptEnded {
        /// Its status, `0x00000000` for success.
        status: String,
    },
    /// A program was started.
    ProgramStarted {
        /// Where it came from.
        url: String,
        /// Its arguments.
        arguments: String,
        /// Names of its initrds.
        initrds: Vec<String>,
    },
    /// The installer began to write the disk.
    DiskWiped,
    /// The installer wrote the whole disk.
    Installed {
        /// Which installation, from 1.
        generation: u32,
    },
    /// The installer called back.
    CalledBack {
        /// `progress`, `done`, `failed` or `log`.
        what: String,
        /// URL.
        url: String,
        /// HTTP status; `None` without an answer.
        status: Option<u16>,
    },
    /// The installer stopped.
    InstallerStopped {
        /// Why.
        reason: String,
    },
    /// The operating system started from disk.
    BootedFromDisk {
        /// Which installation.
        generation: u32,
    },
    /// The machine is stuck.
    Hung {
        /// Why.
        reason: String,
    },
}

const KEPT: usize = 2000;

#[derive(Debug, Default)]
pub(super) struct Journal(VecDeque<Step>);

impl Journal {
    pub(super) fn write(&mut self, step: Step) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(step);
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        self.0.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

//! How one machine behaves, well or badly.

use serde::{Deserialize, Serialize};

/// Habits of a machine. The default is a machine that does everything right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one habit, and any may go with any")]
pub struct Behaviour {
    /// Network boot fails before the first request, as with a cable that is out.
    pub never_asks_for_script: bool,
    /// Firmware does not look at the boot override.
    pub ignores_override: bool,
    /// The operating system does not answer the power button.
    pub ignores_graceful_shutdown: bool,
    /// A power-on or restart request is accepted and nothing happens (facts/metal-peers.md §4.4).
    pub ignores_resets: bool,
    /// What the installer does.
    pub installer: Installer,
    /// What comes after a good installation.
    pub after_install: AfterInstall,
}

/// What an installer does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Installer {
    /// Installs, reports progress and the end.
    #[default]
    CallsBack,
    /// As `CallsBack`, and reports the end twice.
    CallsBackTwice,
    /// Installs and reports nothing.
    Silent,
    /// Reports a failure and stops.
    Fails,
    /// Wipes the disk and stops without a word.
    Stops,
}

/// What comes after a good installation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterInstall {
    /// The machine restarts itself.
    #[default]
    Reboot,
    /// The machine switches itself off.
    PowerOff,
    /// The installer's system goes on running from memory.
    Stay,
}

/// How callback URLs are recognised in an answer file: by the end of their path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackMarkers {
    /// Progress.
    pub progress: String,
    /// End of the installation.
    pub done: String,
    /// Failure.
    pub failed: String,
    /// Log lines.
    pub log: String,
}

impl Default for CallbackMarkers {
    fn default() -> Self {
        let [progress, done, failed, log] = ["/progress", "/done", "/failed", "/log"].map(str::to_owned);
        Self { progress, done, failed, log }
    }
}

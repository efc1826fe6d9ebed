//! The record of a reset that is about to be sent, and how to tell afterwards whether it happened.

use std::{fmt, str::FromStr, time::Duration};

use super::{Observation, Power, Reset, Timings};
use crate::clock::Timestamp;

/// Written to status before a reset is sent; at most one is open (`facts/reliability-ux.md §1.8`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// What asked for it: `install:<id>:<attempt>`, `reboot:<id>` or `power`.
    pub request: String,
    /// What is sent.
    pub reset: Reset,
    /// What was true just before.
    pub precondition: Precondition,
    /// When it was written.
    pub started_at: Timestamp,
}

/// What was true just before a reset: the evidence to compare with afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// Power state.
    pub power: String,
    /// `LastResetTime`, where the BMC has it.
    pub last_reset_time: Option<String>,
}

/// What became of an open intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Done,
    /// It did not happen: it may be sent again.
    NotDone,
    /// Too early to tell.
    Wait,
    /// It cannot be told, and repeating it would reset a running host.
    Unknown,
}

impl Intent {
    /// The intent to send `reset` now.
    #[must_use]
    pub fn new(request: &str, reset: Reset, seen: &Observation, now: Timestamp) -> Self {
        let precondition =
            Precondition { power: seen.power.to_string(), last_reset_time: seen.last_reset_time.clone() };
        Self { request: request.to_owned(), reset, precondition, started_at: now }
    }

    /// Looks at the machine and says what became of the reset.
    ///
    /// | sent | machine now | outcome |
    /// | --- | --- | --- |
    /// | `On` | on, powering on | done |
    /// | `On` | off | wait until it had time to show, then not done |
    /// | an off | off | done |
    /// | an off | on, reset since (`LastResetTime` moved) | wait: some move it when they take the request; then done |
    /// | `GracefulShutdown` | on | wait until the system had time to shut down, then not done |
    /// | `ForceOff` for a reboot | on, no `LastResetTime` | wait, then unknown |
    /// | `ForceOff` | on | wait, then not done |
    /// | a restart | on, reset since | done |
    /// | a restart | on, `LastResetTime` as before | wait until it had time to show, then not done |
    /// | a restart | on, no `LastResetTime` | unknown |
    /// | a restart | off | wait until it had time to show, then not done: to start it resets nothing that runs |
    /// | any | in between, or not known | wait |
    #[must_use]
    pub fn outcome(&self, seen: &Observation, now: Timestamp, timings: &Timings) -> Outcome {
        let reset_since = self.reset_since(seen);
        let patience = if self.reset == Reset::GracefulShutdown { timings.graceful } else { timings.settle };
        let later =
            |outcome: Outcome| if elapsed(self.started_at, now) < patience { Outcome::Wait } else { outcome };
        let is_reboot = self.request.starts_with("reboot:");
        match (self.reset, seen.power) {
            (Reset::On, Power::On | Power::PoweringOn | Power::Paused)
            | (Reset::GracefulShutdown | Reset::ForceOff, Power::Off) => Outcome::Done,
            (_, Power::PoweringOn | Power::PoweringOff | Power::Unknown) => Outcome::Wait,
            (_, Power::Off) => later(Outcome::NotDone),
            (Reset::GracefulShutdown | Reset::ForceOff, _) => later(match reset_since {
                Some(true) => Outcome::Done,
                None if is_reboot && self.reset == Reset::ForceOff => Outcome::Unknown,
                _ => Outcome::NotDone,
            }),
            (_, Power::On | Power::Paused) => match reset_since {
                Some(true) => Outcome::Done,
                Some(false) => later(Outcome::NotDone),
                None => Outcome::Unknown,
            },
        }
    }
}

impl Intent {
    /// Whether the machine was reset since this was written; `None` when the BMC does not say.
    pub(super) fn reset_since(&self, seen: &Observation) -> Option<bool> {
        let before = self.precondition.last_reset_time.as_ref()?;
        seen.last_reset_time.as_ref().map(|after| before != after)
    }

    /// Whether an installation asked for it.
    #[must_use]
    pub fn is_for_install(&self) -> bool {
        self.request.starts_with("install:")
    }
}

/// Time from `from` to `to`; nothing when the clock went backwards.
pub(super) fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

impl fmt::Display for Precondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PowerState={}", self.power)?;
        self.last_reset_time.as_ref().map_or(Ok(()), |time| write!(formatter, ";LastResetTime={time}"))
    }
}

impl FromStr for Precondition {
    type Err = std::convert::Infallible;

    /// Reads what `Display` wrote; a field that is missing is unknown.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let field = |name: &str| text.split(';').find_map(|part| part.strip_prefix(name)).map(str::to_owned);
        Ok(Self { power: field("PowerState=").unwrap_or_default(), last_reset_time: field("LastResetTime=") })
    }
}

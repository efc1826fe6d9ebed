//! The connection of one infrastructure: its states and what moves them (facts/oci.md §1.4, §1.5).

use super::config::CloudTimings;
use super::infrastructure::ConnectionState;
use super::journal::Offence;
use super::key::random_text;
use jiff::Timestamp;
use std::time::Duration;

/// Long enough that a test finds it wherever it leaks.
const PIN_LENGTH: usize = 24;

/// What is to come at a moment of the service's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Request,
    Fingerprint,
    Connected,
    Forced,
}

/// Fingerprint of the rack that has used the present PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fingerprint {
    /// No rack has used it.
    None,
    /// The service does not show it yet.
    Hidden(String),
    Shown(String),
}

impl Fingerprint {
    fn show(&mut self) {
        if let Self::Hidden(fingerprint) = self {
            *self = Self::Shown(std::mem::take(fingerprint));
        }
    }
}

/// The connection of one infrastructure. What is due is done when somebody looks.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) state: ConnectionState,
    /// When the state was entered.
    pub(super) since: Timestamp,
    /// When anything of the infrastructure changed last.
    pub(super) updated: Timestamp,
    /// Counts the changes.
    pub(super) revision: u64,
    pin: String,
    fingerprint: Fingerprint,
    plan: Vec<(Timestamp, Step)>,
    /// The rack that made contact.
    pub(super) rack: Option<String>,
    contact: bool,
    never_connected: bool,
    /// Fingerprint in the rack's last answer, as its caller has read it.
    pub(super) told: Option<String>,
    /// Fingerprint in the cloud's last answer that had one, as its caller has read it.
    pub(super) shown: Option<String>,
    /// Has been connected once: from then on the inventory is known.
    pub(super) was_connected: bool,
}

impl Connection {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            state: ConnectionState::Reject,
            since: now,
            updated: now,
            revision: 1,
            pin: random_text(PIN_LENGTH),
            fingerprint: Fingerprint::None,
            plan: Vec::new(),
            rack: None,
            contact: true,
            never_connected: false,
            told: None,
            shown: None,
            was_connected: false,
        }
    }

    /// Only in REJECT.
    pub(super) fn pin(&self) -> Option<&str> {
        (self.state == ConnectionState::Reject).then_some(self.pin.as_str())
    }

    /// Absent until some time after REQUEST.
    pub(super) fn fingerprint(&self) -> Option<&str> {
        match &self.fingerprint {
            Fingerprint::Shown(fingerprint) => Some(fingerprint),
            _ => None,
        }
    }

    pub(super) fn touch(&mut self, at: Timestamp) {
        self.revision += 1;
        self.updated = at;
    }

    fn enter(&mut self, state: ConnectionState, at: Timestamp) {
        self.state = state;
        self.since = at;
        self.plan.clear();
        self.touch(at);
    }

    /// Does what has become due.
    pub(super) fn settle(&mut self, now: Timestamp, timings: &CloudTimings) {
        while let Some((at, step)) = self.next_due(now) {
            match step {
                Step::Request => {
                    self.enter(ConnectionState::Request, at);
                    self.plan.push((later(at, timings.fingerprint), Step::Fingerprint));
                }
                Step::Fingerprint => {
                    self.fingerprint.show();
                    self.touch(at);
                }
                Step::Connected => self.connect(at, timings),
                Step::Forced => self.reject(at),
            }
        }
    }

    fn next_due(&mut self, now: Timestamp) -> Option<(Timestamp, Step)> {
        let due = self.plan.iter().enumerate().filter(|(_, (at, _))| *at <= now);
        let (index, _) = due.min_by_key(|(_, (at, _))| *at)?;
        Some(self.plan.swap_remove(index))
    }

    /// After 90 days without a break the service rejects by itself.
    fn connect(&mut self, at: Timestamp, timings: &CloudTimings) {
        self.enter(ConnectionState::Connected, at);
        self.was_connected = true;
        self.plan.push((later(at, timings.connection), Step::Forced));
    }

    /// From any state. There is a new PIN also when it was rejected before, and then the waiting time goes on.
    pub(super) fn reject(&mut self, at: Timestamp) {
        let since = if self.state == ConnectionState::Reject { self.since } else { at };
        self.enter(ConnectionState::Reject, at);
        self.since = since;
        self.rotate_pin(at);
        self.told = None;
        self.shown = None;
    }

    /// A new PIN in place of the old one, which is good for nothing any more.
    pub(super) fn rotate_pin(&mut self, at: Timestamp) {
        self.pin = random_text(PIN_LENGTH);
        self.fingerprint = Fingerprint::None;
        self.plan.clear();
        self.touch(at);
    }

    /// A user accepts; the caller has seen to the state.
    pub(super) fn accept(&mut self, at: Timestamp, timings: &CloudTimings, never: bool) {
        self.enter(ConnectionState::Ready, at);
        self.never_connected = never;
        self.plan_link(at, timings);
    }

    fn plan_link(&mut self, at: Timestamp, timings: &CloudTimings) {
        let awaited = self.state == ConnectionState::Ready && self.contact && !self.never_connected;
        if awaited && self.plan.is_empty() {
            self.plan.push((later(at, timings.connect), Step::Connected));
        }
    }

    /// A rack that was given this PIN makes contact.
    pub(super) fn contact(
        &mut self,
        now: Timestamp,
        timings: &CloudTimings,
        rack: &str,
        pin: &str,
        fingerprint: &str,
    ) -> Result<(), Offence> {
        if self.state != ConnectionState::Reject || self.pin != pin || self.fingerprint != Fingerprint::None {
            return Err(Offence::PinStale);
        }
        let waited = Duration::try_from(now.duration_since(self.since)).unwrap_or_default();
        if waited < timings.reject {
            return Err(Offence::EarlyHandshake { after_seconds: waited.as_secs() });
        }
        self.contact = true;
        self.rack = Some(rack.to_owned());
        self.fingerprint = Fingerprint::Hidden(fingerprint.to_owned());
        self.plan.push((later(now, timings.request), Step::Request));
        Ok(())
    }

    /// The rack's answer to this PIN has gone to the caller.
    pub(super) fn hear(&mut self, pin: &str, fingerprint: &str) {
        if self.pin == pin {
            self.told = Some(fingerprint.to_owned());
        }
    }

    /// The rack is not heard any more, or again.
    pub(super) fn set_contact(&mut self, contact: bool, now: Timestamp, timings: &CloudTimings) {
        self.contact = contact;
        match (self.state, contact) {
            (ConnectionState::Connected, false) => self.enter(ConnectionState::Disconnected, now),
            (ConnectionState::Ready, false) => self.plan.clear(),
            (ConnectionState::Ready, true) => self.plan_link(now, timings),
            (ConnectionState::Disconnected, true) => {
                let out = Duration::try_from(now.duration_since(self.since)).unwrap_or_default();
                if timings.outage.is_none_or(|longest| out <= longest) {
                    self.connect(now, timings);
                }
            }
            _ => {}
        }
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A fingerprint as people compare it: without colons and spaces, in one case (facts/oci.md §1.5).
pub(super) fn normal(fingerprint: &str) -> String {
    fingerprint.chars().filter(|c| !matches!(c, ':' | ' ')).collect::<String>().to_ascii_lowercase()
}

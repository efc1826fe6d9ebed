//! OCI's record of one rack, and the rack, as small as they can be. Fingerprints are numbers; versions are only current or not.

use slipway_core::{
    infrastructure::{ConnectionState, Etag, Fingerprint, Observation, Order},
    secret::Secret,
};

use super::world::{TICK, now, oldest};
use crate::scene::observation;

/// The states of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Reject,
    Request,
    Ready,
    Connected,
    Disconnected,
}

impl Phase {
    pub(super) fn stands(self) -> bool {
        matches!(self, Self::Connected | Self::Disconnected)
    }

    fn state(self) -> ConnectionState {
        match self {
            Self::Reject => ConnectionState::Reject,
            Self::Request => ConnectionState::Request,
            Self::Ready => ConnectionState::Ready,
            Self::Connected => ConnectionState::Connected,
            Self::Disconnected => ConnectionState::Disconnected,
        }
    }
}

/// OCI and the rack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Service {
    pub(super) phase: Phase,
    /// Steps of time in this phase.
    pub(super) since: u8,
    /// Steps of time since it was connected; counts on in an outage.
    pub(super) connected: u8,
    /// Whether the record was changed since the operator's pending call looked at it.
    pub(super) changed: bool,
    /// Whether the PIN is another one since then.
    pub(super) rotated: bool,
    /// Whether the PIN is shown.
    pub(super) shows_pin: bool,
    /// How often this PIN was given to the rack by us.
    pub(super) given: u8,
    /// The rack has this PIN, and this key of it.
    pub(super) rack: Option<u8>,
    /// What OCI shows.
    pub(super) fingerprint: Option<u8>,
}

impl Service {
    pub(super) fn new(phase: Phase) -> Self {
        Self {
            phase,
            since: 0,
            connected: 0,
            changed: false,
            rotated: false,
            shows_pin: true,
            given: 0,
            rack: None,
            fingerprint: None,
        }
    }

    fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = 0;
        self.changed = true;
    }

    /// Goes to `REJECT`, also from there: the attempt is over, and there is a new PIN.
    pub(super) fn reject(&mut self, rotates: bool) {
        if rotates || self.phase != Phase::Reject {
            self.given = 0;
            self.rotated = true;
        }
        self.go(Phase::Reject);
        (self.rack, self.fingerprint) = (None, None);
    }

    /// The rack asks to be let in.
    pub(super) fn request(&mut self) {
        self.go(Phase::Request);
    }

    /// Lets the rack in.
    pub(super) fn ready(&mut self) {
        self.go(Phase::Ready);
    }

    pub(super) fn connect(&mut self) {
        if self.phase == Phase::Ready {
            self.connected = 0;
        }
        self.go(Phase::Connected);
    }

    pub(super) fn disconnect(&mut self) {
        self.go(Phase::Disconnected);
    }

    /// Whether OCI takes an order for what was looked at.
    pub(super) fn takes(&self, order: Order, etag: bool) -> bool {
        !(etag && self.changed) && (order == Order::Reject || self.phase == Phase::Request)
    }

    pub(super) fn tick(&mut self, lifetime: u8) {
        self.since = (self.since + 1).min(oldest(self.phase.state().as_str()));
        self.connected = (self.connected + 1).min(lifetime);
    }

    /// What makes no difference any more is made alike.
    pub(super) fn normalise(&mut self) {
        if !self.phase.stands() {
            self.connected = 0;
        }
        if self.phase != Phase::Reject {
            (self.given, self.rack) = (0, self.rack.filter(|_| self.phase == Phase::Request));
        }
    }

    /// What OCI answers.
    pub(super) fn look(&self) -> Observation {
        let mut seen = observation(self.phase.state());
        seen.seen_at = now();
        seen.time_created = now() - TICK * 100;
        seen.time_updated = Some(now() - TICK * u32::from(self.since));
        seen.pin = (self.phase == Phase::Reject && self.shows_pin).then(|| Secret::new("pin"));
        seen.fingerprint = self.fingerprint.and_then(print);
        seen.etag = Some(Etag("now".to_owned()));
        seen
    }
}

/// A fingerprint as it is written.
pub(super) fn print(number: u8) -> Option<Fingerprint> {
    Fingerprint::new(&format!("key-{number}"))
}

/// The number of a fingerprint.
pub(super) fn number(fingerprint: &Fingerprint) -> u8 {
    fingerprint.as_str().trim_start_matches("key-").parse().unwrap()
}

//! What is on record of a rack: status, memory and what this process itself has seen, as one value.

use super::{ConnectionState, Fingerprint, Memory, Step};
use crate::clock::Timestamp;

/// What is on record of a rack. Times are by OCI's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Whether anything is on record: `false` for an object seen for the first time or without its history.
    pub known: bool,
    /// OCID of the rack.
    pub infrastructure_id: Option<String>,
    /// The state seen last, and since when.
    pub state: Option<(ConnectionState, Timestamp)>,
    /// Since when the rack is connected. An outage does not end that, another state does.
    pub connected_since: Option<Timestamp>,
    /// The latest attempt.
    pub handshake: Handshake,
    /// The latest refresh that was asked for by id.
    pub refresh: Option<Refresh>,
}

/// One exchange of PIN and fingerprint. The PIN is never here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handshake {
    /// Number of the attempt; 0: there was none.
    pub attempt: i32,
    /// How far it is.
    pub step: Step,
    /// When its PIN was given to the rack.
    pub started_at: Option<Timestamp>,
    /// What the rack answered.
    pub rack_fingerprint: Option<Fingerprint>,
    /// What OCI shows.
    pub oci_fingerprint: Option<Fingerprint>,
    /// How it ended.
    pub result: Option<HandshakeResult>,
    /// Attempts that failed in a row.
    pub failures: i32,
    /// Attempts since the last connection in which the fingerprints differed.
    pub mismatches: i32,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HandshakeResult {
    /// The fingerprints were the same, and the rack is connected.
    Matched,
    /// Somebody else let the rack in.
    AcceptedElsewhere,
    /// The fingerprints differ.
    Mismatched,
    /// The rack gave no fingerprint.
    RackRefused,
    /// We were interrupted while the PIN was being given to the rack: what it answered is lost.
    OutcomeUnknown,
    /// The rack did not ask to be let in, OCI showed no fingerprint, or the accepted connection never stood.
    TimedOut,
    /// OCI or somebody there went back to `REJECT` in the middle.
    RejectedElsewhere,
    /// Somebody else gave the rack a PIN: what it answered is not known to us.
    StartedElsewhere,
    /// The spec asked for another thing in the middle.
    Withdrawn,
    /// OCI ended the connection for its age.
    Expired,
}

impl HandshakeResult {
    /// Every result.
    pub const ALL: [Self; 10] = [
        Self::Matched,
        Self::AcceptedElsewhere,
        Self::Mismatched,
        Self::RackRefused,
        Self::OutcomeUnknown,
        Self::TimedOut,
        Self::RejectedElsewhere,
        Self::StartedElsewhere,
        Self::Withdrawn,
        Self::Expired,
    ];

    /// The word in status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "Matched",
            Self::AcceptedElsewhere => "AcceptedElsewhere",
            Self::Mismatched => "Mismatched",
            Self::RackRefused => "RackRefused",
            Self::OutcomeUnknown => "OutcomeUnknown",
            Self::TimedOut => "TimedOut",
            Self::RejectedElsewhere => "RejectedElsewhere",
            Self::StartedElsewhere => "StartedElsewhere",
            Self::Withdrawn => "Withdrawn",
            Self::Expired => "Expired",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_status(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == word)
    }

    /// What happened, for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Matched => "the fingerprints are the same",
            Self::AcceptedElsewhere => "somebody else let the rack in",
            Self::Mismatched => "the fingerprints differ",
            Self::RackRefused => {
                "no fingerprint came from the rack's address (spec.rack): a login page or a proxy may answer there"
            }
            Self::OutcomeUnknown => "the operator was interrupted while the rack was given its PIN",
            Self::TimedOut => "it took too long",
            Self::RejectedElsewhere => "Oracle Cloud or somebody there rejected the connection meanwhile",
            Self::StartedElsewhere => "somebody else gave the rack a PIN",
            Self::Withdrawn => "the spec asks for something else",
            Self::Expired => "Oracle Cloud ended the connection after 90 days",
        }
    }
}

/// A refresh that was asked for by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// `spec.connection.refreshId`.
    pub id: String,
    /// When the rack was connected again.
    pub completed_at: Option<Timestamp>,
}

impl Record {
    /// Since when the rack is in the state it was seen in last.
    pub(super) fn since(&self, now: Timestamp) -> Timestamp {
        self.state.as_ref().map_or(now, |(_, since)| *since)
    }

    /// Adds what `memory` knows and a lost status does not. Memory is written first: after a crash between both it knows more.
    pub fn recall(&mut self, memory: &Memory) {
        if let Some(attempt) = memory.handshake.filter(|attempt| attempt.number >= self.handshake.attempt) {
            self.handshake.catch_up(attempt);
        }
        if let Some(done) = memory.refresh.as_ref().filter(|done| done.is_newer_than(self.refresh.as_ref())) {
            self.refresh = Some(Refresh { id: done.id.clone(), completed_at: done.at });
        }
        if !self.known {
            self.state =
                memory.state.as_ref().map(|seen| (ConnectionState::from_wire(&seen.word), seen.since));
            self.connected_since = memory.connected_since;
            self.handshake = memory.handshake.map(Handshake::remembered).unwrap_or_default();
        }
        // A memory of the rack's key alone is no sight of the rack.
        self.known |= memory.state.is_some();
        if self.infrastructure_id.is_none() {
            self.infrastructure_id.clone_from(&memory.infrastructure_id);
        }
    }
}

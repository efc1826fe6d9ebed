//! What the world cannot tell again: kept in the annotation `slipway.dev/memory`, which backups and moves carry.

use serde::{Deserialize, Serialize};

use super::{Handshake, HandshakeResult, Record, Refresh, Step};
use crate::clock::Timestamp;

/// JSON of a few hundred bytes. Never a PIN, never a fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// OCID of the rack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infrastructure_id: Option<String>,
    /// The state of the connection and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<SeenState>,
    /// Since when the rack is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_since: Option<Timestamp>,
    /// The latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Attempt>,
    /// The latest refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RememberedRefresh>,
    /// The rack's key, trusted on first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

/// A state and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenState {
    /// OCI's word.
    pub word: String,
    /// By OCI's clock.
    pub since: Timestamp,
}

/// What must not be forgotten of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number.
    pub number: i32,
    /// Whether the PIN that OCI shows was, or may have been, given to the rack. It is never given again.
    pub spent: bool,
    /// Attempts that failed in a row.
    pub failures: i32,
    /// Attempts since the last connection in which the fingerprints differed.
    pub mismatches: i32,
}

/// A refresh that was taken up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedRefresh {
    /// Its id.
    pub id: String,
    /// When the rack was connected again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Memory {
    /// What is worth remembering of a record.
    #[must_use]
    pub fn updated(&self, record: &Record, pin: Option<&str>) -> Self {
        let handshake = &record.handshake;
        Self {
            infrastructure_id: record.infrastructure_id.clone().or_else(|| self.infrastructure_id.clone()),
            state: record
                .state
                .as_ref()
                .map(|(state, since)| SeenState { word: state.as_str().to_owned(), since: *since }),
            connected_since: record.connected_since,
            handshake: (handshake.attempt > 0 || handshake.step != Step::Waiting).then(|| handshake.into()),
            refresh: record
                .refresh
                .as_ref()
                .map(|refresh| RememberedRefresh { id: refresh.id.clone(), at: refresh.completed_at }),
            pin: pin.map(str::to_owned).or_else(|| self.pin.clone()),
        }
    }
}

impl From<&Handshake> for Attempt {
    fn from(handshake: &Handshake) -> Self {
        Self {
            number: handshake.attempt,
            spent: handshake.step.is_open(),
            failures: handshake.failures,
            mismatches: handshake.mismatches,
        }
    }
}

impl RememberedRefresh {
    /// Whether this is later than what status has, as far as that can be told from an annotation that somebody put back.
    pub(super) fn is_newer_than(&self, known: Option<&Refresh>) -> bool {
        let (Some(known), Some(at)) = (known, self.at) else { return true };
        known.completed_at.is_some_and(|completed_at| completed_at <= at)
    }
}

impl Handshake {
    /// Takes over what was remembered of this attempt, or of the next, and did not get into status.
    pub(super) fn catch_up(&mut self, attempt: Attempt) {
        let mismatched = attempt.mismatches > self.mismatches;
        if attempt.spent && self.step.is_open() && (mismatched || attempt.failures > self.failures) {
            self.step = Step::Failed;
            self.result =
                Some(if mismatched { HandshakeResult::Mismatched } else { HandshakeResult::OutcomeUnknown });
        }
        (self.failures, self.mismatches) = (attempt.failures, attempt.mismatches);
    }

    /// What is left of an attempt whose status was lost: one that was open cannot be gone on with, because the rack's fingerprint is lost.
    pub(super) fn remembered(attempt: Attempt) -> Self {
        Self {
            attempt: attempt.number,
            step: if attempt.spent { Step::Failed } else { Step::Waiting },
            result: attempt.spent.then_some(HandshakeResult::OutcomeUnknown),
            failures: attempt.failures,
            mismatches: attempt.mismatches,
            ..Self::default()
        }
    }
}

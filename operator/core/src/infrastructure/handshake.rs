//! The handshake as a table: what is done about an attempt that is so far, while OCI shows that state.

use super::{ConnectionState, HandshakeResult};

/// How far an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Step {
    /// None is under way; in `REJECT`, the next one waits for its time and its PIN.
    #[default]
    Waiting,
    /// The PIN is being given to the rack; what it answers is not stored yet.
    Posting,
    /// The rack has taken the PIN, and its fingerprint is stored.
    Posted,
    /// The rack asks OCI to be let in; OCI's fingerprint is awaited.
    Comparing,
    /// The fingerprints are the same; a person has to say so, too.
    AwaitingApproval,
    /// Accepted; the link is being made.
    Connecting,
    /// Connected.
    Connected,
    /// Failed; its PIN is spent, and OCI is to be told `REJECT`.
    Failed,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Posting,
        Self::Posted,
        Self::Comparing,
        Self::AwaitingApproval,
        Self::Connecting,
        Self::Connected,
        Self::Failed,
    ];

    /// The word in status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Posting => "Posting",
            Self::Posted => "Posted",
            Self::Comparing => "Comparing",
            Self::AwaitingApproval => "AwaitingApproval",
            Self::Connecting => "Connecting",
            Self::Connected => "Connected",
            Self::Failed => "Failed",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_status(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == word)
    }

    /// Whether a PIN was, or may have been, given to the rack and the attempt is not over.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Waiting | Self::Connected)
    }
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Wait for the waiting time and a PIN, then give it to the rack.
    Begin,
    /// Wait for the rack to ask OCI to be let in.
    AwaitRequest,
    /// Compare the fingerprints; equal and approved: `READY`; different: `REJECT`.
    Compare,
    /// Wait for the link to stand; different fingerprints: `REJECT`.
    AwaitLink,
    /// Tell OCI `REJECT`: the attempt is over, and its PIN must not be used again.
    Reject(HandshakeResult),
    /// OCI went to `REJECT` by itself and has a new PIN: the attempt is over.
    StartOver(HandshakeResult),
    /// The attempt has failed and OCI has not been told yet: `REJECT`.
    RejectFailed,
}

/// One row: while OCI shows this state, at each of these steps, this is done.
#[derive(Debug)]
pub struct Row {
    /// OCI's state.
    pub state: ConnectionState,
    /// Our steps.
    pub steps: &'static [Step],
    /// What is done.
    pub next: Move,
}

const fn row(state: ConnectionState, steps: &'static [Step], next: Move) -> Row {
    Row { state, steps, next }
}

/// Every state of an unfinished connection and every step has exactly one row. `CONNECTED`, `DISCONNECTED` and unknown states are not here: nothing is
/// ever done about an attempt in them (`facts/reliability-ux.md §1.7` S3).
pub const MOVES: &[Row] = &[
    row(ConnectionState::Reject, &[Step::Waiting, Step::Connected], Move::Begin),
    row(ConnectionState::Reject, &[Step::Posting], Move::Reject(HandshakeResult::OutcomeUnknown)),
    row(ConnectionState::Reject, &[Step::Posted], Move::AwaitRequest),
    row(
        ConnectionState::Reject,
        &[Step::Comparing, Step::AwaitingApproval, Step::Connecting],
        Move::StartOver(HandshakeResult::RejectedElsewhere),
    ),
    row(ConnectionState::Reject, &[Step::Failed], Move::RejectFailed),
    row(
        ConnectionState::Request,
        &[Step::Waiting, Step::Connected],
        Move::Reject(HandshakeResult::StartedElsewhere),
    ),
    row(ConnectionState::Request, &[Step::Posting], Move::Reject(HandshakeResult::OutcomeUnknown)),
    row(
        ConnectionState::Request,
        &[Step::Posted, Step::Comparing, Step::AwaitingApproval, Step::Connecting],
        Move::Compare,
    ),
    row(ConnectionState::Request, &[Step::Failed], Move::RejectFailed),
    row(ConnectionState::Ready, &[Step::Posting], Move::Reject(HandshakeResult::OutcomeUnknown)),
    row(
        ConnectionState::Ready,
        &[
            Step::Waiting,
            Step::Posted,
            Step::Comparing,
            Step::AwaitingApproval,
            Step::Connecting,
            Step::Connected,
        ],
        Move::AwaitLink,
    ),
    row(ConnectionState::Ready, &[Step::Failed], Move::RejectFailed),
];

/// The row for a state and a step; `None` for the states that have no rows.
#[must_use]
pub(super) fn next(state: &ConnectionState, step: Step) -> Option<Move> {
    MOVES.iter().find(|row| row.state == *state && row.steps.contains(&step)).map(|row| row.next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_step_has_exactly_one_row() {
        for state in [ConnectionState::Reject, ConnectionState::Request, ConnectionState::Ready] {
            for step in Step::ALL {
                let rows = MOVES.iter().filter(|row| row.state == state && row.steps.contains(&step)).count();
                assert_eq!(rows, 1, "{state} {step:?}");
            }
        }
    }

    #[test]
    fn an_attempt_is_never_touched_while_connected() {
        for state in ["CONNECTED", "DISCONNECTED", "SOMETHING_NEW"].map(ConnectionState::from_wire) {
            for step in Step::ALL {
                assert_eq!(next(&state, step), None, "{state} {step:?}");
            }
        }
    }

    #[test]
    fn words_are_read_back() {
        for step in Step::ALL {
            assert_eq!(Step::from_status(step.as_str()), Some(step));
        }
        for result in HandshakeResult::ALL {
            assert_eq!(HandshakeResult::from_status(result.as_str()), Some(result));
        }
    }
}

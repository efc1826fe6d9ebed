//! What a port answers when it could not do what was asked.

use std::time::Duration;

use crate::reason::Reason;

/// A failed call to the outside, with what the planner and the person need to know of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Why, from the closed list; decides whether and when to try again.
    pub reason: Reason,
    /// One sentence for a person: the field or address, what came back, and the mend. Never a body, never a secret.
    pub message: String,
    /// How long the peer asked to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// Whether the effect that was asked for may have happened all the same.
    pub effect: Effect,
}

/// What is known of the effect of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The peer refused, or was never reached: nothing happened.
    None,
    /// The request was sent and its answer lost: it may have happened.
    Unknown,
}

impl Failure {
    /// A failure after which nothing has happened.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), retry_after: None, effect: Effect::None }
    }

    /// The same failure, but the effect may have happened.
    #[must_use]
    pub fn with_unknown_effect(mut self) -> Self {
        self.effect = Effect::Unknown;
        self
    }

    /// The same failure on the way to a peer, with the field of the spec that leads there: `address`, or `tls` when it was not trusted.
    #[must_use]
    pub fn of_peer(mut self, address: &str, tls: &str) -> Self {
        let field = match self.reason {
            Reason::CertificateUntrusted | Reason::CertificateChanged => tls,
            Reason::NameNotResolved
            | Reason::AddressDenied
            | Reason::ConnectionRefused
            | Reason::Unreachable
            | Reason::AnswerTooLarge
            | Reason::InsecureNotAllowed => address,
            _ => return self,
        };
        if !self.message.contains(field) {
            self.message = format!("{field}: {}", self.message);
        }
        self
    }

    /// The same failure, with the pause the peer asked for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.retry_after = pause;
        self
    }
}

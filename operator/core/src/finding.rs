//! How something stands, in one word for programs and one sentence for people.

use crate::reason::{Class, Reason};

/// A reason and the sentence that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// From the closed list.
    pub reason: Reason,
    /// For a person.
    pub message: String,
}

impl Finding {
    /// A finding of any class.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    /// A finding that nothing is wrong.
    pub(crate) fn fine(reason: Reason, message: impl Into<String>) -> Self {
        debug_assert_eq!(reason.class(), Class::Fine);
        Self::new(reason, message)
    }
}

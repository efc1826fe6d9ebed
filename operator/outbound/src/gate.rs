//! Lets requests through while the fence is open.

use std::sync::Arc;

use slipway_core::{failure::Failure, fence::Fence, reason::Reason};

/// Why a connection was not used.
#[derive(Debug, thiserror::Error)]
#[error("this operator does not lead any more: nothing is sent")]
pub(crate) struct Closed;

/// A fence, or none.
#[derive(Clone, Default)]
pub(crate) struct Gate(Option<Arc<dyn Fence>>);

impl Gate {
    pub(crate) fn kept_by(fence: Arc<dyn Fence>) -> Self {
        Self(Some(fence))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.as_ref().is_none_or(|fence| fence.is_open())
    }

    /// Errors: nothing may be sent, and nothing was.
    pub(crate) fn pass(&self) -> Result<(), Failure> {
        if self.is_open() { Ok(()) } else { Err(Failure::new(Reason::Internal, Closed.to_string())) }
    }

    /// What became of a connection, when it may still be used.
    pub(crate) fn through<T, E: From<Closed>>(&self, connection: Result<T, E>) -> Result<T, E> {
        if self.is_open() { connection } else { Err(Closed.into()) }
    }
}

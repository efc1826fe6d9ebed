//! A large body, read piece by piece.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Response, StatusCode, header::HeaderMap};
use slipway_core::failure::Failure;
use tokio::time::timeout;

use crate::diagnosis::{self, Sent};

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Download {
    response: Response,
    read: u64,
    cap: u64,
    pause: Duration,
    sent: Sent,
}

impl Download {
    pub(crate) fn new(response: Response, cap: u64, pause: Duration, sent: Sent) -> Self {
        Self { response, read: 0, cap, pause, sent }
    }

    /// Status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece, or `None` after the last.
    ///
    /// Errors: [`slipway_core::reason::Reason::Unreachable`] when the peer pauses too long or cuts the connection,
    /// [`slipway_core::reason::Reason::AnswerTooLarge`] beyond the cap.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        let next = timeout(self.pause, self.response.chunk()).await;
        let piece = next
            .map_err(|_| diagnosis::too_slow(&self.sent))?
            .map_err(|error| diagnosis::of(&error, &self.sent))?;
        self.read += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if self.read > self.cap {
            return Err(diagnosis::too_large(&self.sent, self.cap));
        }
        Ok(piece)
    }
}

//! An answer with its messages read.

use serde_json::Value;
use slipway_outbound::{Answer, StatusCode};

use crate::message::{self, Class};

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    /// The JSON body; null when there is none.
    pub(crate) body: Value,
    /// Message ids, last segments.
    pub(crate) ids: Vec<String>,
}

impl Reply {
    pub(crate) fn read(answer: Answer) -> Self {
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let ids = message::ids(&body);
        Self { answer, body, ids }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.answer.status
    }

    pub(crate) fn class(&self) -> Option<Class> {
        message::class(&self.ids)
    }

    /// Whether it says "later": by status, or by message.
    pub(crate) fn is_busy(&self) -> bool {
        let status = self.status();
        status == StatusCode::SERVICE_UNAVAILABLE
            || status == StatusCode::TOO_MANY_REQUESTS
            || !status.is_success() && self.class() == Some(Class::Busy)
    }

    /// Whether a success is one: a login page says 200 to everything.
    pub(crate) fn is_foreign(&self) -> bool {
        self.answer.content_type().eq_ignore_ascii_case("text/html")
    }
}
